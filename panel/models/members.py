from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..activity import record
from ..actors import speaks_for_operator
from ..errors import Refused
from .contacts import Contact
from .users import User

if TYPE_CHECKING:
    from ..actors import Actor
    from .organizations import Organization


WELCOMES = 5  # letters that a first owner gets at once
INVITATIONS_AN_HOUR = 100  # that one organization's own people may send


class Role(models.TextChoices):
    """What a member may do; each role may also do all that the ones below it may."""

    OWNER = "owner", _("owner")
    TECHNICIAN = "technician", _("technician")
    VIEWER = "viewer", _("viewer")

    @property
    def rank(self) -> int:
        return {Role.VIEWER: 1, Role.TECHNICIAN: 2, Role.OWNER: 3}[self]


class Membership(models.Model):
    user = models.ForeignKey("panel.User", on_delete=models.CASCADE, related_name="memberships")
    organization = models.ForeignKey("panel.Organization", on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=12, choices=Role)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["user__email"]
        constraints = [models.UniqueConstraint(fields=["user", "organization"], name="membership_unique")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.organization_id}: {self.role}"


class Invitation(models.Model):
    """A link that makes whoever it was sent to a member; the database keeps only its digest."""

    organization = models.ForeignKey("panel.Organization", on_delete=models.CASCADE, related_name="invitations")
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

    @property
    def expired(self) -> bool:
        return self.expires_at <= timezone.now()

    @classmethod
    @transaction.atomic
    def issue(cls, organization: Organization, email: str, role: str, by: Actor) -> tuple[Invitation, str]:
        """Make an invitation; earlier ones to the same address lapse. Returns it with its secret token."""
        email = email.strip().lower()
        cls._slow_down(organization, by)
        if Membership.objects.filter(organization=organization, user__email=email).exists():
            raise Refused("already-member", _("This person is already a member."), field="email")
        token = secrets.token_urlsafe(32)
        cls.objects.filter(organization=organization, email=email, accepted_at=None).delete()
        invitation = cls.objects.create(
            organization=organization,
            email=email,
            role=Role(role),
            digest=cls.digest_of(token),
            invited_by=by.actor_person,
            expires_at=timezone.now() + timedelta(days=settings.INVITATION_DAYS),
        )
        record("member.invited", actor=by, organization=organization, target=email, after={"role": invitation.role})
        return invitation, token

    @staticmethod
    def _slow_down(organization: Organization, by: Actor) -> None:
        """An organization's people must not be able to send mail without end."""
        from .. import outbox

        if speaks_for_operator(by):
            return
        if outbox.room(organization) <= 0:
            message = _("This organization has reached its daily mail quota. Try again tomorrow.")
            raise Refused("mail-quota", message)
        hour_ago = timezone.now() - timedelta(hours=1)
        lately = organization.activities.filter(verb="member.invited", at__gt=hour_ago).count()
        if lately >= INVITATIONS_AN_HOUR:
            raise Refused("too-many-invitations", _("Too many invitations. Wait an hour before the next one."))

    @classmethod
    def open_one(cls, token: str) -> Invitation | None:
        """The invitation of this token, unless it has expired or been used."""
        invitations = cls.objects.select_related("organization", "invited_by")
        found = invitations.filter(digest=cls.digest_of(token), accepted_at=None, expires_at__gt=timezone.now()).first()
        return found if found is not None and found.is_backed() else None

    def is_backed(self) -> bool:
        """Whether whoever invited could do so still: an owner, staff; the command line always could."""
        by = self.invited_by
        if by is None:
            return True
        if not by.is_active:
            return False
        owners = Membership.objects.filter(organization_id=self.organization_id, user=by, role=Role.OWNER)
        return by.is_staff or owners.exists()

    @staticmethod
    def digest_of(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()

    @transaction.atomic
    def join(self, *, name: str, password: str, language: str = "") -> User:
        """Accept it as somebody new, who signs in with `password` from now on."""
        still_open = Invitation.objects.select_for_update().filter(pk=self.pk, accepted_at=None).first()
        if still_open is None or not still_open.is_backed() or User.objects.of_email(self.email):
            raise Refused("invitation-lapsed", _("This invitation has expired or has been used."))
        user = User.objects.create_user(self.email, password, name=name, language=language)
        self.accept(user)
        return user

    @transaction.atomic
    def accept(self, user: User) -> Membership:
        """Make its addressee a member, once. A role that he has already is never lowered."""
        if user.email != self.email:
            raise Refused("invitation-of-another", _("This invitation is for someone else."))
        now = timezone.now()
        open_still = Invitation.objects.filter(pk=self.pk, accepted_at=None, expires_at__gt=now)
        if not self.is_backed() or not open_still.update(accepted_at=now):
            raise Refused("invitation-lapsed", _("This invitation has expired or has been used."))
        present = Membership.objects.filter(organization_id=self.organization_id, user=user).first()
        if present and Role(present.role).rank >= Role(self.role).rank:
            return present
        owners = Membership.objects.filter(organization_id=self.organization_id, role=Role.OWNER, user__is_active=True)
        is_first = self.role == Role.OWNER and not owners.exists()
        membership = self.organization.add_member(user, self.role, actor=user)
        if self.role == Role.OWNER:
            Contact.by_default(self.organization, user.email)
        if is_first:
            self._welcome(user)
        return membership

    def _welcome(self, user: User) -> None:
        """The first owner of an organization has missed the letters about the services that it has already."""
        from ..mail import service_created
        from .services import Service

        for service in self.organization.services.filter(state=Service.State.ACTIVE).order_by("number")[:WELCOMES]:
            service_created(service, [user])

    @transaction.atomic
    def withdraw(self, *, actor: Actor) -> None:
        """Its link works no more."""
        if not Invitation.objects.filter(pk=self.pk, accepted_at=None).delete()[0]:
            raise Refused("invitation-lapsed", _("This invitation has expired or has been used."))
        record("invitation.withdrawn", actor=actor, organization=self.organization, target=self.email)
