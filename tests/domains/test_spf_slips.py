"""Slips in SPF records, as people make them: what can mean one thing only is mended, and said."""

from __future__ import annotations

import pytest

from domains.spf import merge
from domains.spf.changes import AmbiguityCode, ChangeKind
from domains.spf.mending import meant

INCLUDE = "spf.mail.example"
OURS = f"include:{INCLUDE}"
THEIRS = "include:spf.other.example"


@pytest.mark.parametrize(
    "version",
    [
        *("v=spf10", "v=spf11", "v=spf1.0", "v=spf1.1", "v=spf2", "v=spf2.0", "v=spf2.0/pra", "v=spf3", "v=spf-1"),
        *("v=spf_1", "v=sp1", "v=fpf1", "v=spf1/", "v=pf1", "w=spf1", "v=spf!", "v=s pf1", "<v=spf1", "spf=v1"),
        *("v1=spf1", "version=spf1", "@ v=spf1", "d.test. v=spf1", "v = spf1", "v=spf 1", "SPF: v=spf1"),
        *("@ IN TXT v=spf1", "d.test. 3600 IN TXT v=spf1", " v=spf1"),
    ],
)
def test_a_version_that_nobody_read_is_replaced_whole(version: str) -> None:
    merged = merge([f"{version} {THEIRS} -all"], INCLUDE)
    assert merged.text == f"v=spf1 {THEIRS} {OURS} -all"
    assert [(change.kind, change.term) for change in merged.changes[:1]] == [(ChangeKind.VERSION, version)]


@pytest.mark.parametrize("glued", [THEIRS, "-all", "~all", "ip4:203.0.113.1"])
def test_a_version_without_a_blank_behind_it_loses_no_term(glued: str) -> None:
    merged = merge([f"v=spf1{glued}"], INCLUDE)
    assert glued in merged.text.split()
    assert merged.changes[0].into == f"v=spf1 {glued}"


@pytest.mark.parametrize(
    ("glued", "parts"),
    [
        ("a:web.other.example-all", "a:web.other.example|-all"),
        ("a:web.other.example~all", "a:web.other.example|~all"),
        ("mx:other.example-all", "mx:other.example|-all"),
        ("include:spf.other.example-all", "include:spf.other.example|-all"),
        ("ip4:203.0.113.1-all", "ip4:203.0.113.1|-all"),
        ("mx-all", "mx|-all"),
        ("a:web.xn--p1ai-all.example -all", "a:web.xn--p1ai-all.example|-all"),
        ("a:web.other.xn--p1ai -all", "a:web.other.xn--p1ai|-all"),
    ],
)
def test_a_host_that_runs_on_into_the_end_loses_neither_sender_nor_policy(glued: str, parts: str) -> None:
    merged = merge([f"v=spf1 {glued}"], INCLUDE)
    *senders, end = parts.split("|")
    assert merged.text == " ".join(["v=spf1", *senders, OURS, end])


@pytest.mark.parametrize(
    "text",
    [
        *(
            "spf2.0/pra include:spf.other.example ~all",
            "v=DKIM1; p=",
            "v=BIMI1; l=https://d.test/a.svg",
            "v=STSv1; id=1",
        ),
        *("v=TLSRPTv1; rua=mailto:a@d.test", "v=verifydomain MS=1", "google-site-verification=mx:all", "MS=ms1 mx all"),
        *("old v=spf1 include:spf.other.example -all", "# v=spf1 a -all", "spf=verified", "v=msv1 t=1"),
    ],
)
def test_what_is_none_of_the_business_of_spf_is_left_alone(text: str) -> None:
    assert meant(text) is None


