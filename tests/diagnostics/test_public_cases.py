"""SPF and DMARC in zones as people had them: what is said, what the fix is, and that it mends."""

from __future__ import annotations

from typing import Any

import pytest

from diagnostics.show.repair_words import AMBIGUITIES, CHANGES, POLICY_CHANGES, TAGS, amiss, change, policy_change
from diagnostics.show.sentences import notes, whole
from domains.dmarc import SYNTAX
from domains.dmarc_repair import PolicyChangeKind
from domains.records import Kind
from domains.rrset import Action, Fix, quote_txt, txt_text
from domains.rules.reasons import Reason
from domains.rules.verdicts import Problem, Status, Verdict
from domains.spf import AmbiguityCode, ChangeKind

from .public_cases import judged, publish, read, world_of, written

CASES = [(kind, case) for kind in (Kind.SPF, Kind.DMARC) for case in read(kind.lower())]
OURS = "include:spf.mail.example"
OTHER = "include:spf.other.example"


@pytest.mark.parametrize(("kind", "case"), CASES, ids=[case["id"] for _, case in CASES])
def test_a_zone_from_a_report_is_judged_as_a_postmaster_would(kind: Kind, case: dict[str, Any]) -> None:
    world = world_of(case)
    verdict = judged(case, kind, world)
    assert (verdict.status, written(verdict.fixes)) == (case["status"], case["fixes"])
    assert [term["term"] for term in facts_of(verdict).get("ambiguous", [])] == case.get("ambiguous", [])
    if verdict.fixes:
        publish(case, world, verdict.fixes)
        assert judged(case, kind, world).status == Status.OK


def spf_case(*texts: str, more: str = "", **zones: str) -> dict[str, Any]:
    lines = [f"@ TXT {quote_txt(text.encode().decode('latin-1'))}" for text in texts]
    apexes = {
        "xn--w-uga1v8h.test": 'spf TXT "v=spf1 ip4:203.0.113.44 -all"\n_spf TXT "v=spf1 ip4:203.0.113.45 -all"',
        "xn--bcher-kva.test": 'spf TXT "v=spf1 ip4:203.0.113.46 -all"',
    }
    return {"name": "x.test", "text": "\n".join([*lines, more]), "zones": apexes | zones}


def dmarc_case(*texts: str, more: str = "") -> dict[str, Any]:
    lines = [f"_dmarc TXT {quote_txt(text.encode().decode('latin-1'))}" for text in texts]
    return {"name": "x.test", "text": "\n".join([f'@ TXT "v=spf1 {OURS} ~all"', *lines, more])}


def mended(kind: Kind, case: dict[str, Any]) -> tuple[Verdict, str | None]:
    """The verdict, and the text that is published; where there is a fix, it mends and leaves one record."""
    world = world_of(case)
    verdict = judged(case, kind, world)
    if not verdict.fixes:
        return verdict, None
    publish(case, world, verdict.fixes)
    after = judged(case, kind, world)
    assert after.status == Status.OK
    assert len(after.found[0].values) == 1 or kind == Kind.SPF
    return verdict, published(verdict.fixes)


def facts_of(verdict: Verdict) -> dict[str, Any]:
    return dict(verdict.facts)


def published(fixes: tuple[Fix, ...]) -> str | None:
    added = [txt_text(value) for fix in fixes if fix.action == Action.ADD for value in fix.values]
    return added[0] if added else None


