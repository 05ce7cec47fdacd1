"""The small reader of DNS messages says what dnspython says, about every message.

`python -m tests.diagnostics.wire_damage 2000000 1` says so of two million, see there; a small share runs here.
"""

from __future__ import annotations

import os
import random

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domains.lookup import wire

from .wire_damage import compare, compare_many, damaged, sample_of, saved

EXAMPLES = int(os.environ.get("WIRE_EXAMPLES", "400"))  # each with ten damaged copies; more on a long evening

LABELS = st.one_of(
    st.from_regex(r"[a-zA-Z0-9_-]{1,12}", fullmatch=True).map(str.encode),
    st.binary(min_size=1, max_size=8),
    st.sampled_from([b"x" * 63, b"*", b"a.b", b'q"', b"\\", b"\xc3\xb3"]),
)
NAMES = st.lists(LABELS, max_size=5).filter(lambda labels: sum(map(len, labels)) + len(labels) < 250)
NUMBERS = st.integers(0, 0xFFFF)
TEXTS = st.lists(st.binary(max_size=255), min_size=1, max_size=4)


def text_of(labels: list[bytes]) -> str:
    return dns.name.Name([*labels, b""]).to_text()


def quoted(strings: list[bytes]) -> str:
    return " ".join('"' + "".join(f"\\{octet:03d}" for octet in string) + '"' for string in strings)


NAME_TEXTS = NAMES.map(text_of)
RDATA = st.one_of(
    st.tuples(st.just("A"), st.ip_addresses(v=4).map(str)),
    st.tuples(st.just("AAAA"), st.ip_addresses(v=6).map(str)),
    st.tuples(st.sampled_from(["CNAME", "NS", "PTR", "DNAME"]), NAME_TEXTS),
    st.tuples(st.just("MX"), st.builds("{} {}".format, NUMBERS, NAME_TEXTS)),
    st.tuples(st.just("SRV"), st.builds("{} {} {} {}".format, NUMBERS, NUMBERS, NUMBERS, NAME_TEXTS)),
    st.tuples(st.just("TXT"), TEXTS.map(quoted)),
    st.tuples(st.just("SOA"), st.builds("{} {} {} 3600 600 86400 {}".format, NAME_TEXTS, NAME_TEXTS, NUMBERS, NUMBERS)),
    st.tuples(st.just("CAA"), st.just('0 issue "ca.example.net"')),
    st.tuples(st.just("TYPE65280"), st.just("\\# 3 010203")),
)
RECORDS = st.lists(st.tuples(NAME_TEXTS, st.integers(0, 0x7FFFFFFF), RDATA), max_size=4)
OPTIONS: st.SearchStrategy[list[dns.edns.Option]] = st.lists(
    st.one_of(
        st.builds(dns.edns.EDEOption, st.integers(0, 30), st.one_of(st.none(), st.text(max_size=10))),
        st.builds(dns.edns.GenericOption, st.just(65001), st.binary(max_size=10)),
    ),
    max_size=2,
)


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    """A message as a server might send it, with compressed names."""
    asked = draw(NAME_TEXTS)
    query = dns.message.make_query(asked, draw(st.sampled_from(sorted(wire.TYPES.values()))), id=draw(NUMBERS))
    response = dns.message.make_response(query)
    response.flags |= draw(st.sampled_from([0, dns.flags.AA, dns.flags.RA, dns.flags.TC]))
    if draw(st.booleans()):
        response.use_edns(0, 0, 1232, options=draw(OPTIONS))
    response.set_rcode(dns.rcode.Rcode(draw(st.integers(0, 5))))
    for section in (response.answer, response.authority, response.additional):
        for owner, ttl, (type_, value) in draw(RECORDS):
            owner = draw(st.sampled_from([owner, asked]))
            section.append(dns.rrset.from_text(owner, ttl, "IN", type_, value))
    return response.to_wire()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(messages(), st.integers())
def test_generated_and_damaged_messages_are_read_as_dnspython_reads_them(data: bytes, seed: int) -> None:
    sample = sample_of(data)
    compare(sample)
    chance = random.Random(seed)
    for _ in range(10):
        compare(damaged(sample, data, chance))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=120))
def test_random_octets_raise_nothing_but_the_readers_own_error(data: bytes) -> None:
    compare(sample_of(data))


def test_every_saved_message_and_its_damaged_forms_are_read_alike() -> None:
    chance = random.Random(4)
    for sample in saved():
        compare(sample)
        for _ in range(40):
            compare(damaged(sample, sample.data, chance))


def test_a_small_share_of_the_millions_is_read_alike() -> None:
    kinds = compare_many(4000, seed=4)
    assert kinds.keys() >= {"read", "plainest", "handed on", "refused"}, "some of every kind"


def test_an_answer_of_another_opcode_is_not_read_in_the_shortest_way() -> None:
    section = wire.question_section("example.test.", "A")
    data = bytearray(response("example.test.", "A", "192.0.2.1"))
    assert wire.read_values(bytes(data), 12 + len(section), "A") is not None
    data[2] |= dns.opcode.UPDATE << 3
    assert wire.read_values(bytes(data), 12 + len(section), "A") is None
    with pytest.raises(wire.WireError):
        wire.read(bytes(data))


