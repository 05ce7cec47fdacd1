"""Slots for a new service. What a slot is, the app that settings name knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from .actors import Actor
    from .models import Service


@transaction.atomic
def provide(service: Service, quantity: int, *, actor: Actor) -> None:
    """Order and approve. Raises Refused, for instance above the service's limit."""
    order = import_string(settings.ORDERS).place(service, quantity, by=actor)
    if order.state != order.State.APPROVED:
        order.approve(by=actor)


def finish(service: Service) -> None:
    """Make every slot that is ordered and approved: for callers that wait, instead of a worker."""
    for order in import_string(settings.ORDERS).under_way().filter(service=service):
        while order.work():
            pass
