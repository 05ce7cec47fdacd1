"""`check_host()` against RFC 7208: which record, its grammar, what matches, include and redirect."""

from __future__ import annotations

import pytest

from domains.lookup.answers import Answer, Answers, Failure, Question
from domains.rules.verdicts import Problem
from domains.spf import FaultCode, Result, check_host

from .paper_dns import HERE4, HERE6, evaluate, spf_zone, zone


@pytest.mark.parametrize(
    ("domain", "result"),
    [
        ("d.example", Result.PASS),
        ("d.example.", Result.PASS),
        ("D.Example", Result.PASS),
        ("example", Result.NONE),
        ("", Result.NONE),
        ("d..example", Result.NONE),
        (".d.example", Result.NONE),
        ("[192.0.2.10]", Result.NONE),
        ("a" * 64 + ".d.example", Result.NONE),
        (".".join(["a" * 49] * 6), Result.NONE),
        ("absent.example", Result.NONE),
        ("empty.d.example", Result.NONE),
    ],
)
def test_section_4_3_names_that_cannot_be_looked_at_have_no_policy(domain: str, result: Result) -> None:
    data = spf_zone("v=spf1 ip4:192.0.2.10 -all", "x.empty.d.example A 192.0.2.1")
    assert evaluate(data, domain=domain).result == result


@pytest.mark.parametrize("failure", list(Failure))
def test_section_4_4_a_record_that_cannot_be_asked_for_is_a_temporary_error(failure: Failure) -> None:
    said = evaluate(zone(f"d.example FAIL {failure}"))
    assert (said.result, said.failure, said.problem) == (Result.TEMPERROR, failure, None)


@pytest.mark.parametrize(
    ("records", "result"),
    [
        (["v=spf1"], Result.NEUTRAL),
        (["v=spf1 "], Result.NEUTRAL),
        (["V=SPF1 +all"], Result.PASS),
        (["v=sPf1 ~all"], Result.SOFTFAIL),
        (["v=spf1-all"], Result.NONE),
        (["v=spf10 -all"], Result.NONE),
        ([" v=spf1 -all"], Result.NONE),
        (["v=spf1\t-all"], Result.NONE),
        (["v=spf2.0/pra -all"], Result.NONE),
        (["spf1 -all"], Result.NONE),
        (["v=spf1 -all", "v=spf2.0/mfrom,pra +all"], Result.FAIL),
        (["v=spf1 -all", "v=spf10 +all"], Result.FAIL),
        (["v=spf1 -all", "\xff\x00 other"], Result.FAIL),
        (["v=spf1 -all", ""], Result.FAIL),
        (["v=spf1 -all", "v=spf1 +all"], Result.PERMERROR),
        (["v=spf1 -all", "V=SPF1"], Result.PERMERROR),
        (["v=spf1 +all" + " " * 300], Result.PASS),
    ],
)
def test_section_4_5_exactly_the_one_spf_record_counts(records: list[str], result: Result) -> None:
    said = evaluate({"d.example.": [("TXT", text) for text in records]})
    assert said.result == result
    if result == Result.PERMERROR:
        assert (said.problem, said.owner, said.path) == (Problem.SPF_SEVERAL, "d.example.", ())


@pytest.mark.parametrize(
    "value",
    [
        '"v=spf1 -all"',
        '"" "v=spf1 -all"',
        '"v" "=spf1 -all"',
        '"\\118=spf1 -all"',
        '"\\v=spf1 -all"',
        "v=spf1\\032-all",
    ],
)
def test_section_4_5_a_record_counts_however_it_is_quoted(value: str) -> None:
    said = check_host(HERE4, "d.example", Answers({Question("d.example.", "TXT"): Answer((value,))}))
    assert said is not None
    assert said.result == Result.FAIL


