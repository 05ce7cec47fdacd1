"""Zone files as staff keep them: read for their meaning, changed line by line. RFC 1035 §5. Pure.

Records mean what dnspython makes of them; the text stays the file's own. Lines that no change touches come out byte
for byte; what is written anew is one record a line, absolute, with its TTL, without parentheses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.ttl

from ..records import DEFAULT_TTL
from ..rrset import Fix, RRset
from ..rules.zone_view import Key, ZoneData, below
from .plan import apply_fixes

CLASSES = frozenset({"IN", "CH", "HS", "CS"})
NAMES_ONLY = frozenset({"NS", "CNAME", "DNAME", "MX", "SRV", "PTR"})


class ZoneFileError(Exception):
    """The text is no zone file that can be understood. `line` counts from 1."""

    def __init__(self, code: str, line: int, detail: str = "") -> None:
        super().__init__(f"line {line}: {code} {detail}".rstrip())
        self.code = code
        self.line = line
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Token:
    text: str
    start: int  # offset in the file
    end: int
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands on one line, or on several in parentheses. `start` and `end` are offsets of whole lines."""

    start: int
    end: int
    line: int
    blank_owner: bool  # the owner is that of the record before
    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class ZoneFileRecord:
    """A record of the file. `owner_said` and `ttl_said`: the line says so itself."""

    entry: Entry
    name: str
    type: str
    ttl: int
    value: str
    owner_said: bool
    ttl_said: bool
    default_ttl: int | None  # what $TTL says here


@dataclass(frozen=True, slots=True)
class NewLine:
    name: str
    type: str
    ttl: int
    value: str


@dataclass(frozen=True, slots=True)
class ZoneFile:
    text: str
    apex: str  # absolute
    records: tuple[ZoneFileRecord, ...]
    negative_ttl: int | None
    serial: int | None
    serial_at: tuple[int, int] | None  # offsets of the serial

    def data(self) -> ZoneData:
        sets: dict[Key, list[ZoneFileRecord]] = {}
        for record in self.records:
            if record.type != "SOA":
                sets.setdefault((record.name, record.type), []).append(record)
        return ZoneData(
            self.apex,
            {
                key: RRset(*key, min(r.ttl for r in found), tuple(dict.fromkeys(r.value for r in found)))
                for key, found in sets.items()
            },
            existing=frozenset(record.name for record in self.records),
            negative_ttl=self.negative_ttl,
        )


# -- reading


def read_zone_file(text: str) -> ZoneFile:
    """Raises ZoneFileError."""
    records: list[ZoneFileRecord] = []
    origin: dns.name.Name | None = None
    first_origin: dns.name.Name | None = None
    default_ttl: int | None = None
    last_ttl: int | None = None
    owner: str | None = None
    for entry in _entries(text):
        head = entry.tokens[0]
        if head.text.startswith("$") and not entry.blank_owner and not head.quoted:
            directive = head.text.upper()
            if directive == "$ORIGIN" and len(entry.tokens) == 2:
                origin = _name(entry, entry.tokens[1].text, origin)
                first_origin = first_origin or origin
            elif directive == "$TTL" and len(entry.tokens) == 2:
                default_ttl = _ttl(entry, entry.tokens[1].text)
            else:
                raise ZoneFileError("directive", entry.line, head.text)
            continue
        record = _record(entry, origin, owner, default_ttl, last_ttl)
        owner = record.name
        if record.ttl_said or (last_ttl is None and default_ttl is None and record.type == "SOA"):
            last_ttl = record.ttl
        records.append(record)
    if not records:
        raise ZoneFileError("empty", 1)
    soa = [record for record in records if record.type == "SOA"]
    if len(soa) > 1:
        raise ZoneFileError("soa", soa[1].entry.line)
    if not soa and first_origin is None:
        raise ZoneFileError("no-origin", 1)
    apex = soa[0].name if soa else first_origin.to_text().lower() if first_origin is not None else "."
    outside = next((record for record in records if not below(record.name, apex)), None)
    if outside is not None:
        raise ZoneFileError("outside", outside.entry.line, outside.name)
    if not soa:
        return ZoneFile(text=text, apex=apex, records=tuple(records), negative_ttl=None, serial=None, serial_at=None)
    fields = soa[0].value.split()
    serial = _serial_token(soa[0])
    negative = min(soa[0].ttl, int(fields[6]))
    return ZoneFile(
        text=text,
        apex=apex,
        records=tuple(records),
        negative_ttl=negative,
        serial=int(fields[2]),
        serial_at=(serial.start, serial.end),
    )


