from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils import timezone

KEPT = timedelta(days=30)


class RetiredMailbox(models.Model):
    """The mail of an account that was reset: kept for a while, under the id that named its directory."""

    service = models.ForeignKey("panel.Service", on_delete=models.CASCADE, related_name="retired_mailboxes")
    address = models.CharField(max_length=320)
    mailbox_id = models.UUIDField(unique=True)
    retired_at = models.DateTimeField(default=timezone.now)
    purge_at = models.DateTimeField()  # from then on `mailflow purge` deletes the mail, and this row

    class Meta:
        ordering = ["-retired_at", "-id"]

    def __str__(self) -> str:
        return self.address

    def purge(self) -> None:
        """Let the mail go now rather than when its days are over."""
        RetiredMailbox.objects.filter(pk=self.pk, purge_at__gt=timezone.now()).update(purge_at=timezone.now())
