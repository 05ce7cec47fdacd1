from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from panel.activity import record
from panel.errors import Refused

if TYPE_CHECKING:
    from panel.models import Service, User

AT_MOST = 100_000  # slots in one order


class Order(models.Model):
    """A wish for more slots."""

    class State(models.TextChoices):
        REQUESTED = "requested", _("waiting for approval")
        APPROVED = "approved", _("approved")
        REFUSED = "refused", _("refused")
        CANCELLED = "cancelled", _("cancelled")

    service = models.ForeignKey("panel.Service", on_delete=models.CASCADE, related_name="orders")
    quantity = models.PositiveIntegerField(_("quantity"), validators=[MinValueValidator(1)])
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.REQUESTED)
    note = models.TextField(_("note"), blank=True)
    ordered_by = models.ForeignKey("panel.User", on_delete=models.SET_NULL, null=True, related_name="+")
    ordered_at = models.DateTimeField(default=timezone.now, editable=False)
    decided_by = models.ForeignKey("panel.User", on_delete=models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.quantity} for {self.service_id}: {self.state}"

    @classmethod
    @transaction.atomic
    def place(cls, service: Service, quantity: int, *, by: User | str | None, note: str = "") -> Order:
        """Ask for `quantity` slots; approved at once where the operator allows it (ORDERS_AT_ONCE)."""
        from .. import batch

        service = batch.locked(service.pk)
        batch.require_room(service, quantity)
        person = None if by is None or isinstance(by, str) else by
        order = cls.objects.create(service=service, quantity=quantity, note=note, ordered_by=person)
        record("order.placed", actor=by, service=service, target=quantity)
        if settings.ORDERS_AT_ONCE:
            order.approve(by=by)
        return order

    @transaction.atomic
    def approve(self, *, by: User | str | None) -> None:
        """Make the slots. Approving twice makes them once."""
        from .. import batch

        service = batch.locked(self.service_id)
        self._decide(self.State.APPROVED, by)
        batch.add_slots(service, self.quantity)
        record("order.approved", actor=by, service=service, target=self.quantity)

    @transaction.atomic
    def refuse(self, *, by: User, note: str = "") -> None:
        self._decide(self.State.REFUSED, by, note=note)
        record("order.refused", actor=by, service=self.service, target=self.quantity, note=note)

    @transaction.atomic
    def cancel(self, *, by: User) -> None:
        """Withdrawn by the customer."""
        self._decide(self.State.CANCELLED, by)
        record("order.cancelled", actor=by, service=self.service, target=self.quantity)

    def _decide(self, state: State, by: User | str | None, **fields: str) -> None:
        person = None if by is None or isinstance(by, str) else by
        now = timezone.now()
        open_ = Order.objects.filter(pk=self.pk, state=self.State.REQUESTED)
        if not open_.update(state=state, decided_by=person, decided_at=now, **fields):
            raise Refused("order-decided", _("This order has been decided already."))
        self.state, self.decided_by, self.decided_at = state, person, now
