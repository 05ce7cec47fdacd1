from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

AT_MOST = 100_000  # slots in one order


class Order(models.Model):
    """A wish for more slots, or for fewer.

    Deciding it is one short transaction, which also holds it against the limit of the service. What was decided is
    carried out in chunks, the first at once, the others by a worker: `finished_at` says that all is done. Its verbs
    stand in `accounts/ordering.py`.
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
