"""`manage.py restore FILE`."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import Error
from django.utils.translation import gettext as _

from panel import backup
from panel.commands import Done, Verb
from panel.environment import HEADER, write_private
from panel.models import Heartbeat, Organization

from .backup import keys_of, passphrase_argument, passphrase_from


class Command(Verb):
    help = "Replace the database by the back-up in FILE, and the keys by those in FILE.keys. Stop the panel first."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        passphrase_argument(parser)
        parser.add_argument("--no-keys", action="store_true", help="the keys are in their place already")
        parser.add_argument("--replace", action="store_true", help="even where organizations are: they are lost")

    def act(self, *, file: Path, passphrase_file: Path | None, no_keys: bool, replace: bool, **options: Any) -> Done:
        backup.read_manifest(file)
        keys = {} if no_keys else backup.open_keys(keys_of(file), passphrase_from(passphrase_file))
        call_command("migrate", interactive=False, verbosity=0)
        self._look_before(replace=replace)
        try:
            manifest = backup.restore(file)
        except Error as error:
            self.refuse("not-restored", _("The database is incomplete now, restore again: %(why)s") % {"why": error})
        rows = sum(manifest.tables.values())
        words = _("Restored what was backed up at %(at)s.") % {"at": manifest.made_at}
        if keys:
            words += "\n" + self._keep(keys)
        return Done({"made_at": manifest.made_at, "rows": rows, "tables": manifest.tables}, words)

    def _look_before(self, *, replace: bool) -> None:
        if any(heartbeat.fresh for heartbeat in Heartbeat.objects.all()):
            self.refuse("panel-runs", _("Workers are running: stop the panel first."))
        if Organization.objects.exists() and not replace:
            self.refuse("not-empty", _("There are already organizations here: --replace overwrites them."))

    def _keep(self, keys: dict[str, str]) -> str:
        """Into the file that set-up writes, the back-up's keys first. What the environment says would win over it."""
        ours = [key for key in settings.ENCRYPTION_KEYS if key not in keys["ENCRYPTION_KEYS"].split(",")]
        keys = {**keys, "ENCRYPTION_KEYS": ",".join([keys["ENCRYPTION_KEYS"], *ours])}
        path = settings.VAR_DIR / "env"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else HEADER.splitlines()
        kept = [line for line in lines if line.partition("=")[0].strip() not in keys]
        text = "\n".join([*kept, *(f"{name}={value}" for name, value in keys.items())])
        write_private(path, f"{text}\n")
        words = _("The keys are in %(file)s.") % {"file": path}
        if any(os.environ.get(name) for name in keys):
            words += " " + _(
                "SECRET_KEY or ENCRYPTION_KEYS of your environment win over them: take the keys from there."
            )
        return words
