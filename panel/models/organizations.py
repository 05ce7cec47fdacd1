from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..errors import Refused

if TYPE_CHECKING:
    from .users import User


class Role(models.TextChoices):
    """What a member may do; each role may also do all that the ones below it may."""

    OWNER = "owner", _("owner")
    TECHNICIAN = "technician", _("technician")
    VIEWER = "viewer", _("viewer")

    @property
    def rank(self) -> int:
        return {Role.VIEWER: 1, Role.TECHNICIAN: 2, Role.OWNER: 3}[self]


class Organization(models.Model):
    """A customer: it has members and services."""

    class State(models.TextChoices):
        ACTIVE = "active", _("active")
        SUSPENDED = "suspended", _("suspended")
        ENDED = "ended", _("ended")

    code = models.CharField(
        _("code"),
        max_length=32,
        unique=True,
        validators=[RegexValidator(r"\A[a-z0-9]{2,32}\Z", _("Two to 32 lower-case letters and digits."))],
        help_text=_("Two to 32 lower-case letters and digits; part of every service's name."),
    )
    name = models.CharField(_("name"), max_length=150)
    contacts = models.JSONField(_("contacts"), default=list, blank=True)  # e-mail addresses that are told of trouble
    notify = models.BooleanField(_("tell the contacts when a domain turns red and when it recovers"), default=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ACTIVE)
    ends_on = models.DateField(_("ends on"), null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    members = models.ManyToManyField("panel.User", through="panel.Membership", related_name="organizations")

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    @transaction.atomic
    def add_member(self, user: User, role: str) -> Membership:
        """Make `user` a member, or give the member this role. Refused where no owner would be left."""
        organization = Organization.objects.select_for_update().get(pk=self.pk)
        membership = Membership.objects.filter(organization=organization, user=user).first()
        if membership is None:
            return Membership.objects.create(organization=organization, user=user, role=role)
        if membership.role == Role.OWNER and role != Role.OWNER:
            organization._keep_an_owner(but=membership)
        membership.role = role
        membership.save(update_fields=["role"])
        return membership

    @transaction.atomic
    def remove_member(self, user: User) -> None:
        """End a membership; never the last owner's."""
        organization = Organization.objects.select_for_update().get(pk=self.pk)
        membership = Membership.objects.get(organization=organization, user=user)
        if membership.role == Role.OWNER:
            organization._keep_an_owner(but=membership)
        membership.delete()

    def _keep_an_owner(self, *, but: Membership) -> None:
        others = Membership.objects.filter(organization=self, role=Role.OWNER).exclude(pk=but.pk)
        if not others.exists():
            raise Refused("last-owner", _("This is the last owner. Make someone else an owner first."))


class Membership(models.Model):
    user = models.ForeignKey("panel.User", on_delete=models.CASCADE, related_name="memberships")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=12, choices=Role)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["user__email"]
        constraints = [models.UniqueConstraint(fields=["user", "organization"], name="membership_unique")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.organization_id}: {self.role}"


class Invitation(models.Model):
    """A link that makes whoever opens it a member; the database keeps only its digest."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(_("e-mail address"))
    role = models.CharField(_("role"), max_length=12, choices=Role)
    digest = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey("panel.User", on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.email} to {self.organization_id}"

    @classmethod
    def issue(cls, organization: Organization, email: str, role: str, by: User | None) -> tuple[Invitation, str]:
        """Make an invitation; earlier ones to the same address lapse. Returns it with its secret token."""
        token = secrets.token_urlsafe(32)
        now = timezone.now()
        cls.objects.filter(organization=organization, email__iexact=email, accepted_at=None).delete()
        invitation = cls.objects.create(
            organization=organization,
            email=email.strip().lower(),
            role=role,
            digest=cls.digest_of(token),
            invited_by=by,
            expires_at=now + timedelta(days=settings.INVITATION_DAYS),
        )
        return invitation, token

    @classmethod
    def open_one(cls, token: str) -> Invitation | None:
        """The invitation of this token, unless it has expired or been used."""
        return cls.objects.filter(digest=cls.digest_of(token), accepted_at=None, expires_at__gt=timezone.now()).first()

    @staticmethod
    def digest_of(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()
