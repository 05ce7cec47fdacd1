"""Who comes in through an identity provider. An e-mail address never decides whose account it is."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from panel.activity import record
from panel.actors import Actor, ActorKind, Program
from panel.errors import Refused
from panel.models import Membership, Role, User

from .models import STAFF, Identity, IdentityProvider

if TYPE_CHECKING:
    from panel.models import Invitation

Claims = dict[str, Any]


def sign_in(provider: IdentityProvider, claims: Claims) -> Identity:
    """The identity that signs in, its person's role set to that of the groups. Raises Refused, and notes it."""
    identity = Identity.of(provider, claims["sub"])
    try:
        with transaction.atomic():
            identity = (
                _of_staff(provider, identity, claims)
                if provider.is_operators
                else _of_member(provider, identity, claims)
            )
            identity.last_used_at, identity.refused_at = timezone.now(), None
            identity.save(update_fields=["last_used_at", "refused_at"])
            record(
                "identity.signed_in",
                actor=identity.user,
                organization=provider.organization,
                target=identity.user.email,
                note=provider.name,
            )
    except Refused as refusal:
        if identity is not None and refusal.code == "no-group":
            _out_of_groups(provider, identity)
        who = identity.user.email if identity is not None else f"sub {claims['sub']}"
        record(
            "identity.refused",
            actor=_actor(provider),
            organization=provider.organization,
            target=who,
            note=str(refusal.code),
        )
        raise
    return identity


def link(provider: IdentityProvider, user: User, claims: Claims) -> Identity:
    """To the account of whoever is signed in and asked for it. Raises Refused."""
    if provider.is_operators:
        if not user.is_staff:
            raise Refused("not-staff", _("Only the operator's staff sign in here."))
        _require_role(provider, claims)
    else:
        require_member_alone(provider, user)
        if provider.roles:
            _require_role(provider, claims)
    return Identity.link(provider, user, claims["sub"], actor=user)


@transaction.atomic
def join(provider: IdentityProvider, invitation: Invitation, claims: Claims, *, language: str = "") -> Identity:
    """Accept an invitation as somebody new, who signs in through the organization's provider. Raises Refused."""
    if provider.organization_id != invitation.organization_id:
        raise Refused("other-organization", _("This invitation is of another organization."))
    role = _require_role(provider, claims) if provider.roles else invitation.role
    if User.objects.of_email(invitation.email) is not None:
        raise Refused("user-exists", _("There is an account with this e-mail address: sign in with its password."))
    if Identity.of(provider, claims["sub"]) is not None:
        raise Refused("linked-to-another", _("This identity belongs to someone else here."))
    user = User.objects.create_user(invitation.email, None, name=_name(claims), language=language)
    invitation.accept(user)
    identity = Identity.link(provider, user, claims["sub"], actor=user)
    _give_role(provider, user, role)
    return identity


def still_signs_in(identity: Identity) -> bool:
    """Whether a session that began with it may go on."""
    provider, user = identity.provider, identity.user
    if not provider.active or not user.is_active or identity.refused_at is not None:
        return False
    if provider.is_operators:
        return user.is_staff
    try:
        require_member_alone(provider, user)
    except Refused:
        return False
    return True


def require_member_alone(provider: IdentityProvider, user: User) -> None:
    """Whoever holds the provider can say to be anybody whom it signs in: so it must lead no further than to the
    organization it is of. Raises Refused."""
    if user.is_staff:
        raise Refused("staff", _("The operator's staff do not sign in through an organization's provider."))
    memberships = set(Membership.objects.filter(user=user).values_list("organization_id", flat=True))
    if provider.organization_id not in memberships:
        raise Refused("not-a-member", _("You are not a member of this organization."))
    if len(memberships) > 1:
        words = _("You are a member of several organizations: sign in with your password or a passkey.")
        raise Refused("member-elsewhere", words)


def _of_member(provider: IdentityProvider, identity: Identity | None, claims: Claims) -> Identity:
    if identity is None:
        words = _("This identity is linked to no account. Sign in with your password, and link it in your settings.")
        raise Refused("not-linked", words)
    _require_active(identity.user)
    require_member_alone(provider, identity.user)
    if provider.roles:
        _give_role(provider, identity.user, _require_role(provider, claims))
    return identity


def _of_staff(provider: IdentityProvider, identity: Identity | None, claims: Claims) -> Identity:
    _require_role(provider, claims)
    if identity is None:
        return _new_colleague(provider, claims)
    _require_active(identity.user)
    if not identity.user.is_staff:
        if not identity.made_user:
            raise Refused("not-staff", _("Only the operator's staff sign in here."))
        identity.user.change(is_staff=True, actor=_actor(provider))
    return identity


def _new_colleague(provider: IdentityProvider, claims: Claims) -> Identity:
    email = str(claims.get("email", "")).strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise Refused("no-email", _("The provider tells no e-mail address.")) from error
    if claims.get("email_verified") is False:
        raise Refused("no-email", _("The provider says that the e-mail address is not verified."))
    if User.objects.of_email(email) is not None:
        words = _("There is an account with this address. Sign in with its password, and link the identity there.")
        raise Refused("link-first", words)
    user = User.invite_staff(email, _name(claims), actor=_actor(provider))
    return Identity.link(provider, user, claims["sub"], actor=_actor(provider), made_user=True)


def _out_of_groups(provider: IdentityProvider, identity: Identity) -> None:
    """The sessions that began with it end; and whoever came through the operator's provider is staff as long as it
    says so."""
    Identity.objects.filter(pk=identity.pk).update(refused_at=timezone.now())
    if provider.is_operators and identity.made_user and identity.user.is_staff:
        with suppress(Refused):  # the last one who can sign in
            identity.user.change(is_staff=False, actor=_actor(provider))


def _require_role(provider: IdentityProvider, claims: Claims) -> str:
    role = provider.role_of(claims.get("groups", []))
    if role is None:
        raise Refused("no-group", _("None of your groups may sign in here."))
    return role


def _give_role(provider: IdentityProvider, user: User, role: str) -> None:
    assert provider.organization is not None
    assert role != STAFF
    with suppress(Refused):  # the last owner stays one
        provider.organization.add_member(user, Role(role), actor=_actor(provider))


def _require_active(user: User) -> None:
    if not user.is_active:
        raise Refused("inactive", _("This account may not sign in."))


def _actor(provider: IdentityProvider) -> Actor:
    return Program(ActorKind.SIGN_IN, f"identity provider {provider.name}")


def _name(claims: Claims) -> str:
    text = str(claims.get("name", "")).strip()
    return text[:150] if text.isprintable() else ""