def _entries(text: str) -> Iterable[Entry]:
    """Lines with something on them, those in parentheses together. Comments and blank lines are nobody's."""
    position, line = 0, 1
    while position < len(text):
        start, first = position, line
        tokens: list[Token] = []
        blank = text[position] in " \t"
        depth = 0
        while position < len(text):
            char = text[position]
            if char == "\n":
                position += 1
                line += 1
                if depth == 0:
                    break
            elif char in " \t\r\f\ufeff":
                position += 1
            elif char == ";":
                end = text.find("\n", position)
                position = len(text) if end < 0 else end
            elif char == "(":
                depth += 1
                position += 1
            elif char == ")":
                depth -= 1
                position += 1
                if depth < 0:
                    raise ZoneFileError("parenthesis", line)
            else:
                token = _quoted(text, position, line) if char == '"' else _bare(text, position)
                tokens.append(token)
                line += text.count("\n", token.start, token.end)
                position = token.end
        if depth:
            raise ZoneFileError("parenthesis", first)
        if tokens:
            yield Entry(start, position, first, blank, tuple(tokens))


def _quoted(text: str, start: int, line: int) -> Token:
    position = start + 1
    while position < len(text) and text[position] != '"':
        if text[position] == "\n":
            raise ZoneFileError("quote", line)
        position += 2 if text[position] == "\\" else 1
    if position >= len(text):
        raise ZoneFileError("quote", line)
    return Token(text[start : position + 1], start, position + 1, quoted=True)


def _bare(text: str, start: int) -> Token:
    position = start
    while position < len(text) and text[position] not in ' \t\r\n\f;()"':
        position += 2 if text[position] == "\\" else 1
    position = min(position, len(text))
    return Token(text[start:position], start, position)


def _record(
    entry: Entry, origin: dns.name.Name | None, owner: str | None, default_ttl: int | None, last_ttl: int | None
) -> ZoneFileRecord:
    tokens = list(entry.tokens)
    if entry.blank_owner:
        if owner is None:
            raise ZoneFileError("owner", entry.line)
        name = owner
    else:
        name = _name(entry, tokens.pop(0).text, origin).to_text().lower()
    ttl: int | None = None
    class_said = False
    while tokens and not tokens[0].quoted:
        word = tokens[0].text
        if not class_said and word.upper() in CLASSES:
            if word.upper() != "IN":
                raise ZoneFileError("class", entry.line, word)
            class_said = True
        elif ttl is None and re.fullmatch(r"(?:[0-9]+[smhdwSMHDW]?)+", word):
            ttl = _ttl(entry, word)
        else:
            break
        tokens.pop(0)
    if not tokens:
        raise ZoneFileError("record", entry.line)
    type_ = tokens.pop(0).text.upper()
    rest = " ".join(token.text for token in tokens)
    try:
        rdtype = dns.rdatatype.from_text(type_)
        rdata = dns.rdata.from_text(dns.rdataclass.IN, rdtype, rest, origin=origin or dns.name.root, relativize=False)
    except (dns.exception.DNSException, ValueError, SyntaxError) as error:
        raise ZoneFileError("record", entry.line, f"{type_} {error}".strip()) from error
    if origin is None and type_ in NAMES_ONLY and any(not t.text.endswith(".") for t in tokens[-1:]):
        raise ZoneFileError("no-origin", entry.line, tokens[-1].text)
    value = rdata.to_text() if type_ == "TXT" else rdata.to_text().lower() if type_ != "SOA" else rdata.to_text()
    said = ttl is not None
    if ttl is None:
        ttl = default_ttl if default_ttl is not None else last_ttl
    if ttl is None:
        ttl = int(value.split()[6]) if type_ == "SOA" else DEFAULT_TTL
    return ZoneFileRecord(
        entry=entry,
        name=name,
        type=type_,
        ttl=ttl,
        value=value,
        owner_said=not entry.blank_owner,
        ttl_said=said,
        default_ttl=default_ttl,
    )


def _name(entry: Entry, text: str, origin: dns.name.Name | None) -> dns.name.Name:
    if origin is None and not text.endswith("."):
        raise ZoneFileError("no-origin", entry.line, text)
    try:
        return dns.name.from_text(text, origin or dns.name.root)
    except (dns.exception.DNSException, ValueError, UnicodeError) as error:
        raise ZoneFileError("name", entry.line, text) from error


def _ttl(entry: Entry, text: str) -> int:
    try:
        return int(dns.ttl.from_text(text))
    except dns.exception.DNSException as error:
        raise ZoneFileError("ttl", entry.line, text) from error


def _serial_token(soa: ZoneFileRecord) -> Token:
    at = next(index for index, token in enumerate(soa.entry.tokens) if token.text.upper() == "SOA")
    return soa.entry.tokens[at + 3]


# -- changing


