from __future__ import annotations

from django.db import models
from django.utils import timezone

from panel.secrets import EncryptedTextField


class Reading(models.Model):
    """Something to be asked outside: by a worker, for the pages that wait for it (`domains.readings`)."""

    class State(models.TextChoices):
        WAITING = "waiting"
        ASKING = "asking"
        DONE = "done"
        FAILED = "failed"

    kind = models.CharField(max_length=20)  # of settings.READINGS
    key = models.CharField(max_length=64)  # digest of whose and what: whoever wants the same shares it
    organization = models.ForeignKey("panel.Organization", on_delete=models.CASCADE, null=True, related_name="+")
    requested_by = models.ForeignKey("panel.User", on_delete=models.SET_NULL, null=True, related_name="+")
    subject = EncryptedTextField()  # JSON; may name hosts and keys that are not for everybody
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    result = EncryptedTextField(blank=True)  # JSON
    error = models.CharField(max_length=40, blank=True)  # stable code
    detail = models.TextField(blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    lost = models.PositiveSmallIntegerField(default=0)  # leases that ran out over it
    finished_at = models.DateTimeField(null=True, blank=True)

    UNFINISHED = (State.WAITING, State.ASKING)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="reading_shared")]
        indexes = [
            models.Index(fields=["state", "asked_at"], name="reading_due"),
            models.Index(fields=["finished_at"], name="reading_finished"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.state}"

    @property
    def is_over(self) -> bool:
        return self.state not in self.UNFINISHED
