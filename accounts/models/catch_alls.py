from __future__ import annotations

from django.db import models
from django.utils import timezone


class CatchAll(models.Model):
    """The account that takes what is sent to addresses of an authoritative domain which nobody has."""

    domain = models.OneToOneField("domains.Domain", on_delete=models.CASCADE, related_name="catch_all")
    account = models.ForeignKey("accounts.EmailAccount", on_delete=models.CASCADE, related_name="catch_alls")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"*@{self.domain}"
