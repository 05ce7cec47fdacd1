"""What to change in a zone so that it holds the required records: planned, shown, applied, undone. Pure.

A zone is a mapping from (name, type) to the record set there. Records that are not ours stay unless the plan names
them; SOA and NS are never touched. The MX, which moves live mail, comes last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from ..dkim import KeyMatch, match_key, resembles_key
from ..dmarc import Request, is_dmarc, parse_dmarc, resembles_dmarc
from ..records import DEFAULT_TTL, Kind, RequiredRecord
from ..rrset import Action, Fix, RRset, quote_txt, txt_text
from ..spf import is_spf, meant, merge

type Key = tuple[str, str]
type Zone = Mapping[Key, RRset]

UNTOUCHED = frozenset({"SOA", "NS"})


class Choice(StrEnum):
    """What the plan makes of one required record."""

    RIGHT = "right"  # published as it must be
    ADD = "add"
    REPLACE = "replace"
    LEFT_ALONE = "left-alone"  # something of others stands there that we do not touch


class Obstacle(StrEnum):
    """Why something is left alone. Closed list; sentences are made where shown."""

    FOREIGN_MX = "foreign-mx"  # non-authoritative: the other system's
    FOREIGN_SERVICE = "foreign-service"  # non-authoritative: the other half's clients may need it
    ALIAS = "alias"  # the domain's own name is a CNAME
    OTHER_DATA = "other-data"  # records of others leave no room for a CNAME
    POLICY_ABOVE = "policy-above"  # a DMARC policy above already covers the domain


@dataclass(frozen=True, slots=True)
class Step:
    """One required record: what was there at its name, and the fixes that publish it."""

    record: RequiredRecord
    choice: Choice
    before: tuple[RRset, ...] = ()
    fixes: tuple[Fix, ...] = ()
    obstacle: Obstacle | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    steps: tuple[Step, ...]

    @property
    def fixes(self) -> tuple[Fix, ...]:
        """In the order in which to apply them: removals that make room first within a step, the MX last of all."""
        ordered = sorted(self.steps, key=lambda step: step.record.kind == Kind.MX)
        return tuple(dict.fromkeys(fix for step in ordered for fix in step.fixes))

    @property
    def moves_mail(self) -> bool:
        return any(step.fixes for step in self.steps if step.record.kind == Kind.MX)

    def only(self, kinds: Iterable[Kind]) -> Plan:
        wanted = set(kinds)
        return Plan(tuple(step for step in self.steps if step.record.kind in wanted))


def plan(
    required: Sequence[RequiredRecord],
    zone: Zone,
    *,
    authoritative: bool,
    spf_include: str,
    passing: Iterable[Kind] = (),
) -> Plan:
    """Compare `required` with what the zone publishes.

    `passing`: kinds that are known to hold in another way than ours (an SPF record that lists our addresses).
    """
    held = set(passing)
    apex = next((record.name for record in required if record.kind == Kind.MX), None)
    # A name that lives by a wildcard loses it as soon as anything is published at it or below (RFC 4592 §2.2.1): what
    # the wildcard says for the domain's name is written out with every change.
    copies = _from_wildcard(zone, apex) if apex is not None else ()
    planner = _Planner(apply_fixes(zone, copies), authoritative, spf_include)
    steps = []
    for record in required:
        step = Step(record, Choice.RIGHT, planner.at(record)) if record.kind in held else planner.step(record)
        if copies and step.fixes:
            settled = {(fix.name, fix.type) for fix in step.fixes if fix.action == Action.REPLACE}
            kept = tuple(fix for fix in copies if (fix.name, fix.type) not in settled)
            step = replace(step, fixes=(*kept, *step.fixes))
        steps.append(step)
    return Plan(tuple(steps))


def wildcards_over(name: str, apex: str) -> tuple[str, ...]:
    """The wildcards that may speak for `name` in the zone at `apex` (both absolute): a plan wants to know them."""
    found = []
    while name != apex and name.endswith("." + apex):
        name = name.partition(".")[2]
        found.append(f"*.{name}")
    return tuple(found)


def _from_wildcard(zone: Zone, name: str) -> tuple[Fix, ...]:
    """Additions of what a wildcard says for `name`; none where the name is there itself."""
    names = {""}
    for owner, _ in zone:
        while owner not in names:
            names.add(owner)
            owner = owner.partition(".")[2]
    if name in names:
        return ()
    encloser = name
    while encloser not in names:
        encloser = encloser.partition(".")[2]
    found = (rr for (owner, _), rr in zone.items() if owner == f"*.{encloser}")
    return tuple(Fix(Action.ADD, name, rr.type, rr.ttl, rr.values) for rr in found if rr.type not in UNTOUCHED)


class _Planner:
    def __init__(self, zone: Zone, authoritative: bool, spf_include: str) -> None:
        self.zone = zone
        self.authoritative = authoritative
        self.spf_include = spf_include

    def at(self, record: RequiredRecord) -> tuple[RRset, ...]:
        """What stands at the record's name and type, or the alias in its place."""
        there = (self.zone.get((record.name, record.type)), self.zone.get((record.name, "CNAME")))
        return tuple(dict.fromkeys(rr for rr in there if rr is not None))

    def step(self, record: RequiredRecord) -> Step:
        before = self.at(record)
        there = self.zone.get((record.name, record.type))
        if record.type == "CNAME":
            return self._alias(record, there)
        alias = self.zone.get((record.name, "CNAME"))
        if alias is not None:
            if record.kind in (Kind.MX, Kind.SPF):
                return Step(record, Choice.LEFT_ALONE, before, obstacle=Obstacle.ALIAS)
            if record.kind == Kind.SRV and not self.authoritative:
                return Step(record, Choice.LEFT_ALONE, before, obstacle=Obstacle.FOREIGN_SERVICE)
            return Step(record, Choice.REPLACE, before, (_remove(alias, alias.values), _add(record)))
        match record.kind:
            case Kind.MX:
                return self._mx(record, there)
            case Kind.SPF:
                return self._spf(record, there)
            case Kind.DKIM:
                return self._dkim(record, there)
            case Kind.DMARC:
                return self._dmarc(record, there)
        return self._service(record, there)

    def _mx(self, record: RequiredRecord, there: RRset | None) -> Step:
        if there is None:
            return Step(record, Choice.ADD, (), (_add(record),))
        hosts = _exchangers(there.values)
        ours = list(_exchangers(record.values))
        if hosts.keys() == set(ours) and sorted(hosts.values()) == [hosts[host] for host in ours]:
            return Step(record, Choice.RIGHT, (there,))
        if not self.authoritative and any(host != "." for host in hosts):
            return Step(record, Choice.LEFT_ALONE, (there,), obstacle=Obstacle.FOREIGN_MX)
        return Step(record, Choice.REPLACE, (there,), (_replace(record, there),))

    def _spf(self, record: RequiredRecord, there: RRset | None) -> Step:
        values = tuple(value for value in there.values if is_spf(txt_text(value))) if there is not None else ()
        texts = [txt_text(value) for value in values]
        if there is not None and not values:  # what was only meant as one
            intended = {value: text for value in there.values if (text := meant(txt_text(value))) is not None}
            values, texts = tuple(intended), list(intended.values())
        if there is None or not values:
            return Step(record, Choice.ADD, (), (_add(record, there),))
        merged = merge(texts, self.spf_include)
        if not merged.changes:
            return Step(record, Choice.RIGHT, (there,))
        before = RRset(there.name, there.type, there.ttl, values)
        fixes = (_remove(there, values), Fix(Action.ADD, record.name, "TXT", there.ttl, (quote_txt(merged.text),)))
        return Step(record, Choice.REPLACE, (before,), fixes)

    def _dkim(self, record: RequiredRecord, there: RRset | None) -> Step:
        if there is None:
            return Step(record, Choice.ADD, (), (_add(record),))
        key = txt_text(record.values[0]).partition("p=")[2]
        published, others = surplus_keys(there.values, key)
        fixes = (_remove(there, others),) if others else ()
        if not published:
            fixes = (*fixes, _add(record, there))
        choice = Choice.REPLACE if others else Choice.RIGHT if published else Choice.ADD
        return Step(record, choice, (there,), fixes)

    def _dmarc(self, record: RequiredRecord, there: RRset | None) -> Step:
        published, others = surplus_policies(there.values) if there is not None else (False, ())
        if there is not None and (published or others):
            fixes = (_remove(there, others),) if others else ()
            if not published:
                fixes = (*fixes, _add(record, there))
            return Step(record, Choice.REPLACE if fixes else Choice.RIGHT, (there,), fixes)
        name = record.name.removeprefix("_dmarc.")
        while name := name.partition(".")[2]:
            above = self.zone.get((f"_dmarc.{name}", "TXT"))
            if above is not None and any(is_dmarc(txt_text(value)) for value in above.values):
                # A policy of the domain's own would take it out of this one.
                return Step(record, Choice.LEFT_ALONE, (above,), obstacle=Obstacle.POLICY_ABOVE)
        return Step(record, Choice.ADD, (there,) if there is not None else (), (_add(record, there),))

    def _service(self, record: RequiredRecord, there: RRset | None) -> Step:
        if there is None:
            return Step(record, Choice.ADD, (), (_add(record),))
        wanted = {_service_end(value) for value in record.values}
        if {_service_end(value) for value in there.values} == wanted:
            return Step(record, Choice.RIGHT, (there,))
        if not self.authoritative:
            return Step(record, Choice.LEFT_ALONE, (there,), obstacle=Obstacle.FOREIGN_SERVICE)
        return Step(record, Choice.REPLACE, (there,), (_replace(record, there),))

    def _alias(self, record: RequiredRecord, there: RRset | None) -> Step:
        if there is not None:
            if there.values == record.values:
                return Step(record, Choice.RIGHT, (there,))
            if record.kind == Kind.SRV and not self.authoritative:
                return Step(record, Choice.LEFT_ALONE, (there,), obstacle=Obstacle.FOREIGN_SERVICE)
            return Step(record, Choice.REPLACE, (there,), (_replace(record, there),))
        others = tuple(rr for (name, _), rr in self.zone.items() if name == record.name)
        if others and record.kind != Kind.CNAME:
            return Step(record, Choice.LEFT_ALONE, others, obstacle=Obstacle.OTHER_DATA)
        if any(rr.type in UNTOUCHED for rr in others):
            return Step(record, Choice.LEFT_ALONE, others, obstacle=Obstacle.OTHER_DATA)
        # The token's label is its own: whatever else stands there is a slip.
        fixes = (*(_remove(rr, rr.values) for rr in others), _add(record))
        return Step(record, Choice.REPLACE if others else Choice.ADD, others, fixes)


