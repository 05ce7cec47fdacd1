"""From what a zone publishes to the plan for one domain, and from its fixes to what a provider is asked to write."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..providers import Published, Write, open_provider
from ..providers.base import delegation
from ..providers.values import canonical, same
from ..records import DomainFacts, Kind, PlatformFacts, required_records
from ..rrset import Action, Fix, RRset, txt_text
from ..spf_cost import SpfCost, cost_of
from .plan import Choice, Plan, apply_fixes, plan, wildcards_over

if TYPE_CHECKING:
    from ..models import Zone

# What the wizard offers to write, box by box; the token of a pending domain is always part of it.
BOXES = (Kind.SRV, Kind.MX, Kind.SPF, Kind.DKIM, Kind.DMARC)


@dataclass(frozen=True, slots=True)
class Preview:
    """A plan for one domain, with what its zone published when it was made."""

    plan: Plan
    published: Published
    delegated_at: str | None  # the domain is external: a delegation below the apex takes it away
    spf_beyond: SpfCost | None = None  # the SPF record would pass the look-up limit: it is not written

    def fixes(self, kinds: Iterable[Kind], *, mx: bool) -> tuple[Fix, ...]:
        """The fixes of `kinds`; of the MX only where its own confirmation was given."""
        wanted = {kind for kind in kinds if kind != Kind.MX or mx}
        if self.spf_beyond:
            wanted.discard(Kind.SPF)
        return self.plan.only(wanted).fixes

    @property
    def fingerprint(self) -> str:
        """Changes when the plan does, or what it takes away: what was confirmed is what is applied."""
        before = [
            [rrset.name, rrset.type, sorted(rrset.values)]
            for step in self.plan.steps
            if step.fixes
            for rrset in step.before
        ]
        text = json.dumps([[fix_to_json(fix) for fix in self.plan.fixes], before], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def preview(zone: Zone, domain: DomainFacts, platform: PlatformFacts, *, passing: Iterable[Kind] = ()) -> Preview:
    """Read the zone at its provider and plan. Raises ProviderError."""
    required = required_records(domain, platform)
    names = {record.name for record in required} | set(_policies_above(domain.name, zone.name))
    names |= set(wildcards_over(f"{domain.name}.", f"{zone.name}."))
    published = open_provider(zone.provider).read(zone.name, names)
    planned = plan(
        required,
        _comparable(published),
        authoritative=domain.authoritative,
        spf_include=platform.hosts.spf_include,
        passing=passing,
    )
    cut = delegation(zone.name, f"{domain.name}.", published)
    return Preview(planned, published, cut, _beyond(domain.name, planned))


def _beyond(name: str, planned: Plan) -> SpfCost | None:
    """The cost of the SPF record that the plan would publish in place of another, where that is too much."""
    for step in planned.steps:
        if step.record.kind == Kind.SPF and step.choice == Choice.REPLACE:
            added = [value for fix in step.fixes if fix.action == Action.ADD for value in fix.values]
            cost = cost_of(name, txt_text(added[0])) if added else None
            return cost if cost and cost.beyond else None
    return None


def writes_of(published: Published, fixes: Sequence[Fix]) -> list[Write]:
    """What a provider is asked to write so that `fixes` are done to what is `published`."""
    after = apply_fixes(_comparable(published), fixes)
    writes = [Write(published.get(key), after.get(key)) for key in dict.fromkeys((f.name, f.type) for f in fixes)]
    return [write for write in writes if not same(write.before, write.after)]


def _comparable(published: Published) -> dict[tuple[str, str], RRset]:
    """With host names in lower case. TXT values stay as they are: a fix that removes one names it exactly."""
    return {
        key: rrset
        if rrset.type == "TXT"
        else RRset(rrset.name, rrset.type, rrset.ttl, tuple(canonical(rrset.type, v) for v in rrset.values))
        for key, rrset in published.items()
    }


def _policies_above(name: str, zone: str) -> list[str]:
    """Where a DMARC policy above `name` could stand in the same zone."""
    found = []
    while name != zone and name.endswith(f".{zone}"):
        name = name.partition(".")[2]
        found.append(f"_dmarc.{name}.")
    return found


# -- JSON, as ZoneChange stores it


def fix_to_json(fix: Fix) -> dict[str, Any]:
    return {"action": fix.action.value, "name": fix.name, "type": fix.type, "ttl": fix.ttl, "values": list(fix.values)}


def write_to_json(write: Write) -> dict[str, Any]:
    return {"before": _rrset_to_json(write.before), "after": _rrset_to_json(write.after)}


def write_from_json(data: dict[str, Any]) -> Write:
    return Write(_rrset_from_json(data["before"]), _rrset_from_json(data["after"]))


def _rrset_to_json(rrset: RRset | None) -> dict[str, Any] | None:
    if rrset is None:
        return None
    return {"name": rrset.name, "type": rrset.type, "ttl": rrset.ttl, "values": list(rrset.values)}


def _rrset_from_json(data: dict[str, Any] | None) -> RRset | None:
    return None if data is None else RRset(data["name"], data["type"], data["ttl"], tuple(data["values"]))
