"""The list of changes, laid out for people: what is there now beside what should be, and each fix field by field. Pure.

Takes checks as they are stored: record sets and fixes as JSON objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from domains.records import RequiredRecord
from domains.rrset import Action, txt_text

from .hosts import DnsHost, Part, Writing, parts, written

MAX_VALUES = 40  # of one record set on a page: a zone may hold thousands
MAX_LENGTH = 2_000  # characters of one value on a page

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    mark: str = ""  # gone, new, or nothing: stays as it is


@dataclass(frozen=True, slots=True)
class Group:
    """One record set, before and after the changes."""

    name: str
    type: str
    now: tuple[Line, ...]
    then: tuple[Line, ...]
    more: int = 0  # values that are not shown


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a fix, as the fields of a form."""

    fields: tuple[Part, ...]
    value: str  # the whole value, in zone-file form


@dataclass(frozen=True, slots=True)
class FixCard:
    action: str
    type: str
    name: str  # absolute, with its final dot
    written: str  # as the provider's form wants it
    ttl: int | None
    rows: tuple[Row, ...]
    lines: tuple[str, ...] = field(default=())  # in zone-file form


def side_by_side(found: Sequence[Record], expected: Sequence[Record], fixes: Sequence[Record]) -> list[Group]:
    """Each record set that was found, is expected or is to change, as it is and as it should be."""
    now: dict[tuple[str, str], list[str]] = {}
    for rrset in found:
        now.setdefault((rrset["name"], rrset["type"]), []).extend(rrset["values"])
    then = {key: list(values) for key, values in now.items()}
    for fix in fixes:
        values = then.setdefault((fix["name"], fix["type"]), [])
        if fix["action"] == Action.REPLACE:
            values[:] = fix["values"]
        elif fix["action"] == Action.ADD:
            values.extend(value for value in fix["values"] if value not in values)
        else:
            values[:] = [value for value in values if value not in fix["values"]]
    if not fixes:
        for rrset in expected:
            then.setdefault((rrset["name"], rrset["type"]), list(rrset["values"]))
    return [_group(name, type_, now.get((name, type_), []), values) for (name, type_), values in then.items()]


def before_and_after(before: Sequence[Record], after: Sequence[Record]) -> list[Group]:
    """Each record set as one look found it and as a later one did."""
    then = {(rrset["name"], rrset["type"]): list(rrset["values"]) for rrset in after}
    now = {(rrset["name"], rrset["type"]): list(rrset["values"]) for rrset in before}
    return [_group(*key, now.get(key, []), then.get(key, [])) for key in dict.fromkeys([*now, *then])]


def _group(name: str, type_: str, now: list[str], then: list[str]) -> Group:
    # What changes is shown first, so that thousands of bystanders do not hide it.
    before = sorted(now, key=lambda value: value in then)
    after = sorted(then, key=lambda value: value in now)
    return Group(
        name,
        type_,
        tuple(Line(clipped(value), "" if value in then else "gone") for value in before[:MAX_VALUES]),
        tuple(Line(clipped(value), "" if value in now else "new") for value in after[:MAX_VALUES]),
        max(len(before) - MAX_VALUES, len(after) - MAX_VALUES, 0),
    )


def cards(fixes: Iterable[Record], zone: str, host: DnsHost | None) -> list[FixCard]:
    """Each fix as a card: fields as the provider's form has them, or the usual ones where nobody knows it."""
    writing = host.writing if host else Writing.AT
    apart = host.priority_apart if host else True
    return [
        FixCard(
            fix["action"],
            fix["type"],
            fix["name"],
            written(fix["name"], zone, writing),
            fix["ttl"],
            tuple(Row(_fields(fix["type"], value, apart=apart), value) for value in fix["values"]),
            tuple(line(fix["name"], fix["ttl"], fix["type"], value) for value in fix["values"]),
        )
        for fix in fixes
    ]


def _fields(type_: str, value: str, *, apart: bool) -> tuple[Part, ...]:
    """Forms take a TXT record's text without the quotes of a zone file, however long; they split it by themselves."""
    if type_ == "TXT":
        return (Part("value", txt_text(value)),)
    return parts(type_, value, apart=apart)


def line(name: str, ttl: int | None, type_: str, value: str) -> str:
    """One record in zone-file form."""
    return f"{name} {ttl} IN {type_} {value}" if ttl is not None else f"{name} IN {type_} {value}"


def snippet(fixes: Iterable[Record]) -> str:
    """The fixes as lines of a zone file; what has to go stands behind a semicolon."""
    lines: list[str] = []
    for fix in fixes:
        if fix["action"] == Action.REMOVE:
            lines.append("; remove:")
            lines += [f"; {line(fix['name'], None, fix['type'], value)}" for value in fix["values"]]
            continue
        if fix["action"] == Action.REPLACE:
            lines.append(f"; these replace every {fix['type']} record at {fix['name']}")
        lines += [line(fix["name"], fix["ttl"], fix["type"], value) for value in fix["values"]]
    return "\n".join(lines)


def clipped(value: str) -> str:
    return value if len(value) <= MAX_LENGTH else value[: MAX_LENGTH - 1] + "…"


@dataclass(frozen=True, slots=True)
class WantedRecord:
    """A record set that the domain should publish. `values` hold what stays of the zone's own (a merged SPF)."""

    kind: str
    name: str
    type: str
    ttl: int
    values: tuple[str, ...]
    level: str
    why: str


def wanted_records(
    required: Iterable[RequiredRecord], checks: Iterable[Any], *, ttl: int, skip: frozenset[str] = frozenset()
) -> list[WantedRecord]:
    """Everything that should be there, for the table, the file and the instructions. MX comes last: it moves mail.

    `checks`: what the last look found, so that a domain with an SPF record gets ours merged into its own. `skip`:
    kinds to leave out.
    """
    by_kind = {check.kind: check for check in checks}
    records = []
    for record in required:
        check = by_kind.get(record.kind)
        if record.kind in skip or (record.kind == "CNAME" and check is not None and check.status == "off"):
            continue
        values = record.values if check is None else _values(record, check)
        if values:
            records.append(WantedRecord(record.kind, record.name, record.type, ttl, values, record.level, record.why))
    return sorted(records, key=lambda record: record.kind == "MX")


def _values(record: RequiredRecord, check: Any) -> tuple[str, ...]:
    """What should stand at the record's name: what the fix says, what is there if that is right, else the textbook's.

    A check that is green may owe that to other records than the textbook's: the other system's MX of a split domain, a
    policy of the domain above, whatever somebody marked as intended (that nothing is there, too). Those stay, and ours
    do not come on top.
    """
    if record.kind == "SPF" and not check.intended:
        for fix in check.fixes:
            if (fix["type"], fix["name"]) == (record.type, record.name) and fix["action"] != Action.REMOVE:
                return _spf(fix["values"])
    if check.status != "ok":
        return record.values
    there = [rrset for rrset in check.found if (rrset["type"], rrset["name"]) == (record.type, record.name)]
    if there:
        values = tuple(value for rrset in there for value in rrset["values"])
        return _spf(values) if record.kind == "SPF" else values
    if check.intended or (record.kind == "DMARC" and check.found):
        return ()
    taken = any(rrset["name"] == record.name for rrset in check.found)
    return () if taken and record.kind == "SRV" else record.values


def _spf(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(value for value in values if txt_text(value).lower().startswith("v=spf1"))
