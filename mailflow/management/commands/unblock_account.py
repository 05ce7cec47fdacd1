"""`manage.py unblock_account ADDRESS`."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from accounts.commands import account_at
from mailflow.blocking import unblock
from panel.actors import COMMAND_LINE
from panel.commands import Done, Verb


class Command(Verb):
    help = "Let an e-mail account send again that was blocked for spam."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", metavar="ADDRESS")

    def act(self, *, address: str, **options: Any) -> Done:
        account = account_at(address)
        unblock(account, by=COMMAND_LINE)
        return Done({"address": account.shown_address, "blocked": False}, account.shown_address)