def surplus_keys(values: Iterable[str], key: str) -> tuple[bool, tuple[str, ...]]:
    """Of the TXT records at a selector of ours: whether `key` is published, and the key records that must go.

    Verifiers may take any of several keys (RFC 6376 §6.1.2). Other texts stay.
    """
    texts = {value: txt_text(value) for value in values}
    ours = [value for value, text in texts.items() if match_key([text], key).match == KeyMatch.EQUAL]
    others = tuple(value for value, text in texts.items() if resembles_key(text) and value not in ours)
    return bool(ours), others


def surplus_policies(values: Iterable[str]) -> tuple[bool, tuple[str, ...]]:
    """Of the TXT records at a `_dmarc` name: whether one of them will do, and those that must go so that it does.

    Several policies count as none (RFC 9989 §4.10), and so do misspelt ones. The mildest stays: receivers ask nothing
    of mail as it is now, and must not start to refuse it because of us.
    """
    meant = {value: txt_text(value) for value in values if resembles_dmarc(txt_text(value))}
    policies = {value: parse_dmarc(text) for value, text in meant.items() if is_dmarc(text)}
    sound = [value for value, policy in policies.items() if policy.applies]
    if not sound:
        return False, tuple(meant)
    if len(policies) == 1:
        return True, ()  # what is misspelt beside it does no harm
    stays = min(sound, key=lambda value: list(Request).index(policies[value].p))
    return True, tuple(value for value in policies if value != stays)


