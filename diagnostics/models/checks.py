from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from domains.records import Kind, Level
from domains.rrset import rrset_from_json
from domains.rules.fingerprints import fingerprint
from domains.rules.intents import can_be_intended
from domains.rules.verdicts import RED, Status
from panel.activity import record
from panel.errors import Refused

from .check_runs import CheckRun

if TYPE_CHECKING:
    from panel.actors import Actor


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
            models.Index(
                fields=["changed_at", "id"],
                condition=models.Q(level="required", status__in=["wrong", "missing"]),
                name="check_red_by_age",
            ),
            # What lists of domains are filtered by: few checks wait for resolvers or could not be told.
            models.Index(
                fields=["domain", "status"],
                condition=models.Q(status__in=["propagating", "unknown"]),
                name="check_undecided",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.domain_id} {self.kind}: {self.status}"

    @property
    def found_print(self) -> str:
        """Of what was found: whether a page still shows what is there now."""
        return fingerprint(map(rrset_from_json, self.found))

    def intent(self) -> Intent | None:
        return Intent.objects.filter(domain_id=self.domain_id, kind=self.kind).select_related("by").first()

    @transaction.atomic
    def intend(self, why: str, by: Actor, *, found: str) -> Intent:
        """Mark what is there as intended. `found`: the fingerprint of what the person saw. Raises Refused."""
        check = Check.objects.select_for_update().get(pk=self.pk)
        why = why.strip()[:500]
        if not why:
            raise Refused("why", _("Say why, so that others can understand it."), field="why")
        if not can_be_intended(check.kind, check.status, check.problems):
            raise Refused("not-intendable", _("This cannot be marked as intended."))
        if check.found_print != found:
            raise Refused("changed", _("What is published has changed in the meantime. Please review it again."))
        intent, _created = Intent.objects.update_or_create(
            domain_id=check.domain_id,
            kind=check.kind,
            defaults={"fingerprint": found, "why": why, "by": by.actor_person, "at": timezone.now()},
        )
        check.turn(Status.OK, intended=True)
        check._record("check.intended", by, {"status": self.status}, why)
        return intent

    @transaction.atomic
    def withdraw_intent(self, by: Actor) -> None:
        """Judge what is there by the book again."""
        check = Check.objects.select_for_update().get(pk=self.pk)
        if Intent.objects.filter(domain_id=check.domain_id, kind=check.kind).delete()[0]:
            if check.intended:
                red = Status.WRONG if check.found else Status.MISSING
                check.turn(red, intended=False)
            check._record("check.not_intended", by, {}, "")

    def turn(self, status: str, *, intended: bool) -> None:
        """Another status by a person's word, between two looks."""
        now = timezone.now()
        CheckChange.objects.create(
            domain_id=self.domain_id,
            kind=self.kind,
            at=now,
            old_status=self.status,
            new_status=status,
            old_level=self.level,
            new_level=self.level,
            reason=self.reason,
            facts=self.facts,
            before=self.found,
            after=self.found,
        )
        self.status, self.intended, self.changed_at = status, intended, now
        self.save(update_fields=["status", "intended", "changed_at"])
        red = Check.objects.filter(domain=self.domain_id, level=Level.REQUIRED, status__in=list(RED)).count()
        # What the last look said no longer is what stands here: the next one compares check by check.
        CheckRun.objects.filter(pk=self.domain_id).update(digest="", red=red)

    def _record(self, verb: str, by: Actor, before: dict[str, str], why: str) -> None:
        record(
            verb,
            actor=by,
            service=self.domain.service,
            target=f"{self.kind} {self.domain.name.name}",
            before=before,
            after={"found": "; ".join(value for rrset in self.found for value in rrset["values"])[:500]},
            note=why,
        )


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
