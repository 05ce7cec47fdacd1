"""Writing events down for the endpoints that listen, in the transaction in which they happen."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils import timezone

from panel.waking import wake

from ..models import Delivery, Endpoint

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


def wake_sender(*, after: timedelta | None = None) -> None:
    from ..tasks import deliver

    wake(deliver, **({} if after is None else {"countdown": after.total_seconds()}))
