"""Orders: placed, decided, and carried out in chunks, each of which is one transaction."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from panel.activity import record
from panel.actors import COMMAND_LINE, Actor, recalled
from panel.errors import Refused
from panel.models import Service
from panel.waking import wake

from . import batch
from .models import Order

CHUNK = 1000  # slots made or taken away in one transaction


@transaction.atomic
def place(service: Service, quantity: int, *, by: Actor, note: str = "") -> Order:
    """Ask for `quantity` slots; approved at once where the operator allows it (ORDERS_AT_ONCE)."""
    service = batch.locked(service.pk)
    batch.require_room(service, quantity)
    order = Order.objects.create(service=service, quantity=quantity, note=note, ordered_by=by.actor_person)
    record("order.placed", actor=by, service=service, target=quantity, after={"order": order.pk})
    if settings.ORDERS_AT_ONCE:
        approve(order, by=by)
    return order


@transaction.atomic
def give_back(service: Service, quantity: int, *, by: Actor) -> Order:
    """Cancel so many unused slots, the latest first. Refused where there are fewer."""
    service = batch.locked(service.pk)
    batch.require_unused(service, quantity)
    person, now = by.actor_person, timezone.now()
    order = Order.objects.create(
        service=service,
        kind=Order.Kind.CANCEL,
        quantity=quantity,
        state=Order.State.APPROVED,
        ordered_by=person,
        decided_by=person,
        decided_label="" if person is not None else by.actor_label,
        decided_at=now,
    )
    _begin(order)
    return order


@transaction.atomic
def approve(order: Order, *, by: Actor) -> None:
    """Begin to make the slots. Approving twice makes them once."""
    service = batch.locked(order.service_id)
    batch.require_room(service, order.quantity, order=order)
    _decide(order, Order.State.APPROVED, by)
    record("order.approved", actor=by, service=service, target=order.quantity)
    _begin(order)


@transaction.atomic
def refuse(order: Order, *, by: Actor, note: str = "") -> None:
    _decide(order, Order.State.REFUSED, by, note=note)
    record("order.refused", actor=by, service=order.service, target=order.quantity, note=note)


@transaction.atomic
def cancel(order: Order, *, by: Actor) -> None:
    """Withdrawn by the customer."""
    _decide(order, Order.State.CANCELLED, by)
    record("order.cancelled", actor=by, service=order.service, target=order.quantity)


@transaction.atomic
def work(order: Order) -> bool:
    """Carry out a chunk. False when nothing is left to do, whoever did it.

    A chunk and the number that counts it are one transaction: any number of workers may call this, at any time.
    """
    service = batch.locked(order.service_id)
    order.refresh_from_db(fields=["state", "carried_out", "finished_at"])
    if order.is_finished or order.state != Order.State.APPROVED:
        return False
    wanted = min(CHUNK, order.quantity - order.carried_out)
    change = batch.add_slots if order.kind == Order.Kind.ADD else batch.cancel_slots
    changed = change(service, wanted)
    order.carried_out += changed
    if changed < wanted or order.carried_out >= order.quantity:
        order.finished_at = timezone.now()
        if order.kind == Order.Kind.CANCEL:
            actor = recalled(order.decided_by, order.decided_label or COMMAND_LINE.actor_label)
            record("slots.cancelled", actor=actor, service=service, target=order.carried_out)
    order.save(update_fields=["carried_out", "finished_at"])
    return not order.is_finished


def finish(service: Service) -> None:
    """Carry out what is approved for the service: for callers that wait instead of leaving it to a worker."""
    for order in Order.under_way().filter(service=service):
        while work(order):
            pass


def _begin(order: Order) -> None:
    """The first chunk, and a worker for the others."""
    if work(order):
        wake("accounts.tasks.carry_out_order", order.pk)


def _decide(order: Order, state: Order.State, by: Actor, **fields: str) -> None:
    person, now = by.actor_person, timezone.now()
    open_ = Order.objects.filter(pk=order.pk, state=Order.State.REQUESTED)
    if not open_.update(state=state, decided_by=person, decided_at=now, **fields):
        raise Refused("order-decided", _("This order has been decided already."))
    order.state, order.decided_by, order.decided_at = state, person, now