def _exchangers(values: Iterable[str]) -> dict[str, int]:
    """Hosts with their best preference."""
    hosts: dict[str, int] = {}
    for value in values:
        preference, _, host = value.partition(" ")
        host = host.strip().lower()
        hosts[host] = min(int(preference), hosts.get(host, 65535))
    return hosts


def _service_end(value: str) -> tuple[str, str]:
    """Port and target of an SRV record: priority and weight are the zone owner's."""
    _, _, port, target = value.split(" ")
    return port, target.lower()


def _add(record: RequiredRecord, there: RRset | None = None) -> Fix:
    ttl = there.ttl if there is not None and there.ttl else DEFAULT_TTL
    return Fix(Action.ADD, record.name, record.type, ttl, record.values)


def _replace(record: RequiredRecord, there: RRset) -> Fix:
    return Fix(Action.REPLACE, record.name, record.type, there.ttl or DEFAULT_TTL, record.values)


def _remove(there: RRset, values: tuple[str, ...]) -> Fix:
    return Fix(Action.REMOVE, there.name, there.type, there.ttl, values)


# -- applying and undoing


def apply_fixes(zone: Zone, fixes: Iterable[Fix]) -> dict[Key, RRset]:
    """The zone after `fixes`, in their order. Raises ValueError for a change of SOA or NS."""
    after = dict(zone)
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


