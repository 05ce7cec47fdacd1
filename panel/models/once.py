from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from ..secrets import EncryptedTextField


class SpentToken(models.Model):
    """A once-only token of a form that did what it was for, and the answer that its sender got."""

    user = models.ForeignKey(  # nobody: the sender's session is part of the digest
        "panel.User", on_delete=models.CASCADE, related_name="+", db_index=False, null=True
    )
    token = models.CharField(max_length=64)  # keyed digest of the token and of what the form said
    at = models.DateTimeField(default=timezone.now, db_index=True)
    location = models.TextField(blank=True)  # where the answer led
    messages = models.JSONField(default=list)  # [level, text] of what was said on the way
    body = EncryptedTextField(blank=True)  # of an answer that is a page: it may show what is shown only once

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "token"], name="token_spent_once"),
            models.UniqueConstraint(fields=["token"], condition=Q(user=None), name="token_spent_once_by_nobody"),
        ]

    def __str__(self) -> str:
        return f"token of {self.user_id}"
