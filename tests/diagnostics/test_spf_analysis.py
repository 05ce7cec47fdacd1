"""The whole tree of an SPF record: costs, limits, loops and errors wherever they are."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.lookup.answers import Answer, Answers, Failure, Question
from domains.rules.verdicts import Problem
from domains.spf import FaultCode, SpfAnalysis, analyse

from .paper_dns import settle, spf_zone, zone


def look(text: str, more: str = "") -> SpfAnalysis:
    return settle(partial(analyse, "d.example"), spf_zone(text, more))[0]


def test_a_usual_record_costs_its_include_and_has_nothing_against_it() -> None:
    said = look("v=spf1 include:_spf.host.example ~all", "_spf.host.example TXT v=spf1 ip4:192.0.2.0/24 -all")
    assert (said.records, said.lookups, said.voids) == (1, 1, 0)
    assert (said.findings, said.macros, said.failures, said.dead) == ((), (), (), frozenset())


def test_a_usual_record_needs_two_rounds_of_asking() -> None:
    data = spf_zone("v=spf1 include:_spf.host.example ~all", "_spf.host.example TXT v=spf1 ip4:192.0.2.0/24 -all")
    assert settle(partial(analyse, "d.example"), data)[1] == 2


def test_no_record_is_no_problem_here() -> None:
    said = settle(partial(analyse, "d.example"), zone("d.example A 192.0.2.1"))[0]
    assert (said.records, said.findings) == (0, ())


def test_several_records_are_one_finding() -> None:
    said = look("v=spf1 moo", "d.example TXT v=spf1 -all\nd.example TXT other")
    assert (said.records, said.problems) == (2, (Problem.SPF_SEVERAL,))
    assert (said.findings[0].count, said.findings[0].path) == (2, ())


def test_each_term_says_what_it_costs_with_all_that_it_leads_to() -> None:
    more = """
        i.example TXT v=spf1 a mx include:j.example ip4:192.0.2.1
        j.example TXT v=spf1 exists:%{i}.list.example ptr -all a a a
        i.example A 192.0.2.1
        i.example MX 10 i.example
        d.example A 192.0.2.1
        r.example TXT v=spf1 ?all
    """
    said = look("v=spf1 a include:i.example ip4:192.0.2.1 redirect=r.example", more)
    assert [(cost.place.term, cost.lookups) for cost in said.costs] == [
        ("a", 1),
        ("include:i.example", 6),
        ("redirect=r.example", 1),
    ]
    assert said.lookups == 8
    assert [(place.owner, place.term) for place in said.macros] == [("j.example.", "exists:%{i}.list.example")]
    assert [(place.term, count) for place, count in said.exchangers] == [("mx", 1)]
    assert said.problems == (Problem.SPF_PTR,)


def test_what_follows_all_costs_nothing_but_must_be_sound() -> None:
    said = look("v=spf1 -all a mx include:gone.example redirect=gone.example")
    assert (said.lookups, said.findings) == (0, ())
    assert look("v=spf1 -all a mx:").problems == (Problem.SPF_SYNTAX,)


def test_every_syntax_error_is_listed_with_its_place() -> None:
    said = look("v=spf1 include:i.example moo ip4:1.2.3 -all", "i.example TXT v=spf1 a/99")
    assert [(f.owner, f.place and f.place.term, f.place and f.place.position, f.fault) for f in said.findings] == [
        ("d.example.", "moo", 25, FaultCode.MECHANISM),
        ("d.example.", "ip4:1.2.3", 33, FaultCode.ADDRESS),
        ("i.example.", "a/99", 8, FaultCode.CIDR),
    ]
    assert [place.term for place in said.findings[2].path] == ["include:i.example", "a/99"]


def test_the_eleventh_lookup_is_named_and_the_whole_count_given() -> None:
    hosts = "\n".join(f"h{n}.example A 192.0.2.{n}" for n in range(13))
    text = " ".join(f"a:h{n}.example" for n in range(13))
    said = look(f"v=spf1 {text} -all", hosts)
    assert (said.problems, said.lookups) == ((Problem.SPF_LOOKUPS,), 13)
    assert said.findings[0].place is not None
    assert said.findings[0].place.term == "a:h10.example"
    assert look(f"v=spf1 {text.rpartition(' a:h10')[0]} -all", hosts).findings == ()


def test_ten_lookups_and_a_match_before_the_eleventh_still_are_a_worst_case() -> None:
    many = " ".join(f"exists:h{n}.example" for n in range(11))
    hosts = "\n".join(f"h{n}.example A 192.0.2.{n}" for n in range(11))
    assert look(f"v=spf1 ip4:0.0.0.0/0 {many} -all", hosts).problems == (Problem.SPF_LOOKUPS,)


def test_the_third_name_that_holds_nothing_is_named() -> None:
    text = "v=spf1 a:gone1.example mx:gone2.example {}exists:gone3.example -all"
    assert look(text.format("a:six.example "), "six.example AAAA 2001:db8::1").voids == 3
    said = look(text.format(""))
    assert said.problems == (Problem.SPF_VOID_LOOKUPS,)
    assert said.findings[0].place is not None
    assert said.findings[0].place.term == "exists:gone3.example"


def test_more_than_ten_exchangers_are_a_finding() -> None:
    said = look("v=spf1 mx -all", "\n".join(f"d.example MX {n} m{n}.example" for n in range(11)))
    assert said.problems == (Problem.SPF_LOOKUPS,)
    assert [(place.term, count) for place, count in said.exchangers] == [("mx", 11)]


@pytest.mark.parametrize(
    ("text", "more", "problem", "dead"),
    [
        ("v=spf1 include:d.example -all", "", Problem.SPF_LOOP, "include:d.example"),
        ("v=spf1 include:i.example -all", "i.example TXT v=spf1 include:d.example", Problem.SPF_LOOP, None),
        ("v=spf1 redirect=D.example.", "", Problem.SPF_LOOP, "redirect=D.example."),
        ("v=spf1 include:gone.example -all", "", Problem.SPF_INCLUDE_NONE, "include:gone.example"),
        ("v=spf1 include:a..example -all", "", Problem.SPF_INCLUDE_NONE, "include:a..example"),
        ("v=spf1 include:i.example -all", "i.example TXT hello", Problem.SPF_INCLUDE_NONE, "include:i.example"),
        ("v=spf1 redirect=gone.example", "", Problem.SPF_REDIRECT_NONE, "redirect=gone.example"),
        ("v=spf1 include:i.example -all", "i.example TXT v=spf1 redirect=x.example", Problem.SPF_REDIRECT_NONE, None),
        ("v=spf1 include:i.example", "i.example TXT v=spf1\ni.example TXT v=spf1 -all", Problem.SPF_SEVERAL, None),
    ],
)
def test_records_that_are_not_there_or_lead_back(text: str, more: str, problem: Problem, dead: str | None) -> None:
    said = look(text, more)
    assert said.problems == (problem,)
    assert said.dead == ({dead} if dead else set())


@pytest.mark.parametrize(
    ("text", "included", "open_to_all"),
    [
        ("v=spf1 +all", "", True),
        ("v=spf1 ALL", "", True),
        ("v=spf1 -all +all", "", False),
        ("v=spf1 ?all", "", False),
        ("v=spf1 include:i.example -all", "v=spf1 +all", True),
        ("v=spf1 ?include:i.example -all", "v=spf1 +all", False),
        ("v=spf1 -include:i.example ~all", "v=spf1 +all", False),
        ("v=spf1 redirect=i.example", "v=spf1 all", True),
        ("v=spf1 include:i.example -all", "v=spf1 -all", False),
    ],
)
def test_plus_all_is_found_wherever_it_lets_everyone_pass(text: str, included: str, open_to_all: bool) -> None:
    said = look(text, f"i.example TXT {included}")
    assert (Problem.SPF_PLUS_ALL in said.problems) == open_to_all


def test_what_cannot_be_asked_is_no_fault_of_the_record() -> None:
    said = look("v=spf1 a include:i.example -all", "i.example FAIL servfail\nd.example A 192.0.2.1")
    assert (said.findings, said.failures) == ((), (("i.example.", Failure.SERVFAIL),))


def test_a_huge_tree_is_not_walked_to_its_end() -> None:
    class Everything(Answers):
        asked = 0

        def get(self, question: Question) -> Answer:
            self.asked += 1
            name = question.name
            return Answer(('"v=spf1 ' + " ".join(f"include:{n}.{name}" for n in range(100)) + ' -all"',))

    answers = Everything()
    said = analyse("d.example", answers)
    assert said is not None
    assert Problem.SPF_LOOKUPS in said.problems
    assert answers.asked < 100


@given(st.text(alphabet="vspf1 =+-~?:/%{}idlr2.acemxtpn64010\x00é", max_size=60))
def test_any_text_can_be_analysed(text: str) -> None:
    said, _ = settle(partial(analyse, "d.example", record="v=spf1 " + text), zone(""))
    assert said.records == 1