@pytest.mark.parametrize(
    ("record", "fixed"),
    [
        # letters beyond ASCII
        ("include:spf.bücher.test -all", f"include:spf.xn--bcher-kva.test {OURS} -all"),
        (f"a:poczta.żółw.test {OURS} ~all", f"a:poczta.xn--w-uga1v8h.test {OURS} ~all"),
        (f"-include:spf.żółw.test {OURS} ~all", f"-include:spf.xn--w-uga1v8h.test {OURS} ~all"),
        ("include:_spf.żółw.test. ~all", f"include:_spf.xn--w-uga1v8h.test. {OURS} ~all"),
        (f"exists:%{{i}}.żółw.test {OURS} ~all", f"exists:%{{i}}.xn--w-uga1v8h.test {OURS} ~all"),
        (f"inlude:SPF.ŻÓŁW.TEST, {OURS} ~all", f"include:spf.xn--w-uga1v8h.test {OURS} ~all"),
        ("include:spf。other。example ~all", f"{OTHER} {OURS} ~all"),
        (f"redirect=spf.żółw.test {OURS}", f"redirect=spf.xn--w-uga1v8h.test {OURS}"),
        (f"include:spf.żó łw.test {OURS} ~all", None),
        # no blank between terms
        ("ip4:203.0.113.9a:web.other.example ~all", f"ip4:203.0.113.9 a:web.other.example {OURS} ~all"),
        (f"ip4:203.0.113.9/32ip4:203.0.113.10{OURS}~all", f"ip4:203.0.113.9/32 ip4:203.0.113.10 {OURS} ~all"),
        (f"mxa {OTHER} ~all", f"mx a {OTHER} {OURS} ~all"),
        ("amx:web.other.example ~all", f"a mx:web.other.example {OURS} ~all"),
        (f"{OTHER}-all", f"{OTHER} {OURS} -all"),
        (f"{OTHER}~all{OURS}", f"{OTHER} {OURS} ~all"),
        (f"ip6:2001:db8:1::5ip4:203.0.113.9 {OURS} -all", f"ip6:2001:db8:1::5 ip4:203.0.113.9 {OURS} -all"),
        (f"{OTHER}redirect=spf.mail.example", f"{OTHER} {OURS} redirect=spf.mail.example"),
        (f"{OTHER}+mx -all", f"{OTHER} +mx {OURS} -all"),
        (f"ip6:2001:db8:1::aa:web.other.example {OURS} -all", None),
        (f"{OTHER}.{OURS} -all", None),
        # addresses in other forms
        ("ip4:203.0.113.9:587 -all", f"ip4:203.0.113.9 {OURS} -all"),
        ("ip4:203.0.113.0/24:25 -all", f"ip4:203.0.113.0/24 {OURS} -all"),
        ("ip6:2001:db8:1::/48:25 -all", f"ip6:2001:db8:1::/48 {OURS} -all"),
        ("ip6:[2001:db8:1::5] -all", f"ip6:2001:db8:1::5 {OURS} -all"),
        ("ip4:203.0.113.* -all", f"ip4:203.0.113.0/24 {OURS} -all"),
        ("ip4:203.0.*.* -all", f"ip4:203.0.0.0/16 {OURS} -all"),
        ("ip4:203.0.113.7-12 -all", f"ip4:203.0.113.7 ip4:203.0.113.8/30 ip4:203.0.113.12 {OURS} -all"),
        ("ip4:203.0.113.0-203.0.113.255 -all", f"ip4:203.0.113.0/24 {OURS} -all"),
        ("ip4:203.0/16 -ip4:10/8 -all", f"ip4:203.0.0.0/16 -ip4:10.0.0.0/8 {OURS} -all"),
        ("ip4:203.0.113.0 /24 -all", f"ip4:203.0.113.0/24 {OURS} -all"),
        ("ip4:::ffff:203.0.113.9 -all", f"ip4:203.0.113.9 {OURS} -all"),
        ("include:ip4:203.0.113.9 -all", f"ip4:203.0.113.9 {OURS} -all"),
        ("ip4:203.0.113.12-203.0.113.7 -all", None),
        ("ip4:203.0.113/26 -all", None),
        ("ip4:203.0.113 -all", None),
        ("ip4:203.0.113.300 -all", None),
        ("ip4:203.0.113.0/0.0.0.0 -all", None),
        ("ip4:010.1.2.3 -all", None),
        ("ip6:2001:db8:1::/129 -all", None),
        ("ip6:web.other.example -all", None),
        # hosts
        ("mx:20 web.other.example -all", f"mx:web.other.example {OURS} -all"),
        ("mx 10 web.other.example. -all", f"mx:web.other.example. {OURS} -all"),
        ("mx/web.other.example -all", f"mx:web.other.example {OURS} -all"),
        ("a/203.0.113.5 -all", f"ip4:203.0.113.5 {OURS} -all"),
        ("a:web.other.example:25 -all", f"a:web.other.example {OURS} -all"),
        ("a:web.other.example/ mx/24/64 -all", f"a:web.other.example mx/24//64 {OURS} -all"),
        ("redirect=https://spf.other.example/", f"{OURS} redirect=spf.other.example"),
        ("spf.other.example -all", None),
        (f"{OTHER}/24 -all", None),
        ("a:web -all", None),
        # colons
        ("include;spf.other.example -all", f"{OTHER} {OURS} -all"),
        ("include spf.other.example -all", f"{OTHER} {OURS} -all"),
        ("include : spf.other.example -all", f"{OTHER} {OURS} -all"),
        ("include=spf.other.example ip4:203.0.113.9:25 -all", f"{OTHER} ip4:203.0.113.9 {OURS} -all"),
        # the end
        (f"{OTHER} -al", f"{OTHER} {OURS} -all"),
        (f"{OTHER} -fail", f"{OTHER} {OURS} -all"),
        (f"{OTHER} ~softfail", f"{OTHER} {OURS} ~all"),
        (f"{OTHER} alll", f"{OTHER} {OURS} ?all"),
        (f"{OTHER} +al", f"{OTHER} {OURS} ?all"),
        (f"{OTHER} ?alll", f"{OTHER} {OURS} ?all"),
        (f"{OTHER} -a11", f"{OTHER} {OURS} -all"),
        (f"{OTHER} all-", f"{OTHER} {OURS} -all"),
        (f"{OTHER} – all", f"{OTHER} {OURS} -all"),
        (f"{OTHER} --all", f"{OTHER} {OURS} -all"),
        (f"{OTHER} softfail", None),
        # what nobody can tell
        (f"exists:%{{i.other.example {OURS} -all", None),
        (f"exists:100%.other.example {OURS} -all", None),
        ("moo -all", None),
    ],
)
def test_a_broken_record_is_mended_as_it_was_meant_or_not_at_all(record: str, fixed: str | None) -> None:
    verdict, text = mended(Kind.SPF, spf_case(f"v=spf1 {record}"))
    assert verdict.status == Status.WRONG
    assert text == (f"v=spf1 {fixed}" if fixed else None)
    assert bool(facts_of(verdict).get("ambiguous")) == (fixed is None)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("v=sfp1 include:spf.other.example -all", "-all"),
        ("vspf1 include:spf.other.example ~all", "~all"),
        ("v=spf3 include:spf.other.example ?all", "?all"),
        ("spf1 include:spf.other.example ~all", "~all"),
        ("v=spf1; include:spf.other.example; ~all", "~all"),
        ("v=spf1,include:spf.other.example,~all", "~all"),
        ("v=spf1. include=spf.other.example -al", "-all"),
        ("v=spf1\tinclude:spf.other.example\t-all", "-all"),
        ("v=spf1include:spf.other.example-all", "-all"),
        ("„v=spf1 include:spf.other.example ~all“", "~all"),
        ("«v=spf1 include:spf.other.example ~all»", "~all"),
        ("'v=spf1 include:spf.other.example ~all'", "~all"),
        ("\u200bv=spf1 include:spf.other.example ~all", "~all"),
        ('x.test. IN TXT "v=spf1 include:spf.other.example ~all"', "~all"),
        ('@ 3600 IN TXT "v=spf1 include:spf.other.example ~all"', "~all"),
        ('x.test. 300 IN SPF "v=spf1 " "include:spf.other.example ~all"', "~all"),
        ('TXT @ "v=spf1 include:spf.other.example ~all"', "~all"),
        ("SPF: v=spf1 include:spf.other.example ~all", "~all"),
        ("v = spf1 include:spf.other.example ~all", "~all"),
        ('"\\"v=spf1 include:spf.other.example ~all\\""', "~all"),
        ("v＝spf1 include：spf.other.example ～all", "~all"),
    ],
)
def test_what_was_meant_as_spf_is_recognised_and_keeps_senders_and_end(text: str, end: str) -> None:
    verdict, fixed = mended(Kind.SPF, spf_case(text))
    assert (verdict.status, fixed) == (Status.MISSING, f"v=spf1 {OTHER} {OURS} {end}")
    assert verdict.fixes[0].action == Action.REMOVE


