"""Whatever is damaged in an SPF record: nobody is let in or shut out by its repair, and no name is made up."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domains.spf import Mechanism, Modifier, Result, analyse, check_host, is_spf, meant, merge, parse

from .paper_dns import Zone, evaluate, settle, zone

OURS = "spf.host.example"
DNS = """
spf.host.example TXT v=spf1 ip4:192.0.2.25 -all
one.example TXT v=spf1 ip4:198.51.100.0/26 -all
two.example TXT v=spf1 a:web.example -ip4:198.51.100.128 ip4:198.51.100.128/25 -all
xn--w-uga1v8h.example TXT v=spf1 ip4:203.0.113.0/28 -all
open.example TXT v=spf1 ?all
web.example A 198.51.100.80
mail.example A 198.51.100.81
d.example A 198.51.100.82
d.example MX 10 mail.example
"""
SENDERS = [
    "192.0.2.25",
    "198.51.100.1",
    "198.51.100.80",
    "198.51.100.81",
    "198.51.100.82",
    "198.51.100.128",
    "198.51.100.200",
    "203.0.113.7",
    "203.0.113.9",
    "203.0.113.77",
    "2001:db8::7",
]
SOUND = [
    "a",
    "mx",
    "-mx",
    "?a:web.example",
    "a:web.example",
    "mx:d.example",
    "include:one.example",
    "include:two.example",
    "-include:two.example",
    "include:gone.example",
    "include:d.example",
    "ip4:203.0.113.7",
    "~ip4:203.0.113.0/30",
    "ip4:203.0.113.0/28",
    "ip6:2001:db8::/64",
    "exists:%{ir}.one.example",
    "redirect=one.example",
    "redirect=open.example",
    "exp=why.example",
    "x=y",
    "-all",
    "~all",
    "?all",
    "+all",
    "all",
]
BROKEN = [
    "ip4:203.0.113.7:25",
    "ip4:203.0.113.7-9",
    "ip4:203.0.113.*",
    "ip4:203.0.113/24",
    "ip4:203.0.113.0/33",
    "ip4:mail.example",
    "ip4:203.0.113.9include:one.example",
    "include:one.exampleip4:203.0.113.9",
    "include:one.exampleinclude:two.example",
    "include:żółw.example",
    "include:include:two.example",
    "include:one.example-all",
    "include:",
    "include",
    "inlude:two.example",
    "mx:10 mail.example",
    "mx/mail.example",
    "amx",
    "a:203.0.113.7",
    "include=two.example",
    "include: one.example",
    "one.example,",
    "ip4:203.0.113.7,203.0.113.9",
    "“-all”",
    "–all",
    "-al",
    "~alll",
    "alll",
    "-",
    ";",
    "moo",
    "exists:%{i.one.example",
]
HOSTS = {"web.example", "mail.example", "one.example", "two.example", "gone.example", "open.example", "why.example"}
HOSTS |= {"d.example", "xn--w-uga1v8h.example", OURS}
ENDS = re.compile(r"all\Z", re.IGNORECASE)
sound = st.lists(st.sampled_from(SOUND), max_size=6)
damaged = st.lists(st.sampled_from(SOUND) | st.sampled_from(BROKEN), max_size=7)
beginnings = st.sampled_from(
    ["v=spf1", "V=SPF1", "\ufeffv=spf1", "“v=spf1", "v=spf2", "vspf1", 'IN TXT "v=spf1', "v=spf1;"]
)


def world(text: str) -> Zone:
    data = zone(DNS)
    data["d.example."].append(("TXT", text))
    return data


def passes(text: str, ip: str) -> bool:
    return evaluate(world(text), ip).result == Result.PASS


def dead(text: str) -> frozenset[str]:
    return settle(lambda answers: analyse("d.example", answers, record=text), zone(DNS))[0].dead


def octets(text: str) -> str:
    return text.encode().decode("latin-1")


@settings(max_examples=300, deadline=None)
@given(sound)
def test_whoever_passed_a_record_passes_its_repair(terms: list[str]) -> None:
    text = " ".join(["v=spf1", *terms])
    closed = " ".join(["v=spf1", *("?all" if term in ("all", "+all") else term for term in terms)])
    mended = merge([text], OURS, dead=dead(text))
    if mended.ambiguous:
        return
    for ip in SENDERS:
        if passes(closed, ip):
            assert passes(mended.text, ip), ip


@settings(max_examples=300, deadline=None)
@given(sound)
def test_nobody_passes_a_repair_but_who_passed_and_ours(terms: list[str]) -> None:
    text = " ".join(["v=spf1", *terms])
    if parse(text).faults or dead(text):
        return  # an error for everybody, or for those behind it: the repair is what lets them in
    mended = merge([text], OURS)
    for ip in SENDERS:
        if ip != "192.0.2.25" and passes(mended.text, ip):
            assert passes(text, ip), ip


@settings(max_examples=400, deadline=None)
@given(beginnings, damaged)
def test_a_repair_is_sound_or_asked_about_and_stays_as_it_is(beginning: str, terms: list[str]) -> None:
    text = octets(" ".join([beginning, *terms]))
    if not is_spf(text) and meant(text) is None:
        return
    mended = merge([text], OURS)
    if mended.ambiguous:
        assert mended.text == ""
        return
    assert is_spf(mended.text)
    assert not parse(mended.text).faults
    again = merge([mended.text], OURS)
    assert (again.text, again.changes) == (mended.text, ())
    assert bool(mended.changes) == (mended.text != text)


@settings(max_examples=400, deadline=None)
@given(beginnings, damaged, st.booleans())
def test_no_host_is_named_that_was_not_written(beginning: str, terms: list[str], once: bool) -> None:
    text = octets(" ".join([beginning, *terms]))
    if not is_spf(text) and meant(text) is None:
        return
    mended = merge([text], OURS, once=once)
    for term in parse(mended.text).terms if mended.text else ():
        assert isinstance(term, Mechanism | Modifier)
        spec = term.value if isinstance(term, Modifier) else term.domain
        if spec is not None and spec.literal is not None and term.name in ("include", "a", "mx", "redirect", "exp"):
            names = spec.literal.split("include:")[-1]  # `include:include:` is sound, and stays where nobody repairs
            assert names in HOSTS or term.text in terms, term.text


@settings(max_examples=300, deadline=None)
@given(damaged, damaged)
def test_every_address_that_was_written_is_kept_or_asked_about(one: list[str], other: list[str]) -> None:
    texts = [octets(" ".join(["v=spf1", *terms])) for terms in (one, other)]
    mended = merge(texts, OURS)
    if mended.ambiguous:
        return
    kept = {(term.network, term.mask) for term in parse(mended.text).mechanisms if term.name in ("ip4", "ip6")}
    for terms in (one, other):
        before_end = terms[: next((i for i, term in enumerate(terms) if "al" in term), len(terms))]
        for written in before_end:
            if written.startswith("ip4:203.0.113.7"):
                plain = parse("v=spf1 ip4:203.0.113.7").mechanisms[0]
                assert (plain.network, plain.mask) in kept


def test_a_repair_of_what_a_receiver_reads_is_evaluated_alike_for_ours() -> None:
    mended = merge([octets("v=spf1 include:żółw.example ip4:198.51.100.9:25 -al")], OURS)
    result = settle(lambda answers: check_host("203.0.113.7", "d.example", answers), world(mended.text))[0]
    assert result.result == Result.PASS
    assert not passes(mended.text, "203.0.113.77")


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "a",
            "ip4:",
            "include:a.",
            "ip4:192.0.2.1,",
            '" "',
            "mxa",
            "+all",
            " ",
            "include: ",
            "/24",
            "%{i",
            "ż",
            "\u00a0",
        ),
        *("mx:10 h.example ", "redirect=a.example ", "v=spf1 ", "spf ", "IN TXT ", "include:include:", "~", ".*", "1."),
    ],
)
@pytest.mark.parametrize("beginning", ["v=spf1 ", "v=spf2 ", ""])
def test_the_longest_record_is_repaired_at_once(beginning: str, piece: str) -> None:
    text = (beginning + piece * 65_535)[:65_535]
    text = octets(text)[:65_535]
    begun = time.process_time()
    if is_spf(text) or meant(text) is not None:
        merge([text], OURS, once=True)
    assert time.process_time() - begun < 10