def changed(file: ZoneFile, fixes: Iterable[Fix], *, raise_serial: bool = False) -> str:
    """The file's text after `fixes`. Where nothing changes it is the same text."""
    fixes = tuple(fixes)
    before = file.data().rrsets
    after = apply_fixes(before, fixes)
    touched = [key for key in dict.fromkeys((f.name, f.type) for f in fixes) if before.get(key) != after.get(key)]
    if not touched:
        return file.text
    gone: set[int] = set()  # offsets of entries that go
    new: dict[str, list[NewLine]] = {}  # by owner
    for key in touched:
        name, type_ = key
        old = before.get(key)
        now = after.get(key)
        kept = set(now.values) if now is not None else set()
        same_ttl = old is None or now is None or old.ttl == now.ttl
        there = [record for record in file.records if (record.name, record.type) == key]
        stays = {record.value for record in there if record.value in kept and same_ttl}
        gone |= {record.entry.start for record in there if record.value not in stays}
        if now is not None:
            ttl = now.ttl if now.ttl is not None else DEFAULT_TTL
            lines = [NewLine(name, type_, ttl, value) for value in now.values if value not in stays]
            new.setdefault(name, []).extend(lines)
    text = _put_together(file, gone, new)
    if raise_serial and file.serial is not None:
        again = read_zone_file(text)
        assert again.serial is not None
        assert again.serial_at is not None
        start, end = again.serial_at
        text = f"{text[:start]}{next_serial(again.serial)}{text[end:]}"
    return text


def next_serial(serial: int) -> int:
    """The next one, RFC 1982; zero is left out, which some servers take for none."""
    return (serial + 1) % 2**32 or 1


def _put_together(file: ZoneFile, gone: set[int], new: dict[str, list[NewLine]]) -> str:
    """New lines stand where the first record of their owner went, else behind the owner's last, else at the end."""
    newline = "\r\n" if "\r\n" in file.text else "\n"
    first_gone: dict[str, int] = {}
    last_there: dict[str, int] = {}
    for record in file.records:
        if record.entry.start in gone:
            first_gone.setdefault(record.name, record.entry.start)
        last_there[record.name] = record.entry.start
    before: dict[int, list[NewLine]] = {}
    behind: dict[int, list[NewLine]] = {}
    at_end: list[NewLine] = []
    for name, lines in new.items():
        if name in first_gone:
            before[first_gone[name]] = lines
        elif name in last_there:
            behind[last_there[name]] = lines
        else:
            at_end += lines
    writer = _Writer(newline)
    position = 0
    for record in file.records:
        entry = record.entry
        writer.copy(file.text[position : entry.start])
        writer.write(before.get(entry.start, ()))
        if entry.start not in gone:
            writer.keep(record, file.text[entry.start : entry.end])
        writer.write(behind.get(entry.start, ()))
        position = entry.end
    writer.copy(file.text[position:])
    writer.write(at_end)
    return "".join(writer.pieces)


class _Writer:
    """Knows what a reader of the new text knows: whose the last record was, and its TTL.

    A line that leaves out its owner or TTL takes them from the record before it: where that is another now, the line
    has to say them itself.
    """

    def __init__(self, newline: str) -> None:
        self.newline = newline
        self.pieces: list[str] = []
        self.owner: str | None = None
        self.last_ttl: int | None = None

    def copy(self, text: str) -> None:
        if text:
            self.pieces.append(text)

    def write(self, lines: Iterable[NewLine]) -> None:
        for line in lines:
            if self.pieces and not self.pieces[-1].endswith("\n"):
                self.pieces.append(self.newline)
            self.pieces.append(f"{line.name} {line.ttl} IN {line.type} {line.value}{self.newline}")
            self.owner, self.last_ttl = line.name, line.ttl

    def keep(self, record: ZoneFileRecord, text: str) -> None:
        words = []
        if not record.owner_said and self.owner != record.name:
            words.append(record.name)
        if not record.ttl_said and self._ttl_now(record) != record.ttl:
            words.append(str(record.ttl))
        if words:
            at = 0 if not record.owner_said else record.entry.tokens[0].end - record.entry.start
            if at == 0 and words[0] != record.name:
                words.insert(0, record.name)
            text = f"{text[:at]}{' ' if at else ''}{' '.join(words)}{text[at:]}"
        self.pieces.append(text)
        self.owner = record.name
        if record.ttl_said or str(record.ttl) in words or self.last_ttl is None:
            self.last_ttl = record.ttl

    def _ttl_now(self, record: ZoneFileRecord) -> int:
        if record.default_ttl is not None:
            return record.default_ttl
        if self.last_ttl is not None:
            return self.last_ttl
        return record.ttl  # what stands in for want of all else does not change
