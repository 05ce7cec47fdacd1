from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..inbox_rules import terms


class InboxRule(models.Model):
    """What is done with mail of an account that fits. Its conditions and actions as `terms` has them."""

    account = models.ForeignKey("accounts.EmailAccount", on_delete=models.CASCADE, related_name="inbox_rules")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=terms.NAME_LENGTH, blank=True)
    enabled = models.BooleanField(default=True)
    match_any = models.BooleanField(default=False)
    conditions = models.JSONField(default=list)
    actions = models.JSONField(default=list)
    forwards = models.BooleanField(default=False)  # whether one of them passes mail on
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["position", "id"]
        indexes = [models.Index(fields=["account"], condition=models.Q(forwards=True), name="inbox_rule_forwards")]

    def __str__(self) -> str:
        return self.name or f"rule {self.pk}"

    @property
    def rule(self) -> terms.Rule:
        return terms.Rule(
            name=self.name,
            conditions=terms.conditions_of(self.conditions),
            actions=terms.actions_of(self.actions),
            match_any=self.match_any,
            enabled=self.enabled,
            number=self.pk or 0,
        )


class AutoReply(models.Model):
    """What an account answers by itself."""

    class Audience(models.TextChoices):
        EVERYBODY = terms.Audience.EVERYBODY.value, _("Everybody")
        ORGANIZATION = terms.Audience.ORGANIZATION.value, _("Only senders at this organization's domains")

    account = models.OneToOneField("accounts.EmailAccount", on_delete=models.CASCADE, related_name="auto_reply")
    enabled = models.BooleanField(default=True)
    subject = models.CharField(max_length=terms.SUBJECT_LENGTH, blank=True)
    text = models.TextField(max_length=terms.TEXT_LENGTH)
    starts = models.DateField(null=True, blank=True)  # in TIME_ZONE, as the next
    ends = models.DateField(null=True, blank=True)  # the last day
    days = models.PositiveSmallIntegerField(
        default=7, validators=[MinValueValidator(1), MaxValueValidator(terms.DAYS_AT_MOST)]
    )
    audience = models.CharField(max_length=12, choices=Audience, default=Audience.EVERYBODY)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [models.Index(fields=["account"], condition=models.Q(enabled=True), name="auto_reply_enabled")]

    def __str__(self) -> str:
        return f"reply of {self.account_id}"

    @property
    def reply(self) -> terms.ReplyTerms:
        return terms.ReplyTerms(
            subject=self.subject,
            text=self.text,
            starts=self.starts,
            ends=self.ends,
            days=self.days,
            audience=self.audience,
            enabled=self.enabled,
        )


class OwnScript(models.Model):
    """A Sieve script that the person of a mailbox has put there by ManageSieve, as the mail machine's agent saw it."""

    account = models.OneToOneField("accounts.EmailAccount", on_delete=models.CASCADE, related_name="own_script")
    active = models.BooleanField(default=False)
    changed_at = models.DateTimeField()
    error = models.TextField(blank=True)  # what Dovecot says of it; the mail stays in the inbox then

    def __str__(self) -> str:
        return f"own script of {self.account_id}"
