from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from panel.activity import record
from panel.actors import COMMAND_LINE, recalled
from panel.errors import Refused
from panel.waking import wake

if TYPE_CHECKING:
    from panel.actors import Actor
    from panel.models import Service

AT_MOST = 100_000  # slots in one order
CHUNK = 1000  # slots made or taken away in one transaction


class Order(models.Model):
    """A wish for more slots, or for fewer.

    Deciding it is one short transaction, which also holds it against the limit of the service. What was decided is
    carried out in chunks (`work`), the first at once, the others by a worker: `finished_at` says that all is done.
    """

    class Kind(models.TextChoices):
        ADD = "add", _("more accounts")
        CANCEL = "cancel", _("unused accounts cancelled")

    class State(models.TextChoices):
        REQUESTED = "requested", _("waiting for approval")
        APPROVED = "approved", _("approved")
        REFUSED = "refused", _("refused")
        CANCELLED = "cancelled", _("cancelled")

    service = models.ForeignKey("panel.Service", on_delete=models.CASCADE, related_name="orders")
    kind = models.CharField(max_length=6, choices=Kind, default=Kind.ADD, db_default=Kind.ADD)
    quantity = models.PositiveIntegerField(_("quantity"), validators=[MinValueValidator(1)])
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.REQUESTED)
    note = models.TextField(_("note"), blank=True)
    ordered_by = models.ForeignKey("panel.User", on_delete=models.SET_NULL, null=True, related_name="+")
    ordered_at = models.DateTimeField(default=timezone.now, editable=False)
    decided_by = models.ForeignKey("panel.User", on_delete=models.SET_NULL, null=True, related_name="+")
    decided_label = models.CharField(max_length=254, blank=True, default="", db_default="")  # without `decided_by`
    decided_at = models.DateTimeField(null=True, blank=True)
    carried_out = models.PositiveIntegerField(default=0, db_default=0)  # slots, so far
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["id"], condition=Q(state="requested"), name="order_waiting"),
            models.Index(fields=["id"], condition=Q(state="approved", finished_at=None), name="order_under_way"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} for {self.service_id}: {self.state}"

    @classmethod
    @transaction.atomic
    def place(cls, service: Service, quantity: int, *, by: Actor, note: str = "") -> Order:
        """Ask for `quantity` slots; approved at once where the operator allows it (ORDERS_AT_ONCE)."""
        from .. import batch

        service = batch.locked(service.pk)
        batch.require_room(service, quantity)
        order = cls.objects.create(service=service, quantity=quantity, note=note, ordered_by=by.actor_person)
        record("order.placed", actor=by, service=service, target=quantity, after={"order": order.pk})
        if settings.ORDERS_AT_ONCE:
            order.approve(by=by)
        return order

    @classmethod
    @transaction.atomic
    def give_back(cls, service: Service, quantity: int, *, by: Actor) -> Order:
        """Cancel so many unused slots, the latest first. Refused where there are fewer."""
        from .. import batch

        service = batch.locked(service.pk)
        batch.require_unused(service, quantity)
        person, now = by.actor_person, timezone.now()
        order = cls.objects.create(
            service=service,
            kind=cls.Kind.CANCEL,
            quantity=quantity,
            state=cls.State.APPROVED,
            ordered_by=person,
            decided_by=person,
            decided_label="" if person is not None else by.actor_label,
            decided_at=now,
        )
        order._begin()
        return order

    @transaction.atomic
    def approve(self, *, by: Actor) -> None:
        """Begin to make the slots. Approving twice makes them once."""
        from .. import batch

        service = batch.locked(self.service_id)
        batch.require_room(service, self.quantity, order=self)
        self._decide(self.State.APPROVED, by)
        record("order.approved", actor=by, service=service, target=self.quantity)
        self._begin()

    @transaction.atomic
    def refuse(self, *, by: Actor, note: str = "") -> None:
        self._decide(self.State.REFUSED, by, note=note)
        record("order.refused", actor=by, service=self.service, target=self.quantity, note=note)

    @transaction.atomic
    def cancel(self, *, by: Actor) -> None:
        """Withdrawn by the customer."""
        self._decide(self.State.CANCELLED, by)
        record("order.cancelled", actor=by, service=self.service, target=self.quantity)

    @transaction.atomic
    def work(self) -> bool:
        """Carry out a chunk. False when nothing is left to do, whoever did it.

        A chunk and the number that counts it are one transaction: any number of workers may call this, at any time.
        """
        from .. import batch

        service = batch.locked(self.service_id)
        self.refresh_from_db(fields=["state", "carried_out", "finished_at"])
        if self.is_finished or self.state != self.State.APPROVED:
            return False
        wanted = min(CHUNK, self.quantity - self.carried_out)
        change = batch.add_slots if self.kind == self.Kind.ADD else batch.cancel_slots
        changed = change(service, wanted)
        self.carried_out += changed
        if changed < wanted or self.carried_out >= self.quantity:
            self.finished_at = timezone.now()
            if self.kind == self.Kind.CANCEL:
                actor = recalled(self.decided_by, self.decided_label or COMMAND_LINE.actor_label)
                record("slots.cancelled", actor=actor, service=service, target=self.carried_out)
        self.save(update_fields=["carried_out", "finished_at"])
        return not self.is_finished

    @property
    def is_finished(self) -> bool:
        return self.finished_at is not None

    @property
    def is_under_way(self) -> bool:
        return self.state == self.State.APPROVED and not self.is_finished

    @classmethod
    def under_way(cls) -> models.QuerySet[Order]:
        return cls.objects.filter(state=cls.State.APPROVED, finished_at=None)

    @classmethod
    def promised(cls, service_id: int, kind: str, *, besides: int | None = None) -> int:
        """Slots that open orders of the service will still add, or take away."""
        open_ = cls.objects.filter(
            Q(state=cls.State.REQUESTED) | Q(state=cls.State.APPROVED, finished_at=None),
            service_id=service_id,
            kind=kind,
        ).exclude(pk=besides)
        return open_.aggregate(sum=models.Sum(F("quantity") - F("carried_out")))["sum"] or 0

    def _begin(self) -> None:
        """The first chunk, and a worker for the others."""
        from .. import tasks

        if self.work():
            wake(tasks.carry_out_order, self.pk)

    def _decide(self, state: State, by: Actor, **fields: str) -> None:
        person, now = by.actor_person, timezone.now()
        open_ = Order.objects.filter(pk=self.pk, state=self.State.REQUESTED)
        if not open_.update(state=state, decided_by=person, decided_at=now, **fields):
            raise Refused("order-decided", _("This order has been decided already."))
        self.state, self.decided_by, self.decided_at = state, person, now
