from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from panel.models import Organization


class DigestWait(models.Model):
    """An organization whose quota of mail has no room for its digest: not before `until`. Waits double."""

    FIRST = timedelta(minutes=5)
    LONGEST = timedelta(hours=12)

    organization = models.OneToOneField(
        "panel.Organization", on_delete=models.CASCADE, related_name="+", primary_key=True
    )
    until = models.DateTimeField()
    failures = models.PositiveSmallIntegerField()  # in a row

    def __str__(self) -> str:
        return f"{self.organization_id} until {self.until:%Y-%m-%d %H:%M}"

    @classmethod
    def failed(cls, organization: Organization, now: datetime) -> None:
        """Wait twice as long as the last time."""
        known = cls.objects.filter(organization=organization).first()
        failures = min(known.failures + 1 if known else 1, 32)
        wait = min(cls.FIRST * 2 ** (failures - 1), cls.LONGEST)
        cls.objects.update_or_create(organization=organization, defaults={"until": now + wait, "failures": failures})