@pytest.mark.parametrize("text", ["spf2.0/pra include:spf.other.example ~all", "see the page about spf1", "v=spf1x a"])
def test_what_has_nothing_to_do_with_spf_stays(text: str) -> None:
    verdict, fixed = mended(Kind.SPF, spf_case(text))
    assert (len(verdict.fixes), fixed) == (1, f"v=spf1 {OURS} ~all")


def test_duplicates_in_one_answer_count_once() -> None:
    world = world_of(spf_case(f"v=spf1 {OURS} ~all", more='_dmarc TXT "v=DMARC1; p=none"'))
    zone = world.zone("x.test.")
    for name in ("x.test.", "_dmarc.x.test."):
        there = zone.records[name, "TXT"]
        there.values = (*there.values, *there.values)
    case = spf_case()
    assert judged(case, Kind.SPF, world).status == Status.OK
    assert judged(case, Kind.DMARC, world).status == Status.OK


def test_repeated_includes_are_taken_out_where_the_look_ups_do_not_suffice() -> None:
    _, fixed = mended(Kind.SPF, spf_case("v=spf1 " + f"{OTHER} " * 10 + f"mx {OURS} ~all"))
    assert fixed == f"v=spf1 {OTHER} mx {OURS} ~all"
    verdict, fixed = mended(Kind.SPF, spf_case("v=spf1 " + f"{OTHER} " * 4 + "~all"))
    assert fixed == "v=spf1 " + f"{OTHER} " * 4 + f"{OURS} ~all"
    assert [change["kind"] for change in facts_of(verdict)["changes"]] == ["included"]


