"""The list of changes, laid out for people: what is there now beside what should be, and each fix field by field. Pure.

Takes checks as they are stored: record sets and fixes as JSON objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from domains.records import Kind, RequiredRecord
from domains.rrset import Action, txt_text
from domains.rules.verdicts import RED, Status

MAX_VALUES = 40  # of one record set on a page: a zone may hold thousands
MAX_LENGTH = 2_000  # characters of one value on a page
MAX_TXT = 65_535  # octets of a TXT record

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CopyLine:
    text: str
    mark: str = ""  # gone, new, or nothing: stays as it is


@dataclass(frozen=True, slots=True)
class Group:
    """One record set, before and after the changes."""

    name: str
    type: str
    now: tuple[CopyLine, ...]
    then: tuple[CopyLine, ...]
    more: int = 0  # values that are not shown


type Sets = dict[tuple[str, str], list[str]]


def sets_before_and_after(
    found: Sequence[Record],
    expected: Sequence[Record],
    fixes: Sequence[Record],
    *,
    confirmed: Sequence[Record] | None = None,
    settled: bool = False,
    flattened: bool = False,
) -> tuple[Sets, Sets]:
    """Every value by name and type, as it is and as it should be: of what was found, is expected or is to change.

    `confirmed`: what the authoritative servers say while the resolvers still have an old copy: that is how it should
    be. `settled`: what is there is right, though maybe another way than the textbook's, or belongs to the other half of
    a split domain, and stays as it is. `flattened`: addresses stand where an alias should.
    """
    now: Sets = {}
    for rrset in found:
        now.setdefault((rrset["name"], rrset["type"]), []).extend(rrset["values"])
    if confirmed is not None:
        then: Sets = {key: [] for key in now}
        then |= {(rrset["name"], rrset["type"]): list(rrset["values"]) for rrset in confirmed}
        return now, then
    then = {key: list(values) for key, values in now.items()}
    apply_to(then, fixes)
    if flattened:
        for rrset in expected:
            if rrset["type"] == "CNAME" and not then.keys().isdisjoint(beside := _addresses_at(rrset["name"])):
                then |= {key: [] for key in beside if key in then}
                then.setdefault((rrset["name"], "CNAME"), list(rrset["values"]))
    if not fixes and not settled:
        for rrset in expected:
            then.setdefault((rrset["name"], rrset["type"]), list(rrset["values"]))
    return now, then


def there_of_itself(found: Sequence[Record], facts: Mapping[str, Any]) -> list[Record]:
    """What was found, without what only a wildcard made up: it ends as soon as the fixes are published."""
    made_up = set(facts.get("made_up", ()))
    return [rrset for rrset in found if f"{rrset['name']} {rrset['type']}" not in made_up]


def _addresses_at(name: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return (name, "A"), (name, "AAAA")


def confirmed_sets(
    status: str, facts: Mapping[str, Any], witnesses: Sequence[Record], found: Sequence[Record]
) -> list[Record] | None:
    """While a change is on its way: what the authoritative servers have, which is right. Never what the resolvers still
    keep where those answered otherwise. None: nothing is on its way."""
    if status != Status.PROPAGATING:
        return None
    published = facts.get("published")
    if published is not None:
        return list(published)
    # Of a check from before that was kept: what they said to the question that decided.
    name, _, type_ = str(facts.get("about", "")).partition(" ")
    heard = [w for w in witnesses if w["who"] != "resolvers" and not w.get("failure")]
    newest = max(heard, key=lambda w: w.get("serial") or 0, default=None)
    others = [rrset for rrset in found if (rrset["name"], rrset["type"]) != (name, type_)]
    return [*others, {"name": name, "type": type_, "values": newest["says"]}] if name and newest is not None else others


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
        name=name,
        type=type_,
        now=tuple(CopyLine(clipped(value), "" if value in then else "gone") for value in before[:MAX_VALUES]),
        then=tuple(CopyLine(clipped(value), "" if value in now else "new") for value in after[:MAX_VALUES]),
        more=max(len(before) - MAX_VALUES, len(after) - MAX_VALUES, 0),
    )


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
    """What is in effect for the domain, and what the fixes would make of it: for the table, the file and the
    instructions. MX comes last: it moves mail.

    `checks`: what the last check run found; a kind without one gets the textbook's records. `skip`: kinds to leave out.
    """
    by_kind = {check.kind: check for check in checks}
    records: list[WantedRecord] = []
    for kind, group in groupby(sorted(required, key=lambda r: list(Kind).index(r.kind)), key=lambda r: r.kind):
        of_kind = list(group)
        if kind in skip:
            continue
        check = by_kind.get(kind)
        if check is None or (check.status == Status.UNKNOWN and kind in OUR_OWN_NAMES and not check.intended):
            sets = {(record.name, record.type): record.values for record in of_kind}
        else:
            sets = _after_fixes(check, of_kind)
        levels = {(record.name, record.type): (record.level, record.why) for record in of_kind}
        usual = (of_kind[0].level, of_kind[0].why)
        for (name, type_), values in sets.items():
            level, why = levels.get((name, type_), usual)
            records.append(WantedRecord(kind=kind, name=name, type=type_, ttl=ttl, values=values, level=level, why=why))
    return sorted(records, key=lambda record: record.kind == Kind.MX)


OUR_OWN_NAMES = frozenset({Kind.CNAME, Kind.DKIM})  # nobody else has anything at the token's label and our selectors


def _after_fixes(check: Any, required: Sequence[RequiredRecord]) -> dict[tuple[str, str], tuple[str, ...]]:
    """The record sets of one kind once its fixes are made: what is there and right stays, and nothing of ours comes
    beside what is meant so, what the other half of a split domain needs, or what only its author can decide."""
    fixes = check.fixes if check.status in RED and not check.intended else []
    if not fixes and check.status != Status.OK and not check.intended:
        return {}
    sets: dict[tuple[str, str], list[str]] = {}
    for rrset in there_of_itself(check.found, check.facts):
        sets.setdefault((rrset["name"], rrset["type"]), []).extend(rrset["values"])
    apply_to(sets, fixes)
    names = {record.name for record in required}
    types = {record.type for record in required} | {"CNAME"}
    made = {(fix["name"], fix["type"]) for fix in fixes if fix["action"] != Action.REMOVE}
    kept = {}
    for key, values in sets.items():
        name, type_ = key
        in_place = type_ in types and (name in names or (check.kind == Kind.SRV and type_ == "SRV"))
        if values and (in_place or key in made):
            mine = _spf(values) if check.kind == Kind.SPF and type_ == "TXT" and key not in made else tuple(values)
            kept[key] = mine
    aliases = {name for name, type_ in kept if type_ == "CNAME"}
    return {key: values for key, values in kept.items() if values and (key[1] == "CNAME" or key[0] not in aliases)}


def apply_to(sets: dict[tuple[str, str], list[str]], fixes: Iterable[Record]) -> None:
    """Make the changes of `fixes` (as they are stored) to record sets."""
    for fix in fixes:
        values = sets.setdefault((fix["name"], fix["type"]), [])
        if fix["action"] == Action.REPLACE:
            values[:] = fix["values"]
        elif fix["action"] == Action.ADD:
            values.extend(value for value in fix["values"] if value not in values)
        else:
            values[:] = [value for value in values if value not in fix["values"]]


def _spf(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(value for value in values if txt_text(value).lower().startswith("v=spf1"))
