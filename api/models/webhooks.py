from __future__ import annotations

import base64
import secrets
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from panel.activity import record
from panel.errors import Refused
from panel.secrets import EncryptedTextField

if TYPE_CHECKING:
    from panel.actors import Actor
    from panel.models import Organization

PREFIX = "whsec_"
ENDPOINTS_AT_MOST = 20  # of one organization
URL_LENGTH = 500
OLD_SECRET_SIGNS = timedelta(hours=24)  # beside the new one, so that receivers have time to take that up
LEASE = timedelta(minutes=1)  # more than the deadline of one attempt
# Waits before the second attempt, the third, …: as Standard Webhooks recommends, about three days in all.
WAITS = tuple(timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400))


class Event(models.TextChoices):
    DOMAIN_VERIFIED = "domain.verified", _("the right to a domain is proven")
    CHECK_RED = "check.red", _("a check turned red")
    CHECK_RECOVERED = "check.recovered", _("a check recovered")
    ACCOUNT_CONFIGURED = "account.configured", _("an account was configured")
    RUN_FINISHED = "run.finished", _("a bulk run is finished")
    ORDER_PLACED = "order.placed", _("accounts were ordered")
    TEST = "test", _("a test")


class Endpoint(models.Model):
    """An address that hears of events of one organization or (without one: staff's) of all."""

    organization = models.ForeignKey(
        "panel.Organization", on_delete=models.CASCADE, null=True, blank=True, related_name="webhooks"
    )
    url = models.CharField(_("address"), max_length=URL_LENGTH)
    events = models.JSONField(default=list)
    secret = EncryptedTextField()
    old_secret = EncryptedTextField(blank=True, default="", db_default="")  # signs beside it until then
    old_secret_until = models.DateTimeField(null=True)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.url

    @classmethod
    @transaction.atomic
    def create(
        cls, organization: Organization | None, url: str, events: list[str], *, by: Actor
    ) -> tuple[Endpoint, str]:
        """Returns it with its secret, which is not shown again. Raises Refused."""
        if cls.objects.filter(organization=organization).count() >= ENDPOINTS_AT_MOST:
            raise Refused("too-many-webhooks", _("There are many webhooks already. Remove those that nobody uses."))
        secret = _secret()
        endpoint = cls.objects.create(
            organization=organization, url=url_or_refuse(url), events=events_or_refuse(events), secret=secret
        )
        after = {"events": endpoint.events}
        record("webhook.created", actor=by, organization=organization, target=endpoint.url, after=after)
        return endpoint, secret

    @transaction.atomic
    def change(self, *, by: Actor, **fields: Any) -> None:
        """Set any of url, events and active. Raises Refused."""
        if "url" in fields:
            fields["url"] = url_or_refuse(fields["url"])
        if "events" in fields:
            fields["events"] = events_or_refuse(fields["events"])
        before = {name: getattr(self, name) for name in fields}
        changed = {name: value for name, value in fields.items() if before[name] != value}
        if not changed:
            return
        Endpoint.objects.filter(pk=self.pk).update(**changed)
        record(
            "webhook.changed",
            actor=by,
            organization=self.organization,
            target=self.url,
            before={name: before[name] for name in changed},
            after=changed,
        )
        self.refresh_from_db()

    @transaction.atomic
    def rotate_secret(self, *, by: Actor) -> str:
        """Returns the new secret, which is not shown again. For a day messages are signed with both."""
        locked = Endpoint.objects.select_for_update().get(pk=self.pk)
        secret = _secret()
        Endpoint.objects.filter(pk=self.pk).update(
            secret=secret, old_secret=locked.secret, old_secret_until=timezone.now() + OLD_SECRET_SIGNS
        )
        record("webhook.secret_rotated", actor=by, organization=self.organization, target=self.url)
        self.refresh_from_db()
        return secret

    @property
    def secrets(self) -> list[str]:
        """Those that sign now, the newest first."""
        old = self.old_secret_until is not None and timezone.now() < self.old_secret_until
        return [self.secret, self.old_secret] if old and self.old_secret else [self.secret]

    @transaction.atomic
    def remove(self, *, by: Actor) -> None:
        record("webhook.removed", actor=by, organization=self.organization, target=self.url)
        self.delete()


class Delivery(models.Model):
    """One event on its way to one endpoint. Written in the transaction in which the event happens."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("given up")

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries")
    message_id = models.UUIDField(default=uuid.uuid4)  # the same at every attempt: receivers tell repetitions by it
    event = models.CharField(max_length=30, choices=Event)
    payload = models.JSONField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    next_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)  # of the last answer
    error = models.CharField(max_length=200, blank=True)  # why there was none
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(fields=["next_at"], condition=Q(state="waiting"), name="delivery_due"),
            models.Index(fields=["endpoint", "-id"], name="delivery_of_endpoint"),
            models.Index(fields=["created_at"], name="delivery_by_age"),
        ]
        constraints = [models.UniqueConstraint(fields=["endpoint", "message_id"], name="delivery_once")]

    def __str__(self) -> str:
        return f"{self.event} to {self.endpoint_id}: {self.state}"

    def give_up(self, why: str) -> None:
        """Nothing more is sent of it."""
        Delivery.objects.filter(pk=self.pk).update(
            state=self.State.FAILED, error=why, lease_until=None, ended_at=timezone.now()
        )

    @property
    def webhook_id(self) -> str:
        """As the header has it, and the log of deliveries."""
        return f"msg_{self.message_id.hex}"


def _secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def url_or_refuse(text: str) -> str:
    text = text.strip()
    try:
        parts = urlsplit(text)
        fits = parts.scheme in {"http", "https"} and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        fits = False
    bare = fits and not (parts.username or parts.password or parts.fragment)
    if not bare or len(text) > URL_LENGTH or not text.isascii() or not text.isprintable() or " " in text:
        raise Refused(
            "url", _("Enter an address such as https://billing.example.com/hook, without a password."), field="url"
        )
    return text


def events_or_refuse(events: list[str]) -> list[str]:
    chosen = [event.value for event in Event if event.value in set(events) and event is not Event.TEST]
    if not chosen or not set(events) <= set(chosen):
        raise Refused("events", _("Choose at least one event from the list."), field="events")
    return chosen
