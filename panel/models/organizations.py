from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, validate_email
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..activity import record
from ..errors import Refused
from ..texts import is_printable
from .contacts import Contact
from .members import Membership, Role

if TYPE_CHECKING:
    from ..actors import Actor
    from .users import User

CODE = RegexValidator(r"\A[a-z0-9]{2,32}\Z", _("Two to 32 lower-case letters and digits."))
NAME_LENGTH = 150
NOT_PRINTABLE = _("A name has no line breaks and no control characters.")


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
        validators=[CODE],
        help_text=_("Two to 32 lower-case letters and digits; part of every service's name."),
    )
    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    notify = models.BooleanField(
        _("notify the contacts when a domain needs attention and when it recovers"), default=True
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ACTIVE)
    ends_on = models.DateField(_("ends on"), null=True, blank=True)
    deletes_at = models.DateTimeField(
        null=True, blank=True
    )  # with all that belongs to it; until then it can be withdrawn
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    members = models.ManyToManyField("panel.User", through="panel.Membership", related_name="organizations")

    opened_by: tuple[int, Role] | None = None  # for whom this very object was read, and with what role (`panel.access`)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    @classmethod
    @transaction.atomic
    def create(cls, code: str, name: str, *, actor: Actor, contacts: Iterable[str] = ()) -> Organization:
        """A new customer. Raises Refused where the code is taken or not fit."""
        try:
            CODE(code)
        except ValidationError as error:
            raise Refused("code-invalid", error.message, field="code") from error
        if not name.strip():
            raise Refused("name-missing", _("An organization needs a name."), field="name")
        if len(name.strip()) > NAME_LENGTH:
            message = _("The limit for a name is %(n)d characters.") % {"n": NAME_LENGTH}
            raise Refused("name-long", message, field="name")
        if not is_printable(name.strip()):
            raise Refused("name-characters", NOT_PRINTABLE, field="name")
        wanted = addresses(contacts)
        organization, created = cls.objects.get_or_create(code=code, defaults={"name": name.strip()})
        if not created:
            raise Refused("code-taken", _("This code belongs to another organization."), field="code")
        organization._list_contacts(wanted)
        record("organization.created", actor=actor, organization=organization, target=code, after={"name": name})
        return organization

    @transaction.atomic
    def change(self, *, actor: Actor, **fields: Any) -> None:
        """Set any of name, contacts (addresses) and notify."""
        wanted = addresses(fields.pop("contacts")) if "contacts" in fields else None
        organization = Organization.objects.select_for_update().get(pk=self.pk)
        changed = {name: value for name, value in fields.items() if getattr(organization, name) != value}
        before = {name: getattr(organization, name) for name in changed}
        if changed:
            Organization.objects.filter(pk=self.pk).update(**changed)
        listed = organization.contact_addresses
        if wanted is not None and set(wanted) != set(listed):
            organization._list_contacts(wanted)
            before, changed = {**before, "contacts": listed}, {**changed, "contacts": wanted}
        if not changed:
            return
        record("organization.changed", actor=actor, organization=self, target=self.code, before=before, after=changed)
        self.refresh_from_db()

    @property
    def contact_addresses(self) -> list[str]:
        """In the order in which they were named; of a prefetched list at no cost."""
        return [contact.email for contact in sorted(self.contacts.all(), key=lambda contact: contact.pk)]

    def _list_contacts(self, wanted: list[str]) -> None:
        """Take out who is not wanted and add who is new; those who stay need not confirm again."""
        from .. import contacts

        self.contacts.exclude(email__in=wanted).delete()
        for email in wanted:
            Contact.add(self, email)
        contacts.ask_soon(self)

    def suspend(self, *, actor: Actor) -> None:
        """Its services can be read and not changed."""
        self._move({self.State.ACTIVE}, self.State.SUSPENDED, "organization.suspended", actor)

    @transaction.atomic
    def resume(self, *, actor: Actor) -> None:
        if Organization.objects.select_for_update().filter(pk=self.pk).exclude(deletes_at=None).exists():
            raise Refused("deletion-requested", _("This organization is to be deleted: withdraw that first."))
        self._move({self.State.SUSPENDED}, self.State.ACTIVE, "organization.resumed", actor)

    def end(self, *, actor: Actor) -> None:
        self._move({self.State.ACTIVE, self.State.SUSPENDED}, self.State.ENDED, "organization.ended", actor)

    @transaction.atomic
    def end_on(self, day: date | None, *, actor: Actor) -> None:
        """End the organization on `day`; None withdraws that."""
        if day is not None and day < timezone.localdate():
            raise Refused("day-past", _("This day has passed."), field="day")
        organization = Organization.objects.select_for_update().get(pk=self.pk)
        if organization.state == self.State.ENDED:
            raise Refused("organization-ended", _("This organization has ended."))
        Organization.objects.filter(pk=self.pk).update(ends_on=day)
        before, after = {"ends_on": organization.ends_on}, {"ends_on": day}
        record("organization.ending", actor=actor, organization=self, target=self.code, before=before, after=after)
        self.ends_on = day

    @transaction.atomic
    def request_deletion(self, *, actor: Actor, days: int | None = None) -> None:
        """Suspend it, and delete it after `days` of grace, DELETION_GRACE_DAYS where none are given."""
        organization = Organization.objects.select_for_update().get(pk=self.pk)
        if organization.deletes_at is not None:
            raise Refused("deletion-requested", _("The deletion of this organization has been requested already."))
        if organization.state == self.State.ACTIVE:
            self.suspend(actor=actor)
        grace = settings.DELETION_GRACE_DAYS if days is None else days
        self.deletes_at = timezone.now() + timedelta(days=grace)
        Organization.objects.filter(pk=self.pk).update(deletes_at=self.deletes_at)
        after = {"deletes_at": self.deletes_at}
        record("organization.deletion_requested", actor=actor, organization=self, target=self.code, after=after)

    @transaction.atomic
    def withdraw_deletion(self, *, actor: Actor) -> None:
        """Keep it. Refused once its day has come: parts of it may be gone."""
        waits = Organization.objects.filter(pk=self.pk, deletes_at__gt=timezone.now())
        if not waits.update(deletes_at=None):
            raise Refused("no-deletion", _("No deletion of this organization can be withdrawn."))
        record("organization.deletion_withdrawn", actor=actor, organization=self, target=self.code)
        self.deletes_at = None

    @transaction.atomic
    def _move(self, from_: set[State], to: State, verb: str, actor: Actor) -> None:
        if not Organization.objects.filter(pk=self.pk, state__in=from_).update(state=to):
            self.refresh_from_db(fields=["state"])
            state = self.get_state_display()
            raise Refused("wrong-state", _("This organization is %(state)s.") % {"state": state})
        record(verb, actor=actor, organization=self, target=self.code)
        self.state = to

    @transaction.atomic
    def add_member(self, user: User, role: str, *, actor: Actor) -> Membership:
        """Make `user` a member, or give the member this role. Refused where no owner would be left."""
        organization = Organization.objects.select_for_update().get(pk=self.pk)
        after = {"role": Role(role).value}
        membership = Membership.objects.filter(organization=organization, user=user).first()
        if membership is None:
            record("member.added", actor=actor, organization=organization, target=user.email, after=after)
            return Membership.objects.create(organization=organization, user=user, role=role)
        if membership.role == role:
            return membership
        if membership.role == Role.OWNER:
            organization._keep_an_owner(but=membership)
        before = {"role": membership.role}
        record("member.changed", actor=actor, organization=organization, target=user.email, before=before, after=after)
        membership.role = role
        membership.save(update_fields=["role"])
        return membership

    @transaction.atomic
    def remove_member(self, user: User, *, actor: Actor) -> None:
        """End a membership; never the last owner's."""
        organization = Organization.objects.select_for_update().get(pk=self.pk)
        membership = Membership.objects.filter(organization=organization, user=user).first()
        if membership is None:
            raise Refused("not-a-member", _("This person is no longer a member."))
        if membership.role == Role.OWNER:
            organization._keep_an_owner(but=membership)
        before = {"role": membership.role}
        record("member.removed", actor=actor, organization=organization, target=user.email, before=before)
        membership.delete()
        self.invitations.filter(invited_by=user, accepted_at=None).delete()

    def _keep_an_owner(self, *, but: Membership) -> None:
        others = Membership.objects.filter(organization=self, role=Role.OWNER, user__is_active=True).exclude(pk=but.pk)
        if not others.exists():
            raise Refused("last-owner", _("This is the last owner. Make someone else an owner first."))


def addresses(texts: Iterable[str]) -> list[str]:
    """E-mail addresses, each once, in lower case. Raises Refused for what is none, and for more than one may list."""
    cleaned = dict.fromkeys(text.strip().lower() for text in texts if text.strip())
    if len(cleaned) > Contact.AT_MOST:
        message = _("The limit of contacts for an organization is %(n)d.") % {"n": Contact.AT_MOST}
        raise Refused("contacts-many", message, field="contacts")
    for text in cleaned:
        try:
            validate_email(text)
        except ValidationError as error:
            message = _("%(text)s is not an e-mail address.") % {"text": text}
            raise Refused("contact-invalid", message, field="contacts") from error
    return list(cleaned)
