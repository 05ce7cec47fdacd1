"""`manage.py backup FILE`."""

from __future__ import annotations

import getpass
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from panel import backup
from panel.commands import Done, Verb


class Command(Verb):
    help = "Back up the database to FILE, and the keys, encrypted to a passphrase, to FILE.keys."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        passphrase_argument(parser)
        parser.add_argument("--no-keys", action="store_true", help="the database alone: you keep the keys yourself")

    def act(self, *, file: Path, passphrase_file: Path | None, no_keys: bool, **options: Any) -> Done:
        if not file.parent.is_dir():
            self.refuse("no-such-folder", _("There is no folder %(folder)s.") % {"folder": file.parent})
        passphrase = "" if no_keys else passphrase_from(passphrase_file, twice=True)
        if not no_keys and len(passphrase) < 12:
            self.refuse("passphrase-short", _("The passphrase needs 12 characters or more."))
        try:
            manifest = backup.write(file)
            written = [str(file)]
            if not no_keys:
                keys = {"SECRET_KEY": settings.SECRET_KEY, "ENCRYPTION_KEYS": ",".join(settings.ENCRYPTION_KEYS)}
                backup.seal_keys(keys_of(file), keys, passphrase)
                written.append(str(keys_of(file)))
        except OSError as error:
            self.refuse("not-written", _("The back-up could not be written: %(why)s") % {"why": error})
        rows = sum(manifest.tables.values())
        return Done({"files": written, "rows": rows, "tables": manifest.tables}, "\n".join(written))


def keys_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.keys")


def passphrase_argument(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--passphrase-file",
        metavar="FILE",
        type=Path,
        help="whose first line is the passphrase; without it BACKUP_PASSPHRASE, or you are asked",
    )


def passphrase_from(file: Path | None, *, twice: bool = False) -> str:
    """From the file, the environment or the terminal; empty where none of them says anything."""
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").partition("\n")[0].strip()
        except OSError:
            return ""
    if said := settings.ENV.get("BACKUP_PASSPHRASE", ""):
        return said
    if not sys.stdin.isatty():
        return ""
    first = getpass.getpass(_("Passphrase for the keys: "))
    if twice and getpass.getpass(_("Once more: ")) != first:
        return ""
    return first
