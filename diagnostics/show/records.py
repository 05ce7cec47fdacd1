"""The one table of a domain's records: what is published, what should be, and the status of each record. Pure.

The page of a domain, the page of one check and the public page show the same rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby
from typing import Any

from domains.records import DEFAULT_TTL, Kind, Level, RequiredRecord
from domains.rrset import Action, txt_text
from domains.rules.verdicts import RED, Problem, Status
from domains.typography import readable

from .changes import (
    MAX_LENGTH,
    MAX_TXT,
    MAX_VALUES,
    clipped,
    confirmed_sets,
    line,
    sets_before_and_after,
    there_of_itself,
)
from .hosts import DnsHost, NamePart, Writing, parts, written

FOLDED = 72  # characters beyond which a value is folded
SHOWN = 44  # characters of a folded value that stay visible


class Standing(StrEnum):
    """How one record stands. Closed list; the words are in `standings.py`."""

    OK = "ok"
    INTENDED = "intended"
    PROPAGATING = "propagating"
    MISSING = "missing"
    WRONG = "wrong"
    REMOVE = "remove"
    UNDECIDED = "undecided"  # what is there is wrong, and only its owner can say what is right
    UNKNOWN = "unknown"
    UNCHECKED = "unchecked"
    OPTIONAL = "optional"  # of a split domain: only where no mail program needs the other system


THERE = frozenset({Standing.OK, Standing.INTENDED, Standing.PROPAGATING})
OPEN = frozenset({Standing.MISSING, Standing.WRONG, Standing.REMOVE})


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One record. `value` is what should be there, in zone-file form (of one to be removed, what goes); `now` is what
    stands in its place. `short` is the name as the DNS host's form wants it. `action`: of the fix it is part of."""

    kind: str
    type: str
    name: str
    short: str
    value: str
    ttl: int
    standing: Standing
    level: str
    now: tuple[str, ...] = ()
    more: int = 0  # values at the same name and type that are not shown
    action: str = ""
    parts: tuple[NamePart, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.standing in OPEN and self.level == Level.REQUIRED

    @property
    def look(self) -> str:
        """The class and the icon of its status."""
        match self.standing:
            case Standing.OK | Standing.INTENDED:
                return "ok"
            case Standing.PROPAGATING:
                return "propagating"
            case Standing.OPTIONAL:
                return "off"
            case Standing.UNKNOWN | Standing.UNCHECKED:
                return "unknown"
        return "red" if self.level == Level.REQUIRED else "advice"

    @property
    def priority(self) -> str:
        return next((part.text for part in parts(self.type, self.value) if part.key == "priority"), "")

    @property
    def text(self) -> str:
        """The value as people read it: without its priority, and a text without the quotes of a zone file."""
        return shown(self.type, self.value)

    @property
    def field(self) -> str:
        """What goes into the value's field of the form; empty where it is too long for a page."""
        if len(self.value) > MAX_LENGTH:
            return ""
        return next((part.text for part in self.parts if part.key == "value"), "")

    @property
    def others(self) -> tuple[NamePart, ...]:
        """The other fields of the form, where they are apart."""
        return tuple(part for part in self.parts if part.key != "value")

    @property
    def start(self) -> str:
        """Of a long value what stays visible; empty for one that is shown whole."""
        return self.text[:SHOWN] if len(self.text) > FOLDED else ""

    @property
    def line(self) -> str:
        """In zone-file form; empty where it is too long for a page."""
        return "" if len(self.value) > MAX_LENGTH else line(self.name, self.ttl, self.type, self.value)

    @property
    def host(self) -> list[str]:
        """The value's labels, of a record that names a host; of others nothing."""
        return labels_of(self.text) if self.type in ("CNAME", "MX", "SRV") and not self.start else []

    @property
    def labels(self) -> list[str]:
        """Of the short name: it may be broken between these, never inside one."""
        return labels_of(self.short)


def labels_of(name: str) -> list[str]:
    pieces = name.split(".")
    return [f"{piece}." if index < len(pieces) - 1 else piece for index, piece in enumerate(pieces) if piece or index]


def shown(type_: str, value: str) -> str:
    if type_ == "TXT":
        return clipped(readable(txt_text(value), most=MAX_TXT))
    fields = parts(type_, value)
    return clipped(" ".join(part.text for part in fields if part.key != "priority"))


def table(
    required: Iterable[RequiredRecord],
    checks: Iterable[Any],
    *,
    zone: str,
    host: DnsHost | None,
    split: bool,
    skip: frozenset[str] = frozenset(),
) -> list[RecordRow]:
    """The rows of all kinds but `skip`, in the order of the buttons. `split`: in non-authoritative mode."""
    by_kind = {check.kind: check for check in checks}
    rows: list[RecordRow] = []
    order = list(Kind)
    for kind, group in groupby(sorted(required, key=lambda r: order.index(r.kind)), key=lambda r: r.kind):
        if kind not in skip:
            rows += rows_of_kind(list(group), by_kind.get(kind), split=split)
    return [_written(row, zone, host) for row in rows]


def table_of_check(check: Any, *, zone: str, host: DnsHost | None, split: bool) -> list[RecordRow]:
    """The rows of one check, with everything that was found for it."""
    required = [
        RequiredRecord(
            kind=Kind(check.kind),
            name=rrset["name"],
            type=rrset["type"],
            values=tuple(rrset["values"]),
            level=check.level,
            why="",
        )
        for rrset in check.expected
    ]
    return [_written(row, zone, host) for row in rows_of_kind(required, check, split=split, everything=True)]


def rows_of_kind(
    required: Sequence[RequiredRecord], check: Any | None, *, split: bool, everything: bool = False
) -> list[RecordRow]:
    """`everything`: with what was found and is no record of ours."""
    if check is None:
        standing = Standing.OPTIONAL if split and required[0].kind == Kind.SRV else Standing.UNCHECKED
        if split and required[0].kind == Kind.MX:
            return []  # of a split domain nobody knows yet where its mail enters
        return [_row(r.kind, r.name, r.type, value, standing, r.level) for r in required for value in r.values]
    if check.status == Status.OFF and not check.found:
        return []
    return _Kind(check, required, split=split, everything=everything).rows()


class _Kind:
    def __init__(self, check: Any, required: Sequence[RequiredRecord], *, split: bool, everything: bool) -> None:
        self.check, self.everything = check, everything
        self.fixes = check.fixes if not check.intended else []
        self.levels = {(r.name, r.type): str(r.level) for r in required}
        self.names = {r.name for r in required}
        self.types = {r.type for r in required} | {"CNAME"}
        self.actions = {(fix["name"], fix["type"]): fix for fix in self.fixes}
        self.optional = split and check.kind == Kind.SRV
        self.undecided = (
            check.status in RED and check.level == Level.REQUIRED and not check.fixes and not check.intended
        )
        codes = (*check.problems, *check.advice)
        foreign = bool(check.facts.get("others")) or check.intended
        unasked = check.status == Status.UNKNOWN and split and check.kind == Kind.MX
        self.now, self.then = sets_before_and_after(
            there_of_itself(check.found, check.facts),
            check.expected,
            self.fixes,
            confirmed=confirmed_sets(check.status, check.facts, check.witnesses, check.found),
            settled=foreign or unasked or check.status in (Status.OK, Status.OFF),
            flattened=Problem.FLATTENED in codes,
        )

    def rows(self) -> list[RecordRow]:
        rows: list[RecordRow] = []
        for key in self.then:
            before, after = self.now.get(key, []), self.then[key]
            new = [value for value in after if value not in before]
            gone = [value for value in before if value not in after]
            stay = [value for value in before if value in after]
            if not (new or gone or self.everything or self._ours(key)):
                continue
            texts = len(stay)
            if self.check.kind == Kind.SPF and key[1] == "TXT" and not self.everything:
                stay = [value for value in stay if txt_text(value).lower().startswith("v=spf1")]
            of_key = [self._row(key, value, self._kept(key)) for value in stay[:MAX_VALUES]]
            of_key += [self._row(key, value, self._new(replaces=bool(gone))) for value in new[:MAX_VALUES]]
            if new and gone:
                at = len(of_key) - len(new[:MAX_VALUES])
                of_key[at] = replace(of_key[at], now=tuple(shown(key[1], value) for value in gone[:MAX_VALUES]))
            elif gone and self.check.status != Status.PROPAGATING:  # else it is gone already
                of_key += [self._row(key, value, Standing.REMOVE) for value in gone[:MAX_VALUES]]
            if of_key and (more := texts - len(stay[:MAX_VALUES])) > 0 and self.everything:
                of_key[-1] = replace(of_key[-1], more=more)
            rows += sorted(of_key, key=_number) if key[1] == "MX" else of_key
        return rows

    def _ours(self, key: tuple[str, str]) -> bool:
        name, type_ = key
        return type_ in self.types and (name in self.names or (self.check.kind == Kind.SRV and type_ == "SRV"))

    def _kept(self, key: tuple[str, str]) -> Standing:
        """Of what is there and stays."""
        status = self.check.status
        if self.check.intended:
            return Standing.INTENDED
        if status == Status.UNKNOWN:
            return Standing.UNKNOWN
        return Standing.UNDECIDED if self.undecided and self._ours(key) else Standing.OK

    def _new(self, *, replaces: bool) -> Standing:
        status = self.check.status
        if status == Status.PROPAGATING:
            return Standing.PROPAGATING
        if status == Status.UNKNOWN:
            return Standing.UNKNOWN
        if self.optional:
            return Standing.OPTIONAL
        return Standing.WRONG if replaces else Standing.MISSING

    def _row(self, key: tuple[str, str], value: str, standing: Standing) -> RecordRow:
        fix = self.actions.get(key)
        touched = fix is not None and (fix["action"] == Action.REPLACE or value in fix["values"])
        ttl = fix["ttl"] if fix is not None and fix["ttl"] else self._ttl(key)
        return replace(
            _row(self.check.kind, *key, value, standing, self.levels.get(key, str(self.check.level))),
            ttl=ttl,
            action=str(fix["action"]) if fix is not None and touched and standing in OPEN | {Standing.OK} else "",
        )

    def _ttl(self, key: tuple[str, str]) -> int:
        there = next((r for r in self.check.found if (r["name"], r["type"]) == key and r.get("ttl")), None)
        return int(there["ttl"]) if there else DEFAULT_TTL


def _row(kind: str, name: str, type_: str, value: str, standing: Standing, level: str) -> RecordRow:
    return RecordRow(
        kind=str(kind),
        type=type_,
        name=name,
        short=name,
        value=value,
        ttl=DEFAULT_TTL,
        standing=standing,
        level=str(level),
    )


def _number(row: RecordRow) -> int:
    """MX records stand as people number them."""
    return int(row.priority) if row.priority.isdigit() else 0


def _written(row: RecordRow, zone: str, host: DnsHost | None) -> RecordRow:
    apart = host.priority_apart if host else True
    fields = (
        (NamePart("value", readable(txt_text(row.value), most=MAX_TXT)),)
        if row.type == "TXT"
        else parts(row.type, row.value, apart=apart)
    )
    return replace(row, short=written(row.name, zone, host.writing if host else Writing.AT), parts=fields)


@dataclass(frozen=True, slots=True)
class RecordProgress:
    """How many of the records that have to be there are."""

    there: int
    of: int


def progress(rows: Iterable[RecordRow]) -> RecordProgress:
    counted = [row for row in rows if row.standing not in (Standing.OPTIONAL, Standing.REMOVE)]
    return RecordProgress(sum(row.standing in THERE for row in counted), len(counted))