def test_spf_under_a_doubled_name_moves_and_is_merged() -> None:
    verdict, fixed = mended(Kind.SPF, spf_case(more=f'x.test TXT "v=spf1 {OTHER} -al"'))
    assert verdict.problems == (Problem.NAME_DOUBLED,)
    assert fixed == f"v=spf1 {OTHER} {OURS} -all"
    assert [(fix.action, fix.name) for fix in verdict.fixes] == [
        (Action.ADD, "x.test."),
        (Action.REMOVE, "x.test.x.test."),
    ]
    both, fixed = mended(Kind.SPF, spf_case("v=spf1 mx ~all", more=f'x.test TXT "v=spf1 {OTHER} -all"'))
    assert both.status == Status.WRONG
    assert fixed == f"v=spf1 mx {OTHER} {OURS} ~all"
    assert [fix.name for fix in both.fixes] == ["x.test.", "x.test.", "x.test.x.test."]


def test_what_cannot_be_understood_under_a_doubled_name_is_not_lost() -> None:
    verdict, fixed = mended(Kind.SPF, spf_case(more='x.test TXT "v=spf1 ip4:mail.other.example -all"'))
    assert (verdict.status, fixed) == (Status.MISSING, None)
    assert facts_of(verdict)["ambiguous"][0]["readings"] == ["a:mail.other.example"]
    there, fixed = mended(Kind.SPF, spf_case("v=spf1 mx -all", more='x.test TXT "v=spf1 ip4:mail.other.example -all"'))
    assert fixed == f"v=spf1 mx {OURS} -all"
    assert {fix.name for fix in there.fixes} == {"x.test."}


def test_it_is_said_whose_mail_runs_into_an_error() -> None:
    record = "v=spf1 a:web.other.example a:mx1.other.example a:autodiscover.other.example"
    verdict = judged(spf_case(f"{record} {OURS} -all"), Kind.SPF)
    assert (verdict.problems, facts_of(verdict)["senders"]) == ((Problem.SPF_VOID_LOOKUPS,), 6)
    verdict = judged(spf_case(f"v=spf1 include:gone.other.example {OURS} -all"), Kind.SPF)
    assert "senders" not in facts_of(verdict)


def test_a_modifier_that_was_meant_as_a_mechanism_is_told() -> None:
    verdict = judged(spf_case(f"v=spf1 include=spf.other.example {OURS} -all"), Kind.SPF)
    assert verdict.status == Status.OK
    assert facts_of(verdict)["ignored"] == [{"term": "include=spf.other.example", "meant": OTHER}]


