"""`manage.py resume SERVICE`."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from panel.actors import COMMAND_LINE
from panel.commands import Done, Verb, service_named


class Command(Verb):
    help = "Resume a service."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("service", metavar="SERVICE")

    def act(self, *, service: str, **options: Any) -> Done:
        found = service_named(service)
        found.resume(actor=COMMAND_LINE)
        return Done({"service": found.name, "state": found.state}, f"{found.name}: {found.get_state_display()}")
