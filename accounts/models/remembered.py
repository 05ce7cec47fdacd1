from __future__ import annotations

from django.db import models


class RememberedPassword(models.Model):
    """The hash of a password that an account had before, where the service's policy forbids to use it again."""

    account = models.ForeignKey("accounts.EmailAccount", on_delete=models.CASCADE, related_name="remembered_passwords")
    password_hash = models.CharField(max_length=256)
    replaced_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"of {self.account_id}, until {self.replaced_at}"
