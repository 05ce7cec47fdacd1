from __future__ import annotations

from django.db import models
from django.utils import timezone


class Forwarding(models.Model):
    """An account's mail is passed on to other addresses, and kept here too or not."""

    account = models.OneToOneField("accounts.EmailAccount", on_delete=models.CASCADE, related_name="forwarding")
    keep = models.BooleanField(default=True)  # a copy stays in the mailbox
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"forwarding of {self.account_id}"


class ForwardTarget(models.Model):
    """An address that an account's mail is passed on to."""

    forwarding = models.ForeignKey(Forwarding, on_delete=models.CASCADE, related_name="targets")
    local_part = models.CharField(max_length=64)
    domain = models.CharField(max_length=253)  # A-labels
    outside = models.BooleanField(default=False)  # at nobody's of the organization, when it was set

    leaves = False  # at nobody's now: `accounts.forwarding.of_service`

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["forwarding", "local_part", "domain"], name="forward_target_once")
        ]

    def __str__(self) -> str:
        return f"{self.local_part}@{self.domain}"
