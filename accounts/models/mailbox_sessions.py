from __future__ import annotations

from django.db import models
from django.utils import timezone


class MailboxSession(models.Model):
    """Somebody has signed in to self-service with a mailbox's address and password: no session of the panel's, and
    none of it opens the other. The database keeps the digest of its cookie."""

    account = models.ForeignKey("accounts.EmailAccount", on_delete=models.CASCADE, related_name="mailbox_sessions")
    digest = models.CharField(max_length=64, unique=True)
    mailbox_id = models.UUIDField()  # the configuration it was opened for
    secret = models.CharField(max_length=64)  # digest of the password's hash: it ends when another one is set
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"session of {self.account_id}"
