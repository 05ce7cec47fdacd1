from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class EngineReport(models.Model):
    """What an engine that looks at domains last said of itself, and how the resolvers do as seen from there.

    One row for each thread of a worker, written over by its next engine. Without a word for a while it counts as dead.
    """

    class Work(models.TextChoices):
        SWEEP = "sweep", _("sweep")
        LOOKS = "looks", _("checks requested on a page")

    FRESH = timedelta(seconds=30)
    KEPT = timedelta(days=1)

    worker = models.CharField(max_length=100, primary_key=True)  # host, process, thread
    work = models.CharField(max_length=6, choices=Work)
    began_at = models.DateTimeField()
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    check_runs = models.PositiveIntegerField(default=0, db_column="looks")  # done since it began
    sharing = models.PositiveSmallIntegerField(default=1)  # engines that keep to the ceilings together
    servers = models.JSONField(default=list)  # domains.lookup.engine.Health of each, as an object

    def __str__(self) -> str:
        return f"{self.worker}: {self.work}"

    @classmethod
    def at_work(cls, now: datetime) -> QuerySet[EngineReport]:
        return cls.objects.filter(Q(ended_at=None), at__gt=now - cls.FRESH)

    @property
    def died(self) -> bool:
        """It did not say that it ended, and has said nothing for a while."""
        return self.ended_at is None and timezone.now() - self.at >= self.FRESH
