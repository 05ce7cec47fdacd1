"""What people, programs and the operator's shell can have done with a domain's records: plan, apply, attach.

Nothing here asks a provider: each takes what was read (`zones.reading`) and touches the database only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from panel.errors import Refused

from .models import Domain, ZoneChange
from .reach import require_reachable_target
from .records import Kind
from .zones.changes import request_change
from .zones.planning import BOXES, Preview, preview
from .zones.reading import ZoneReading

if TYPE_CHECKING:
    from panel.actors import Actor
    from panel.models import Service

    from .keys import Identity
    from .models import Zone


class PlanChanged(Refused):
    """What was confirmed is not what would be done now."""

    def __init__(self) -> None:
        super().__init__("plan-changed", _("The zone has changed since you saw the plan. Please review it again."))


@dataclass(frozen=True, slots=True)
class Wish:
    """A domain to attach. `plan`: fingerprint of the plan that was confirmed; empty: no records are written."""

    name: str
    mode: str
    target: str = ""
    boxes: tuple[Kind, ...] = BOXES
    mx_now: bool = False  # although it takes live mail from someone
    plan: str = ""


def apply(
    domain: Domain, planned: Preview, boxes: Iterable[Kind], *, mx: bool, confirmed: str, actor: Actor
) -> ZoneChange | None:
    """Ask for what was confirmed (a plan's fingerprint). None where nothing would change. Raises Refused, PlanChanged.

    The token is always among it. `mx`: the MX, too, where `boxes` name it.
    """
    if confirmed != planned.fingerprint or domain.zone is None:
        raise PlanChanged
    domain.service.require_open()
    fixes = planned.fixes([Kind.CNAME, *boxes], mx=mx)
    return request_change(domain.zone, domain.service, domain, fixes, planned.published, actor)


def note_delegation(domain: Domain) -> None:
    """The domain's zone delegates it away: its records belong elsewhere."""
    Domain.objects.filter(pk=domain.pk).update(zone=None, delegated_below=domain.zone)


def attach_domain(
    service: Service,
    wish: Wish,
    zone: Zone | None,
    reading: ZoneReading | None,
    *,
    actor: Actor,
    identity: Identity,
    resolves: Callable[[str], bool] = require_reachable_target,
) -> tuple[Domain, ZoneChange | None]:
    """Attach a domain and ask for the records that were confirmed. Raises Refused, PlanChanged.

    Whoever calls counts attempts at names of others (`claims.counting`), outside of the transaction.

    `zone`: the organization's zone that holds the name; `reading`: of it, for the domain as it will be; None where it
    could not be read. `resolves` looks the target server up and refuses an address that mail must not be passed to; a
    page has one that does not ask by itself.
    """
    planned = preview(reading, {}) if reading is not None else None
    delegated = planned is not None and planned.delegated_at is not None
    if wish.plan and zone is not None and (planned is None or delegated or planned.fingerprint != wish.plan):
        raise PlanChanged
    resolves(wish.target)
    domain = Domain.attach(
        service,
        wish.name,
        mode=wish.mode,
        target=wish.target,
        actor=actor,
        zone=None if delegated else zone,
        delegated_below=zone if delegated else None,
        identity=identity,
    )
    if planned is None or not wish.plan or domain.zone is None:
        return domain, None
    mx = wish.mx_now or not planned.takes_mail_from()
    fixes = planned.fixes([Kind.CNAME, *wish.boxes], mx=mx)
    return domain, request_change(domain.zone, service, domain, fixes, planned.published, actor)