def test_section_3_3_strings_are_joined_without_space() -> None:
    known = {Question("d.example.", "TXT"): Answer(('"v=spf1 ip4:192.0" ".2.10 -all"', '"v=spf1" "-all"'))}
    said = check_host(HERE4, "d.example", Answers(known))
    assert said is not None
    assert said.result == Result.PASS


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("v=spf1 ip4:192.0.2.10 -all »moo", FaultCode.MECHANISM),
        ("v=spf1 »moo", FaultCode.MECHANISM),
        ("v=spf1 »moo:d.example", FaultCode.MECHANISM),
        ("v=spf1 »=x", FaultCode.MECHANISM),
        ("v=spf1 »-", FaultCode.MECHANISM),
        ("v=spf1 »+-all", FaultCode.MECHANISM),
        ("v=spf1 »all.", FaultCode.MECHANISM),
        ("v=spf1 -all»:x", FaultCode.ARGUMENT),
        ("v=spf1 -all»/8", FaultCode.ARGUMENT),
        ("v=spf1 a»\tmx", FaultCode.CHARACTER),
        ("v=spf1 a»\r\nmx", FaultCode.CHARACTER),
        ("v=spf1 a»\x00", FaultCode.CHARACTER),
        ("v=spf1 »\xe2\x80\x93all", FaultCode.CHARACTER),
        ("v=spf1 a:»\xfcber.example", FaultCode.CHARACTER),
        ("v=spf1 »redirect:d.example", FaultCode.MECHANISM),
        ("v=spf1 »-redirect=d.example", FaultCode.MECHANISM),
        ("v=spf1 »moo/x=y", FaultCode.MECHANISM),
        ("v=spf1 »moo:x=y", FaultCode.MECHANISM),
        ("v=spf1 »1moo=y", FaultCode.MECHANISM),
        ("v=spf1 include»", FaultCode.DOMAIN_MISSING),
        ("v=spf1 include»:", FaultCode.DOMAIN_MISSING),
        ("v=spf1 include»/24", FaultCode.ARGUMENT),
        ("v=spf1 include:d».example/24", FaultCode.DOMAIN),
        ("v=spf1 include:»localhost", FaultCode.DOMAIN),
        ("v=spf1 exists»", FaultCode.DOMAIN_MISSING),
        ("v=spf1 exists»:", FaultCode.DOMAIN_MISSING),
        ("v=spf1 exists:d».example/24", FaultCode.DOMAIN),
        ("v=spf1 a»:", FaultCode.DOMAIN_MISSING),
        ("v=spf1 a:d».example:80", FaultCode.DOMAIN),
        ("v=spf1 a:192.0.2».10", FaultCode.DOMAIN),
        ("v=spf1 a:d».-example", FaultCode.DOMAIN),
        ("v=spf1 a:d».example-", FaultCode.DOMAIN),
        ("v=spf1 a:d».exam_ple", FaultCode.DOMAIN),
        ("v=spf1 »a.d.example", FaultCode.MECHANISM),
        ("v=spf1 a=d.example »x", FaultCode.MECHANISM),
        ("v=spf1 a»/33", FaultCode.CIDR),
        ("v=spf1 a»/032", FaultCode.CIDR),
        ("v=spf1 a»/", FaultCode.CIDR),
        ("v=spf1 a/24»/64", FaultCode.CIDR),
        ("v=spf1 a»//129", FaultCode.CIDR),
        ("v=spf1 a»//064", FaultCode.CIDR),
        ("v=spf1 a»/24//", FaultCode.CIDR),
        ("v=spf1 mx»:", FaultCode.DOMAIN_MISSING),
        ("v=spf1 mx»/33", FaultCode.CIDR),
        ("v=spf1 mx:»foo", FaultCode.DOMAIN),
        ("v=spf1 ptr»:", FaultCode.DOMAIN_MISSING),
        ("v=spf1 ptr»/0", FaultCode.ARGUMENT),
        ("v=spf1 ip4»", FaultCode.ADDRESS),
        ("v=spf1 ip4»:", FaultCode.ADDRESS),
        ("v=spf1 ip4»/24", FaultCode.ADDRESS),
        ("v=spf1 ip4:»192.0.2", FaultCode.ADDRESS),
        ("v=spf1 ip4:»192.0.2.256", FaultCode.ADDRESS),
        ("v=spf1 ip4:»192.0.2.010", FaultCode.ADDRESS),
        ("v=spf1 ip4:»192.0.2.10:25", FaultCode.ADDRESS),
        ("v=spf1 ip4:»2001:db8::10", FaultCode.ADDRESS),
        ("v=spf1 ip4:192.0.2.10»/33", FaultCode.CIDR),
        ("v=spf1 ip4:192.0.2.10»/08", FaultCode.CIDR),
        ("v=spf1 ip4:192.0.2.10»/", FaultCode.CIDR),
        ("v=spf1 ip4:192.0.2.10»//32", FaultCode.CIDR),
        ("v=spf1 ip6»", FaultCode.ADDRESS),
        ("v=spf1 ip6:»192.0.2.10", FaultCode.ADDRESS),
        ("v=spf1 ip6:»2001:db8::g", FaultCode.ADDRESS),
        ("v=spf1 ip6:»fe80::1%eth0", FaultCode.ADDRESS),
        ("v=spf1 ip6:2001:db8::»/129", FaultCode.CIDR),
        ("v=spf1 ip6:2001:db8::»/064", FaultCode.CIDR),
        ("v=spf1 redirect=»", FaultCode.DOMAIN_MISSING),
        ("v=spf1 redirect=»localhost", FaultCode.DOMAIN),
        ("v=spf1 redirect=d».example/24", FaultCode.DOMAIN),
        ("v=spf1 redirect=a.example »redirect=a.example", FaultCode.DUPLICATE),
        ("v=spf1 redirect=a.example »REDIRECT=b.example -all", FaultCode.DUPLICATE),
        ("v=spf1 exp=a.example »exp=a.example -all", FaultCode.DUPLICATE),
        ("v=spf1 exp=» -all", FaultCode.DOMAIN_MISSING),
        ("v=spf1 -all exp=»%{r}.d.example", FaultCode.MACRO),
        ("v=spf1 a:»%d.example", FaultCode.MACRO),
        ("v=spf1 a:»%(d).example", FaultCode.MACRO),
        ("v=spf1 a:x»%.example", FaultCode.MACRO),
        ("v=spf1 a:»%{d.example", FaultCode.MACRO),
        ("v=spf1 a:»%{x}.example", FaultCode.MACRO),
        ("v=spf1 a:»%{c}.example", FaultCode.MACRO),
        ("v=spf1 a:»%{t}.example", FaultCode.MACRO),
        ("v=spf1 a:»%{d0}.example", FaultCode.MACRO),
        ("v=spf1 a:»%{dr2}.example", FaultCode.MACRO),
        ("v=spf1 a:»%{d:}.example", FaultCode.MACRO),
        ("v=spf1 a:%{d}»example", FaultCode.DOMAIN),
        ("v=spf1 x=»%y -all", FaultCode.MACRO),
    ],
)
def test_section_4_6_a_syntax_error_anywhere_is_a_permanent_error(text: str, code: FaultCode) -> None:
    """`»` stands before the character at which the fault is."""
    position = text.index("»")
    said = evaluate(spf_zone(text.replace("»", "")))
    assert (said.result, said.problem) == (Result.PERMERROR, Problem.SPF_SYNTAX)
    assert said.fault == code
    assert said.place is not None
    assert (said.place.owner, said.place.position) == ("d.example.", position)


