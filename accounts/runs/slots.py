"""Carrying out orders: slots made, or taken away, a chunk at a time."""

from __future__ import annotations

import time

from django.db.models import QuerySet

from panel.errors import Refused
from panel.models import Service

from .. import ordering
from ..models import Order


def carry_out(order_id: int, *, seconds: float | None = None) -> bool:
    """Work on an order until it is finished, or for about so many seconds. True where something is left to do."""
    begun = time.monotonic()
    order = Order.objects.filter(pk=order_id).first()
    if order is None:
        return False
    try:
        while ordering.work(order):
            if seconds is not None and time.monotonic() - begun > seconds:
                return True
    except Refused:  # the service was suspended: the order waits for it
        return False
    return False


def unattended() -> QuerySet[Order]:
    """Orders that are not finished: whoever works on one already is not disturbed by another."""
    return Order.under_way().filter(service__state=Service.State.ACTIVE)
