from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Case, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from panel.activity import record
from panel.errors import Refused
from panel.models import Role
from panel.secrets import EncryptedTextField

if TYPE_CHECKING:
    from collections.abc import Iterable

    from panel.actors import Actor
    from panel.models import Organization, User

STAFF = "staff"  # what the operator's provider can make of somebody
URL_LENGTH = 500
SUBJECT_LENGTH = 255  # OpenID Connect Core 1.0 §2
OURS = ("name", "issuer", "client_id", "client_secret", "groups_claim", "roles", "active")


class IdentityProvider(models.Model):
    """Where people sign in: an organization's, or (without one) the operator's own.

    `roles`: what each group is here; a role of members, or STAFF at the operator's. Empty at an organization's: its
    members keep the roles that they have.
    """

    organization = models.OneToOneField(
        "panel.Organization", on_delete=models.CASCADE, null=True, blank=True, related_name="identity_provider"
    )
    name = models.CharField(_("name"), max_length=60)
    issuer = models.CharField(_("issuer"), max_length=URL_LENGTH)
    client_id = models.CharField(_("client ID"), max_length=255)
    client_secret = EncryptedTextField(blank=True)
    groups_claim = models.CharField(_("claim with the groups"), max_length=100, default="groups")
    roles = models.JSONField(default=dict)
    active = models.BooleanField(_("in use"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Case(When(organization=None, then=Value(1))), name="identity_provider_one_of_operator"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_operators(self) -> bool:
        return self.organization_id is None

    def address(self, name: str) -> str:
        """Of a page of its own."""
        if self.organization is None:
            return reverse(f"identities:operator_{name}")
        return reverse(f"identities:{name}", args=[self.organization.code])

    @property
    def redirect_uri(self) -> str:
        """One of its own: an answer of another provider never arrives here (RFC 9700 §4.4.2.2)."""
        return f"{settings.PUBLIC_URL}{self.address('callback')}"

    @property
    def sign_in_address(self) -> str:
        return f"{settings.PUBLIC_URL}{self.address('go')}"

    def role_of(self, groups: Iterable[str]) -> str | None:
        """The highest role that these groups have here."""
        found = [self.roles[group] for group in groups if group in self.roles]
        if self.is_operators:
            return STAFF if STAFF in found else None
        return max((role for role in found if role in Role.values), key=lambda role: Role(role).rank, default=None)

    @classmethod
    @transaction.atomic
    def configure(cls, organization: Organization | None, fields: dict[str, Any], *, actor: Actor) -> IdentityProvider:
        """Make it, or change it. With another issuer or client the links of people go: they were of other subjects."""
        found = cls.objects.select_for_update().filter(organization=organization).first()
        target, shown = fields["name"], ("name", "issuer", "client_id", "groups_claim", "roles", "active")
        if found is None:
            made = cls.objects.create(organization=organization, **{name: fields[name] for name in OURS})
            after = {name: fields[name] for name in shown}
            record("identity_provider.created", actor=actor, organization=organization, target=target, after=after)
            return made
        before = {name: getattr(found, name) for name in shown if getattr(found, name) != fields[name]}
        for name in OURS:
            if name != "client_secret" or fields[name]:
                setattr(found, name, fields[name])
        found.save()
        if {"issuer", "client_id"} & before.keys():
            found.identities.all().delete()
        after = {name: fields[name] for name in before}
        record(
            "identity_provider.changed",
            actor=actor,
            organization=organization,
            target=target,
            before=before,
            after=after,
        )
        return found

    @transaction.atomic
    def remove(self, *, actor: Actor) -> None:
        record("identity_provider.removed", actor=actor, organization=self.organization, target=self.name)
        self.delete()


class Identity(models.Model):
    """Who somebody is at a provider: its `sub`, which never changes hands. E-mail addresses play no part."""

    provider = models.ForeignKey(IdentityProvider, on_delete=models.CASCADE, related_name="identities")
    user = models.ForeignKey("panel.User", on_delete=models.CASCADE, related_name="identities")
    subject = models.CharField(max_length=SUBJECT_LENGTH)
    made_user = models.BooleanField(default=False)  # the person came by it: the provider decides on the staff role
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)  # in none of the groups, when last heard of

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "subject"], name="identity_of_one_person"),
            models.UniqueConstraint(fields=["user", "provider"], name="identity_once_per_person"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.provider_id}"

    @classmethod
    def of(cls, provider: IdentityProvider, subject: str) -> Identity | None:
        found = cls.objects.select_related("user").filter(provider=provider, subject=subject).first()
        if found is not None:
            found.provider = provider
        return found

    @classmethod
    @transaction.atomic
    def link(
        cls, provider: IdentityProvider, user: User, subject: str, *, actor: Actor, made_user: bool = False
    ) -> Identity:
        if cls.objects.filter(provider=provider, subject=subject).exclude(user=user).exists():
            raise Refused("linked-to-another", _("This identity belongs to someone else here."))
        if cls.objects.filter(provider=provider, user=user).exclude(subject=subject).exists():
            raise Refused("already-linked", _("You have linked another identity of this provider. Unlink it first."))
        found, made = cls.objects.get_or_create(
            provider=provider, user=user, subject=subject, defaults={"made_user": made_user}
        )
        if made:
            record(
                "identity.linked",
                actor=actor,
                organization=provider.organization,
                target=user.email,
                note=provider.name,
            )
        return found

    @transaction.atomic
    def unlink(self, *, actor: Actor) -> None:
        record(
            "identity.unlinked",
            actor=actor,
            organization=self.provider.organization,
            target=self.user.email,
            note=self.provider.name,
        )
        self.delete()
