"""`check_host()` at its limits (RFC 7208 section 4.6.4), with a DNS that fails, and how it asks."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.lookup.answers import Answer, Answers, Failure, Question
from domains.rules.verdicts import Problem
from domains.spf import Result, check_host

from .paper_dns import HERE4, HERE6, Zone, answer, evaluate, settle, spf_zone

HOSTS = "\n".join(f"h{n}.example A 198.51.100.{n}" for n in range(12))


def test_ten_querying_terms_are_allowed_and_eleven_are_not() -> None:
    ten = " ".join(f"a:h{n}.example" for n in range(10))
    said = evaluate(spf_zone(f"v=spf1 {ten} ip4:192.0.2.10 -all", HOSTS))
    assert (said.result, said.lookups) == (Result.PASS, 10)
    said = evaluate(spf_zone(f"v=spf1 {ten} a:h10.example ip4:192.0.2.10 -all", HOSTS))
    assert (said.result, said.problem) == (Result.PERMERROR, Problem.SPF_LOOKUPS)
    assert said.place is not None
    assert said.place.term == "a:h10.example"


def test_a_match_before_the_limit_is_a_match() -> None:
    many = " ".join(f"a:h{n}.example" for n in range(11))
    assert evaluate(spf_zone(f"v=spf1 ip4:192.0.2.10 {many} -all", HOSTS)).result == Result.PASS


def test_includes_and_redirects_count_with_what_they_lead_to() -> None:
    inner = "i.example TXT v=spf1 " + " ".join(f"a:h{n}.example" for n in range(8)) + "\nr.example TXT v=spf1 -all\n"
    assert evaluate(spf_zone("v=spf1 include:i.example redirect=r.example", inner + HOSTS)).lookups == 10
    said = evaluate(spf_zone("v=spf1 a:h9.example include:i.example redirect=r.example", inner + HOSTS))
    assert said.problem == Problem.SPF_LOOKUPS


def test_terms_that_ask_nothing_do_not_count() -> None:
    many = " ".join(f"ip4:198.51.100.{n} x{n}=y" for n in range(100))
    assert evaluate(spf_zone(f"v=spf1 {many} exp=h1.example ip4:192.0.2.10 -all")).lookups == 0


@pytest.mark.parametrize(
    "term", ["a:gone{}.example", "mx:gone{}.example", "exists:gone{}.example", "a:empty{}.example"]
)
def test_two_void_lookups_are_allowed_and_three_are_not(term: str) -> None:
    empty = "\n".join(f"empty{n}.example TXT x" for n in range(3))
    two = " ".join(term.format(n) for n in range(2))
    said = evaluate(spf_zone(f"v=spf1 {two} ip4:192.0.2.10 -all", empty))
    assert (said.result, said.voids) == (Result.PASS, 2)
    said = evaluate(spf_zone(f"v=spf1 {two} {term.format(2)} ip4:192.0.2.10 -all", empty))
    assert (said.result, said.problem) == (Result.PERMERROR, Problem.SPF_VOID_LOOKUPS)


def test_an_mx_counts_as_one_void_lookup_at_most() -> None:
    mail = "\n".join(f"d.example MX {n} gone{n}.example" for n in range(5))
    said = evaluate(spf_zone("v=spf1 mx ip4:192.0.2.10 -all", mail))
    assert (said.result, said.voids) == (Result.PASS, 0)


def test_a_term_that_asks_for_two_things_that_are_not_there_is_one_void_lookup() -> None:
    said = evaluate(spf_zone("v=spf1 exists:%{p}.x.example exists:%{p}.y.example ip4:192.0.2.10 -all"))
    assert (said.result, said.voids) == (Result.PASS, 2)


def test_more_than_ten_exchangers_are_a_permanent_error_unless_an_earlier_one_matches() -> None:
    mail = "\n".join(f"d.example MX {n} h{n}.example" for n in range(11))
    said = evaluate(spf_zone("v=spf1 mx -all", mail + "\n" + HOSTS))
    assert (said.result, said.problem) == (Result.PERMERROR, Problem.SPF_LOOKUPS)
    assert evaluate(spf_zone("v=spf1 mx -all", mail + "\n" + HOSTS), "198.51.100.3").result == Result.PASS
    ten = mail.rpartition("\n")[0]
    assert evaluate(spf_zone("v=spf1 mx -all", ten + "\n" + HOSTS)).result == Result.FAIL


def test_only_ten_names_of_an_address_are_looked_at() -> None:
    names = "\n".join(f"10.2.0.192.in-addr.arpa PTR a{n}.example" for n in range(10))
    data = spf_zone(
        "v=spf1 ptr:z.example -all", names + "\n10.2.0.192.in-addr.arpa PTR z.example\nz.example A 192.0.2.10"
    )
    assert evaluate(data).result == Result.FAIL


# What cannot be asked


def test_failures_of_ptr_are_passed_over_and_remembered() -> None:
    said = evaluate(spf_zone("v=spf1 ptr -all", "10.2.0.192.in-addr.arpa FAIL servfail"))
    assert (said.result, said.failure) == (Result.FAIL, Failure.SERVFAIL)
    said = evaluate(spf_zone("v=spf1 ptr -all", "10.2.0.192.in-addr.arpa PTR x.d.example\nx.d.example FAIL timeout"))
    assert (said.result, said.failure) == (Result.FAIL, Failure.TIMEOUT)


@pytest.mark.parametrize(
    "term",
    ["a:x.example", "mx:x.example", "mx:m.example", "exists:x.example", "include:x.example", "redirect=x.example"],
)
def test_a_failure_on_the_way_is_a_temporary_error(term: str) -> None:
    said = evaluate(spf_zone(f"v=spf1 {term}", "x.example FAIL timeout\nm.example MX 1 x.example"))
    assert (said.result, said.failure, said.problem) == (Result.TEMPERROR, Failure.TIMEOUT, None)
    assert said.place is not None
    assert said.place.term == term


def test_an_exchanger_that_cannot_be_asked_does_not_matter_when_another_matches() -> None:
    said = evaluate(
        spf_zone(
            "v=spf1 mx -all",
            "d.example MX 1 x.example\nd.example MX 2 y.example\nx.example FAIL timeout\ny.example A 192.0.2.10",
        )
    )
    assert said.result == Result.PASS


# How it asks


def test_everything_of_one_level_is_wanted_at_once() -> None:
    more = """
        d.example MX 10 h2.example
        d.example MX 20 h3.example
        one.example TXT v=spf1 include:deep.example
        two.example TXT v=spf1 a:h4.example
        deep.example TXT v=spf1 a:h5.example
        three.example TXT v=spf1 -all
    """
    text = "v=spf1 a:h1.example mx include:one.example include:two.example exists:e.example redirect=three.example"
    judge = partial(check_host, HERE4, "d.example")
    said, rounds = settle(judge, spf_zone(text, HOSTS + more))
    assert said.result == Result.FAIL
    assert rounds == 4  # the record; its terms; hosts and included records' terms; the deepest


def test_nothing_is_asked_beyond_a_term_that_matches_by_itself() -> None:
    answers = Answers({Question("d.example.", "TXT"): Answer(('"v=spf1 a:one.example ip4:192.0.2.10 a:two.example"',))})
    assert check_host(HERE4, "d.example", answers) is None
    assert answers.wanted == {Question("one.example.", "A")}


def test_a_given_record_stands_in_for_the_published_one() -> None:
    answers = Answers({Question("d.example.", "TXT"): Answer(('"v=spf1 -all"',))})
    said = check_host(HERE4, "d.example", answers, record="v=spf1 ip4:192.0.2.10")
    assert said is not None
    assert (said.result, answers.wanted) == (Result.PASS, set())


def test_a_broad_tree_of_includes_is_not_asked_for_beyond_the_limit() -> None:
    data: Zone = {f"n{n}.example.": [("TXT", "v=spf1 -all")] for n in range(1200)}
    for n in range(100):
        includes = " ".join(f"include:n{10 * n + k}.example" for k in range(1, 11))
        data[f"n{n}.example."] = [("TXT", f"v=spf1 {includes} -all")]
    judge = partial(check_host, HERE4, "n0.example")
    assert settle(judge, data)[0].problem == Problem.SPF_LOOKUPS
    answers = Answers({Question(name, "TXT"): answer(data, Question(name, "TXT")) for name in data if len(name) < 13})
    judge(answers)
    assert len(answers.wanted) <= 10


TERMS = """a mx ptr -all ~all +all include:x.example exists:%{i}.x.example redirect=x.example a:%{p}.x ip4:192.0.2.10
    ?ip6:2001:db8::/32 moo a:x exp=x.example mx:x.example/24//64"""
