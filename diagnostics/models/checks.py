from __future__ import annotations

from django.db import models
from django.utils import timezone

from domains.records import Kind, Level

from ..verdicts import Status


class Check(models.Model):
    """The verdict on one group of required records of one domain: one button. Written only when it changes."""

    domain = models.ForeignKey("domains.Domain", on_delete=models.CASCADE, related_name="checks")
    kind = models.CharField(max_length=8, choices=[(kind.value, kind.value) for kind in Kind])
    status = models.CharField(max_length=12, choices=[(status.value, status.value) for status in Status])
    level = models.CharField(max_length=12, choices=[(level.value, level.value) for level in Level])
    intended = models.BooleanField(default=False)
    reason = models.CharField(max_length=40, blank=True)
    facts = models.JSONField(default=dict)
    problems = models.JSONField(default=list)
    advice = models.JSONField(default=list)
    found = models.JSONField(default=list)
    expected = models.JSONField(default=list)
    fixes = models.JSONField(default=list)
    witnesses = models.JSONField(default=list)
    clears_at = models.DateTimeField(null=True, blank=True)
    breaks_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)
    stale_since = models.DateTimeField(null=True, blank=True)
    doubt = models.JSONField(null=True, blank=True)  # {"key": …, "since": …}: waits for a second look
    told_red_at = models.DateTimeField(null=True, blank=True)  # the organization's contacts were told that it is red

    class Meta:
        constraints = [models.UniqueConstraint(fields=["domain", "kind"], name="check_once_per_kind")]
        indexes = [
            models.Index(
                fields=["domain", "status"],
                condition=models.Q(level="required", status__in=["wrong", "missing"]),
                name="check_red",
            ),
            models.Index(fields=["told_red_at"], condition=~models.Q(told_red_at=None), name="check_told"),
        ]

    def __str__(self) -> str:
        return f"{self.domain_id} {self.kind}: {self.status}"


class CheckChange(models.Model):
    """One change of colour of one check, with the records before and after."""

    domain = models.ForeignKey("domains.Domain", on_delete=models.CASCADE, related_name="check_changes")
    kind = models.CharField(max_length=8)
    at = models.DateTimeField()
    old_status = models.CharField(max_length=12)
    new_status = models.CharField(max_length=12)
    old_level = models.CharField(max_length=12)
    new_level = models.CharField(max_length=12)
    reason = models.CharField(max_length=40, blank=True)
    facts = models.JSONField(default=dict)
    before = models.JSONField(default=list)
    after = models.JSONField(default=list)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["domain", "-id"], name="change_of_domain")]

    def __str__(self) -> str:
        return f"{self.domain_id} {self.kind}: {self.old_status} → {self.new_status}"


class Intent(models.Model):
    """A technician's word that what is there is meant so; it lapses when what is there changes."""

    domain = models.ForeignKey("domains.Domain", on_delete=models.CASCADE, related_name="intents")
    kind = models.CharField(max_length=8)
    fingerprint = models.CharField(max_length=64)  # of what was found
    why = models.TextField()
    by = models.ForeignKey("panel.User", on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["domain", "kind"], name="intent_once_per_kind")]

    def __str__(self) -> str:
        return f"{self.domain_id} {self.kind}: as intended"
