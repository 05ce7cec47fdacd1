"""Finding accounts for the find-anything box."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q, QuerySet
from django.urls import reverse

from panel.access import services_of
from panel.models import User
from panel.search import Hit

from .models import EmailAccount
from .models.accounts import SLOTS_LAST
from .rules import fold

LAST = "\U0010ffff"  # sorts after every other character
KEYS = ("address_key", "first_key", "last_key", "display_key")


def matching(text: str, keys: Sequence[str] = KEYS) -> Q:
    """Accounts whose address (a slot's token too) or one of whose names begins with `text`."""
    key = fold(" ".join(text.split()))
    condition = Q(address_key__gte=SLOTS_LAST + key, address_key__lt=SLOTS_LAST + key + LAST)
    for field in keys:
        condition |= Q(**{f"{field}__gte": key, f"{field}__lt": key + LAST})
    return condition


def accounts_of(user: User) -> QuerySet[EmailAccount]:
    accounts = EmailAccount.objects.select_related("service")
    return accounts if user.is_staff else accounts.filter(service__in=services_of(user))


def find(user: User, text: str, limit: int) -> list[Hit]:
    found = accounts_of(user).filter(matching(text, ("address_key", "display_key"))).order_by("address_key")[:limit]
    return [
        Hit(a.shown_address, a.display_name or a.service.name, reverse("accounts:account", args=[a.service.name, a.pk]))
        for a in found
    ]
