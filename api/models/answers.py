from __future__ import annotations

from django.db import models
from django.utils import timezone

from panel.secrets import EncryptedTextField


class KeptAnswer(models.Model):
    """The answer to a request that came with an idempotency key: whoever sends the request again gets it again."""

    token = models.ForeignKey("api.Token", on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=64)  # keyed digest of the key
    fingerprint = models.CharField(max_length=64)  # keyed digest of what was asked
    at = models.DateTimeField(default=timezone.now, db_index=True)
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = EncryptedTextField(blank=True)  # may show what is shown only once

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="answer_once_per_key")]

    def __str__(self) -> str:
        return f"answer to {self.token_id}"
