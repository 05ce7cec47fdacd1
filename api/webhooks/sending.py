"""Sending what is due. A delivery is claimed by a lease, so any number of workers may do this at any time."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from ..models import Delivery, Endpoint
from ..models.webhooks import LEASE, WAITS
from .http import NotDelivered, post
from .signing import headers

BATCH = 50
KEPT = timedelta(days=30)  # of the log
AT_ONCE = 1000
GONE = 410  # the receiver wants no more


def deliver(*, seconds: float = 40.0) -> int:
    """Send what is due for about so many seconds. Returns how many attempts were made."""
    made, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        now = timezone.now()
        due = Delivery.objects.filter(_free(), state=Delivery.State.WAITING, next_at__lte=now)
        pks = list(due.order_by("next_at").values_list("pk", flat=True)[:BATCH])
        claimed = 0
        for pk in pks:
            if time.monotonic() >= until:
                return made
            if due.filter(pk=pk).update(lease_until=timezone.now() + LEASE):
                claimed += 1
                attempt(Delivery.objects.select_related("endpoint").get(pk=pk))
        made += claimed
        if not claimed:
            break
    return made


def _free() -> Q:
    return Q(lease_until=None) | Q(lease_until__lt=timezone.now())


def attempt(delivery: Delivery) -> None:
    """One attempt, and what follows from it."""
    endpoint = delivery.endpoint
    body = json.dumps(delivery.payload, ensure_ascii=False, separators=(",", ":")).encode()
    signed = headers(endpoint.secret, delivery.webhook_id, int(time.time()), body)
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


def forget() -> None:
    """Take away what nobody reads any more."""
    old = Delivery.objects.filter(created_at__lt=timezone.now() - KEPT).exclude(state=Delivery.State.WAITING)
    while pks := list(old.values_list("pk", flat=True)[:AT_ONCE]):
        Delivery.objects.filter(pk__in=pks).delete()
