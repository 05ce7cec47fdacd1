"""`manage.py restore_mailbox ADDRESS`: mail of an account that was reset, back into a slot of its service."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import RetiredMailbox
from accounts.restoring import restore
from panel.actors import COMMAND_LINE
from panel.commands import Done, Verb, utf_8


class Command(Verb):
    help = "Restore the latest kept mail of an address into the oldest slot of its service."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", metavar="ADDRESS")
        parser.add_argument("--to", metavar="ADDRESS", default="", help="another address than it had")

    def act(self, *, address: str, to: str, **options: Any) -> Done:
        kept = RetiredMailbox.objects.filter(address=utf_8(address).lower(), purge_at__gt=timezone.now())
        found = kept.order_by("-retired_at").first()
        if found is None:
            self.refuse("no-such-mailbox", _("No mail of %(address)s is kept.") % {"address": utf_8(address)})
        account = restore(found, by=COMMAND_LINE, address=utf_8(to))
        data = {
            "address": account.shown_address,
            "service": account.service.name,
            "mailbox": str(account.mailbox_id),
        }
        return Done(data, account.shown_address)
