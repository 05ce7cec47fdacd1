"""Applying plans to zones: asked for in a page, done in a task, resumed after a crash, undone from the snapshot.

A change is claimed by a lease in the database. A message that wakes a worker may be lost or come twice: beat wakes
again, and what is done already is seen in the zone and not done twice.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from panel.activity import record
from panel.actors import kept, recalled
from panel.errors import Refused
from panel.waking import wake

from .. import readings
from ..models import Domain, ZoneChange
from ..providers import ProviderError, Published, Write, deadline, open_provider
from ..rrset import Fix, fix_to_json
from ..signals import zone_changed
from .meant_policy import MeantPolicy, meant_policy
from .planning import write_from_json, write_to_json, writes_of

if TYPE_CHECKING:
    from panel.actors import Actor
    from panel.models import Service

    from ..models import Zone

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=3)
JOB_SECONDS = 150.0  # for all calls of one change: less than the lease
LOST_AT_MOST = 3  # leases: whoever worked on it froze or died each time
State = ZoneChange.State


def request_change(
    zone: Zone, service: Service, domain: Domain | None, fixes: Sequence[Fix], published: Published, actor: Actor
) -> ZoneChange | None:
    """Store the plan with a snapshot of what it touches, and wake a worker. None where nothing would change."""
    writes = writes_of(published, fixes)
    if not writes:
        return None
    change = ZoneChange.objects.create(
        zone=zone,
        zone_name=zone.name,
        domain=domain,
        domain_name=domain.name.name if domain else "",
        service=service,
        plan=[fix_to_json(fix) for fix in fixes],
        snapshot=[write_to_json(write) for write in writes],
        progress={"done": 0, "total": len(writes), **_named(actor)},
        applied_by=actor.actor_person,
    )
    _wake(change.pk)
    return change


def _named(actor: Actor) -> dict[str, Any]:
    """Who acts without being a person (the operator's shell, a token), for the activity log."""
    return {"actor": who} if (who := kept(actor)) else {}


def run_again(change: ZoneChange) -> None:
    """Finish what stopped. Raises Refused."""
    if change.domain_name and change.domain_id is None:
        raise Refused("not-attached", _("This domain is no longer attached."))
    who = {key: change.progress[key] for key in ("actor",) if key in change.progress}
    _restart(change, {State.PARTIAL, State.FAILED}, State.WAITING, more=who)


def request_undo(change: ZoneChange, actor: Actor) -> None:
    """Put back what was there before. Raises Refused."""
    if not can_undo(change):
        raise Refused("cannot-undo", _("This change cannot be undone here."))
    partial = change.state == State.PARTIAL
    _restart(
        change,
        {State(change.state)},
        State.UNDOING,
        undone_by=actor.actor_person,
        more={"undo": True, "partial": partial, **_named(actor)},
    )


def offered_policy(change: ZoneChange) -> MeantPolicy | None:
    """The DMARC policy that can be switched on after this change, unless its record was changed again since."""
    if change.state != State.DONE or change.zone_id is None or change.domain_id is None:
        return None
    offered = meant_policy(map(write_from_json, change.snapshot))
    if offered is None:
        return None
    name = offered.published.name
    later = ZoneChange.objects.filter(zone=change.zone, pk__gt=change.pk).exclude(
        state__in=[State.UNDONE, State.FAILED]
    )
    again = any(fix["name"] == name for plan in later.values_list("plan", flat=True) for fix in plan)
    return None if again else offered


def request_policy(change: ZoneChange, policy: str, actor: Actor) -> ZoneChange:
    """Switch on the DMARC policy that was meant, as a change of its own. Raises Refused.

    `policy`: what was confirmed. Nothing is read here: whoever writes finds out whether the zone is as it was left.
    """
    offered = offered_policy(change)
    if offered is None or offered.policy != policy or change.zone is None:
        raise Refused("no-policy", _("This policy is no longer offered."))
    key = (offered.published.name, offered.published.type)
    published = {key: offered.published}
    requested = request_change(change.zone, change.service, change.domain, offered.fixes, published, actor)
    if requested is None:
        raise Refused("no-policy", _("This policy is no longer offered."))
    return requested


def request_removal(changes: Sequence[ZoneChange], actor: Actor) -> None:
    """Undo what was applied for a domain that is detached, the newest first, as `removable` lists them."""
    for change in changes:
        request_undo(change, actor)


def removable(domain: Domain) -> list[ZoneChange]:
    """The changes made for a domain that can still be taken back, the newest first; those left in the zone when it was
    attached here before are among them."""
    its = Q(domain=domain) | Q(domain=None, domain_name=domain.name.name)
    changes = ZoneChange.objects.filter(its, service=domain.service, state__in=[State.DONE, State.PARTIAL])
    return [change for change in changes.select_related("zone__provider").order_by("-pk") if can_undo(change)]


def can_undo(change: ZoneChange) -> bool:
    return change.zone is not None and change.zone.provider.can_undo and change.state in {State.DONE, State.PARTIAL}


def _restart(
    change: ZoneChange, from_: set[State], to: State, more: dict[str, Any] | None = None, **fields: Any
) -> None:
    progress = {"done": 0, "total": len(change.snapshot), **(more or {})}
    changed = ZoneChange.objects.filter(pk=change.pk, state__in=from_).update(
        state=to, error="", detail="", lease_until=None, lost=0, finished_at=None, progress=progress, **fields
    )
    if not changed:
        raise Refused("wrong-state", _("This change is already being worked on."))
    change.state = to
    _wake(change.pk)


def _wake(pk: int) -> None:
    """Beat wakes too, so a broker that is away delays the change and loses nothing."""
    wake("domains.tasks.apply_zone_change", pk)


# -- In the worker


def run(pk: int) -> bool:
    """Do what is left of one change. Returns False where someone else does, or nothing is left."""
    change = _claim(pk)
    if change is None:
        return False
    undoing = change.state == State.UNDOING
    if change.lost >= LOST_AT_MOST:
        _fail(change, ProviderError("given-up", done=int(change.progress.get("done", 0))), undoing=undoing)
        return True
    writes = [write_from_json(data) for data in change.snapshot]
    if undoing:
        writes = [write.reversed for write in reversed(writes)]
    try:
        with deadline.job(JOB_SECONDS):
            _write(change, writes)
    except ProviderError as error:
        _fail(change, error, undoing=undoing)
        return True
    _finish(change, State.UNDONE if undoing else State.DONE, done=len(writes))
    verb = "zone.undone" if undoing else "zone.applied"
    record(
        verb,
        actor=recalled(change.undone_by if undoing else change.applied_by, change.progress.get("actor")),
        service=change.service,
        target=change.domain_name or change.zone_name,
        after={"changes": len(writes), "zone": change.zone_name},
    )
    _announce(change)
    return True


def resume() -> int:
    """Run what waits and what a dead worker left. Undoing goes from the newest back. Returns how many were run."""
    due = ZoneChange.objects.filter(state__in=ZoneChange.UNFINISHED).filter(_free())
    forward = list(due.exclude(state=State.UNDOING).order_by("pk").values_list("pk", flat=True)[:100])
    back = list(due.filter(state=State.UNDOING).order_by("-pk").values_list("pk", flat=True)[:100])
    return sum(run(pk) for pk in [*forward, *back])


def _free() -> Q:
    return Q(lease_until=None) | Q(lease_until__lt=timezone.now())


def _claim(pk: int) -> ZoneChange | None:
    now = timezone.now()
    change = ZoneChange.objects.select_related("service").filter(pk=pk, state__in=ZoneChange.UNFINISHED).first()
    if change is None or _must_wait(change):
        return None
    state = State.UNDOING if change.state == State.UNDOING else State.APPLYING
    lost = F("lost") if change.lease_until is None else F("lost") + 1  # whoever held it let the lease run out
    with readings.room(change.service.organization_id) as there_is:
        claimed = there_is and (
            ZoneChange.objects.filter(pk=pk, state=change.state)
            .filter(_free())
            .update(state=state, lease_until=now + LEASE, lost=lost)
        )
    if not claimed:
        return None
    related = ("zone__provider", "domain", "service__organization", "applied_by", "undone_by")
    return ZoneChange.objects.select_related(*related).get(pk=pk)


def _must_wait(change: ZoneChange) -> bool:
    """Whether a later change of the same zone has to be taken back first."""
    later = ZoneChange.objects.filter(zone=change.zone, pk__gt=change.pk, state=State.UNDOING)
    return change.state == State.UNDOING and change.zone_id is not None and later.exists()


def _write(change: ZoneChange, writes: list[Write]) -> None:
    if change.zone is None:
        raise ProviderError("zone-removed")

    def progress(done: int) -> None:
        ZoneChange.objects.filter(pk=change.pk).update(
            progress={**change.progress, "done": done}, lease_until=timezone.now() + LEASE
        )

    try:
        open_provider(change.zone.provider).write(change.zone.name, writes, progress)
    except (ProviderError, DatabaseError):
        raise
    except Exception as error:  # whatever a server answered: it must not hold up the changes of other zones
        log.exception("zone change %s", change.pk)
        raise ProviderError("server-error", type(error).__name__) from error


def _fail(change: ZoneChange, error: ProviderError, *, undoing: bool) -> None:
    """An undo that failed leaves the change as it was, so that it can be tried again."""
    if undoing:
        state = State.PARTIAL if error.done or change.progress.get("partial") else State.DONE
    else:
        state = State.PARTIAL if error.done else State.FAILED
    _finish(change, state, done=error.done, error=error)
    if error.done:
        _announce(change)


def _finish(change: ZoneChange, state: State, *, done: int, error: ProviderError | None = None) -> None:
    fields: dict[str, Any] = {
        "state": state,
        "error": error.code[:40] if error else "",
        "detail": error.detail if error else "",
        "progress": {**change.progress, "done": done},
        "lease_until": None,
        "finished_at": timezone.now(),
    }
    ZoneChange.objects.filter(pk=change.pk).update(**fields)
    for name, value in fields.items():
        setattr(change, name, value)
    if state == State.UNDONE:
        _wake_older(change)
    readings.wake_waiting()


def _wake_older(change: ZoneChange) -> None:
    older = ZoneChange.objects.filter(zone=change.zone, pk__lt=change.pk, state=State.UNDOING)
    pk = older.order_by("-pk").values_list("pk", flat=True).first()
    if pk is not None:
        _wake(pk)


def _announce(change: ZoneChange) -> None:
    """Every domain of the zone is looked at again."""
    for domain in Domain.objects.filter(zone=change.zone).select_related("name", "service", "platform"):
        zone_changed.send(sender=ZoneChange, domain=domain)