@pytest.mark.parametrize(
    "text",
    [
        "v=spf1 ip4:192.0.2.10",
        "v=spf1   ip4:192.0.2.10  ",
        "v=spf1 IP4:192.0.2.10 -ALL",
        "v=spf1 moo=%{d}%{c}/:x a.b-c_d=y ip4:192.0.2.10 -all",
        "v=spf1 moo= ip4:192.0.2.10 -all",
        "v=spf1 moo=a moo=b ip4:192.0.2.10 -all",
        "v=spf1 exp=none.d.example ip4:192.0.2.10 -all",
        "v=spf1 exp=%{d}.%{o} ip4:192.0.2.10 -all",
        "v=spf1 ip4:192.0.2.10 -all redirect=gone.example",
        "v=spf1 ip4:192.0.2.0/24 -all",
        "v=spf1 ip4:192.0.2.99/24 -all",
        "v=spf1 ip4:0.0.0.0/0 -all",
        "v=spf1 ip4:192.0.2.10/32 -all",
        "v=spf1 -ip6:2001:db8::/32 -ip6:::/0 ip4:192.0.2.10",
        "v=spf1 a:host.d.example",
        "v=spf1 a:host.d.example.",
        "v=spf1 A:HOST.d.example -all",
        "v=spf1 a:alias.d.example -all",
        "v=spf1 a:near.d.example/24 -all",
        "v=spf1 a:near.d.example/24//128 -all",
        "v=spf1 a:far.d.example/0 -all",
        "v=spf1 a:host.d.example//0 -all",
        "v=spf1 a:a:b/c.d.example -all",
        "v=spf1 a:_under.d.example -all",
        "v=spf1 mx:d.example -all",
        "v=spf1 mx -all",
        "v=spf1 mx/24 -all",
        "v=spf1 exists:%{ir}.%{v}.list.d.example -all",
        "v=spf1 exists:%{l}.user.d.example -all",
        "v=spf1 exists:%{o2r}.swapped.d.example -all",
        "v=spf1 exists:%{d1}.last.d.example -all",
        "v=spf1 exists:%{h}.helo.d.example -all",
        "v=spf1 a:%{d} a:host.%{d} -all",
        "v=spf1 a:host.%{D2} -all",
        "v=spf1 a:host.%{d99} -all",
        "v=spf1 include:ok.d.example -all",
        "v=spf1 include:OK.D.example. -all",
        "v=spf1 include:soft.d.example include:ok.d.example",
        "v=spf1 redirect=ok.d.example",
        "v=spf1 redirect=ok.d.example ?a:gone.example",
        "v=spf1 ptr -all",
        "v=spf1 ptr:d.example -all",
        "v=spf1 ptr:D.EXAMPLE. -all",
        "v=spf1 ptr:%{d} -all",
        "v=spf1 exists:%{p}.named.d.example -all",
        "v=spf1 all -all",
    ],
)
def test_what_the_grammar_allows_and_matches_passes(text: str) -> None:
    more = """
        host.d.example A 192.0.2.10
        alias.d.example CNAME host.d.example
        near.d.example A 192.0.2.77
        far.d.example A 198.51.100.1
        a:b/c.d.example A 192.0.2.10
        _under.d.example A 192.0.2.10
        d.example MX 10 gone.d.example
        d.example MX 20 host.d.example
        10.2.0.192.in-addr.list.d.example A 127.0.0.2
        postmaster.user.d.example A 127.0.0.2
        example.d.swapped.d.example A 127.0.0.2
        example.last.d.example A 127.0.0.2
        d.example.helo.d.example A 127.0.0.2
        ok.d.example TXT v=spf1 ip4:192.0.2.10 -all
        soft.d.example TXT v=spf1 ~all
        10.2.0.192.in-addr.arpa PTR other.example
        10.2.0.192.in-addr.arpa PTR host.d.example
        other.example A 192.0.2.99
        host.d.example.named.d.example A 127.0.0.2
    """
    said = evaluate(spf_zone(text, more))
    assert (said.result, said.problem, said.failure) == (Result.PASS, None, None)


