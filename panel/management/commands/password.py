"""Makes another password for the administrator."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import BaseCommand

from panel.administrator import ensure_administrator, give_password, sign_in_line


class Command(BaseCommand):
    help = "Gives the administrator another random password and prints it."

    def handle(self, *args: Any, **options: Any) -> None:
        give_password(ensure_administrator())
        self.stdout.write(sign_in_line(settings.PORT))
