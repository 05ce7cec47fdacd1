"""A plan as a person reads it: what each of its steps adds, replaces, removes or leaves alone. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..records import Kind, Level
from ..rrset import Action, Fix, RRset
from .plan import Choice, Obstacle, Plan, Step


@dataclass(frozen=True, slots=True)
class Line:
    """One value at one name and type. `sign`: + is added, - is removed, empty stays."""

    sign: str
    name: str
    type: str
    value: str
    ttl: int | None


@dataclass(frozen=True, slots=True)
class Card:
    """One required record."""

    kind: Kind
    choice: Choice
    obstacle: Obstacle | None
    required: bool
    lines: tuple[Line, ...]


def cards(plan: Plan, kinds: Iterable[Kind]) -> list[Card]:
    """The steps of `kinds`, changes first, in the order of the buttons otherwise."""
    wanted = set(kinds)
    found = [_card(step) for step in plan.steps if step.record.kind in wanted]
    return sorted(found, key=lambda card: card.choice in {Choice.RIGHT, Choice.LEFT_ALONE})


def takes_mail_from(plan: Plan) -> tuple[str, ...]:
    """The hosts that take the domain's mail now and will not after the plan's MX step."""
    hosts: list[str] = []
    for step in plan.steps:
        if step.record.kind == Kind.MX and step.choice == Choice.REPLACE:
            ours = {value.rpartition(" ")[2] for value in step.record.values}
            hosts += [value.rpartition(" ")[2] for rrset in step.before for value in rrset.values]
            hosts = [host for host in hosts if host not in ours and host != "."]
    return tuple(dict.fromkeys(host.rstrip(".") for host in hosts))


def lines_of(fixes: Iterable[Fix], before: Iterable[tuple[str, str, str, int | None]]) -> tuple[Line, ...]:
    """`before`: (name, type, value, TTL) of what is there."""
    lines: list[Line] = [Line("", *entry) for entry in before]
    for fix in fixes:
        here = [line for line in lines if (line.name, line.type) == (fix.name, fix.type)]
        gone: set[str] = set()
        if fix.action == Action.REMOVE:
            gone = set(fix.values)
        elif fix.action == Action.REPLACE:
            gone = {line.value for line in here} - set(fix.values)
        lines = [
            Line("-", line.name, line.type, line.value, line.ttl) if line in here and line.value in gone else line
            for line in lines
        ]
        if fix.action != Action.REMOVE:
            there = {line.value for line in lines if line in here and line.sign != "-"}
            lines += [Line("+", fix.name, fix.type, value, fix.ttl) for value in fix.values if value not in there]
    return tuple(sorted(lines, key=lambda line: {"": 0, "-": 1, "+": 2}[line.sign]))


def lines_of_write(before: RRset | None, after: RRset | None) -> tuple[Line, ...]:
    """One record set as it was and as it became."""
    old = before.values if before else ()
    new = after.values if after else ()
    lines: list[Line] = []
    if before:
        lines += [Line("" if v in new else "-", before.name, before.type, v, before.ttl) for v in old]
    if after:
        lines += [Line("+", after.name, after.type, v, after.ttl) for v in new if v not in old]
    return tuple(lines)


def _card(step: Step) -> Card:
    before = [(rrset.name, rrset.type, value, rrset.ttl) for rrset in step.before for value in rrset.values]
    if step.choice == Choice.ADD:
        before = [entry for entry in before if entry[1] != "TXT"]  # other TXT records beside ours are nobody's business
    required = step.record.level == Level.REQUIRED
    return Card(step.record.kind, step.choice, step.obstacle, required, lines_of(step.fixes, before))
