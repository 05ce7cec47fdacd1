"""Writing events down for the endpoints that listen, in the transaction in which they happen."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from panel.errors import Refused
from panel.waking import wake

from ..models import Delivery, Endpoint, Event

if TYPE_CHECKING:
    from panel.models import Organization


def tell(
    organization: Organization, event: str, data: Mapping[str, Any], *, message_id: uuid.UUID | None = None
) -> None:
    """Tell every endpoint of the organization, and staff's, that listen to `event`.

    `message_id`: of what may come twice; each endpoint is told once.
    """
    endpoints = Endpoint.objects.filter(Q(organization=organization) | Q(organization=None), active=True)
    put([endpoint for endpoint in endpoints if event in endpoint.events], event, data, message_id)


def put(
    endpoints: Iterable[Endpoint], event: str, data: Mapping[str, Any], message_id: uuid.UUID | None = None
) -> None:
    now = timezone.now()
    payload = {"type": str(event), "timestamp": now.isoformat(), "data": dict(data)}
    message_id = message_id or uuid.uuid4()
    rows = [
        Delivery(endpoint=endpoint, event=event, payload=payload, message_id=message_id, next_at=now)
        for endpoint in endpoints
    ]
    deliveries = Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    if deliveries:
        wake_sender()


def send_test(endpoint: Endpoint) -> None:
    """Send an event that means nothing, whatever the endpoint listens to."""
    put([endpoint], Event.TEST, {"url": endpoint.url})


@transaction.atomic
def send_again(delivery: Delivery) -> None:
    """As if it had not been sent yet, under the same id. Raises Refused while it is on its way."""
    if not delivery.endpoint.active:
        raise Refused("webhook-off", _("This webhook is switched off: nothing is sent to it."))
    ended = Delivery.objects.filter(pk=delivery.pk).exclude(state=Delivery.State.WAITING)
    if not ended.update(state=Delivery.State.WAITING, attempts=0, next_at=timezone.now(), ended_at=None):
        raise Refused("wrong-state", _("This message is still on its way: it will be tried again."))
    wake_sender()
    delivery.refresh_from_db()


def wake_sender(*, after: timedelta | None = None) -> None:
    wake("api.tasks.deliver", **({} if after is None else {"countdown": after.total_seconds()}))
