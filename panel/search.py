"""Find anything: a domain, an address, a service, an organization. Apps offer providers; settings name them."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.module_loading import import_string

from .access import organizations_of, services_of
from .models import Membership, User


@dataclass(frozen=True, slots=True)
class Hit:
    title: str
    detail: str
    url: str


def find(user: User, text: str, limit: int = 20) -> list[Hit]:
    """What matches `text` among all that the user may see, at most `limit` from each provider."""
    text = text.strip()
    if not text:
        return []
    hits: list[Hit] = []
    for path in settings.SEARCH_PROVIDERS:
        hits += import_string(path)(user, text, limit)
    return hits


def find_organizations(user: User, text: str, limit: int) -> list[Hit]:
    wanted = Q(name__icontains=text) | Q(code__icontains=text)
    found = organizations_of(user).filter(wanted).order_by("name")[:limit]
    return [Hit(o.name, o.code, reverse("panel:organization", args=[o.code])) for o in found]


def find_people(user: User, text: str, limit: int) -> list[Hit]:
    """By the beginning of the address, which an index finds, or a part of the name: staff find everybody, members who
    is in their organizations."""
    wanted = Q(email__startswith=text.lower()) | Q(name__icontains=text)
    if user.is_staff:
        found = User.objects.filter(wanted).order_by("email")[:limit]
        return [Hit(person.email, person.name, reverse("panel:staff_user", args=[person.pk])) for person in found]
    seats = Membership.objects.filter(organization__in=organizations_of(user), user__in=User.objects.filter(wanted))
    return [
        Hit(
            seat.user.email,
            seat.organization.name,
            f"{reverse('panel:organization', args=[seat.organization.code])}?{urlencode({'q': seat.user.email})}",
        )
        for seat in seats.select_related("user", "organization").order_by("user__email", "pk")[:limit]
    ]


def find_services(user: User, text: str, limit: int) -> list[Hit]:
    wanted = Q(name__icontains=text) | Q(display_name__icontains=text)
    found = services_of(user).select_related("organization").filter(wanted).order_by("name")[:limit]
    return [Hit(s.name, s.organization.name, reverse("panel:service", args=[s.name])) for s in found]
