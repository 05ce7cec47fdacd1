"""`manage.py order_accounts SERVICE N`: order slots and approve them."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.db import transaction
from django.utils.translation import ngettext

from accounts import ordering
from accounts.models import Order, Tally
from accounts.models.orders import AT_MOST
from panel.actors import COMMAND_LINE
from panel.commands import Done, Verb, service_named


def quantity(text: str) -> int:
    number = int(text)
    if not 1 <= number <= AT_MOST:
        raise ArgumentTypeError(f"must be between 1 and {AT_MOST}")
    return number


class Command(Verb):
    help = "Order accounts for a service and approve the order: slots that can be configured."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("service", metavar="SERVICE")
        parser.add_argument("quantity", metavar="N", type=quantity)

    def act(self, *, service: str, quantity: int, **options: Any) -> Done:
        found = service_named(service)
        with transaction.atomic():
            order = ordering.place(found, quantity, by=COMMAND_LINE)
            if order.state != Order.State.APPROVED:
                ordering.approve(order, by=COMMAND_LINE)
        while ordering.work(order):
            pass
        free = Tally.of(found.pk)["slot"]
        data = {"service": found.name, "ordered": quantity, "to_configure": free}
        text = ngettext("%(n)d account added to %(service)s.", "%(n)d accounts added to %(service)s.", quantity)
        return Done(data, text % {"n": quantity, "service": found.name})