@pytest.mark.parametrize(
    ("term", "kind", "mended"),
    [
        ("incude spf.other.example", ChangeKind.SPACING, THEIRS),
        ("include:<spf.other.example>", ChangeKind.PUNCTUATION, THEIRS),
        ('include:"spf.other.example"', ChangeKind.PUNCTUATION, THEIRS),
        ("[include:spf.other.example]", ChangeKind.PUNCTUATION, THEIRS),
        ("a:web.d.test/255.255.255.0", ChangeKind.NETWORK, "a:web.d.test/24"),
        ("mx/255.255.255.240", ChangeKind.NETWORK, "mx/28"),
        ("ip4:203.0.113..9", ChangeKind.ADDRESS, "ip4:203.0.113.9"),
        ("ip4:http://203.0.113.9", ChangeKind.ADDRESS, "ip4:203.0.113.9"),
        ("ip4:203.0.113.9/24/", ChangeKind.ADDRESS, "ip4:203.0.113.9/24"),
        ("ip4:203.0.113.0/0.0.0.255", ChangeKind.NETWORK, "ip4:203.0.113.0/24"),
        ("ip4:::ffff:203.0.113.9", ChangeKind.ADDRESS, "ip4:203.0.113.9"),
        ("include:spf.other.example,ip4:203.0.113.9", ChangeKind.PUNCTUATION, f"{THEIRS} ip4:203.0.113.9"),
        ("mxinclude:spf.other.example", ChangeKind.TAKEN_APART, f"mx {THEIRS}"),
        ("++a", ChangeKind.SPELLING, "+a"),
        ("--ip4:203.0.113.9", ChangeKind.SPELLING, "-ip4:203.0.113.9"),
    ],
)
def test_a_term_that_can_mean_one_thing_is_mended(term: str, kind: ChangeKind, mended: str) -> None:
    merged = merge([f"v=spf1 {term} -all"], INCLUDE)
    assert merged.text == f"v=spf1 {mended} {OURS} -all"
    assert merged.changes[0].kind == kind


@pytest.mark.parametrize(
    ("term", "code"),
    [
        *(("!include:spf.other.example", AmbiguityCode.SIGN), ("+-a", AmbiguityCode.SIGN)),
        *(("ip4:203.0.113.9/33", AmbiguityCode.PREFIX), ("ip4:203.0.113.9/", AmbiguityCode.PREFIX)),
        *(("ip4:203.0.113.9/203.0.113.20", AmbiguityCode.PREFIX), ("mx/255.0.255.0", AmbiguityCode.PREFIX)),
        *(("ip4:203.0.113", AmbiguityCode.ADDRESS), ("ip4:2o3.0.113.9", AmbiguityCode.ADDRESS)),
        *(("include:spf.other.example:spf.d.test", AmbiguityCode.HOST), ("*.other.example", AmbiguityCode.WORD)),
    ],
)
def test_what_only_its_author_knows_is_asked(term: str, code: AmbiguityCode) -> None:
    merged = merge([f"v=spf1 {term} -all"], INCLUDE, dead={term})
    assert [found.code for found in merged.ambiguous] == [code]
    assert merged.text == ""


@pytest.mark.parametrize(
    ("strings", "mended"),
    [
        (("v=spf1 ip4:203.0.113.9", "203.0.113.10 -all"), "ip4:203.0.113.9 ip4:203.0.113.10"),
        (("v=spf1 include:spf.other.example", "mx", " -all"), f"{THEIRS} mx"),
        (("v=spf1 include:spf.other.example", "a:web.d.test", " -all"), f"{THEIRS} a:web.d.test"),
        (("v=spf1 ip4:203.0.113.1 ip4:203.0.113.2", "5 incl", "ude:spf.other.example -all"), None),
    ],
)
def test_where_strings_meet_a_blank_was_forgotten_only_if_it_makes_sense(
    strings: tuple[str, ...], mended: str | None
) -> None:
    text = "".join(strings)
    seams = [sum(map(len, strings[:count])) for count in range(1, len(strings))]
    dead = {term for term in text.split() if term.startswith(THEIRS) and term != THEIRS}
    merged = merge([text], INCLUDE, dead=dead, seams={text: seams})
    expected = mended or f"ip4:203.0.113.1 ip4:203.0.113.25 {THEIRS}"
    assert merged.text == f"v=spf1 {expected} {OURS} -all"
