"""What to change in a zone so that it holds the required records. Pure.

Nothing is decided here: the rules are asked over a view of the zone (`domains.rules`), once as it is and once as it is
after the fixes, so that a plan also knows what it does not mend. SOA and NS are never touched. The MX, which moves
live mail, comes last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from ..lookup.answers import Answers
from ..records import Kind
from ..rrset import Action, Fix, RRset
from ..rules.check_input import PreparedInput
from ..rules.deciding import Decision, Left, decide, each_alone, together
from ..rules.verdicts import Verdict
from ..rules.zone_view import Key, ZoneData, ZoneView, names_to_read

UNTOUCHED = frozenset({"SOA", "NS"})
KINDS = (Kind.CNAME, Kind.MX, Kind.SPF, Kind.DKIM, Kind.SRV, Kind.DMARC)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What has to be known before there can be a plan: names of the zone to read; `Answers.wanted` has the rest."""

    names: frozenset[str]


@dataclass(frozen=True)
class Plan:
    """The decisions on one domain, over one reading of its zone.

    `remaining`: why a kind is not green although all the fixes are made.
    """

    prepared: PreparedInput
    zone: ZoneData
    verdicts: tuple[Verdict, ...]
    intents: Mapping[Kind, str]
    remaining: Mapping[Kind, Left]

    @cached_property
    def decisions(self) -> tuple[Decision, ...]:
        """All kinds, mended at one time: what the buttons say."""
        return together(self.prepared, self.verdicts, self.intents)

    def chosen(self, kinds: Iterable[Kind]) -> tuple[Decision, ...]:
        """Those kinds, mended without the others."""
        wanted = set(kinds)
        return together(self.prepared, [v for v in self.verdicts if v.kind in wanted], self.intents)

    def fixes(self, kinds: Iterable[Kind] = KINDS) -> tuple[Fix, ...]:
        """In the order in which to apply them: the MX last of all."""
        return fixes_of(self.chosen(kinds))

    def writable(self, kinds: Iterable[Kind] = KINDS) -> tuple[Fix, ...]:
        """Those that this zone can hold: not what lies in a zone cut off below."""
        return tuple(fix for fix in self.fixes(kinds) if self.zone.cut_above(fix.name) is None)

    def left(self, kinds: Iterable[Kind] = KINDS) -> dict[Kind, Left]:
        """Why a kind is not green once `kinds` are mended."""
        chosen = set(kinds)
        found = {}
        for decision in self.decisions:
            why = self.remaining.get(decision.kind)
            if why is None and decision.kind not in chosen and decision.fixes_anything:
                why = Left.NOT_CONFIRMED
            if why is not None:
                found[decision.kind] = why
        return found

    def decision(self, kind: Kind) -> Decision | None:
        return next((decision for decision in self.decisions if decision.kind == kind), None)


def fixes_of(decisions: Iterable[Decision]) -> tuple[Fix, ...]:
    ordered = sorted(decisions, key=lambda decision: decision.kind == Kind.MX)
    return tuple(
        dict.fromkeys(fix for decision in ordered if decision.fixes_anything for fix in decision.verdict.fixes)
    )


def plan(prepared: PreparedInput, zone: ZoneData, outside: Answers, intents: Mapping[Kind, str]) -> Plan | Wanted:
    """Plan for a domain in `zone`. `outside`: what is known of names beyond it, and then wanted.

    Whoever drives this reads and asks what is wanted, and calls again.
    """
    now = ZoneView(zone, outside)
    verdicts = each_alone(prepared, now, zone.apex, KINDS)
    if verdicts is None:
        return Wanted(frozenset(now.wanted))
    planned = Plan(prepared, zone, verdicts, intents, {})
    after = replace_sets(zone, apply_fixes(zone.rrsets, planned.writable()))
    view = ZoneView(after, outside)
    decisions = decide(prepared, view, zone.apex, intents, KINDS)
    if decisions is None:
        return Wanted(frozenset(view.wanted))
    remaining = {}
    for decision in decisions:
        why = decision.left
        if why is None and decision.fixes_anything:
            cut = any(zone.cut_above(fix.name) is not None for fix in decision.verdict.fixes)
            why = Left.ZONE_BELOW if cut else Left.NO_FIX
        if why is not None:
            remaining[decision.kind] = why
    return replace(planned, remaining=remaining)


def replace_sets(zone: ZoneData, rrsets: Mapping[Key, RRset]) -> ZoneData:
    """The zone with other record sets. A name stays there as long as something of it, or below it, does."""
    return replace(zone, rrsets=rrsets)


def first_names(prepared: PreparedInput, apex: str) -> set[str]:
    """The names of the zone that any plan wants to know."""
    names = {prepared.apex, *(record.name for records in prepared.required.values() for record in records)}
    name = prepared.apex
    while name != apex and name.endswith(f".{apex}"):
        name = name.partition(".")[2]
        names.add(f"_dmarc.{name}")
    return names_to_read(names, apex)


# -- changing record sets


def apply_fixes(rrsets: Mapping[Key, RRset], fixes: Iterable[Fix]) -> dict[Key, RRset]:
    """The record sets after `fixes`, in their order. Raises ValueError for a change of SOA or NS."""
    after = dict(rrsets)
    for fix in fixes:
        if fix.type in UNTOUCHED:
            raise ValueError(f"{fix.type} is never changed")
        key = (fix.name, fix.type)
        there = after.get(key)
        values = _after(there.values if there is not None else (), fix)
        if values:
            ttl = fix.ttl if there is None or fix.action == Action.REPLACE else there.ttl
            after[key] = RRset(fix.name, fix.type, ttl, values)
        else:
            after.pop(key, None)
    return after


def _after(values: tuple[str, ...], fix: Fix) -> tuple[str, ...]:
    match fix.action:
        case Action.REPLACE:
            return fix.values
        case Action.REMOVE:
            return tuple(value for value in values if value not in fix.values)
    return tuple(dict.fromkeys((*values, *fix.values)))


def takes_mail_from(decisions: Sequence[Decision]) -> tuple[str, ...]:
    """The hosts that take the domain's mail now and will not once the MX is mended."""
    hosts: list[str] = []
    for decision in decisions:
        if decision.kind == Kind.MX and decision.fixes_anything and decision.verdict.beside.moves_mail:
            ours = {value.rpartition(" ")[2] for fix in decision.verdict.fixes for value in fix.values}
            there = [value for rrset in decision.verdict.found if rrset.type == "MX" for value in rrset.values]
            hosts += [host for value in there if (host := value.rpartition(" ")[2].lower()) not in ours and host != "."]
    return tuple(dict.fromkeys(host.rstrip(".") for host in hosts))