def response(name: str, type_: str, *values: str, owner: str | None = None) -> bytes:
    message = dns.message.make_response(dns.message.make_query(name, type_))
    if values:
        message.answer.append(dns.rrset.from_text(owner or name, 300, "IN", type_, *values))
    return message.to_wire()


def test_the_plainest_answers_are_read_without_a_message() -> None:
    section = wire.question_section("example.test.", "MX")
    data = response("example.test.", "MX", "10 mx.example.test.", "20 mx.other.test.")
    assert sorted((wire.read_values(data, 12 + len(section), "MX") or ((), 0))[0]) == [
        "10 mx.example.test.",
        "20 mx.other.test.",
    ]
    assert wire.read_values(response("example.test.", "MX"), 12 + len(section), "MX") is None


def test_names_come_absolute_and_in_lower_case() -> None:
    message = wire.read(response("Example.TEST.", "MX", "10 MX.Example.test."))
    assert message.question == ("example.test.", "MX")
    assert message.answer == [("example.test.", "MX", 300, "10 mx.example.test.")]


def test_text_keeps_its_strings_and_escapes_what_is_not_printable() -> None:
    message = wire.read(response("example.test.", "TXT", r'"a\"b\\" "\000\255 z" ""'))
    assert message.answer[0][3] == r'"a\"b\\" "\000\255 z" ""'


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("A", "192.0.2.1"),
        ("AAAA", "2001:db8::1"),
        ("AAAA", "::ffff:192.0.2.1"),
        ("SRV", "0 5 443 host.example.test."),
        ("SOA", "ns1.example.test. hostmaster.example.test. 4294967295 3600 600 1209600 60"),
        ("CAA", '0 issue "ca.example.net"'),
        ("MX", "0 ."),
    ],
)
def test_each_type_is_read_in_presentation_form(type_: str, value: str) -> None:
    assert wire.read(response("example.test.", type_, value)).answer == [("example.test.", type_, 300, value)]


def test_extended_errors_are_read() -> None:
    message = dns.message.make_response(dns.message.make_query("example.test.", "A", use_edns=0))
    message.set_rcode(dns.rcode.SERVFAIL)
    message.use_edns(
        0,
        0,
        1232,
        options=[dns.edns.EDEOption("DNSKEY_MISSING", "no key"), dns.edns.EDEOption("NO_REACHABLE_AUTHORITY")],
    )
    read = wire.read(message.to_wire())
    assert (read.rcode, read.edns, read.errors) == (wire.SERVFAIL, True, (9, 22))


def test_thousands_of_records_are_read_and_a_bomb_of_pointers_is_not_followed() -> None:
    values = [f'"{number:05d}"' for number in range(3000)]
    data = response("example.test.", "TXT", *values)
    assert len(wire.read(data).answer) == 3000
    pointers = b"".join((0xC000 | 12 + 2 * max(hop - 1, 0)).to_bytes(2) for hop in range(1000))
    bomb = data[:6] + b"\xff\xff" + data[8:12] + pointers
    with pytest.raises(wire.WireError):
        wire.read(bomb)


def test_a_query_is_what_dnspython_would_write() -> None:
    section = wire.question_section("_dmarc.example.test.", "TXT")
    written = dns.message.from_wire(b"\x12\x34" + wire.query_tail(section, recursion=True))
    assert written == dns.message.make_query("_dmarc.example.test.", "TXT", use_edns=0, payload=1232, id=0x1234)
    unchecked = dns.message.from_wire(b"\0\1" + wire.query_tail(section, recursion=False, unchecked=True, edns=False))
    assert unchecked.flags == dns.flags.CD
    assert unchecked.edns == -1


@given(NAME_TEXTS)
def test_every_name_is_written_as_dnspython_writes_it(name: str) -> None:
    assert wire.name_to_wire(name) == dns.name.from_text(name).to_wire()


@pytest.mark.parametrize("name", ["x" * 64 + ".test.", "a..test.", ".".join(["x" * 50] * 6) + "."])
def test_a_name_that_no_message_can_carry_is_refused(name: str) -> None:
    with pytest.raises(wire.WireError):
        wire.name_to_wire(name)


def test_the_longest_name_is_written() -> None:
    name = ".".join(["x" * 63] * 3 + ["y" * 61]) + "."
    assert len(wire.name_to_wire(name)) == 255


@given(NAME_TEXTS, NAME_TEXTS)
def test_a_name_below_another_is_written_like_any_other(labels: str, apex: str) -> None:
    name = labels if apex == "." else labels.removesuffix(".") + "." + apex
    for below in (name, apex, f"not{apex}"):
        try:
            whole = wire.question_section(below, "A")
        except wire.WireError:
            with pytest.raises(wire.WireError):
                wire.section_below(below, "A", apex, wire.name_to_wire(apex))
        else:
            assert wire.section_below(below, "A", apex, wire.name_to_wire(apex)) == whole


@pytest.mark.parametrize("name", [".example.test.", "a..example.test.", "x" * 64 + ".example.test.", "..example.test."])
def test_a_name_below_another_that_no_message_can_carry_is_refused(name: str) -> None:
    with pytest.raises(wire.WireError):
        wire.section_below(name, "A", "example.test.", wire.name_to_wire("example.test."))
