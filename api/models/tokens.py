from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from panel.activity import record
from panel.actors import ActorKind
from panel.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from panel.models import Organization, User

PREFIX = "cfm_"  # lets scanners of repositories and logs tell what they found
USED_AGAIN = timedelta(minutes=1)  # "last used" is no more exact than this
TOKENS_AT_MOST = 100  # that work, of one organization


class Area(models.TextChoices):
    """What a token may be good for; each area is read, or read and written."""

    ORGANIZATIONS = "organizations", _("Organization and members")
    SERVICES = "services", _("Services")
    DOMAINS = "domains", _("Domains and checks")
    ACCOUNTS = "accounts", _("Accounts, orders and bulk runs")
    ACTIVITY = "activity", _("Activity log")
    MESSAGES = "messages", _("Message trace")
    WEBHOOKS = "webhooks", _("Webhooks")


SCOPES = tuple(f"{area.value}:{what}" for area in Area for what in ("read", "write"))


class Token(models.Model):
    """A key to the API, of an organization or (without one) of staff. Shown once; the database keeps its digest."""

    organization = models.ForeignKey(
        "panel.Organization", on_delete=models.CASCADE, null=True, blank=True, related_name="tokens"
    )
    name = models.CharField(_("name"), max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    start = models.CharField(max_length=12)  # of the token, so that people can tell which one a program has
    scopes = models.JSONField(default=list)
    made_by = models.ForeignKey("panel.User", on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.start}…)"

    @property
    def actor_kind(self) -> ActorKind:
        return ActorKind.STAFF_TOKEN if self.is_staff else ActorKind.TOKEN

    @property
    def actor_label(self) -> str:
        return f"token {self.name} ({self.start}…)"

    @property
    def actor_person(self) -> None:
        return None

    @property
    def is_staff(self) -> bool:
        return self.organization_id is None

    @property
    def works(self) -> bool:
        return self.revoked_at is None and self.expires_at > timezone.now()

    def may(self, scope: str) -> bool:
        """Whoever may write an area may read it."""
        return scope in self.scopes or (scope.endswith(":read") and scope.replace(":read", ":write") in self.scopes)

    @classmethod
    @transaction.atomic
    def issue(
        cls, organization: Organization | None, name: str, scopes: Iterable[str], expires_at: datetime, *, by: User
    ) -> tuple[Token, str]:
        """Make a token. Returns it with its secret, which nobody can find out later. Raises Refused."""
        chosen = [scope for scope in SCOPES if scope in set(scopes)]
        if not chosen:
            raise Refused("scopes", _("Choose at least one thing that the token may do."), field="scopes")
        if expires_at <= timezone.now():
            raise Refused("day-past", _("This day has passed."), field="expires")
        working = cls.objects.filter(organization=organization, revoked_at=None, expires_at__gt=timezone.now())
        if working.count() >= TOKENS_AT_MOST:
            raise Refused("too-many-tokens", _("There are many tokens already. Revoke those that nobody uses."))
        secret = PREFIX + secrets.token_urlsafe(32)
        token = cls.objects.create(
            organization=organization,
            name=name.strip(),
            digest=cls.digest_of(secret),
            start=secret[:10],
            scopes=chosen,
            made_by=by,
            expires_at=expires_at,
        )
        after = {"scopes": chosen, "until": expires_at}
        record("token.created", actor=by, organization=organization, target=str(token), after=after)
        return token, secret

    @staticmethod
    def digest_of(secret: str) -> str:
        return hashlib.sha256(secret.encode()).hexdigest()

    @classmethod
    def of(cls, secret: str) -> Token | None:
        """The token with this secret, while it works; a staff token, while its maker is staff."""
        try:
            digest = cls.digest_of(secret)
        except ValueError:  # characters that no text holds
            return None
        working = Q(revoked_at=None, expires_at__gt=timezone.now())
        maker = Q(organization__isnull=False) | Q(made_by__is_staff=True, made_by__is_active=True)
        token = cls.objects.select_related("organization").filter(working, maker, digest=digest).first()
        if token is not None:
            token._note_use()
        return token

    def _note_use(self) -> None:
        now = timezone.now()
        if self.last_used_at is None or now - self.last_used_at > USED_AGAIN:
            Token.objects.filter(pk=self.pk).update(last_used_at=now)

    @transaction.atomic
    def revoke(self, *, by: User) -> None:
        """It works no more. Raises Refused where it was revoked before."""
        if not Token.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=timezone.now()):
            raise Refused("wrong-state", _("This token has been revoked already."))
        record("token.revoked", actor=by, organization=self.organization, target=str(self))
        self.refresh_from_db()
