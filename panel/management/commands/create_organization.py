"""`manage.py create_organization CODE NAME`."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from panel.actors import COMMAND_LINE
from panel.commands import Done, Verb
from panel.errors import Refused
from panel.models import Organization


class Command(Verb):
    help = "Create an organization."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", metavar="CODE", help="two to 32 lower-case letters and digits")
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--contact", metavar="EMAIL", action="append", default=[], help="told of trouble")

    def act(self, *, code: str, name: str, contact: list[str], **options: Any) -> Done:
        try:
            organization = Organization.create(code, name, contacts=contact, actor=COMMAND_LINE)
        except Refused as refusal:
            if refusal.code == "code-taken":
                raise
            self.misused(str(refusal))
        return Done({"code": organization.code, "name": organization.name}, organization.code)
