"""Slots: how many a service may have, making them, taking them away."""

from __future__ import annotations

import secrets

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from panel.errors import Refused
from panel.models import Service

from ..models import EmailAccount, Order, Tally
from ..models.accounts import SLOTS_LAST
from .locking import AT_ONCE, State

TOKEN_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # noqa: S105 - an alphabet without what is easily misread


def require_room(service: Service, quantity: int, *, order: Order | None = None) -> None:
    """Refuse more accounts than staff allow the service. What its other open orders will bring is taken already."""
    if service.account_limit is None:
        return
    have = sum(Tally.of(service.pk).values())
    ordered = Order.promised(service.pk, Order.Kind.ADD, besides=order.pk if order else None)
    if have + ordered + quantity > service.account_limit:
        words = (
            _("The limit of this service is %(limit)d. Accounts now: %(have)d; more on order: %(ordered)d.")
            if ordered
            else _("The limit of this service is %(limit)d. Accounts now: %(have)d.")
        )
        facts = {"limit": service.account_limit, "have": have, "ordered": ordered}
        raise Refused("account-limit", words % facts, field="quantity")


def unused(service: Service) -> int:
    """Slots that are nobody's and that no cancellation under way will take."""
    return max(0, Tally.of(service.pk)[State.SLOT] - Order.promised(service.pk, Order.Kind.CANCEL))


def require_unused(service: Service, quantity: int) -> None:
    have = unused(service)
    if quantity > have:
        words = ngettext("%(n)d account is unused now.", "%(n)d accounts are unused now.", have) % {"n": have}
        raise Refused("fewer-unused", words, field="quantity")


def add_slots(service: Service, quantity: int) -> int:
    """Make so many slots. Whether the service may have them was decided by its order."""
    left = quantity
    while left:
        wanted = min(left, AT_ONCE)
        tokens = {_token() for _i in range(wanted)}
        tokens -= set(EmailAccount.objects.filter(slot_token__in=tokens).values_list("slot_token", flat=True))
        EmailAccount.objects.bulk_create(
            EmailAccount(service=service, slot_token=token, address_key=SLOTS_LAST + token) for token in tokens
        )
        left -= len(tokens)
    Tally.shift(service.pk, {(None, State.SLOT): quantity})
    return quantity


def _token() -> str:
    letters = "".join(secrets.choice(TOKEN_LETTERS) for _i in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def cancel_slots(service: Service, quantity: int) -> int:
    """Give back unused slots, the latest first. Returns how many went."""
    slots = EmailAccount.objects.filter(service=service, state=State.SLOT).order_by("-id")
    ids = list(slots.values_list("pk", flat=True)[:quantity])
    for start in range(0, len(ids), AT_ONCE):
        EmailAccount.objects.filter(pk__in=ids[start : start + AT_ONCE]).delete()
    Tally.shift(service.pk, {(None, State.SLOT): -len(ids)})
    return len(ids)
