from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db import models
from django.utils import timezone


class Heartbeat(models.Model):
    """When a process was last heard of (panel/heartbeat.py); `/healthz` reads it.

    Names: `beat`, `worker:<queue>`, and `cut-off:<queue>` from a worker that lives and cannot reach its broker.
    """

    name = models.CharField(max_length=64, primary_key=True)
    at = models.DateTimeField()

    FRESH = timedelta(seconds=30)
    MISSED = timedelta(seconds=8)  # more than a heartbeat takes to come again

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%H:%M:%S}"

    @classmethod
    def beat(cls, name: str) -> None:
        cls.objects.update_or_create(name=name, defaults={"at": timezone.now()})

    @property
    def fresh(self) -> bool:
        return timezone.now() - self.at < self.FRESH

    @classmethod
    def cut_off(cls, queues: Iterable[str]) -> list[str]:
        """Queues whose workers live and have not reached the broker for a while."""
        queues = list(queues)
        at = dict(cls.objects.filter(name__startswith="worker:").values_list("name", "at"))
        lost = dict(cls.objects.filter(name__startswith="cut-off:").values_list("name", "at"))
        return [
            queue
            for queue in queues
            if (since := lost.get(f"cut-off:{queue}")) is not None
            and timezone.now() - since < cls.FRESH
            and (f"worker:{queue}" not in at or since - at[f"worker:{queue}"] > cls.MISSED)
        ]

    @classmethod
    def serves(cls, queue: str) -> bool:
        """Whether a worker of this queue lives and can be woken."""
        heartbeat = cls.objects.filter(name=f"worker:{queue}").first()
        return heartbeat is not None and heartbeat.fresh and not cls.cut_off([queue])


class Condition(models.Model):
    """Something that must work, as it was last found (panel/watch.py); staff are told once of each time it does not."""

    SETTLED = timedelta(seconds=90)  # pages say nothing before: processes that have just been started are not heard yet

    name = models.CharField(max_length=64, primary_key=True)
    looked_at = models.DateTimeField()
    detail = models.CharField(max_length=200, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name}: {'fails' if self.failing_since else 'works'}"

    @classmethod
    def failing(cls) -> models.QuerySet[Condition]:
        """What pages say: it has failed for a while, and at the last look too."""
        return cls._default_manager.filter(failing_since__lte=timezone.now() - cls.SETTLED).order_by("name")


class Attempts(models.Model):
    """How often something was done within one window of time (panel/limits.py). `key` is a digest of what and who."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.IntegerField()
    ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.count} until {self.ends_at:%H:%M:%S}"
