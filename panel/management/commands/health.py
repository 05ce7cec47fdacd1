"""The lines of /healthz on the command line, for health checks of processes that serve no pages."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from panel.health import Monitor, parts


class Command(BaseCommand):
    help = "Says what of the installation works; exit status 1 when one of the PARTs named does not."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("part", nargs="*", metavar="PART", help=", ".join(parts()))

    def handle(self, *args: Any, **options: Any) -> None:
        names = options["part"] or [*parts()]
        if unknown := [name for name in names if name not in parts()]:
            raise CommandError(f"There is no part {unknown[0]}. There are: {', '.join(parts())}.")
        found = Monitor().look(names)
        for part in found:
            self.stdout.write(str(part))
        if not all(part.ok for part in found):
            sys.exit(1)