def apply_plan(zone: Zone, planned: Plan) -> dict[Key, RRset]:
    return apply_fixes(zone, planned.fixes)


def snapshot(zone: Zone, fixes: Iterable[Fix]) -> tuple[RRset, ...]:
    """What stands at every place that `fixes` touch; a record set without values where nothing does."""
    keys = dict.fromkeys((fix.name, fix.type) for fix in fixes)
    return tuple(zone.get(key) or RRset(*key, None, ()) for key in keys)


def undo(fixes: Iterable[Fix], before: Iterable[RRset], now: Zone) -> tuple[Fix, ...]:
    """The fixes that take `fixes` back, in a zone that may have changed since.

    What we published goes, what we took away comes back; values that others have put there since stay. Where an alias
    came back to a name that holds other data now, or the other way round, the newer wins: nothing of theirs is removed.
    """
    fixes = tuple(fixes)
    old = {(rr.name, rr.type): rr for rr in before}
    left = apply_fixes({key: rr for key, rr in old.items() if rr.values}, fixes)
    removals: list[Fix] = []
    additions: list[Fix] = []
    for key, was in old.items():
        ours = left[key].values if key in left else ()
        there = now[key].values if key in now else ()
        gone = tuple(value for value in ours if value not in was.values and value in there)
        back = tuple(value for value in was.values if value not in ours and value not in there)
        if gone:
            removals.append(Fix(Action.REMOVE, was.name, was.type, now[key].ttl, gone))
        if back:
            additions.append(Fix(Action.ADD, was.name, was.type, was.ttl, back))
    after = apply_fixes(now, removals)
    return (*removals, *(fix for fix in additions if _has_room(after, fix)))


def _has_room(zone: Zone, fix: Fix) -> bool:
    """Whether the record may stand at its name: a CNAME alone, others where there is no CNAME (RFC 1034 §3.6.2)."""
    if fix.type == "CNAME":
        return all(name != fix.name for name, _ in zone)
    return (fix.name, "CNAME") not in zone
