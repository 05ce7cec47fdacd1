"""`manage.py block_account ADDRESS`."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from accounts.commands import account_at
from mailflow.blocking import block
from panel.actors import COMMAND_LINE
from panel.commands import Done, Verb


class Command(Verb):
    help = "Stop an e-mail account from sending: it receives, and its person signs in and reads."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", metavar="ADDRESS")

    def act(self, *, address: str, **options: Any) -> Done:
        account = account_at(address)
        block(account, by=COMMAND_LINE)
        return Done({"address": account.shown_address, "blocked": True}, account.shown_address)