@pytest.mark.parametrize(
    ("qualifier", "result"), [("", "pass"), ("+", "pass"), ("-", "fail"), ("~", "softfail"), ("?", "neutral")]
)
def test_section_4_6_2_the_qualifier_of_what_matches_is_the_result(qualifier: str, result: str) -> None:
    for term in ("all", "ip4:192.0.2.0/24", "a:host.d.example", "include:ok.example", "exists:host.d.example"):
        data = spf_zone(f"v=spf1 {qualifier}{term} -all", "host.d.example A 192.0.2.10\nok.example TXT v=spf1 +all")
        assert evaluate(data).result == result
        assert evaluate(data).path[0].term == f"{qualifier}{term}"


@pytest.mark.parametrize(
    ("text", "ip", "result"),
    [
        ("v=spf1 ip4:192.0.2.11 -all", HERE4, Result.FAIL),
        ("v=spf1 ip4:192.0.2.8/30 -all", HERE4, Result.PASS),
        ("v=spf1 ip4:192.0.2.8/31 -all", HERE4, Result.FAIL),
        ("v=spf1 ip4:0.0.0.0/0 -all", HERE6, Result.FAIL),
        ("v=spf1 ip6:::/0 -all", HERE4, Result.FAIL),
        ("v=spf1 ip6:2001:DB8::/32 -all", HERE6, Result.PASS),
        ("v=spf1 ip6:2001:db8::10 -all", HERE6, Result.PASS),
        ("v=spf1 ip6:2001:db8::11 -all", HERE6, Result.FAIL),
        ("v=spf1 ip6:2001:db8::192.0.2.1/64 -all", HERE6, Result.PASS),
        ("v=spf1 ip4:192.0.2.10 -all", "::ffff:192.0.2.10", Result.PASS),
        ("v=spf1 ip6:::ffff:192.0.2.10 -all", "::ffff:192.0.2.10", Result.FAIL),
        ("v=spf1 a -all", HERE4, Result.PASS),
        ("v=spf1 a -all", HERE6, Result.PASS),
        ("v=spf1 a//32 -all", "2001:db8:ffff::1", Result.PASS),
        ("v=spf1 a//33 -all", "2001:db8:ffff::1", Result.FAIL),
        ("v=spf1 a/0 -all", "2001:db9::1", Result.FAIL),
        ("v=spf1 a//0 -all", "2001:db9::1", Result.PASS),
        ("v=spf1 a:only4.d.example/0//0 -all", HERE6, Result.FAIL),
        ("v=spf1 mx -all", HERE6, Result.PASS),
        ("v=spf1 mx:host.d.example -all", HERE4, Result.FAIL),
        ("v=spf1 mx:null.d.example -all", HERE4, Result.FAIL),
        ("v=spf1 exists:host.d.example -all", HERE6, Result.PASS),
        ("v=spf1 exists:only6.d.example -all", HERE6, Result.FAIL),
        ("v=spf1 exists:gone.d.example -all", HERE4, Result.FAIL),
        ("v=spf1 a:gone.d.example -all", HERE4, Result.FAIL),
        ("v=spf1 a:d..example -all", HERE4, Result.FAIL),
        ("v=spf1 a:" + "x" * 64 + ".example -all", HERE4, Result.FAIL),
        ("v=spf1 ptr -all", HERE4, Result.FAIL),
        ("v=spf1 ptr:host.example -all", HERE6, Result.PASS),
        ("v=spf1 ptr:st.example -all", HERE6, Result.FAIL),
        ("v=spf1 exists:%{p}.named.d.example -all", HERE4, Result.PASS),
        ("v=spf1", HERE4, Result.NEUTRAL),
        ("v=spf1 ip4:192.0.2.11", HERE4, Result.NEUTRAL),
    ],
)
def test_section_5_mechanisms(text: str, ip: str, result: Result) -> None:
    more = """
        d.example A 192.0.2.10
        d.example AAAA 2001:db8::10
        d.example MX 10 d.example
        null.d.example MX 0
        host.d.example A 192.0.2.10
        only4.d.example A 192.0.2.10
        only6.d.example AAAA 2001:db8::10
        10.2.0.192.in-addr.arpa PTR elsewhere.example
        elsewhere.example A 192.0.2.99
        unknown.named.d.example A 127.0.0.2
        0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR a.Host.example
        a.host.example AAAA 2001:db8::10
    """
    said = evaluate(spf_zone(text, more), ip)
    assert (said.result, said.problem, said.failure) == (result, None, None)


