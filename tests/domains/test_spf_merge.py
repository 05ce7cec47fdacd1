"""Putting our include into SPF records: nothing that was authorised is lost, nothing else is let in."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.spf import (
    AmbiguityCode,
    Ambiguous,
    Change,
    ChangeKind,
    Mechanism,
    Record,
    is_spf,
    merge,
    parse,
)

OURS = "_spf.host.example"
INCLUDE = f"include:{OURS}"


@pytest.mark.parametrize(
    ("record", "merged"),
    [
        ("v=spf1 a mx -all", f"v=spf1 a mx {INCLUDE} -all"),
        ("v=spf1 ~all", f"v=spf1 {INCLUDE} ~all"),
        ("v=spf1", f"v=spf1 {INCLUDE}"),
        ("V=SPF1  a   -ALL ", f"V=SPF1 a {INCLUDE} -ALL"),
        ("v=spf1 redirect=other.example", f"v=spf1 {INCLUDE} redirect=other.example"),
        ("v=spf1 redirect=other.example a", f"v=spf1 {INCLUDE} redirect=other.example a"),
        ("v=spf1 redirect=other.example a -all", f"v=spf1 redirect=other.example a {INCLUDE} -all"),
        ("v=spf1 a exp=why.example x=y", f"v=spf1 a exp=why.example x=y {INCLUDE}"),
        ("v=spf1 -ip4:192.0.2.1 a ?all mx", f"v=spf1 -ip4:192.0.2.1 a {INCLUDE} ?all mx"),
        ("v=spf1 a +all", f"v=spf1 a {INCLUDE} ?all"),
        ("v=spf1 all", f"v=spf1 {INCLUDE} ?all"),
        (f"v=spf1 ?{INCLUDE} -all", f"v=spf1 {INCLUDE} -all"),
        (f"v=spf1 a ~include:{OURS.upper()}. mx -all", f"v=spf1 a {INCLUDE} mx -all"),
        (f"v=spf1 a -all {INCLUDE}", f"v=spf1 a {INCLUDE} -all"),
        (f"v=spf1 +all {INCLUDE}", f"v=spf1 {INCLUDE} ?all"),
    ],
)
def test_our_include_goes_where_it_is_reached(record: str, merged: str) -> None:
    assert merge([record], OURS).text == merged


@pytest.mark.parametrize(
    "record",
    [
        f"v=spf1 {INCLUDE} -all",
        f"v=spf1   a  +INCLUDE:{OURS}.   ~all ",
        f"v=spf1 mx {INCLUDE} redirect=other.example",
        f"v=spf1 {INCLUDE}",
    ],
)
def test_what_is_right_stays_to_the_letter(record: str) -> None:
    assert merge([record], OURS) == merge([record], OURS + ".")
    assert merge([record], OURS).text == record
    assert merge([record], OURS).changes == ()


def test_where_there_is_no_record_a_new_one_is_made() -> None:
    assert merge([], OURS).text == f"v=spf1 {INCLUDE} ~all"


def test_it_can_go_first_where_earlier_terms_refuse_our_addresses() -> None:
    assert (
        merge(["v=spf1 -ip4:192.0.2.0/24 a -all"], OURS, first=True).text
        == f"v=spf1 {INCLUDE} -ip4:192.0.2.0/24 a -all"
    )
    assert merge([f"v=spf1 -a {INCLUDE} -all"], OURS, first=True).text == f"v=spf1 {INCLUDE} -a -all"
    assert merge([f"v=spf1 {INCLUDE} -a -all"], OURS, first=True).changes == ()


@pytest.mark.parametrize(
    ("records", "merged"),
    [
        (["v=spf1 a -all", "v=spf1 mx ~all"], f"v=spf1 a mx {INCLUDE} ~all"),
        (["v=spf1 a -all", "v=spf1 A +all"], f"v=spf1 a {INCLUDE} ?all"),
        (["v=spf1 a -all", "v=spf1 a -all"], f"v=spf1 a {INCLUDE} -all"),
        (["v=spf1 a -all", "v=spf1 mx"], f"v=spf1 a mx {INCLUDE} -all"),
        (["v=spf1 a", "v=spf1 mx"], f"v=spf1 a mx {INCLUDE}"),
        ([f"v=spf1 {INCLUDE} ~all", "v=spf1 mx ~all"], f"v=spf1 {INCLUDE} mx ~all"),
        (["v=spf1 -a mx ~all", "v=spf1 ip4:192.0.2.1 ~all"], f"v=spf1 ip4:192.0.2.1 -a mx {INCLUDE} ~all"),
        (["v=spf1 redirect=o.example", "v=spf1 mx"], f"v=spf1 mx {INCLUDE} redirect=o.example"),
        (["v=spf1 redirect=o.example", "v=spf1 mx -all"], f"v=spf1 mx include:o.example {INCLUDE} ~all"),
        (
            ["v=spf1 redirect=o.example", "v=spf1 redirect=p.example"],
            f"v=spf1 include:o.example include:p.example {INCLUDE} ~all",
        ),
        (["v=spf1 redirect=o.example", "v=spf1 redirect=O.example"], f"v=spf1 {INCLUDE} redirect=o.example"),
        (
            ["v=spf1 a exp=x.example -all", "v=spf1 exp=y.example b=c -all"],
            f"v=spf1 a {INCLUDE} -all exp=x.example b=c",
        ),
        (["v=spf1 a -all mx", "v=spf1 ptr -all"], f"v=spf1 a ptr {INCLUDE} -all"),
    ],
)
def test_several_records_become_one(records: list[str], merged: str) -> None:
    assert merge(records, OURS).text == merged


@pytest.mark.parametrize(
    ("record", "merged"),
    [
        ("v=spf1 ipv4:192.0.2.1 ip:192.0.2.2 192.0.2.3 -all", "ip4:192.0.2.1 ip4:192.0.2.2 ip4:192.0.2.3 | -all"),
        ("v=spf1 ip4: 192.0.2.1 - all", "ip4:192.0.2.1 | -all"),
        ("v=spf1 include: ip4:192.0.2.1 mx: ~all", "ip4:192.0.2.1 mx | ~all"),
        ("v=spf1 exists: x=y ip6: 2001:db8::1 include: -mx ~all", "x=y ip6:2001:db8::1 -mx | ~all"),
        ("v=spf1 ip4:192.0.2.1, ip4:192.0.2.2; ~all;", "ip4:192.0.2.1 ip4:192.0.2.2 | ~all"),
        ("v=spf1 ip4:192.0.2.1,192.0.2.2 ~all", "ip4:192.0.2.1 ip4:192.0.2.2 | ~all"),
        ("v=spf1 ip4:192.000.002.001 ~all", "ip4:192.0.2.1 | ~all"),
        ("v=spf1 ip4:192.0.2.0/255.255.255.0 ~all", "ip4:192.0.2.0/24 | ~all"),
        ("v=spf1 ip4:2001:db8::1/64 ip6:192.0.2.1 ~all", "ip6:2001:db8::1/64 ip4:192.0.2.1 | ~all"),
        ("v=spf1 a:192.0.2.1 -mx:2001:db8::1 ~all", "ip4:192.0.2.1 -ip6:2001:db8::1 | ~all"),
        ("v=spf1 a/24/64 ~all", "a/24//64 | ~all"),
        ("v=spf1 a:h.example/24/64 ~all", "a:h.example/24//64 | ~all"),
        ("v=spf1 include:https://_spf.other.example/ -all", "include:_spf.other.example | -all"),
        ("v=spf1 incldue:other.example -all.", "include:other.example | -all"),
        ("v=spf1 inclde:other.example exist:%{i}.x.example -all", "include:other.example exists:%{i}.x.example | -all"),
        ("v=spf1 include:other.example~all", "include:other.example | ~all"),
        ("v=spf1 ip4:192.0.2.1-all", "ip4:192.0.2.1 | -all"),
        ("v=spf1 redirect:other.example", "| redirect=other.example"),
        ("v=spf1\ta\r\n mx -all", "a mx | -all"),
        ("v=spf1 a \xe2\x80\x93all", "a | -all"),
        ("v=spf1 a\xc2\xa0mx -all", "a mx | -all"),
        ('v=spf1 "include:other.example" -all', "include:other.example | -all"),
        ("v=spf1 redirect=a.example redirect=b.example", "| redirect=a.example include:b.example"),
        ("v=spf1 exp=a.example exp=b.example -all", "exp=a.example | -all"),
        ("v=spf1 a all:b mx", "a | ?all mx"),
        ("v=spf1 include=a.example ip4=192.0.2.1 exp -all", "include:a.example ip4:192.0.2.1 | -all"),
        ("v=spf1 mx:10 h.example a -all", "mx:h.example a | -all"),
        ("v=spf1 include a.example ip4 192.0.2.1 -all", "include:a.example ip4:192.0.2.1 | -all"),
        ("v=spf1 ip4:192.0.2.0 /24 ip4:192.0.2.64/ 26 -all", "ip4:192.0.2.0/24 ip4:192.0.2.64/26 | -all"),
        ('v=spf1 ip4:192.0.2.1" "include:a.example -all', "ip4:192.0.2.1 include:a.example | -all"),
        ('v=spf1 incl" "ude:a.example -all', "include:a.example | -all"),
    ],
)
def test_broken_terms_are_mended_where_it_is_clear_what_was_meant(record: str, merged: str) -> None:
    assert parse(record).faults
    text = merge([record], OURS).text
    assert text == f"v=spf1 {merged}".replace("|", INCLUDE)
    assert not parse(text).faults


@pytest.mark.parametrize(
    ("record", "dead", "merged"),
    [
        ("v=spf1 a include:gone.example -all", "include:gone.example", "a | -all"),
        (
            "v=spf1 include:a.example,b.example -all",
            "include:a.example,b.example",
            "include:a.example include:b.example | -all",
        ),
        (
            "v=spf1 include:a.example,include:b.example -all",
            "include:a.example,include:b.example",
            "include:a.example include:b.example | -all",
        ),
        ("v=spf1 redirect=gone.example", "redirect=gone.example", "|"),
    ],
)
def test_terms_that_lead_nowhere_are_mended_or_left_out(record: str, dead: str, merged: str) -> None:
    assert merge([record], OURS, dead={dead}).text == f"v=spf1 {merged}".replace("|", INCLUDE)


def test_it_says_what_it_changed() -> None:
    said = merge(["v=spf1 ipv4:192.0.2.1 , include: a.example +all"], OURS)
    assert [(str(change.kind), change.term, change.into) for change in said.changes] == [
        ("spacing", "include: a.example", "include:a.example"),
        ("spelling", "ipv4:192.0.2.1", "ip4:192.0.2.1"),
        ("dropped", ",", ""),
        ("closed", "+all", "?all"),
        ("included", "", INCLUDE),
    ]
    both = merge(["v=spf1 a -all", "v=spf1 mx ~all"], OURS)
    assert [(str(change.kind), change.term, change.into) for change in both.changes] == [
        ("united", "", ""),
        ("ended", "-all ~all", "~all"),
        ("included", "", INCLUDE),
    ]


def test_what_can_mean_several_things_is_left_to_its_author() -> None:
    asked = merge(["v=spf1 ip4:mail.example ipv4:192.0.2.1 -all"], OURS)
    assert asked.text == ""
    assert asked.ambiguous == (
        Ambiguous(AmbiguityCode.HOST_FOR_ADDRESS, "ip4:mail.example", readings=("a:mail.example",)),
    )
    assert asked.changes[0] == Change(ChangeKind.SPELLING, "ipv4:192.0.2.1", "ip4:192.0.2.1")


def test_repeated_includes_go_where_asked_for() -> None:
    record = f"v=spf1 include:a.example mx {INCLUDE} -include:A.example. mx -all"
    assert merge([record], OURS).changes == ()
    once = merge([record], OURS, once=True)
    assert once.text == f"v=spf1 include:a.example mx {INCLUDE} mx -all"
    assert once.changes == (Change(ChangeKind.REPEATED, "-include:A.example."),)


GOOD = f"""a mx -a ?mx ptr include:b.example -include:c.example ~include:d.example ip4:192.0.2.0/28 -ip4:192.0.2.4
    exists:%{{i}}.e.example -all ~all ?all +all all redirect=f.example exp=g.example x=y ip6:2001:db8::/32
    {INCLUDE} ?{INCLUDE}"""
BAD = "ipv4:192.0.2.9 ip4: - moo include: all: ip4:1.2.3 redirect: a:x,mx:y.example \xe2\x80\x93all ;"
good = st.sampled_from(GOOD.split())
bad = st.sampled_from(BAD.split(" "))
records = st.lists(good | bad, max_size=7).map(lambda terms: " ".join(["v=spf1", *terms]))


@given(st.lists(records, max_size=3), st.booleans())
def test_what_is_merged_is_sound_has_ours_and_no_open_end_and_merging_again_changes_nothing(
    texts: list[str], first: bool
) -> None:
    merged = merge(texts, OURS, first=first)
    if merged.ambiguous:
        assert merged.text == ""
        return
    assert is_spf(merged.text)
    record = parse(merged.text)
    assert not record.faults
    reached = _reached(record)
    assert any(term.text.lower().removeprefix("+").removesuffix(".") == INCLUDE for term in reached)
    assert record.all is None or record.all.qualifier != "+"
    again = merge([merged.text], OURS, first=first)
    assert (again.text, again.changes) == (merged.text, ())


@given(st.lists(good | bad, max_size=7))
def test_sound_passes_survive_whatever_stands_beside_them(terms: list[str]) -> None:
    before_all = terms[: next((i for i, term in enumerate(terms) if term.lstrip("+-~?") == "all"), len(terms))]
    result = merge([" ".join(["v=spf1", *terms])], OURS)
    merged = {term.text for term in parse(result.text).mechanisms}
    assert (
        result.ambiguous
        or {term for term in before_all if term.startswith(("ip4:192.0.2.0", "include:b", "ip6:2001"))} <= merged
    )


@given(st.lists(st.lists(good, max_size=6).map(lambda terms: " ".join(["v=spf1", *terms])), max_size=3))
def test_every_pass_that_was_reached_is_still_reached(texts: list[str]) -> None:
    sound = [text for text in texts if not parse(text).faults]
    reached = {_meaning(term) for term in _reached(parse(merge(sound, OURS).text))}
    for text in sound:
        assert {
            _meaning(term) for term in _reached(parse(text)) if term.qualifier == "+" and term.name != "all"
        } <= reached


networks = st.sampled_from(
    [
        f"{sign}ip4:192.0.2.{host}/{bits}"
        for sign in ("", "-", "~", "?")
        for host in (0, 3, 5, 9)
        for bits in (29, 31, 32)
    ]
)
addresses = st.lists(networks, max_size=4).map(lambda terms: " ".join(["v=spf1", *terms, "-all"]))


@given(st.lists(addresses, min_size=1, max_size=3), st.integers(0, 15), st.booleans())
def test_an_address_passes_the_merged_record_only_if_it_passed_one_of_them(
    texts: list[str], host: int, first: bool
) -> None:
    passed = [_passes(text, host) for text in texts]
    merged = _passes(merge(texts, OURS, first=first).text, host)
    if merged:
        assert any(passed)
    plain = [text for text in texts if not any(sign in text.removesuffix("-all") for sign in "-~?")]
    if len(plain) >= len(texts) - 1:  # refusals of one record alone cannot hide what another lets pass
        assert merged == any(passed)


def _passes(text: str, host: int) -> bool:
    number = int(ipaddress.IPv4Address("192.0.2.0")) + host
    for term in parse(text).mechanisms:
        if term.name == "all" or (term.name == "ip4" and number & term.mask == term.network):
            return term.qualifier == "+"
    return False


def _reached(record: Record) -> list[Mechanism]:
    found = []
    for term in record.mechanisms:
        found.append(term)
        if term.name == "all":
            break
    return found


def _meaning(term: Mechanism) -> tuple[str, ...]:
    return (term.qualifier, term.name, term.text.lower().lstrip("+-~?").rstrip("."))
