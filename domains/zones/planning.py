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
from ..records import Kind
from ..rrset import Fix, RRset, fix_to_json, rrset_from_json, rrset_to_json
from .plan import KINDS, Plan, apply_fixes, takes_mail_from
from .reading import ZoneReading, comparable

# What the wizard offers to write, box by box; the token of a pending domain is always part of it.
BOXES = (Kind.SRV, Kind.MX, Kind.SPF, Kind.DKIM, Kind.DMARC)


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

    def takes_mail_from(self) -> tuple[str, ...]:
        return takes_mail_from(self.plan.decisions) if self.plan is not None else ()

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
