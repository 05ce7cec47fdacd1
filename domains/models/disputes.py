from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from panel.activity import record
from panel.actors import SYSTEM
from panel.errors import Refused

from .. import claims, letters

if TYPE_CHECKING:
    from panel.models import User

    from .domains import Domain


class Dispute(models.Model):
    """Somebody proves the right to a name whose holder's own proof is gone. Staff decide."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        RELEASED = "released", _("released to the claimant")
        KEPT = "kept", _("kept by the holder")
        LAPSED = "lapsed", _("lapsed")

    holder = models.ForeignKey("domains.Domain", on_delete=models.CASCADE, related_name="disputes_held")
    claimant = models.ForeignKey("domains.Domain", on_delete=models.CASCADE, related_name="disputes_claimed")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField(default=timezone.now, editable=False)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey("panel.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["holder", "claimant"], condition=Q(state="open"), name="dispute_open_once")
        ]

    def __str__(self) -> str:
        return f"{self.holder_id} / {self.claimant_id}: {self.state}"

    @classmethod
    def open_case(cls, holder: Domain, claimant: Domain) -> Dispute:
        """Staff's case, once for the two, and they are told of it; what they have decided stays decided. Call it under
        the name's lock."""
        known = cls.objects.filter(holder=holder, claimant=claimant).exclude(state=cls.State.LAPSED).first()
        if known is not None:
            return known
        dispute = cls.objects.create(holder=holder, claimant=claimant)
        record("dispute.opened", actor=SYSTEM, target=holder.name.name)
        letters.tell_staff_of_dispute(holder, claimant)
        return dispute

    @classmethod
    def lapse(cls, *, holder_id: int) -> None:
        """The holder's proof is back."""
        cls.objects.filter(holder_id=holder_id, state=cls.State.OPEN).update(
            state=cls.State.LAPSED, decided_at=timezone.now()
        )

    def release(self, by: User) -> None:
        """Give the name to the claimant, and tell both."""
        with claims.locked(self.holder.name.name):
            self._decide(self.State.RELEASED, by)
            self.holder.release(by)
            Dispute.lapse(holder_id=self.holder_id)
            self.claimant.verify(self.claimant.Proof.TOKEN, by)
        letters.tell_released(self.holder, self.claimant)

    def keep(self, by: User) -> None:
        """Leave the name with its holder."""
        with claims.locked(self.holder.name.name):
            self._decide(self.State.KEPT, by)

    def _decide(self, state: State, by: User) -> None:
        now = timezone.now()
        changed = Dispute.objects.filter(pk=self.pk, state=self.State.OPEN).update(
            state=state, decided_at=now, decided_by=by
        )
        if not changed:
            raise Refused("dispute-closed", _("This dispute is closed."))
        self.state, self.decided_at, self.decided_by = state, now, by
        verb = "dispute.released" if state == self.State.RELEASED else "dispute.kept"
        record(verb, actor=by, target=self.holder.name.name)
