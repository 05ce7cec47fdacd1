"""What accounts show on the overview."""

from __future__ import annotations

from collections import Counter

from django.urls import reverse
from django.utils.translation import ngettext

from panel.access import services_of
from panel.models import User
from panel.overview import MOST, Need, counted

from .models import Order


def needs(user: User) -> list[Need]:
    """Orders that wait: staff decide on them; members see which of theirs do."""
    waiting = Order.objects.filter(state=Order.State.REQUESTED)
    if user.is_staff:
        number = waiting.order_by()[: MOST + 1].count()
        words = ngettext("%(n)s order waits for approval", "%(n)s orders wait for approval", number)
        return [Need(words % {"n": counted(number)}, reverse("accounts:orders"))] if number else []
    own = waiting.filter(service__in=services_of(user)).select_related("service").order_by("service_id", "pk")[:MOST]
    orders = Counter(order.service.name for order in own)
    return [
        Need(
            ngettext(
                "%(n)d order of %(service)s waits for approval by the operator",
                "%(n)d orders of %(service)s wait for approval by the operator",
                number,
            )
            % {"n": number, "service": name},
            reverse("accounts:list", args=[name]),
        )
        for name, number in orders.items()
    ]