terms = st.sampled_from(TERMS.split())
failures = st.sampled_from([Answer(failure=failure) for failure in Failure])
sound = st.builds(
    lambda texts, hosts, nxdomain: (texts, hosts, nxdomain),
    st.lists(st.lists(terms, max_size=4), max_size=2),
    st.sampled_from([(), ("192.0.2.10",), ("198.51.100.1", "192.0.2.77")]),
    st.booleans(),
)


@given(st.lists(terms, max_size=6), st.data(), st.sampled_from([HERE4, HERE6, "::ffff:192.0.2.10"]))
def test_it_ends_with_a_result_whatever_the_dns_says(own: list[str], data: st.DataObject, ip: str) -> None:
    answers = Answers()
    text = " ".join(["v=spf1", *own])
    for _ in range(60):
        said = check_host(ip, "d.example", answers, record=text)
        if said is not None:
            break
        for question in sorted(answers.wanted, key=lambda question: (question.name, question.type)):
            answers.put(question, _anything(data, question))
    assert said is not None
    assert (said.result == Result.PERMERROR) == (said.problem is not None)
    assert said.lookups <= 11


def _anything(data: st.DataObject, question: Question) -> Answer:
    if data.draw(st.integers(0, 9)) == 0:
        return data.draw(failures)
    texts, hosts, nxdomain = data.draw(sound)
    match question.type:
        case "TXT":
            values = tuple('"' + " ".join(["v=spf1", *text]) + '"' for text in texts)
        case "A":
            values = hosts
        case "MX":
            values = tuple(f"{n} h{n}.example." for n in range(len(hosts)))
        case "PTR":
            values = ("x.example.",) if hosts else ()
        case _:
            values = ()
    return Answer(values=values, nxdomain=nxdomain and not values)