@pytest.mark.parametrize(
    ("text", "fixed", "meant"),
    [
        # not recognised by receivers
        ("‘v=DMARC1; p=quarantine; rua=mailto:a@x.test’", "p=none; rua=mailto:a@x.test", "quarantine"),
        ("„v=DMARC1; p=reject“", "p=none", "reject"),
        ("\u00a0v=DMARC1; p=none; rua=mailto:a@x.test", "p=none; rua=mailto:a@x.test", None),
        ("\u200bv=DMARC1; p=none", "p=none", None),
        ("v=DMARC; p=none; rua=mailto:a@x.test", "p=none; rua=mailto:a@x.test", None),
        ("v=DMARC1,p=none,rua=mailto:a@x.test", "p=none; rua=mailto:a@x.test", None),
        ("v=DMARC1:p=none:rua=mailto:a@x.test", "p=none; rua=mailto:a@x.test", None),
        ("vDMARC1; p=reject", "p=none", "reject"),
        ("DMARC1; p=none; ruf=mailto:f@x.test", "p=none; ruf=mailto:f@x.test", None),
        ("v=DMARC 1; p = none", "p=none", None),
        ("v=DMARK1; p=none; rua=a@x.test", "p=none; rua=mailto:a@x.test", None),
        ("v=DMARC2; p=reject; rua=mailto:a@x.test", "p=none; rua=mailto:a@x.test", "reject"),
        ('_dmarc IN TXT "v=DMARC1; p=none; rua=mailto:a@x.test"', "p=none; rua=mailto:a@x.test", None),
        ('_dmarc.x.test. 3600 IN TXT "v=DMARC1; p=reject"', "p=none", "reject"),
        ('"v=DMARC1;" "p=none;" "rua=mailto:a@x.test"', "p=none; rua=mailto:a@x.test", None),
        ("v=DMARC1\\; p=none\\; rua=mailto:a@x.test", "p=none; rua=mailto:a@x.test", None),
        ("p=reject; rua=mailto:a@x.test", "p=none; rua=mailto:a@x.test", "reject"),
        # not in effect
        ("v=DMARC1 p=reject; adkim=s; aspf=s; fo=1", "p=none; adkim=s; aspf=s; fo=1", "reject"),
        ("v=DMARC1; p=non; rua=a@x.test", "p=none; rua=mailto:a@x.test", None),
        ("v=DMARC1; sp=reject; rua=a@x.test, b@x.test", "p=none; rua=mailto:a@x.test,mailto:b@x.test", None),
        ("v=DMARC1; p=reject rua=mailto:a@x.test", "p=none; rua=mailto:a@x.test", "reject"),
        ("v=DMARC1; p=reject; sp=jerect; fo=d; ruf=a@x.test", "p=none; ruf=mailto:a@x.test; fo=d", "reject"),
        ("v=DMARC1; rua=<a@x.test>; p=rejct", "p=none; rua=mailto:a@x.test", "reject"),
        (
            "v=DMARC1; rua=a@x.test!10m; ruf=malito:a@żółw.test; p=x",
            "p=none; rua=mailto:a@x.test; ruf=mailto:a@xn--w-uga1v8h.test",
            None,
        ),
        ("v=dmarc1; p=quarantine; sp=reject; np=reject; adkim=strict", "p=none; adkim=s", "quarantine"),
        ("v=DMARC1; p=monitor; rua=a@x.test; mailto:b@x.test", "p=none; rua=mailto:a@x.test,mailto:b@x.test", None),
    ],
)
def test_a_lone_policy_that_was_not_in_effect_asks_for_nothing_and_keeps_its_reports(
    text: str, fixed: str, meant: str | None
) -> None:
    verdict, published = mended(Kind.DMARC, dmarc_case(text))
    assert (verdict.status, published) == (Status.WRONG, f"v=DMARC1; {fixed}")
    assert verdict.fixes[0].action == Action.REMOVE
    assert facts_of(verdict).get("meant_policy") == meant
    if meant:
        assert facts_of(verdict)["meant_record"] == f"v=DMARC1; {fixed.replace('p=none', f'p={meant}', 1)}".replace(
            "p=quarantine;", "p=quarantine; sp=reject;" if "sp=reject" in text else "p=quarantine;"
        )


