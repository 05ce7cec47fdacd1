"""Messages of every kind, generated and damaged from a seed, and the comparison of the small reader with dnspython.

    .venv/bin/python -m tests.diagnostics.wire_damage 2000000 1

compares so many messages, beginning with the saved ones (messages.txt), and ends with 1 at the first difference: the
line that it prints then belongs in messages.txt before anything is mended. The same seed makes the same messages. Two
million took 19 minutes of one core, most of it dnspython's, and showed no difference: 13 of 20 were refused by both,
4 handed on to dnspython, and 3 read by the small reader itself. Do it again whenever wire.py changes.
"""

from __future__ import annotations

import random
import struct
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import dns.exception
import dns.name
import dns.rdatatype

from domains.lookup import wire

CORPUS = Path(__file__).with_name("messages.txt")
HUGE_EVERY = 2000  # times as many messages
SHOWN = 1000  # characters of what differs
COPIES = 3  # damaged ones of each message

A, NS, CNAME, SOA, PTR, MX, TXT, AAAA, SRV, DNAME, OPT = 1, 2, 5, 6, 12, 15, 16, 28, 33, 39, 41
PLAIN_TYPES = tuple(wire.TYPES)
KNOWN_TYPES = tuple(sorted({int(type_) for type_ in dns.rdatatype.RdataType}))
CLASSES = (0, 2, 3, 4, 254, 255, 0x8001, 0xFFFF)
TTLS = (0, 1, 60, 300, 3600, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
OCTETS = (0, 1, 2, 3, 4, 12, 15, 16, 28, 33, 41, 46, 63, 64, 65, 92, 127, 128, 191, 0xC0, 0xFE, 0xFF)
COUNTS = (0, 1, 2, 3, 5, 255, 500, 501, 5000, 5001, 0xFFFF)
LABELS = (
    b"a", b"www", b"EXAMPLE", b"Test", b"_dmarc", b"_autodiscover", b"_tcp", b"*", b"xn--w-uga1v8h", b"mx-1", b"1",
    b"a.b", b'"', b"\\", b"\xc3\xb3", b"\0", b" ", b"@", b"$", b"(;)", b"\x7f", b"\xff" * 3, b"A\xc0\x0c",
    b"\xe2\x84\xaa", b"x" * 63, b"y" * 62, b"-", b"\\046",
)  # fmt: skip
TEXTS = (
    b"", b" ", b"v=spf1 -all", b'"', b"\\", b"a;b", b"\0", b"\x7f", b"\xc3\xb3", b"\xff" * 40, b"k" * 255, b"\t\r\n",
    b"p=" + b"M" * 250, b"\\034", b"z" * 254,
)  # fmt: skip
OPTION_CODES = (15, 15, 15, 3, 5, 6, 8, 9, 10, 11, 12, 13, 16, 17, 18, 22, 65001)


class DifferenceError(AssertionError):
    """The two ways of reading say different things about a message, or one raised what it must not."""


@dataclass
class Sample:
    """A message, the question that was asked for it, and where its numbers stand."""

    data: bytes
    section: bytes = b""  # the question as it was sent; empty where there was none that the panel asks
    type: str = ""
    places: list[int] = field(default_factory=list)  # of types, classes, TTLs, lengths and length octets


def saved() -> list[Sample]:
    return [sample_of(bytes.fromhex(line.partition("#")[0])) for line in CORPUS.read_text().splitlines()]


def sample_of(data: bytes) -> Sample:
    # Where a name ends by a pointer to the question, a record's numbers follow.
    owners = [place for place in range(12, len(data) - 11) if data[place] == 0xC0]
    places = [place + 2 + offset for place in owners for offset in (0, 2, 4, 8, 10)]
    return Sample(data, *asked_in(data), places or list(range(min(len(data), 12))))


def asked_in(data: bytes) -> tuple[bytes, str]:
    """The question of a message as the panel would have sent it, and its type; empty where it asks no such thing.

    The rest of the message does not matter, it may be damaged.
    """
    try:
        name, size = dns.name.from_wire(data, 12)
        type_, class_ = struct.unpack_from("!HH", data, 12 + size)
    except (dns.exception.DNSException, IndexError, struct.error):
        return b"", ""
    if class_ != wire.CLASS_IN or type_ not in wire.TYPES:
        return b"", ""
    return wire.question_section(name.to_text().lower(), wire.TYPES[type_]), wire.TYPES[type_]


class Writer:
    """Writes one message, with names that share, reuse and abuse what is already there."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.out = bytearray()
        self.labels: list[int] = []  # where a name could go on
        self.places: list[int] = []

    def write(self) -> Sample:
        chance = self.chance
        flags = 0x8000 | chance.choice((0x0400, 0x0180, 0x0080, 0x0100, 0x0590, 0, 0x0200, chance.randrange(0x10000)))
        if chance.random() < 0.97:
            flags &= ~wire.OPCODE
        flags = flags & ~15 | chance.choice((0, 0, 0, 0, 0, 2, 3, 5, chance.randrange(16)))
        questions = 1 if chance.random() < 0.98 else chance.randrange(3)
        counts = [questions, *(chance.choice((0, 0, 1, 1, 2, 3, 6)) for _section in range(3))]
        self.out += struct.pack("!HH4H", chance.randrange(0x10000), flags, *counts)
        type_ = chance.choice(PLAIN_TYPES) if chance.random() < 0.97 else chance.choice(KNOWN_TYPES)
        for _question in range(questions):
            self.name(fresh=True)
            self.number(type_)
            self.number(wire.CLASS_IN if chance.random() < 0.99 else chance.choice(CLASSES))
        same = (
            chance.random() < 0.6
        )  # an answer as most are: records of the type asked for, owned by the name asked for
        for _answer in range(counts[1]):
            self.record(type_ if same else self.any_type(), asked=same)
        for _record in range(counts[2]):
            self.record(self.any_type())
        edns = chance.random()
        for place in range(counts[3]):
            if edns < 0.7 and place == 0:
                self.options()
            else:
                self.record(self.any_type())
        if chance.random() < 0.01:
            self.out += chance.randbytes(chance.randrange(1, 12))
        return Sample(bytes(self.out), *asked_in(bytes(self.out)), self.places)

    def any_type(self) -> int:
        chance = self.chance
        roll = chance.random()
        return chance.choice(PLAIN_TYPES if roll < 0.95 else KNOWN_TYPES) if roll < 0.99 else chance.randrange(0x10000)

    def number(self, value: int) -> None:
        self.places.append(len(self.out))
        self.out += value.to_bytes(2)

    def name(self, *, fresh: bool = False) -> None:
        chance, out = self.chance, self.out
        roll = chance.random()
        if not fresh and roll < 0.35:
            out += b"\xc0\x0c"
            return
        if roll > 0.996:  # as long as names get, or one octet longer
            labels = [b"l" * 63] * 3 + [b"n" * chance.choice((60, 61, 62))]
        elif roll > 0.993:
            labels = [b"h"] * chance.choice((126, 127, 128))
        else:
            odd = chance.random() < 0.06
            labels = [self.label(odd) for _label in range(chance.choice((0, 1, 2, 2, 3, 4)))]
        earlier = len(self.labels)
        for label in labels:
            self.places.append(len(out))
            self.labels.append(len(out))
            out.append(len(label))
            out += label
        if earlier and chance.random() < 0.5:
            target = self.labels[chance.randrange(earlier)]
            if chance.random() < 0.005:
                target = chance.choice((len(out), self.labels[-1], chance.randrange(0x4000)))
            self.labels.append(len(out))  # for a pointer to a pointer
            out += (0xC000 | target & 0x3FFF).to_bytes(2)
        else:
            out.append(0)

    def label(self, odd: bool) -> bytes:
        chance = self.chance
        if odd:
            return chance.choice(LABELS) if chance.random() < 0.7 else chance.randbytes(chance.randrange(1, 64))
        return bytes(chance.choices(b"abcdefghijklmnopqrstuvwxyzABCXYZ0123456789-_", k=chance.randrange(1, 12)))

    def record(self, type_: int, *, asked: bool = False) -> None:
        chance, out = self.chance, self.out
        if asked and chance.random() < 0.97:
            out += b"\xc0\x0c"
        else:
            self.name()
        self.number(type_)
        self.number(wire.CLASS_IN if chance.random() < 0.99 else chance.choice(CLASSES))
        self.places.append(len(out))
        out += (chance.choice(TTLS[:5]) if chance.random() < 0.97 else chance.choice(TTLS)).to_bytes(4)
        self.number(0)
        start = len(out)
        self.rdata(type_)
        out[start - 2 : start] = (min(len(out) - start, 0xFFFF)).to_bytes(2)

    def rdata(self, type_: int) -> None:
        chance, out = self.chance, self.out
        if chance.random() < 0.005:
            out += chance.randbytes(chance.randrange(40))
            return
        match type_:
            case 1:
                out += chance.randbytes(4)
            case 28:  # long and short runs of zeros, addresses within addresses
                groups = [chance.choice((0, 0, 0, 1, 0xFFFF, 0x2001, chance.randrange(0x10000))) for _group in range(8)]
                out += struct.pack("!8H", *groups)
            case 2 | 5 | 12 | 39:
                self.name()
            case 15:
                self.number(chance.randrange(0x10000))
                self.name()
            case 33:
                for _number in range(3):
                    self.number(chance.randrange(0x10000))
                self.name()
            case 6:
                self.name()
                self.name()
                out += chance.randbytes(20)
            case 16 | 99:
                for _string in range(chance.choice((1, 1, 1, 2, 3, 8))):
                    text = chance.choice(TEXTS) if chance.random() < 0.6 else chance.randbytes(chance.randrange(40))
                    self.places.append(len(out))
                    out.append(len(text))
                    out += text
            case _:  # a body that may suit the type: octets, small numbers, names, strings
                for _part in range(chance.randrange(5)):
                    roll = chance.random()
                    if roll < 0.3:
                        self.name()
                    elif roll < 0.6:
                        self.number(chance.randrange(300))
                    elif roll < 0.8:
                        out += chance.randbytes(chance.randrange(24))
                    else:
                        text = chance.choice(TEXTS)
                        out.append(len(text))
                        out += text

    def options(self) -> None:
        """An OPT record, RFC 6891, with options that make sense and others."""
        chance, out = self.chance, self.out
        out.append(0)
        self.number(OPT)
        self.number(chance.choice((512, 1232, 4096, 0, 0xFFFF)))
        rcode = chance.choice((0, 0, 0, 1, 255)) if chance.random() < 0.3 else 0
        version = chance.choice((0, 0, 0, 1, 255)) if chance.random() < 0.2 else 0
        out += bytes((rcode, version)) + chance.choice((b"\0\0", b"\x80\0", b"\0\1"))
        self.number(0)
        start = len(out)
        for _option in range(chance.choice((0, 0, 1, 1, 2, 4))):
            code = chance.choice(OPTION_CODES)
            body = chance.randbytes(chance.randrange(12))
            if code == wire.OPTION_EDE and chance.random() < 0.9:
                said = chance.choice(
                    (b"", b"no key", b"\xc3\xb3", b"\xff", b"\0", b"end\0", b"a\nb", "Straße".encode())
                )
                body = chance.randrange(40).to_bytes(2) + said
            self.number(code)
            self.number(len(body))
            out += body
        out[start - 2 : start] = (len(out) - start).to_bytes(2)


def damaged(sample: Sample, other: bytes, chance: random.Random) -> Sample:
    """The message with one to four things done to it. `other`: a message that a part may come from."""
    data = bytearray(sample.data)
    for _time in range(chance.choice((1, 1, 1, 1, 1, 2, 4))):
        if not data:
            break
        size = len(data)
        place = chance.randrange(size)
        if sample.places and chance.random() < 0.4:  # where the numbers stand, and where the message has its meaning
            place = min(chance.choice(sample.places) + chance.randrange(2), size - 1)
        match chance.randrange(16):
            case 0:
                data[place] ^= 1 << chance.randrange(8)
            case 1:
                data[place] = chance.randrange(256)
            case 2:
                data[place] = chance.choice(OCTETS)
            case 3:
                data[place] = data[place] + chance.choice((-2, -1, 1, 2)) & 255
            case 4:
                del data[place : place + chance.choice((1, 1, 2, 4, 10))]
            case 5:
                data[place:place] = bytes(chance.choices(OCTETS, k=chance.choice((1, 1, 2, 4))))
            case 6:
                del data[place:]
            case 7:
                data += chance.choice((b"\0", b"\xc0\x0c", chance.randbytes(3), other[-12:]))
            case 8:  # one of the counts
                at = chance.choice((4, 6, 6, 8, 10, 10))
                if size >= 12:
                    data[at : at + 2] = (
                        chance.choice(COUNTS)
                        if chance.random() < 0.4
                        else max(int.from_bytes(data[at : at + 2]) + chance.choice((-1, 1)), 0) & 0xFFFF
                    ).to_bytes(2)
            case 9:  # another type, class or length
                value = chance.choice((*PLAIN_TYPES, OPT, *CLASSES, chance.choice(KNOWN_TYPES)))
                data[place : place + 2] = value.to_bytes(2)
            case 10:  # a pointer: into the message, to itself, forwards, past its end
                to = chance.choice((12, chance.randrange(size), place, max(place - 2, 0), place + 2, 0x3FFF, 0))
                data[place : place + 2] = (0xC000 | to & 0x3FFF).to_bytes(2)
            case 11:  # the head of one, the tail of another
                data[place:] = other[chance.randrange(len(other) + 1) :]
            case 12:  # a part twice
                end = place + chance.randrange(1, 30)
                data[place:place] = data[place:end]
            case 13:
                end = place + chance.randrange(1, 20)
                data[place:end] = data[place:end].swapcase()
            case 14:  # flags
                at = chance.choice((2, 3))
                if size > at:
                    data[at] ^= 1 << chance.randrange(8)
            case 15:  # a part of another within
                start = chance.randrange(len(other) + 1)
                data[place : place + chance.randrange(20)] = other[start : start + chance.randrange(30)]
    return Sample(bytes(data), sample.section, sample.type)


def huge(chance: random.Random) -> Sample:
    """More records than dnspython is given, or a name behind as many pointers as are followed, or more."""
    writer = Writer(chance)
    section = wire.question_section("many.example.test.", "TXT")
    end = 12 + len(section)
    if chance.random() < 0.5:
        count = chance.choice((499, 500, 501, 1000, 4600))
        writer.out += struct.pack("!HH4H", 7, 0x8180, 1, count, 0, 0) + section
        for _record in range(count):
            writer.out += (
                b"\xc0\x0c" + struct.pack("!HHIH", TXT, 1, 60, 2) + b"\1" + bytes((chance.randrange(33, 127),))
            )
    else:
        # A text that is a row of pointers, each to the one before; then an alias that enters at its end.
        pointers = chance.choice((14, 15, 16, 17, 64, 120))
        first = end + 13
        row = b"".join((0xC000 | (12 if at == 0 else first + 2 * at - 2)).to_bytes(2) for at in range(pointers))
        writer.out += struct.pack("!HH4H", 7, 0x8180, 1, 2, 0, 0) + section
        writer.out += b"\xc0\x0c" + struct.pack("!HHIHB", TXT, 1, 60, len(row) + 1, len(row)) + row
        target = (0xC000 | first + len(row) - 2).to_bytes(2)
        writer.out += b"\xc0\x0c" + struct.pack("!HHIH", CNAME, 1, 60, 2) + target
    return Sample(bytes(writer.out), section, "TXT")


def samples(seed: int) -> Iterator[Sample]:
    """Without end: every saved message and damaged copies of it, generated ones and damaged copies, huge ones."""
    chance = random.Random(seed)
    corpus = saved()
    yield from corpus
    last = corpus[0].data
    for number in range(sys.maxsize):
        if number % HUGE_EVERY == HUGE_EVERY // 10:
            yield huge(chance)
        base = chance.choice(corpus) if number % 5 == 0 else Writer(chance).write()
        yield base
        for _copy in range(COPIES):
            yield damaged(base, last, chance)
        last = base.data


def outcome(reader: object, data: bytes) -> object:
    """The message, or the text of the reader's own error; anything else that it raises is a difference."""
    try:
        return reader(data)  # type: ignore[operator]
    except wire.WireError as error:
        return str(error)
    except Exception as error:
        raise different(data, type(error), error) from error


def unbounded(data: bytes) -> object:
    """What dnspython reads where there are more records than it is usually given."""
    with mock.patch.object(wire, "MAX_RECORDS_SLOW", 0xFFFF):
        return outcome(wire.read_slow, data)


def compare(sample: Sample) -> str:
    """Raises DifferenceError where the ways of reading differ. Returns what kind of message it was."""
    data = sample.data
    fast = outcome(wire.read, data)
    plainest = values(sample)
    slow = outcome(wire.read_slow, data)
    if slow == "too many records" and (plainest is not None or isinstance(fast, wire.Message)):
        slow = unbounded(data)  # the bound is for the slow way alone
    if (isinstance(fast, wire.Message) or isinstance(slow, wire.Message)) and fast != slow:
        raise different(data, fast, slow)
    if plainest is not None:
        if not isinstance(slow, wire.Message) or not slow.answer:
            raise different(data, plainest, slow)
        said = tuple(record[3] for record in slow.answer), min(record[2] for record in slow.answer)
        beside = {record[1] for record in slow.additional} - {"A", "AAAA"}
        rest = (slow.authority, beside, slow.errors, slow.rcode, {record[:2] for record in slow.answer})
        if plainest != said or rest != ([], set(), (), 0, {slow.question}):
            raise different(data, plainest, slow)
        return "plainest"
    if not isinstance(slow, wire.Message):
        return "refused"
    return "read" if is_plain(data) else "handed on"


def values(sample: Sample) -> object:
    """What the engine would take from the message in the shortest way, had it sent that question."""
    data, section = sample.data, sample.section
    if not section or len(data) < 12 or data[12 : 12 + len(section)].lower() != section.lower():
        return None
    return outcome(lambda octets: wire.read_values(octets, 12 + len(section), sample.type), data)


def different(data: bytes, one: object, other: object) -> DifferenceError:
    return DifferenceError(f"{data.hex()}\n{str(one)[:SHOWN]}\n{str(other)[:SHOWN]}")


def is_plain(data: bytes) -> bool:
    """Whether the small reader reads it by itself."""
    try:
        wire._read_plain(data)
    except (wire._NotPlain, IndexError, struct.error):
        return False
    return True


def compare_many(count: int, seed: int) -> Counter[str]:
    source = samples(seed)
    return Counter(compare(next(source)) for _message in range(count))


def main() -> int:
    count, seed = int(sys.argv[1]), int(sys.argv[2])
    try:
        kinds = compare_many(count, seed)
    except DifferenceError as difference:
        print(difference, file=sys.stderr)
        return 1
    print(f"{kinds.total()} messages, no difference:", ", ".join(f"{n} {kind}" for kind, n in kinds.most_common()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
