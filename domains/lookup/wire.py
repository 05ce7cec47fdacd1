"""Reading DNS messages fast, and writing queries. RFC 1035 §4, RFC 6891, RFC 8914. Pure.

Most answers of a sweep are a few A, AAAA, CNAME, MX, TXT, SRV, NS or SOA records with plain names. Those are read here;
whatever is not fully understood (another type or class, a label with odd octets, an EDNS option that nobody asked for,
anything that looks damaged) is handed to dnspython, so that both ways of reading say the same about every message.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from socket import AF_INET6, inet_ntop, inet_pton

import dns.edns
import dns.exception
import dns.message
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

# (owner, type, TTL, value), names absolute and in lower case, the value in presentation form.
Record = tuple[str, str, int, str]

QR, AA, TC, RD, RA, CD = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080, 0x0010
OPCODE = 0x7800
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, BADVERS = 0, 1, 2, 3, 4, 5, 16

UDP_PAYLOAD = 1232  # octets, what fits into every path without fragments (DNS flag day 2020)
MAX_NAME = 255  # octets, RFC 1035 §3.1
MAX_LABEL = 63
MAX_TTL = 0x7FFFFFFF  # seconds, RFC 2181 §8
MAX_HOPS = 16  # compression pointers in one name, as many as dnspython follows; honest servers need one or two
MAX_RECORDS = 5_000  # more do not fit into 64 KiB
MAX_RECORDS_SLOW = 500  # dnspython follows pointers without a bound: no work for an hour from one message
NAMES_KEPT = 4096
PLAIN = b"abcdefghijklmnopqrstuvwxyz0123456789-_*."

TYPES = {1: "A", 28: "AAAA", 5: "CNAME", 15: "MX", 16: "TXT", 33: "SRV", 2: "NS", 6: "SOA"}
ADDRESS_OCTETS = {1: 4, 28: 16}
_NUMBERS = {text: number for number, text in TYPES.items()}
TYPE_OPT, CLASS_IN, OPTION_EDE = 41, 1, 15
OPT_START = b"\0" + struct.pack("!H", TYPE_OPT)
OPT = b"\0" + struct.pack("!HHIH", TYPE_OPT, UDP_PAYLOAD, 0, 0)

_HEADER = struct.Struct("!HHHHHH")
_QUESTION = struct.Struct("!HH")
_RECORD = struct.Struct("!HHIH")
_RECORD_ASKED = struct.Struct("!HHHIH")  # a record whose owner is a pointer to the question
_OPTION = struct.Struct("!HH")
_MX = struct.Struct("!H")
_SRV = struct.Struct("!HHH")
_SOA = struct.Struct("!IIIII")


class WireError(Exception):
    """Not a DNS message, or one that breaks a bound; or a name that no message can carry."""


class _NotPlain(Exception):  # noqa: N818 - a signal, not an error
    """For dnspython to read."""


@dataclass(slots=True)
class Message:
    """A DNS message. `rcode` includes the extended bits; `errors` are extended DNS errors (RFC 8914)."""

    id: int
    flags: int
    rcode: int
    question: tuple[str, str] | None  # name, type; None where there is not exactly one of class IN
    answer: list[Record]
    authority: list[Record]
    additional: list[Record]
    edns: bool = False
    errors: tuple[int, ...] = ()


def read(data: bytes) -> Message:
    """Read a message. Raises WireError for everything that is none."""
    try:
        return _read_plain(data)
    except (_NotPlain, IndexError, struct.error):
        return read_slow(data)


def _read_plain(data: bytes) -> Message:
    id_, flags, questions, answers, authorities, additionals = _HEADER.unpack_from(data)
    if questions != 1 or flags & OPCODE:
        raise _NotPlain
    if answers + authorities + additionals > MAX_RECORDS:
        raise WireError("too many records")
    end = len(data)
    asked, position = _name(data, 12, end)
    type_, class_ = _QUESTION.unpack_from(data, position)
    if class_ != CLASS_IN or type_ not in TYPES:
        raise _NotPlain
    message = Message(
        id=id_, flags=flags, rcode=flags & 15, question=(asked, TYPES[type_]), answer=[], authority=[], additional=[]
    )
    position += 4
    if answers:
        position = _section(data, position, answers, message.answer, asked)
    if authorities:
        position = _section(data, position, authorities, message.authority, asked)
    if additionals:
        position = _additional(data, position, additionals, message, asked)
    if position != end:
        raise _NotPlain
    return message


def read_values(data: bytes, position: int, type_: str) -> tuple[tuple[str, ...], int] | None:
    """The plainest of answers, without a Message around it: the values of the records asked for, and the least TTL.

    `position` is where the question ends, which the caller has compared with its own. None: `read` must see it (an
    error, no records, aliases, an authority section, an EDNS option, …).
    """
    _, flags, questions, answers, authorities, additionals = _HEADER.unpack_from(data)
    number = _NUMBERS.get(type_)
    if questions != 1 or not answers or authorities or flags & (OPCODE | 15) or number is None:
        return None
    reader = _READERS[number]
    size = len(data)
    values = []
    least = MAX_TTL
    try:
        for _ in range(answers):
            pointer, found, class_, ttl, length = _RECORD_ASKED.unpack_from(data, position)
            if pointer != 0xC00C or found != number or class_ != CLASS_IN or ttl > MAX_TTL:
                return None
            position += 12
            end = position + length
            if end > size:
                return None
            values.append(reader(data, position, end))
            position = end
            if ttl < least:
                least = ttl
        edns = False
        for _ in range(additionals):
            if data[position : position + 3] != OPT_START:
                position = _past_address(data, position)
            elif edns or data[position + 5] or data[position + 9 : position + 11] != b"\0\0":
                return None
            else:
                edns = True
                position += 11
    except (_NotPlain, IndexError, struct.error):
        return None
    return (tuple(values), least) if position == size else None


def _past_address(data: bytes, position: int) -> int:
    """Where the next record starts, behind the address of a host that the answer names."""
    _, position = _name(data, position, len(data))
    type_, class_, ttl, length = _RECORD.unpack_from(data, position)
    if class_ != CLASS_IN or ttl > MAX_TTL or length != ADDRESS_OCTETS.get(type_):
        raise _NotPlain
    return position + 10 + length


def _section(data: bytes, position: int, count: int, records: list[Record], asked: str) -> int:
    """Read `count` records into `records`; returns where the next section starts."""
    for _ in range(count):
        if data[position] == 0xC0 and data[position + 1] == 12:
            owner = asked
            position += 2
        else:
            owner, position = _name(data, position, len(data))
        type_, class_, ttl, length = _RECORD.unpack_from(data, position)
        position += 10
        end = position + length
        if class_ != CLASS_IN or end > len(data) or ttl > MAX_TTL:
            raise _NotPlain
        reader = _READERS.get(type_)
        if reader is None:
            raise _NotPlain
        records.append((owner, TYPES[type_], ttl, reader(data, position, end)))
        position = end
    return position


def _additional(data: bytes, position: int, count: int, message: Message, asked: str) -> int:
    for _ in range(count):
        if data[position : position + 3] != b"\0\0\x29":
            position = _section(data, position, 1, message.additional, asked)
            continue
        if message.edns:
            raise _NotPlain
        _, _, ttl, length = _RECORD.unpack_from(data, position + 1)
        position += 11
        end = position + length
        if end > len(data):
            raise _NotPlain
        message.edns = True
        message.rcode |= ttl >> 24 << 4
        if length:
            message.errors = _extended_errors(data, position, end)
        position = end
    return position


def _extended_errors(data: bytes, position: int, end: int) -> tuple[int, ...]:
    errors = []
    while position < end:
        code, length = _OPTION.unpack_from(data, position)
        position += 4
        if code != OPTION_EDE or length < 2 or position + length > end:
            raise _NotPlain
        if not data[position + 2 : position + length].isascii():
            raise _NotPlain
        errors.append(data[position] << 8 | data[position + 1])
        position += length
    return tuple(errors)


def _name(data: bytes, position: int, end: int) -> tuple[str, int]:
    """Read the name at `position`, no octet of it at or behind `end`; returns where the next thing starts."""
    labels: list[bytes] = []
    after = -1
    lowest = position
    hops = size = 0
    while True:
        if position >= end:
            raise _NotPlain
        length = data[position]
        if length == 0:
            break
        if length <= MAX_LABEL:
            position += 1
            labels.append(data[position : position + length])
            position += length
            size += length + 1
            if size >= MAX_NAME:
                raise _NotPlain
        elif length >= 0xC0 and position + 1 < end:
            if after < 0:
                after = position + 2
            position = (length & 0x3F) << 8 | data[position + 1]
            hops += 1
            if position >= lowest:
                raise _NotPlain
            if hops > MAX_HOPS:
                raise _NotPlain
            lowest = position
        else:
            raise _NotPlain
    if not labels:
        return ".", after if after >= 0 else position + 1
    name = b".".join(labels).lower()
    if name.translate(None, PLAIN) or name.count(b".") != len(labels) - 1:
        raise _NotPlain
    return name.decode() + ".", after if after >= 0 else position + 1


def _a(data: bytes, position: int, end: int) -> str:
    if end - position != 4:
        raise _NotPlain
    return f"{data[position]}.{data[position + 1]}.{data[position + 2]}.{data[position + 3]}"


def _aaaa(data: bytes, position: int, end: int) -> str:
    if end - position != 16:
        raise _NotPlain
    return inet_ntop(AF_INET6, data[position:end])


def _host(data: bytes, position: int, end: int) -> str:
    """The name that a record's data ends with. Thousands of domains name the same few hosts: written out whole, or with
    an end that the question has too, as servers that compress names do."""
    last = data[end - 1]
    if position < end - 1:
        if not last and data[end - 2] < 0xC0:
            return _whole_name(data[position:end])
        if data[end - 2] == 0xC0 and last >= 12:
            rest = data[last : data.find(b"\0", 12) + 1]
            if rest:
                return _name_in_two(data[position : end - 2], rest)
    name, after = _name(data, position, end)
    if after != end:
        raise _NotPlain
    return name


@lru_cache(maxsize=NAMES_KEPT)
def _whole_name(octets: bytes) -> str:
    name, after = _name(octets, 0, len(octets))
    if after != len(octets):
        raise _NotPlain
    return name


@lru_cache(maxsize=NAMES_KEPT)
def _name_in_two(labels: bytes, rest: bytes) -> str:
    """`labels`, then `rest` in place of a pointer to where that begins in the message."""
    position = 0
    while position < len(labels):
        position += labels[position] + 1
    if position != len(labels) or len(labels) + len(rest) > MAX_NAME:
        raise _NotPlain  # no pointer, but the end of a label that looks like one
    return _whole_name(labels + rest)


def _mx(data: bytes, position: int, end: int) -> str:
    if position + 2 > end:
        raise _NotPlain
    return f"{data[position] << 8 | data[position + 1]} {_host(data, position + 2, end)}"


def _srv(data: bytes, position: int, end: int) -> str:
    if position + 6 > end:
        raise _NotPlain
    priority, weight, port = _SRV.unpack_from(data, position)
    return f"{priority} {weight} {port} {_host(data, position + 6, end)}"


def _soa(data: bytes, position: int, end: int) -> str:
    primary, position = _name(data, position, end)
    contact, position = _name(data, position, end)
    if end - position != 20:
        raise _NotPlain
    serial, refresh, retry, expire, minimum = _SOA.unpack_from(data, position)
    return f"{primary} {contact} {serial} {refresh} {retry} {expire} {minimum}"


def _txt(data: bytes, position: int, end: int) -> str:
    if position >= end:
        raise _NotPlain
    strings = []
    while position < end:
        stop = position + 1 + data[position]
        if stop > end:
            raise _NotPlain
        octets = data[position + 1 : stop]
        if octets.isascii():
            text = octets.decode("ascii")
            if text.isprintable() and '"' not in text and "\\" not in text:
                strings.append(f'"{text}"')
                position = stop
                continue
        strings.append('"' + "".join(map(_TXT_OCTETS.__getitem__, octets)) + '"')
        position = stop
    return strings[0] if len(strings) == 1 else " ".join(strings)


_TXT_OCTETS = [chr(octet) if 0x20 <= octet < 0x7F else f"\\{octet:03d}" for octet in range(256)]
_TXT_OCTETS[ord('"')] = '\\"'
_TXT_OCTETS[ord("\\")] = "\\\\"

_READERS = {1: _a, 28: _aaaa, 5: _host, 15: _mx, 16: _txt, 33: _srv, 2: _host, 6: _soa}


def read_slow(data: bytes) -> Message:
    """Read a message with dnspython. Raises WireError for everything that is none."""
    if len(data) < 12:
        raise WireError("shorter than a header")
    if sum(_HEADER.unpack_from(data)[3:]) > MAX_RECORDS_SLOW:
        raise WireError("too many records")
    try:
        parsed = dns.message.from_wire(data, one_rr_per_rrset=True)
        return Message(
            id=parsed.id,
            flags=int(parsed.flags),
            rcode=int(parsed.rcode()),
            question=_question(parsed),
            answer=_records(parsed.answer),
            authority=_records(parsed.authority),
            additional=_records(parsed.additional),
            edns=parsed.edns >= 0,
            errors=tuple(int(option.code) for option in parsed.options if isinstance(option, dns.edns.EDEOption)),
        )
    except (dns.exception.DNSException, ValueError, LookupError, struct.error, ArithmeticError, TypeError) as error:
        raise WireError(f"{type(error).__name__}: {error}") from error


def _question(parsed: dns.message.Message) -> tuple[str, str] | None:
    if len(parsed.question) != 1 or parsed.question[0].rdclass != dns.rdataclass.IN:
        return None
    asked = parsed.question[0]
    return asked.name.to_text().lower(), dns.rdatatype.to_text(asked.rdtype)


def _records(section: list[dns.rrset.RRset]) -> list[Record]:
    return [
        (rrset.name.to_text().lower(), dns.rdatatype.to_text(rrset.rdtype), int(rrset.ttl), _value(rdata))
        for rrset in section
        if rrset.rdclass == dns.rdataclass.IN
        for rdata in rrset
    ]


# Types whose presentation form holds names, and nothing else that has a case.
_NAMES_ONLY = frozenset({"CNAME", "MX", "SRV", "NS", "SOA", "DNAME", "PTR"})


def _value(rdata: dns.rdata.Rdata) -> str:
    text = rdata.to_text()
    type_ = dns.rdatatype.to_text(rdata.rdtype)
    if type_ in _NAMES_ONLY:
        return text.lower()
    if type_ == "AAAA":
        return inet_ntop(AF_INET6, inet_pton(AF_INET6, text))
    return text


_LENGTHS = {length: bytes((length,)) for length in range(1, MAX_LABEL + 1)}


def name_to_wire(name: str) -> bytes:
    """The wire form of an absolute name. Raises WireError where there is none (a label or the name too long)."""
    if len(name) < MAX_NAME and name.isascii() and name[-1:] == "." and "\\" not in name:
        try:
            return b"".join([_LENGTHS[len(label)] + label for label in name[:-1].encode().split(b".")]) + b"\0"
        except KeyError:
            pass  # the root, or a label that is none: dnspython tells them apart
    try:
        wire = dns.name.from_text(name).to_wire()
    except (dns.exception.DNSException, ValueError) as error:
        raise WireError(f"no name: {name}") from error
    return wire or b"\0"


def question_section(name: str, type_: str) -> bytes:
    """One question of class IN. Raises WireError for a name or type that no message can carry."""
    return name_to_wire(name) + _type_to_wire(type_)


def section_below(name: str, type_: str, apex: str, end: bytes) -> bytes:
    """`question_section` for a name at or below `apex`, whose wire form is `end`."""
    labels = name[: -len(apex)]
    if len(name) >= MAX_NAME or "\\" in labels or (labels and labels[-1] != "."):
        return question_section(name, type_)
    return _labels_to_wire(labels) + end + _type_to_wire(type_)


@lru_cache(maxsize=NAMES_KEPT)
def _labels_to_wire(labels: str) -> bytes:
    """Labels in front of a name: the same few for each domain."""
    if labels == ".":
        raise WireError("an empty label")
    return name_to_wire(labels)[:-1] if labels else b""


@lru_cache(maxsize=256)
def _type_to_wire(type_: str) -> bytes:
    number = _NUMBERS.get(type_)
    if number is None:
        try:
            number = dns.rdatatype.from_text(type_)
        except (dns.exception.DNSException, ValueError) as error:
            raise WireError(f"no type: {type_}") from error
    return struct.pack("!HH", number, CLASS_IN)


def query_tail(section: bytes, *, recursion: bool, unchecked: bool = False, edns: bool = True) -> bytes:
    """A query without its id: two octets in front of this make the message."""
    head = _HEADS[recursion, unchecked, edns]
    return head + section + OPT if edns else head + section


_HEADS = {
    (recursion, unchecked, edns): struct.pack(
        "!HHHHH", (RD if recursion else 0) | (CD if unchecked else 0), 1, 0, 0, 1 if edns else 0
    )
    for recursion in (False, True)
    for unchecked in (False, True)
    for edns in (False, True)
}