@pytest.mark.parametrize(
    ("included", "result", "problem"),
    [
        ("v=spf1 +all", Result.PASS, None),
        ("v=spf1 -all", Result.SOFTFAIL, None),
        ("v=spf1 ~all", Result.SOFTFAIL, None),
        ("v=spf1 ?all", Result.SOFTFAIL, None),
        ("v=spf1", Result.SOFTFAIL, None),
        ("v=spf1 moo", Result.PERMERROR, Problem.SPF_SYNTAX),
        ("other", Result.PERMERROR, Problem.SPF_INCLUDE_NONE),
        ("v=spf1 a:broken.example", Result.TEMPERROR, None),
        ("v=spf1 redirect=other.example", Result.SOFTFAIL, None),
        ("v=spf1 redirect=gone.example", Result.PERMERROR, Problem.SPF_REDIRECT_NONE),
        ("v=spf1 include:gone.example", Result.PERMERROR, Problem.SPF_INCLUDE_NONE),
    ],
)
def test_section_5_2_an_include_matches_when_it_passes_and_hands_errors_on(
    included: str, result: Result, problem: Problem | None
) -> None:
    data = spf_zone(
        "v=spf1 include:i.example ~all",
        f"i.example TXT {included}\nbroken.example FAIL timeout\nother.example TXT v=spf1 -all",
    )
    said = evaluate(data)
    assert (said.result, said.problem) == (result, problem)


