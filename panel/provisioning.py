"""What staff's pages and the command line do alike, where it takes more than one verb of one model."""

from __future__ import annotations

from django.core.validators import MaxLengthValidator, validate_email
from django.db import transaction

from . import links, mail, slots
from .activity import record
from .actors import Actor
from .models import Membership, Organization, Platform, Service, User

ADDRESS_LENGTH = 254  # RFC 5321 §4.5.3.1.3, less the angle brackets


@transaction.atomic
def create_service(
    organization: Organization,
    platform: Platform | None,
    *,
    actor: Actor,
    quantity: int = 0,
    **fields: object,
) -> Service:
    """The organization's next service, with `quantity` slots. Raises Refused, and then nothing has been made."""
    service = Service.create(organization, platform or Platform.default(), actor=actor, **fields)
    if quantity:
        slots.provide(service, quantity, actor=actor)
    return service


@transaction.atomic
def add_member(organization: Organization, email: str, role: str, *, actor: Actor) -> tuple[Membership, str]:
    """Make the person with this address a member. Returns the membership and, for somebody new, the link that
    lets him choose a password; it is mailed to him as well. Raises ValidationError for what is no address."""
    validate_email(email.strip())
    MaxLengthValidator(ADDRESS_LENGTH)(email.strip())
    user = User.objects.of_email(email)
    link = ""
    if user is None:
        user = User.objects.create_user(email)
        record("user.created", actor=actor, organization=organization, target=user.email)
        link = new_password_link(user, actor=actor)
    return organization.add_member(user, role, actor=actor), link


def new_password_link(user: User, *, actor: Actor) -> str:
    """A link to choose a password, mailed to the user and returned to be shown once."""
    link = links.password_link(user)
    record("user.link", actor=actor, target=user.email)
    mail.password_link(user, link)
    return link
