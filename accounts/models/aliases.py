from __future__ import annotations

from django.db import models
from django.utils import timezone

from .accounts import Address


class Alias(models.Model):
    """A further address of an account: it receives and may be sent as, and nobody signs in with it."""

    address = models.OneToOneField(Address, on_delete=models.PROTECT, related_name="alias")
    account = models.ForeignKey("accounts.EmailAccount", on_delete=models.CASCADE, related_name="aliases")
    domain = models.ForeignKey("domains.Domain", on_delete=models.PROTECT, related_name="aliases")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return str(self.address)
