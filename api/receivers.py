"""What webhooks tell of: most of it stands in the activity log, whose entries are written with the deed itself."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from diagnostics.models import Check
from diagnostics.signals import check_told
from panel.models import Activity

from .models import Event
from .webhooks.outbox import tell

EVENTS = {
    "domain.verified": Event.DOMAIN_VERIFIED,
    "account.configured": Event.ACCOUNT_CONFIGURED,
    "order.placed": Event.ORDER_PLACED,
}


@receiver(post_save, sender=Activity)
def tell_of_a_deed(sender: object, *, instance: Activity, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if not created or raw or instance.organization is None:
        return
    event = EVENTS.get(instance.verb)
    if instance.verb.startswith("run."):
        event = Event.RUN_FINISHED
    elif instance.verb == "domain.attached" and instance.after.get("state") == "verified":
        event = Event.DOMAIN_VERIFIED
    if event is None:
        return
    data = {
        "organization": instance.organization.code,
        "service": instance.service.name if instance.service else None,
        **_facts(event, instance),
    }
    tell(instance.organization, event, data)


def _facts(event: Event, entry: Activity) -> dict[str, Any]:
    match event:
        case Event.DOMAIN_VERIFIED:
            return {"domain": entry.target}
        case Event.ACCOUNT_CONFIGURED:
            return {"address": entry.target, "slot": entry.before.get("slot")}
        case Event.ORDER_PLACED:
            return {"order": entry.after.get("order"), "quantity": int(entry.target)}
    counted = ("run", "done", "refused", "already")
    return {"kind": entry.verb.removeprefix("run."), **{name: entry.after.get(name) for name in counted}}


@receiver(check_told)
def tell_of_a_check(sender: object, *, check: Check, red: bool, **kwargs: Any) -> None:
    """Two looks in a row said so: a flap tells nobody."""
    service = check.domain.service
    data = {
        "organization": service.organization.code,
        "service": service.name,
        "domain": check.domain.name.name,
        "check": check.kind,
        "status": check.status,
        "problems": check.problems,
    }
    event = Event.CHECK_RED if red else Event.CHECK_RECOVERED
    # Where the digest by mail fails the change is told of once more: it stays the same message.
    message_id = uuid.uuid5(uuid.NAMESPACE_OID, f"check {check.pk} {event} {check.changed_at.isoformat()}")
    tell(service.organization, event, data, message_id=message_id)
