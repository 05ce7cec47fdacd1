"""What the policy server writes, in batches and under a role of its own. Rows belong to a mailbox, not to an address:
they stay when an account is renamed. And what the agent of each mail machine (`mailflow/agent.py`) writes as the panel
itself: the organizations' inbox, the queue."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from . import spam

if TYPE_CHECKING:
    from domains.models import Domain

SILENT = timedelta(minutes=2)  # after which a machine is said to be away


class Use(models.Model):
    """When a mailbox was last opened, and what is in it."""

    mailbox = models.UUIDField(unique=True)
    last_login = models.DateTimeField(null=True)
    bytes = models.BigIntegerField(null=True)
    messages = models.BigIntegerField(null=True)
    warned = models.PositiveSmallIntegerField(default=0, db_default=0)  # at which per cent its person was

    class Meta:
        db_table = "mailflow_use"

    def __str__(self) -> str:
        return self.mailbox.hex


class DeviceUse(models.Model):
    """When an app password last signed in."""

    number = models.BigIntegerField(unique=True)  # the app password's own
    used_at = models.DateTimeField()
    network = models.CharField(max_length=49)

    class Meta:
        db_table = "mailflow_deviceuse"

    def __str__(self) -> str:
        return f"{self.number} from {self.network}"


class Failure(models.Model):
    """Wrong and right passwords for a mailbox from one network (an IPv4 /24 or IPv6 /64)."""

    mailbox = models.UUIDField()
    network = models.CharField(max_length=49)
    failures = models.PositiveIntegerField(default=0)  # since `first_at`
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    success_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "mailflow_failure"
        constraints = [models.UniqueConstraint(fields=["mailbox", "network"], name="mailflow_failure_unique")]

    def __str__(self) -> str:
        return f"{self.mailbox.hex} from {self.network}"


class Block(models.Model):
    """What a mailbox may not do for the time being."""

    class Kind(models.TextChoices):
        PASSWORDS = "passwords"  # sign in from `network`, until `until`
        FLOOD = "flood"  # send, until staff take the row away

    mailbox = models.UUIDField()
    kind = models.CharField(max_length=10, choices=Kind)
    network = models.CharField(max_length=49, blank=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)  # people were told of a flood

    class Meta:
        db_table = "mailflow_block"
        constraints = [models.UniqueConstraint(fields=["mailbox", "kind", "network"], name="mailflow_block_unique")]

    def __str__(self) -> str:
        return f"{self.mailbox.hex}: {self.kind}"


class InboxMessage(models.Model):
    """Mail to postmaster or abuse at a domain that has no such account: the organization reads it in the panel."""

    organization = models.ForeignKey("panel.Organization", on_delete=models.CASCADE, related_name="inbox_messages")
    recipient = models.CharField(max_length=320)
    sender = models.CharField(max_length=320, blank=True)  # of the envelope
    subject = models.CharField(max_length=300, blank=True)
    raw = models.BinaryField()
    size = models.PositiveBigIntegerField()  # as it came; `raw` may be the beginning only
    automatic = models.BooleanField(default=False)  # nobody is told of it
    received_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "mailflow_inbox"
        indexes = [
            models.Index(fields=["organization", "-id"], name="inbox_by_organization"),
            models.Index(fields=["organization"], condition=Q(told_at=None, automatic=False), name="inbox_untold"),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def is_cut(self) -> bool:
        return self.size > len(self.raw)


class Machine(models.Model):
    """A mail machine as its agent reports it."""

    name = models.CharField(max_length=253)
    platform = models.ForeignKey("panel.Platform", on_delete=models.CASCADE, related_name="mail_machines")
    reported_at = models.DateTimeField(null=True)
    queued = models.PositiveIntegerField(default=0)  # all messages, also those that no row shows
    findings = models.JSONField(default=list)  # of `mailflow check`: what, ok, text
    checked_at = models.DateTimeField(null=True)
    check_asked_at = models.DateTimeField(null=True)
    filters_spam = models.BooleanField(default=False, db_default=False)  # it was started with a filter

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["name", "platform"], name="machine_unique")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_silent(self) -> bool:
        return self.reported_at is None or timezone.now() - self.reported_at > SILENT


class QueuedMessage(models.Model):
    """A message that waits on a mail machine, and what staff want done with it."""

    class Action(models.TextChoices):
        RETRY = "retry", _("being tried again")
        DELETE = "delete", _("being deleted")

    machine = models.ForeignKey(Machine, on_delete=models.CASCADE, related_name="messages")
    queue_id = models.CharField(max_length=40)
    queue = models.CharField(max_length=10)  # Postfix's name: active, deferred, hold, …
    sender = models.CharField(max_length=320, blank=True)
    recipients = models.JSONField(default=list)  # [address, reason], the first of them
    size = models.PositiveBigIntegerField(default=0)
    arrived_at = models.DateTimeField()
    action = models.CharField(max_length=10, choices=Action, blank=True)

    class Meta:
        db_table = "mailflow_queue"
        ordering = ["-arrived_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["machine", "queue_id"], name="queued_once")]

    def __str__(self) -> str:
        return self.queue_id


class PlatformCheck(models.Model):
    """One thing that the operator publishes for a platform, as it was last seen in the DNS."""

    class Status(models.TextChoices):
        OK = "ok", _("published")
        WRONG = "wrong", _("needs attention")
        MISSING = "missing", _("missing")
        UNKNOWN = "unknown", _("could not be checked")

    platform = models.ForeignKey("panel.Platform", on_delete=models.CASCADE, related_name="mail_checks")
    kind = models.CharField(max_length=10)  # A, PTR, SPF, DKIM
    subject = models.CharField(max_length=253)  # a host name or an address
    status = models.CharField(max_length=10, choices=Status)
    found = models.JSONField(default=list)  # values, as in a zone file
    record = models.CharField(max_length=2000, blank=True)  # what to publish, as a line of a zone file
    checked_at = models.DateTimeField()

    class Meta:
        db_table = "mailflow_platform_check"
        ordering = ["kind", "subject"]
        constraints = [models.UniqueConstraint(fields=["platform", "kind", "subject"], name="platform_check_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}: {self.status}"


class TracedMessage(models.Model):
    """What one organization may know of a message to one recipient, as the servers' logs tell it (mailflow/trace).

    No foreign key is held by the database: rows come from a process that knows no more than the number, and an
    organization that was deleted meanwhile keeps nothing from being written. What is left so goes at the next hour.
    """

    class State(models.TextChoices):
        ACCEPTED = "accepted", pgettext_lazy("message", "accepted")
        DELIVERED = "delivered", _("delivered")
        RELAYED = "relayed", _("relayed to another server")
        PASSED_ON = "passed_on", _("forwarded")
        KEPT = "kept", _("in the organization's inbox")
        DEFERRED = "deferred", _("deferred")
        REFUSED = "refused", pgettext_lazy("message", "refused")
        BOUNCED = "bounced", _("returned to the sender")
        DELETED = "deleted", _("deleted from the queue")

    class Side(models.TextChoices):
        IN = "in", pgettext_lazy("message", "received")
        OUT = "out", pgettext_lazy("message", "sent")
        INSIDE = "inside", _("within the organization")

    key = models.UUIDField(unique=True)  # made of what it is, so that what is read twice is written once
    organization = models.ForeignKey(
        "panel.Organization",
        on_delete=models.CASCADE,
        related_name="traced_messages",
        null=True,  # nobody's: for staff
        db_index=False,
        db_constraint=False,
    )
    service = models.ForeignKey(
        "panel.Service",
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        db_index=False,
        db_constraint=False,
    )
    at = models.DateTimeField()  # when it came
    changed_at = models.DateTimeField()
    side = models.CharField(max_length=6, choices=Side)
    state = models.CharField(max_length=9, choices=State)
    sender = models.CharField(max_length=320, blank=True)  # of the envelope; empty: a bounce
    sender_domain = models.CharField(max_length=255, blank=True)
    recipient = models.CharField(max_length=320, blank=True)  # as it was written
    recipient_domain = models.CharField(max_length=255, blank=True)
    became = models.CharField(max_length=320, blank=True)  # by an alias, a group, a forward; empty: it stayed
    became_domain = models.CharField(max_length=255, blank=True)
    message_id = models.CharField(max_length=250, blank=True)
    queue_id = models.CharField(max_length=30, blank=True)
    machine = models.CharField(max_length=253)
    words = models.CharField(max_length=500, blank=True)  # of whoever took or refused it
    relay = models.CharField(max_length=255, blank=True)
    client = models.CharField(max_length=255, blank=True)
    login = models.CharField(max_length=320, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    steps = models.JSONField(default=list)  # [when, state, words]

    class Meta:
        db_table = "mailflow_trace"
        indexes = [
            models.Index(fields=["at", "id"], name="trace_by_time"),
            models.Index(fields=["organization", "at", "id"], name="trace_by_organization"),
            models.Index(fields=["sender", "organization", "at", "id"], name="trace_by_sender"),
            models.Index(fields=["sender_domain", "organization", "at", "id"], name="trace_by_sender_domain"),
            models.Index(fields=["recipient", "organization", "at", "id"], name="trace_by_recipient"),
            models.Index(fields=["recipient_domain", "organization", "at", "id"], name="trace_by_recipient_domain"),
            models.Index(
                fields=["became", "organization", "at", "id"], name="trace_by_became", condition=~Q(became="")
            ),
            models.Index(
                fields=["became_domain", "organization", "at", "id"],
                name="trace_by_became_domain",
                condition=~Q(became_domain=""),
            ),
            models.Index(fields=["message_id"], name="trace_by_message_id"),
            models.Index(fields=["queue_id"], name="trace_by_queue_id"),
        ]

    def __str__(self) -> str:
        return f"{self.sender} → {self.recipient}: {self.state}"


class SpamFilter(models.Model):
    """What becomes of spam to mailboxes of a domain, where that was set; DEFAULT without a row."""

    class Action(models.TextChoices):
        MOVE = "move", _("move it to Junk")
        IDENTIFY = "identify", _("deliver it to the inbox, marked in the subject")
        NONE = "none", _("deliver it like any other mail")

    domain = models.OneToOneField("domains.Domain", on_delete=models.CASCADE, related_name="spam_filter")
    action = models.CharField(_("Spam"), max_length=10, choices=Action, default=Action.MOVE)
    threshold = models.PositiveSmallIntegerField(
        _("score from which a message counts as spam"),
        default=spam.THRESHOLD,
        validators=[MinValueValidator(spam.LOWEST), MaxValueValidator(spam.HIGHEST)],
    )

    class Meta:
        db_table = "mailflow_spam_filter"

    def __str__(self) -> str:
        return f"{self.domain}: {self.action} from {self.threshold}"

    @classmethod
    def of(cls, domain: Domain) -> SpamFilter:
        """The domain's, or one as it holds without a row."""
        return cls.objects.filter(domain=domain).first() or cls(domain=domain)


class ListedSender(models.Model):
    """Whose mail to a domain is never spam, or is refused."""

    class Kind(models.TextChoices):
        ALLOW = "allow", _("allowed")
        BLOCK = "block", _("blocked")

    domain = models.ForeignKey("domains.Domain", on_delete=models.CASCADE, related_name="listed_senders")
    kind = models.CharField(max_length=5, choices=Kind)
    sender = models.CharField(max_length=320)  # an address, or a domain with all below it; small letters

    class Meta:
        db_table = "mailflow_listed_sender"
        ordering = ["sender"]
        constraints = [models.UniqueConstraint(fields=["domain", "sender"], name="listed_sender_once")]

    def __str__(self) -> str:
        return f"{self.sender}: {self.kind}"
