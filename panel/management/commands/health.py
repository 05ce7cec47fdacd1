"""The lines of /healthz on the command line, for health checks of processes that serve no pages."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand

from panel.health import PARTS


class Command(BaseCommand):
    help = "Says what of the installation works; exit status 1 when one of the PARTs named does not."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("part", nargs="*", choices=[*PARTS], metavar="PART", help="database, broker, worker, beat")

    def handle(self, *args: Any, **options: Any) -> None:
        parts = [PARTS[name]() for name in options["part"] or PARTS]
        for part in parts:
            self.stdout.write(str(part))
        if not all(part.ok for part in parts):
            sys.exit(1)
