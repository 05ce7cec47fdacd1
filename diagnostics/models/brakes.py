from __future__ import annotations

from django.db import models
from django.utils import timezone


class Brake(models.Model):
    """A time in which verdicts are held, because too many green checks would have turned red at once.

    It ends when the control names are answered as they should be and what would have turned still would at a later
    look, or when staff release it.
    """

    pulled_at = models.DateTimeField(default=timezone.now)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey("panel.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    green = models.PositiveIntegerField()  # green checks that the sweep had judged when it was pulled
    turning = models.PositiveIntegerField()  # of these, how many would have turned red
    controls = models.JSONField(default=dict)  # control name -> what came back, a code
    controls_good = models.BooleanField(default=False)
    controls_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["released_at"],
                condition=models.Q(released_at=None),
                nulls_distinct=False,
                name="brake_one_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.turning} of {self.green} at {self.pulled_at:%H:%M}"
