from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from panel.activity import record
from panel.actors import Actor

if TYPE_CHECKING:
    pass


class CircuitBreaker(models.Model):
    """A time in which verdicts are held, because too many green checks would have turned red at once.

    It ends when the control names are answered as they should be and what would have turned still would at a later
    look, or when staff release it.
    """

    class State(models.TextChoices):
        HOLDING = "holding", _("holding results")
        RELEASED = "released", _("released")

    state = models.CharField(max_length=10, choices=State, default=State.HOLDING)
    pulled_at = models.DateTimeField(default=timezone.now)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey("panel.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    green = models.PositiveIntegerField()  # green checks that the sweep had judged when it was pulled
    turning = models.PositiveIntegerField()  # of these, how many would have turned red
    controls = models.JSONField(default=dict)  # control name -> what came back, a code
    controls_good = models.BooleanField(default=False)
    controls_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "diagnostics_brake"
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=models.Q(state="holding"), name="brake_one_at_a_time"),
            models.CheckConstraint(
                name="brake_released_has_its_time",
                condition=models.Q(state="holding", released_at=None)
                | models.Q(state="released", released_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.turning} of {self.green} at {self.pulled_at:%H:%M}"

    @classmethod
    def holding(cls) -> CircuitBreaker | None:
        """The one that holds verdicts now."""
        return cls.objects.filter(state=cls.State.HOLDING).first()

    def release(self, by: Actor) -> bool:
        """Believe what looks say again. False where it was released before."""
        now = timezone.now()
        changed = CircuitBreaker.objects.filter(pk=self.pk, state=self.State.HOLDING).update(
            state=self.State.RELEASED, released_at=now, released_by=by.actor_person
        )
        if changed:
            record("brake.released", actor=by, target=str(self))
        return bool(changed)
