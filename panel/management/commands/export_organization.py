"""`manage.py export_organization CODE FOLDER`."""

from __future__ import annotations

import tempfile
import zipfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from panel import possessions
from panel.activity import record
from panel.actors import COMMAND_LINE
from panel.commands import Done, Verb, organization_named


class Command(Verb):
    help = (
        "Write everything that the panel knows of an organization, but secrets, as JSON and CSV: to a folder or a zip."
    )

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", metavar="CODE")
        parser.add_argument("to", metavar="FOLDER|FILE.zip", type=Path)

    def act(self, *, code: str, to: Path, **options: Any) -> Done:
        organization = organization_named(code)
        if to.suffix != ".zip" and to.exists() and (not to.is_dir() or any(to.iterdir())):
            self.refuse("not-empty", _("%(folder)s already exists and is not an empty folder.") % {"folder": to})
        try:
            if to.suffix == ".zip":
                with tempfile.TemporaryDirectory(dir=to.parent) as folder:
                    written = possessions.export(organization, Path(folder))
                    _pack(Path(folder), to)
            else:
                written = possessions.export(organization, to)
        except OSError as error:
            self.refuse("not-written", _("It could not be written: %(why)s") % {"why": error})
        record("organization.exported", actor=COMMAND_LINE, organization=organization, target=organization.code)
        rows = sum(written.values())
        words = ngettext("%(n)d row written to %(to)s", "%(n)d rows written to %(to)s", rows) % {"n": rows, "to": to}
        return Done({"rows": written, "to": str(to)}, words)


def _pack(folder: Path, to: Path) -> None:
    to.touch(mode=0o600)
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, path.name)
