from __future__ import annotations

from django.db import models
from django.utils import timezone

NAME_LONGEST = 32


class AppPassword(models.Model):
    """The secret of one device: it signs in as `address*name` (docs/decisions/0132-a-device-signs-in-by-name.md)."""

    account = models.ForeignKey("accounts.EmailAccount", on_delete=models.CASCADE, related_name="app_passwords")
    name = models.CharField(max_length=NAME_LONGEST)  # lower case: what stands behind the `*`
    password_hash = models.CharField(max_length=256)
    seed = models.CharField(max_length=64, blank=True)  # digest of the form that asked for it
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="app_password_unique")]

    def __str__(self) -> str:
        return f"{self.account_id}*{self.name}"
