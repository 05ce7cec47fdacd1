from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone


class Activity(models.Model):
    """One thing that someone did. Append-only; never a secret; one entry for a run of many."""

    at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey("panel.User", on_delete=models.SET_NULL, null=True, related_name="+")
    actor_label = models.CharField(max_length=254)  # e-mail address, "command line" or "panel"
    organization = models.ForeignKey(
        "panel.Organization", on_delete=models.CASCADE, null=True, related_name="activities"
    )
    service = models.ForeignKey("panel.Service", on_delete=models.CASCADE, null=True, related_name="activities")
    verb = models.CharField(max_length=40)  # a code of panel.activity.VERBS
    target = models.CharField(max_length=320, blank=True)  # name of what it was done to
    before = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    after = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["service", "-id"], name="activity_of_service"),
            models.Index(fields=["organization", "-id"], name="activity_of_organization"),
            models.Index(fields=["service", "target", "-id"], name="activity_of_target"),
            # What is filtered by (panel/history.py), in each of the three logs.
            models.Index(fields=["verb", "-id"], name="activity_by_verb"),
            models.Index(fields=["actor_label", "-id"], name="activity_by_actor"),
            models.Index(fields=["organization", "verb", "-id"], name="activity_of_org_by_verb"),
            models.Index(fields=["organization", "actor_label", "-id"], name="activity_of_org_by_actor"),
            models.Index(fields=["service", "verb", "-id"], name="activity_of_srv_by_verb"),
            models.Index(fields=["service", "actor_label", "-id"], name="activity_of_srv_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_label}: {self.verb} {self.target}"
