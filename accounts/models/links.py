from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

DAYS = 14


class PasswordLink(models.Model):
    """A single-use link with which the person of an account sets the password; the database keeps its digest."""

    account = models.ForeignKey("accounts.EmailAccount", on_delete=models.CASCADE, related_name="password_links")
    digest = models.CharField(max_length=64, unique=True)
    mailbox_id = models.UUIDField()  # the configuration it was made for: a reset account's link opens nothing
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"link for {self.account_id}"

    @staticmethod
    def digest_of(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()

    @staticmethod
    def new_token() -> str:
        return secrets.token_urlsafe(24)

    @staticmethod
    def expiry(now: datetime) -> datetime:
        return now + timedelta(days=DAYS)

    @classmethod
    def open_one(cls, token: str) -> PasswordLink | None:
        """The link of this token, unless it was used, has expired or its account was reset since."""
        link = (
            cls.objects.select_related("account__service__organization", "account__domain__name")
            .filter(digest=cls.digest_of(token), used_at=None, expires_at__gt=timezone.now())
            .first()
        )
        return link if link is not None and link.account.mailbox_id == link.mailbox_id else None
