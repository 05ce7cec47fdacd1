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


def beginning(text: str, keys: Sequence[str] = KEYS) -> Q:
    """Accounts whose address (a slot's token too) or one of whose names begins with `text`."""
    key = key_of(text)
    condition = _slots(key)
    for field in keys:
        condition |= Q(**{f"{field}__gte": key, f"{field}__lt": key + LAST})
    return condition


def inside(text: str) -> Q | None:
    """Accounts that hold `text` anywhere before the @ or in a name; None where no index finds them."""
    key = key_of(text)
    local_part, at, _domain = key.partition("@")
    if not found_inside(text) or len(local_part + at) < trigrams.SHORTEST:
        return None
    if at:  # the end of a name before the @, and the beginning of the domain
        return Q(search_key__holds=local_part + at, address_key__contains=key)
    return Q(search_key__holds=key)


def matching(text: str) -> Q:
    """What the list finds: everything that holds `text`, or where no index finds that, what begins with it."""
    within = inside(text)
    return beginning(text) if within is None else _slots(key_of(text)) | within


def _slots(key: str) -> Q:
    return Q(address_key__gte=SLOTS_LAST + key, address_key__lt=SLOTS_LAST + key + LAST)


def accounts_of(user: User) -> QuerySet[EmailAccount]:
    accounts = EmailAccount.objects.select_related("service")
    return accounts if user.is_staff else accounts.filter(service__in=services_of(user))


def find(user: User, text: str, limit: int) -> list[Hit]:
    """What begins with `text`, in order; then what holds it, as the index comes upon it: sorting all that an
    installation has of a common name would take longer than anybody waits."""
    accounts = accounts_of(user)
    key = key_of(text)
    found: list[EmailAccount] = []
    # One index after the other, each read in its order: together they would have to be sorted, however many there are.
    for field, start in (("address_key", key), ("address_key", SLOTS_LAST + key), ("display_key", key)):
        if len(found) < limit:
            rows = accounts.filter(**{f"{field}__gte": start, f"{field}__lt": start + LAST})
            rows = rows.exclude(pk__in=[account.pk for account in found]).order_by(field)
            found += rows[: limit - len(found)]
    within = inside(text)
    if len(found) < limit and within is not None:
        others = accounts.filter(within).exclude(pk__in=[account.pk for account in found])
        found += others[: limit - len(found)]
    return [
        Hit(a.shown_address, a.display_name or a.service.name, reverse("accounts:account", args=[a.service.name, a.pk]))
        for a in found
    ]
