"""Who may: the one place that decides. Every view calls one of these first.

An object of an organization that one is no member of is a 404, as if it did not exist; a member whose role does
not reach is told so (403). Staff reach everything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from .models import Membership, Organization, Role, Service, User

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


def role_of(user: User | AnonymousUser, organization: Organization) -> Role | None:
    """The user's role there; staff count as owners; None: no member."""
    if not user.is_authenticated:
        return None
    if user.is_staff:
        return Role.OWNER
    if user.acting is not None:
        return user.acting.role if user.acting.organization_id == organization.pk else None
    if organization.opened_by is not None and organization.opened_by[0] == user.pk:
        return organization.opened_by[1]
    role = Membership.objects.filter(user_id=user.pk, organization=organization).values_list("role", flat=True).first()
    return Role(role) if role else None


def require(user: User | AnonymousUser, organization: Organization, at_least: Role = Role.VIEWER) -> Role:
    """404 for strangers, 403 for a role that does not reach."""
    role = role_of(user, organization)
    if role is None:
        raise Http404
    if role.rank < at_least.rank:
        raise PermissionDenied
    return role


def organization_for(user: User | AnonymousUser, code: str, *, at_least: Role = Role.VIEWER) -> Organization:
    organization = Organization.objects.filter(code=code).first()
    if organization is None:
        raise Http404
    _opened(user, organization, at_least)
    return organization


def service_for(
    user: User | AnonymousUser, name: str, *, at_least: Role = Role.VIEWER, also: Sequence[str] = ()
) -> Service:
    """`also`: relations to read in the same question."""
    service = Service.objects.select_related("organization", "platform", *also).filter(name=name).first()
    if service is None:
        raise Http404
    _opened(user, service.organization, at_least)
    return service


def _opened(user: User | AnonymousUser, organization: Organization, at_least: Role) -> None:
    """Like `require`, of a row that was read for this caller: its role is not asked for again."""
    role = require(user, organization, at_least)
    if user.pk is not None:
        organization.opened_by = (user.pk, role)


def seats_of(user: User) -> QuerySet[Membership]:
    """The memberships that a user's rights come from: his own, or the one that he sees the panel with."""
    if user.acting is not None:
        return Membership.objects.filter(pk=user.acting.membership_id)
    return Membership.objects.filter(user_id=user.pk)


def organizations_of(user: User | AnonymousUser) -> QuerySet[Organization]:
    """Those that the user may see."""
    if not user.is_authenticated:
        return Organization.objects.none()
    return Organization.objects.all() if user.is_staff else Organization.objects.filter(memberships__in=seats_of(user))


def services_of(user: User | AnonymousUser) -> QuerySet[Service]:
    """Those that the user may see."""
    if not user.is_authenticated:
        return Service.objects.none()
    if user.is_staff:
        return Service.objects.all()
    return Service.objects.filter(organization__memberships__in=seats_of(user))


def person(request: HttpRequest) -> User:
    """Whoever is signed in, on a page that needs one to be."""
    if not request.user.is_authenticated:
        raise PermissionDenied
    return request.user


def staff_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Only staff; everyone else gets a 404."""

    @wraps(view)
    @login_required
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_staff:
            raise Http404
        return view(request, *args, **kwargs)

    return wrapper
