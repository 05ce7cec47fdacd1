from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils import timezone


class Heartbeat(models.Model):
    """When a process was last heard of (panel/heartbeat.py); `/healthz` reads it. Names: `beat`, `worker:<queue>`."""

    name = models.CharField(max_length=64, primary_key=True)
    at = models.DateTimeField()

    FRESH = timedelta(seconds=30)

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%H:%M:%S}"

    @classmethod
    def beat(cls, name: str) -> None:
        cls.objects.update_or_create(name=name, defaults={"at": timezone.now()})

    @property
    def fresh(self) -> bool:
        return timezone.now() - self.at < self.FRESH


class Attempts(models.Model):
    """How often something was done within one window of time (panel/limits.py). `key` is a digest of what and who."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.IntegerField()
    ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.count} until {self.ends_at:%H:%M:%S}"