def test_an_error_names_the_record_the_term_and_the_way_to_it() -> None:
    said = evaluate(
        spf_zone(
            "v=spf1 include:one.example -all",
            "one.example TXT v=spf1 a include:two.example\ntwo.example TXT v=spf1 a mx:x",
        )
    )
    assert [(place.owner, place.term, place.position) for place in said.path] == [
        ("d.example.", "include:one.example", 7),
        ("one.example.", "include:two.example", 9),
        ("two.example.", "mx:x", 12),
    ]
    assert (said.owner, said.fault) == ("two.example.", FaultCode.DOMAIN)


def test_a_match_inside_an_include_names_both_terms() -> None:
    said = evaluate(
        spf_zone(
            "v=spf1 include:one.example -all",
            "one.example TXT v=spf1 redirect=two.example\ntwo.example TXT v=spf1 ip4:192.0.2.0/24",
        )
    )
    assert [place.term for place in said.path] == ["include:one.example", "redirect=two.example", "ip4:192.0.2.0/24"]
    assert (said.owner, said.lookups) == ("d.example.", 2)


@pytest.mark.parametrize(
    ("text", "result", "problem"),
    [
        ("v=spf1 redirect=ok.example", Result.PASS, None),
        ("v=spf1 redirect=bad.example", Result.FAIL, None),
        ("v=spf1 redirect=gone.example", Result.PERMERROR, Problem.SPF_REDIRECT_NONE),
        ("v=spf1 redirect=d..example", Result.PERMERROR, Problem.SPF_REDIRECT_NONE),
        ("v=spf1 redirect=two.example", Result.PERMERROR, Problem.SPF_SEVERAL),
        ("v=spf1 redirect=d.example", Result.PERMERROR, Problem.SPF_LOOP),
        ("v=spf1 redirect=%{d}", Result.PERMERROR, Problem.SPF_LOOP),
        ("v=spf1 include:d.example", Result.PERMERROR, Problem.SPF_LOOP),
        ("v=spf1 include:back.example", Result.PERMERROR, Problem.SPF_LOOP),
        ("v=spf1 redirect=gone.example ~all", Result.SOFTFAIL, None),
        ("v=spf1 redirect=d.example ~all", Result.SOFTFAIL, None),
        ("v=spf1 include:gone.example ip4:192.0.2.10", Result.PERMERROR, Problem.SPF_INCLUDE_NONE),
        ("v=spf1 ip4:192.0.2.10 include:gone.example", Result.PASS, None),
        ("v=spf1 ip4:192.0.2.10 include:d.example", Result.PASS, None),
    ],
)
def test_section_6_1_redirect_decides_when_nothing_matched(text: str, result: Result, problem: Problem | None) -> None:
    more = """
        ok.example TXT v=spf1 ip4:192.0.2.10 -all
        bad.example TXT v=spf1 -all
        two.example TXT v=spf1 -all
        two.example TXT v=spf1 +all
        back.example TXT v=spf1 include:d.example
    """
    said = evaluate(spf_zone(text, more))
    assert (said.result, said.problem) == (result, problem)
