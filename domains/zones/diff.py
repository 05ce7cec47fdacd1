"""A plan as a person reads it: what each kind adds, replaces, removes or leaves alone. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ..records import Kind, Level
from ..rrset import Action, Fix, RRset
from ..rules.deciding import Decision, Left
from ..rules.verdicts import RED
from ..rules.zone_view import Key
from .plan import Plan


class Outcome(StrEnum):
    """What a plan makes of one kind."""

    RIGHT = "right"  # published as it must be
    ADD = "add"
    REPLACE = "replace"
    LEFT_ALONE = "left-alone"


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One value at one name and type. `sign`: + is added, - is removed, empty stays."""

    sign: str
    name: str
    type: str
    value: str
    ttl: int | None


@dataclass(frozen=True, slots=True)
class KindCard:
    """One kind of record. `left`: why it is not green once all is done."""

    kind: Kind
    choice: Outcome
    left: Left | None
    required: bool
    decision: Decision
    lines: tuple[ChangeLine, ...]


def cards(plan: Plan, kinds: Iterable[Kind]) -> list[KindCard]:
    """The plan for `kinds`, changes first, in the order of the buttons otherwise."""
    chosen = list(kinds)
    left = plan.left(chosen)
    found = [_card(plan, decision, left.get(decision.kind)) for decision in plan.chosen(chosen)]
    return sorted(found, key=lambda card: card.choice in {Outcome.RIGHT, Outcome.LEFT_ALONE})


def lines_of(fixes: Iterable[Fix], rrsets: Mapping[Key, RRset]) -> tuple[ChangeLine, ...]:
    """What `fixes` do to `rrsets`. Other texts beside one that is added are nobody's business."""
    fixes = tuple(fixes)
    emptied = {(fix.name, fix.type) for fix in fixes if fix.action != Action.ADD}
    keys = dict.fromkeys((fix.name, fix.type) for fix in fixes)
    lines: list[ChangeLine] = []
    for key in keys:
        there = rrsets.get(key)
        if there is not None and (key in emptied or key[1] != "TXT"):
            lines += [ChangeLine("", *key, value, there.ttl) for value in there.values]
    for fix in fixes:
        lines = _done(fix, lines)
    if any(line.type == "TXT" and not line.sign for line in lines):
        lines = [line for line in lines if line.sign or line.type != "TXT"]
    return tuple(sorted(lines, key=lambda line: {"": 0, "-": 1, "+": 2}[line.sign]))


def _done(fix: Fix, lines: list[ChangeLine]) -> list[ChangeLine]:
    here = [line for line in lines if (line.name, line.type) == (fix.name, fix.type) and line.sign != "-"]
    gone: set[str] = set()
    if fix.action == Action.REMOVE:
        gone = set(fix.values)
    elif fix.action == Action.REPLACE:
        gone = {line.value for line in here} - set(fix.values)
    changed = [
        ChangeLine("-", line.name, line.type, line.value, line.ttl) if line in here and line.value in gone else line
        for line in lines
    ]
    if fix.action == Action.REMOVE:
        return changed
    there = {line.value for line in here if line.value not in gone}
    return changed + [ChangeLine("+", fix.name, fix.type, v, fix.ttl) for v in fix.values if v not in there]


def lines_of_write(before: RRset | None, after: RRset | None) -> tuple[ChangeLine, ...]:
    """One record set as it was and as it became."""
    old = before.values if before else ()
    new = after.values if after else ()
    lines: list[ChangeLine] = []
    if before:
        lines += [ChangeLine("" if v in new else "-", before.name, before.type, v, before.ttl) for v in old]
    if after:
        lines += [ChangeLine("+", after.name, after.type, v, after.ttl) for v in new if v not in old]
    return tuple(lines)


def _card(plan: Plan, decision: Decision, left: Left | None) -> KindCard:
    verdict = decision.verdict
    fixes = verdict.fixes if decision.fixes_anything else ()
    if fixes:
        choice = Outcome.ADD if all(fix.action == Action.ADD for fix in fixes) else Outcome.REPLACE
        lines = lines_of(fixes, plan.zone.rrsets)
    else:
        choice = Outcome.LEFT_ALONE if left is not None or verdict.status in RED else Outcome.RIGHT
        lines = tuple(ChangeLine("", rr.name, rr.type, value, rr.ttl) for rr in verdict.found for value in rr.values)
    required = verdict.level == Level.REQUIRED
    return KindCard(kind=decision.kind, choice=choice, left=left, required=required, decision=decision, lines=lines)