@pytest.mark.parametrize(
    ("texts", "fixed", "meant"),
    [
        (
            ("p=reject; rua=mailto:a@x.test", "p=reject; rua=mailto:b@x.test"),
            "p=reject; rua=mailto:a@x.test,mailto:b@x.test",
            None,
        ),
        (("p=reject; sp=none; aspf=s", "p=quarantine; fo=1"), "p=quarantine; sp=none; aspf=s; fo=1", "reject"),
        (("p=none; fo=1", "p=none; fo=d"), "p=none; fo=1:d", None),
        (
            ("p=none", "p=none; rua=mailto:a@x.test", "p=reject; ruf=mailto:f@x.test"),
            "p=none; rua=mailto:a@x.test; ruf=mailto:f@x.test",
            "reject",
        ),
        (("rua=a@x.test", "p=reject"), "p=none; rua=mailto:a@x.test", "reject"),
        (
            ("p=reject; np=quarantine; rua=mailto:a@x.test", "p=reject; sp=quarantine"),
            "p=reject; sp=quarantine; rua=mailto:a@x.test",
            None,
        ),
        (
            ("p=reject; pct=20; rua=mailto:a@x.test", "p=reject; pct=50; fo=1"),
            "p=reject; rua=mailto:a@x.test; fo=1; pct=20",
            None,
        ),
        (
            ("p=quarantine; rua=mailto:ä@x.test; t=y", "p=quarantine; rua=b@x.test"),
            "p=quarantine; rua=mailto:b@x.test,mailto:ä@x.test; t=y",
            None,
        ),
    ],
)
def test_several_policies_become_one_that_asks_for_the_mildest_and_keeps_all_reports(
    texts: tuple[str, ...], fixed: str, meant: str | None
) -> None:
    verdict, published = mended(Kind.DMARC, dmarc_case(*(f"v=DMARC1; {text}" for text in texts)))
    assert (verdict.reason, published) == (Reason.DMARC_SEVERAL, f"v=DMARC1; {fixed}".encode().decode("latin-1"))
    assert facts_of(verdict).get("meant_policy") == meant


@pytest.mark.parametrize(
    ("texts", "stays"),
    [
        (("p=reject", "p=quarantine; ruf=mailto:f@x.test"), 1),
        (("p=none; rua=mailto:a@x.test", "p=none;rua=mailto:A@X.test"), 1),
        (("p=reject; adkim=s", "p=reject; adkim=r"), 1),
        (("p=reject; t=y", "p=reject"), 0),
        (("p=none; rua=https://r.example/x", "p=none; rua="), 0),
    ],
)
def test_of_several_policies_one_that_says_it_all_may_stay(texts: tuple[str, ...], stays: int) -> None:
    case = dmarc_case(*(f"v=DMARC1; {text}" for text in texts))
    world = world_of(case)
    verdict = judged(case, Kind.DMARC, world)
    publish(case, world, verdict.fixes)
    assert [txt_text(value) for value in judged(case, Kind.DMARC, world).found[0].values] == [
        f"v=DMARC1; {texts[stays]}"
    ]


def test_misspelt_policies_beside_each_other_agree_on_what_they_ask_for() -> None:
    verdict, fixed = mended(Kind.DMARC, dmarc_case("v=dmarc1; p=reject", "“v=DMARC1; p=reject; rua=mailto:a@x.test”"))
    assert (verdict.reason, fixed) == (Reason.DMARC_SYNTAX, "v=DMARC1; p=reject; rua=mailto:a@x.test")


def test_a_policy_under_a_doubled_name_moves_and_asks_for_nothing() -> None:
    more = '_dmarc.x.test TXT "v=dmarc1; p=reject; ruf=f@x.test"'
    verdict, fixed = mended(Kind.DMARC, dmarc_case(more=more))
    assert fixed == "v=DMARC1; p=none; ruf=mailto:f@x.test"
    assert facts_of(verdict)["meant_policy"] == "reject"
    assert [(fix.action, fix.name) for fix in verdict.fixes] == [
        (Action.ADD, "_dmarc.x.test."),
        (Action.REMOVE, "_dmarc.x.test.x.test."),
    ]


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("v=DMARC1; p=none; rua=a@x.test", [("uri", "rua", "a@x.test")]),
        ("v=DMARC1; p=none; ruf=", [("uri", "ruf", "")]),
        ("v=DMARC1; p=none; fo:0", [("tag", "fo:0", "")]),
        ("v=DMARC1; p=none; adkim=x", [("value", "adkim", "x")]),
        ("v=DMARC1; p=none; p=reject", [("duplicate", "p", "reject")]),
        ("v=DMARC1; rua=mailto:a@x.test", [("policy-missing", "p", "")]),
        ("v=DMARC1; p=none; sp=nine; rua=mailto:a@x.test", [("value", "sp", "nine")]),
        ("v=DMARC1; p=none; fo=2", [("value", "fo", "2")]),
    ],
)
def test_a_policy_in_effect_stays_and_its_slips_are_told(text: str, tags: list[tuple[str, ...]]) -> None:
    verdict, fixed = mended(Kind.DMARC, dmarc_case(text))
    assert (verdict.status, fixed) == (Status.OK, None)
    assert [(tag["code"], tag["tag"], tag["value"]) for tag in facts_of(verdict)["tags"]] == tags
    assert verdict.advice == (Problem.DMARC_SYNTAX,)


