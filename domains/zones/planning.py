"""The use-cases around a plan: preview, what is written of it, the change that is requested.

They take what was read (`ZoneReading`) and are pure or touch the database only: pages, commands and jobs share them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..providers import Published, Write
from ..providers.values import same
from ..records import Kind, Mode
from ..rrset import Action, Fix, RRset, fix_to_json, rrset_from_json, rrset_to_json
from .diff import ChangeLine, cards
from .plan import KINDS, Plan, apply_fixes, takes_mail_from
from .reading import ZoneReading, comparable

# What the wizard offers to write, box by box; the token of a pending domain is always part of it.
BOXES = (Kind.SRV, Kind.MX, Kind.SPF, Kind.DKIM, Kind.DMARC)
REWRITTEN = frozenset({Kind.SPF, Kind.DMARC})  # their fixes keep what the records say
OURS_ALONE = frozenset({Kind.CNAME, Kind.DKIM})  # the token's label and our selectors


def usual_boxes(mode: str) -> tuple[Kind, ...]:
    """What is ticked where nobody chose: of a split domain not the records that lead its mail programs here, since
    those of the other half's users would follow them, too."""
    return tuple(kind for kind in BOXES if kind != Kind.SRV or mode != Mode.NON_AUTHORITATIVE)


@dataclass(frozen=True, slots=True)
class Preview:
    """A plan for one domain, with what its zone published when it was made.

    `plan` is None where `delegated_at` says that a delegation below the apex takes the domain away.
    """

    plan: Plan | None
    published: Published
    delegated_at: str | None

    def fixes(self, kinds: Iterable[Kind], *, mx: bool) -> tuple[Fix, ...]:
        """What is written for `kinds`; of the MX only where its own confirmation was given."""
        chosen = [kind for kind in kinds if kind != Kind.MX or mx]
        return self.plan.writable(chosen) if self.plan is not None else ()

    def count(self, kinds: Iterable[Kind]) -> int:
        """How many record sets these change: what people count."""
        return len({(fix.name, fix.type) for fix in self.fixes(kinds, mx=True)})

    def takes_mail_from(self) -> tuple[str, ...]:
        return takes_mail_from(self.plan.decisions) if self.plan is not None else ()

    def removals(self, kinds: Iterable[Kind]) -> tuple[ChangeLine, ...]:
        """Records of others that go: asked for by themselves. A record that is rewritten and keeps what it says (SPF,
        DMARC) is none, nor is what stands at names that are ours alone; the MX that takes mail has its own question."""
        if self.plan is None:
            return ()
        apart = {Kind.MX} if self.takes_mail_from() else set()
        found: list[ChangeLine] = []
        for card in cards(self.plan, [kind for kind in kinds if kind not in REWRITTEN | apart]):
            if not card.decision.fixes_anything:
                continue
            removed = {(fix.name, fix.type) for fix in card.decision.verdict.fixes if fix.action == Action.REMOVE}
            found += [
                line
                for line in card.lines
                if line.sign == "-" and (card.kind not in OURS_ALONE or (line.name, line.type) in removed)
            ]
        return tuple(found)

    def asking(self, kinds: Iterable[Kind]) -> frozenset[Kind]:
        """Those of `kinds` that are written only where somebody said so."""
        wanted = list(kinds)
        moving = {Kind.MX} if self.takes_mail_from() else set()
        return frozenset(kind for kind in wanted if kind in moving or self.removals([kind]))

    @property
    def fingerprint(self) -> str:
        """Changes when the plan does, or what it takes away: what was confirmed is what is applied."""
        fixes = self.plan.writable(KINDS) if self.plan is not None else ()
        touched = dict.fromkeys((fix.name, fix.type) for fix in fixes)
        now = comparable(self.published)
        before = [[*key, sorted(now[key].values)] for key in touched if key in now]
        text = json.dumps([[fix_to_json(fix) for fix in fixes], before], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def preview(reading: ZoneReading, intents: Mapping[Kind, str]) -> Preview:
    return Preview(reading.plan(intents), reading.published, reading.delegated_at)


def writes_of(published: Published, fixes: Sequence[Fix]) -> list[Write]:
    """What a provider is asked to write so that `fixes` are done to what is `published`."""
    after = apply_fixes(comparable(published), fixes)
    writes = [Write(published.get(key), after.get(key)) for key in dict.fromkeys((f.name, f.type) for f in fixes)]
    return [write for write in writes if not same(write.before, write.after)]


# -- JSON, as ZoneChange stores it


def write_to_json(write: Write) -> dict[str, Any]:
    return {"before": _to_json(write.before), "after": _to_json(write.after)}


def write_from_json(data: dict[str, Any]) -> Write:
    return Write(_from_json(data["before"]), _from_json(data["after"]))


def _to_json(rrset: RRset | None) -> dict[str, Any] | None:
    return None if rrset is None else rrset_to_json(rrset)


def _from_json(data: dict[str, Any] | None) -> RRset | None:
    return None if data is None else rrset_from_json(data)
