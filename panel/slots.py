"""Slots for a new service. What a slot is, the app that settings name knows."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

if TYPE_CHECKING:
    from .actors import Actor
    from .models import Service


@transaction.atomic
def provide(service: Service, quantity: int, *, actor: Actor) -> None:
    """Order and approve. Raises Refused, for instance above the service's limit."""
    orders = import_module(settings.ORDERS)
    order = orders.place(service, quantity, by=actor)
    if order.state != order.State.APPROVED:
        orders.approve(order, by=actor)


def finish(service: Service) -> None:
    """Make every slot that is ordered and approved: for callers that wait, instead of a worker."""
    import_module(settings.ORDERS).finish(service)
