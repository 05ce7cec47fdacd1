from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..activity import record
from ..errors import Refused
from ..secrets import EncryptedTextField

if TYPE_CHECKING:
    from ..actors import Actor


class Letter(models.Model):
    """One letter to one recipient, from the moment that it is written until long after it has been delivered.

    What it says is encrypted, since letters hold links that let people in, and is erased once it is delivered.
    A worker sends it under a lease: when the worker dies, another takes the letter again when the lease has ended.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("delivered")
        FAILED = "failed", _("given up")
        DISCARDED = "discarded", _("discarded")

    LEASE = timedelta(minutes=2)  # longer than MAIL_DEADLINE, after which nobody is still sending
    FIRST_WAIT = timedelta(minutes=1)
    LONGEST_WAIT = timedelta(hours=1)
    ERROR_LENGTH = 500

    kind = models.CharField(max_length=40)  # the stem of its template's name
    organization = models.ForeignKey("panel.Organization", on_delete=models.CASCADE, null=True, related_name="letters")
    recipient = models.CharField(max_length=320)
    subject = models.CharField(max_length=255)
    content = EncryptedTextField(blank=True)  # JSON: text, html, headers; empty once it is delivered or discarded
    key = models.CharField(max_length=160, unique=True, null=True)  # noqa: DJ001 - of what is to be told but once
    message_id = models.UUIDField(default=uuid.uuid4)  # the same at every attempt
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    next_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)  # when its link stops working: it is not sent after that
    lease_until = models.DateTimeField(null=True)
    lease_by = models.UUIDField(null=True)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=ERROR_LENGTH, blank=True)  # of the last attempt

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(state="waiting"), name="letter_due"),
            models.Index(fields=["lease_until"], condition=~Q(lease_until=None), name="letter_leased"),
            models.Index(fields=["organization", "created_at"], name="letter_of_organization"),
            models.Index(fields=["state", "-id"], name="letter_by_state"),
            models.Index(fields=["recipient", "created_at"], name="letter_of_recipient"),
            models.Index(fields=["created_at"], name="letter_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.recipient}: {self.state}"

    @staticmethod
    def sealed(text: str, html: str = "", headers: dict[str, str] | None = None) -> str:
        """What goes into `content`."""
        return json.dumps({"text": text, "html": html, "headers": headers or {}}, ensure_ascii=False)

    def opened(self) -> dict[str, Any]:
        """Its text, html and headers. Raises ValueError where none of ENCRYPTION_KEYS reads them."""
        return json.loads(self.content)

    @classmethod
    def due(cls, now: datetime) -> QuerySet[Letter]:
        """What may be sent now, the longest waiting first."""
        free = Q(lease_until=None) | Q(lease_until__lte=now)
        return cls.objects.filter(free, state=cls.State.WAITING, next_at__lte=now).order_by("next_at", "pk")

    @classmethod
    def claim(cls) -> Letter | None:
        """The next letter that is due, leased to the caller; None where none is, or where MAIL_SENDERS are sending.

        The attempt is counted here, so that one that kills its worker is counted too.
        """
        while True:
            now = timezone.now()
            if cls.objects.filter(lease_until__gt=now).count() >= settings.MAIL_SENDERS:
                return None
            found = cls.due(now).values_list("pk", flat=True).first()
            if found is None:
                return None
            me, until = uuid.uuid4(), now + cls.LEASE
            mine = cls.due(now).filter(pk=found).order_by()
            if mine.update(lease_by=me, lease_until=until, next_at=until, attempts=F("attempts") + 1):
                return cls.objects.defer("content").get(pk=found)

    def _let_go(self, **fields: Any) -> bool:
        """End the lease and set these fields. False where the lease has been lost to another worker."""
        mine = Letter.objects.filter(pk=self.pk, lease_by=self.lease_by, state=self.State.WAITING)
        return bool(mine.update(lease_by=None, lease_until=None, **fields))

    def delivered(self) -> bool:
        """The mail server has taken it: what it said is erased."""
        return self._let_go(state=self.State.SENT, sent_at=timezone.now(), content="", error="")

    def failed(self, error: str) -> bool:
        """Try again later, after twice as long each time; after MAIL_GIVE_UP_DAYS no more."""
        now = timezone.now()
        wait = min(self.FIRST_WAIT * 2 ** min(self.attempts - 1, 20), self.LONGEST_WAIT)
        over = now - self.created_at > timedelta(days=settings.MAIL_GIVE_UP_DAYS)
        state = self.State.FAILED if over else self.State.WAITING
        return self._let_go(state=state, next_at=now + wait, error=error[: self.ERROR_LENGTH])

    def give_up(self, error: str) -> bool:
        """It cannot be sent, now or later, and what it said is of use to nobody."""
        return self._let_go(state=self.State.FAILED, content="", error=error[: self.ERROR_LENGTH])

    @property
    def can_be_retried(self) -> bool:
        expired = self.expires_at is not None and self.expires_at <= timezone.now()
        return self.state in {self.State.WAITING, self.State.FAILED} and not expired

    @transaction.atomic
    def retry(self, *, actor: Actor) -> None:
        """Send it as soon as possible; it has MAIL_GIVE_UP_DAYS again. Raises Refused."""
        now = timezone.now()
        alive = Q(expires_at=None) | Q(expires_at__gt=now)
        waits = Letter.objects.filter(alive, pk=self.pk, state__in=[self.State.WAITING, self.State.FAILED])
        if not waits.exclude(content="").update(state=self.State.WAITING, next_at=now, created_at=now):
            raise Refused("letter-gone", _("This letter cannot be sent again: its content is gone or out of date."))
        record("letter.retried", actor=actor, organization=self.organization, target=self.recipient)

    @transaction.atomic
    def discard(self, *, actor: Actor) -> None:
        """Never send it, and erase what it said. Raises Refused."""
        now = timezone.now()
        idle = Q(lease_until=None) | Q(lease_until__lte=now)
        open_ = Letter.objects.filter(idle, pk=self.pk, state__in=[self.State.WAITING, self.State.FAILED])
        if not open_.update(state=self.State.DISCARDED, content="", lease_by=None, lease_until=None):
            raise Refused("letter-under-way", _("This letter is being sent or has been delivered."))
        record("letter.discarded", actor=actor, organization=self.organization, target=self.recipient)
