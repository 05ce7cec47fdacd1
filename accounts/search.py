"""Finding accounts for the find-anything box."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q, QuerySet
from django.urls import reverse

from panel.access import services_of
from panel.models import User
from panel.search import Hit

from . import trigrams
from .models import EmailAccount
from .models.accounts import SLOTS_LAST
from .rules import fold

LAST = "\U0010ffff"  # sorts after every other character
KEYS = ("address_key", "first_key", "last_key", "display_key")


def key_of(text: str) -> str:
    return fold(" ".join(text.split()))


def found_inside(text: str) -> bool:
    """Whether a search for `text` finds it in the middle of words, not at the beginning only."""
    return len(key_of(text)) >= trigrams.SHORTEST and trigrams.available()


def matching(text: str, keys: Sequence[str] = KEYS) -> Q:
    """Accounts whose address (a slot's token too) or one of whose names begins with `text`; and, where the database
    has an index of trigrams, those that hold it anywhere before the @ or in a name."""
    key = key_of(text)
    condition = Q(address_key__gte=SLOTS_LAST + key, address_key__lt=SLOTS_LAST + key + LAST)
    if found_inside(text):
        local_part, at, _domain = key.partition("@")
        if not at:
            return condition | Q(search_key__holds=key)
        if len(local_part) + 1 >= trigrams.SHORTEST:  # the end of a name before the @, and the domain's beginning
            return condition | Q(search_key__holds=local_part + at, address_key__contains=key)
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