def test_an_alias_to_a_name_without_a_policy_is_told() -> None:
    verdict, fixed = mended(Kind.DMARC, dmarc_case(more="_dmarc CNAME gone.other.example."))
    assert fixed == "v=DMARC1; p=none"
    assert (facts_of(verdict)["alias"], facts_of(verdict)["alias_target"]) == ("_dmarc.x.test.", "gone.other.example.")


SAID = {
    "S14": "This error affects only mail sent over IPv6: the hosts named there have no IPv6 address (AAAA).",
    "S18c": "include:spf.other.exampleip4:203.0.113.9: the space between two terms is missing.",
    "S25": "exists: says nothing that a receiver can use.",
    "S31": "ip4:203.0.113.0/33 can mean several things (the prefix length is missing or impossible), so nothing is "
    "changed automatically. Correct it where the record is published, then check again.",
    "S58": "–all: a typographic dash, quotation mark or space is used in place of a plain one.",
    "S59": "include:spf.żółw.test: the DNS writes such names in ASCII (“xn--…”).",
    "S63": "This error affects only mail sent over IPv6: the hosts named there have no IPv6 address (AAAA).",
    "S84": "Receivers ignore ip4=203.0.113.7, because it is not a mechanism. Probably meant: ip4:203.0.113.7.",
    "S85": "Receivers ignore include=spf.other.example, because it is not a mechanism. "
    "Probably meant: include:spf.other.example.",
    "S86": "Receivers ignore include=spf.mail.example, because it is not a mechanism. "
    "Probably meant: include:spf.mail.example.",
    "S124": "Perhaps meant: a:mail.other.example.",
    "D01": "The tag rua: reports cannot go to “reports@d01.test”. Before an e-mail address, “mailto:” is needed.",
    "D02": "The tag rua is empty.",
    "D05": "“fo:0” is not of the form “name=value”, so receivers ignore it.",
    "D15": "The policy p=reject is asked for, but not in effect. It is not switched on together with the "
    "correction: first see from the reports that all of the domain's own mail passes.",
    "D22": "_dmarc.d22.test is an alias (CNAME) of gone.other.example, where no policy is published.",
    "D54": "The tag p is missing, which receivers read as p=none at best.",
}


@pytest.mark.parametrize("number", SAID)
def test_a_sentence_says_the_fault_that_the_facts_know(number: str) -> None:
    kind, case = next((kind, case) for kind, case in CASES if case["id"] == number)
    verdict = judged(case, kind)
    assert SAID[number] in notes(kind, verdict.reason, verdict.facts)


def test_there_are_words_for_all_that_can_be_amiss_or_changed() -> None:
    assert set(CHANGES) == set(ChangeKind)
    assert set(AMBIGUITIES) == set(AmbiguityCode)
    assert set(POLICY_CHANGES) == set(PolicyChangeKind)
    assert set(TAGS) == SYNTAX
    assert change("port") == amiss("port") == "SPF has no ports"
    assert policy_change("address") == "an e-mail address for reports needs “mailto:” in front"


def test_where_nothing_can_be_fixed_one_sentence_says_why() -> None:
    said = whole(judged(spf_case("v=spf1 ip4:mail.other.example -all"), Kind.SPF))
    assert said.endswith("then check again. Perhaps meant: a:mail.other.example.")
