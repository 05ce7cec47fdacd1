from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import Q


class Sample(models.Model):
    """How the sweep did in the five minutes that ended at `at`, over the whole installation."""

    EVERY = timedelta(minutes=5)
    KEPT = timedelta(days=2)

    at = models.DateTimeField(primary_key=True)  # a whole multiple of EVERY
    checks = models.PositiveIntegerField()  # domains that were checked
    milliseconds = models.FloatField(null=True)  # that the resolvers took to answer; null: none was asked
    oldest = models.PositiveIntegerField(null=True)  # seconds since the domain that waits longest was checked

    def __str__(self) -> str:
        return f"{self.checks} at {self.at:%H:%M}"


class DayOfColours(models.Model):
    """How many domains had which colour at the end of a day, or at the last count of today.

    A row for each organization that has domains, and one without an organization for all of them.
    """

    KEPT = timedelta(days=90)

    organization = models.ForeignKey("panel.Organization", on_delete=models.CASCADE, null=True, related_name="+")
    day = models.DateField()
    ok = models.PositiveIntegerField(default=0)
    waiting = models.PositiveIntegerField(default=0)  # propagating
    unknown = models.PositiveIntegerField(default=0)
    red = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "day"], name="colours_once_a_day"),
            models.UniqueConstraint(fields=["day"], condition=Q(organization=None), name="colours_of_all_once_a_day"),
        ]
        indexes = [models.Index(fields=["day"], name="colours_by_day")]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.day}: {self.red} red"
