"""Sending what is due. A delivery is claimed by a lease, so any number of workers may do this at any time."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from ..models import Delivery, Endpoint, Event
from ..models.webhooks import LEASE, WAITS
from .http import NotDelivered, post
from .outbox import wake_sender
from .signing import headers

BATCH = 50
KEPT = timedelta(days=30)  # of the log
AT_ONCE = 1000
GONE = 410  # the receiver wants no more
OFF = "off"  # why nothing was sent: the webhook was switched off meanwhile


def deliver(*, seconds: float = 40.0) -> int:
    """Send what is due for about so many seconds. Returns how many attempts were made."""
    made, until = 0, time.monotonic() + seconds
    tired: set[int] = set()  # endpoints that took nothing just now
    soon = False
    while time.monotonic() < until and (delivery := _claimed(tired)) is not None:
        made += 1
        if not attempt(delivery):
            tired.add(delivery.endpoint_id)
            soon = soon or not delivery.attempts
    if soon:
        wake_sender(after=WAITS[0])  # beat comes later than the second attempt is due
    return made


def _claimed(tired: set[int]) -> Delivery | None:
    """The next delivery, taken for a while. None where nothing is due.

    One worker at a time waits for the receivers of one organization, and one stays free for other work: a receiver
    that is slow or away holds up nobody else's messages.
    """
    now = timezone.now()
    waited_for = Delivery.objects.filter(state=Delivery.State.WAITING, lease_until__gte=now)
    busy = list(waited_for.values_list("endpoint", "endpoint__organization"))
    if len(busy) >= settings.CALLS_AT_ONCE:
        return None
    due = Delivery.objects.filter(_free(), state=Delivery.State.WAITING, next_at__lte=now)
    due = due.exclude(endpoint__in=tired | {endpoint for endpoint, _organization in busy})
    due = due.exclude(endpoint__organization__in={organization for _endpoint, organization in busy if organization})
    for pk in list(due.order_by("next_at").values_list("pk", flat=True)[:BATCH]):
        free = Delivery.objects.filter(_free(), pk=pk, state=Delivery.State.WAITING)
        if free.update(lease_until=timezone.now() + LEASE):
            return Delivery.objects.select_related("endpoint").get(pk=pk)
    return None


def _free() -> Q:
    return Q(lease_until=None) | Q(lease_until__lt=timezone.now())


def attempt(delivery: Delivery) -> bool:
    """One attempt, and what follows from it. Whether the receiver took it."""
    endpoint = delivery.endpoint
    if not endpoint.active and delivery.event != Event.TEST:
        delivery.give_up(OFF)
        return True
    body = json.dumps(delivery.payload, ensure_ascii=False, separators=(",", ":")).encode()
    signed = headers(endpoint.secrets, delivery.webhook_id, int(time.time()), body)
    status, error = None, ""
    try:
        status = post(endpoint.url, body, signed)
    except NotDelivered as reason:
        error = str(reason)
    now = timezone.now()
    attempts = delivery.attempts + 1
    fields: dict[str, Any] = {"attempts": attempts, "status": status, "error": error, "lease_until": None}
    if status is not None and 200 <= status < 300:
        fields |= {"state": Delivery.State.DELIVERED, "ended_at": now}
    elif status == GONE or attempts > len(WAITS) or not endpoint.active:
        fields |= {"state": Delivery.State.FAILED, "ended_at": now}
    else:
        fields |= {"next_at": now + WAITS[attempts - 1]}
    Delivery.objects.filter(pk=delivery.pk).update(**fields)
    if status == GONE:
        Endpoint.objects.filter(pk=endpoint.pk).update(active=False)
    return fields.get("state") == Delivery.State.DELIVERED


def forget() -> None:
    """Take away what nobody reads any more."""
    Endpoint.objects.filter(old_secret_until__lt=timezone.now()).update(old_secret="", old_secret_until=None)
    old = Delivery.objects.filter(created_at__lt=timezone.now() - KEPT).exclude(state=Delivery.State.WAITING)
    while pks := list(old.values_list("pk", flat=True)[:AT_ONCE]):
        Delivery.objects.filter(pk__in=pks).delete()
