"""Compiles the translations without GNU gettext, which a machine that only runs the panel need not have.

`python -m panel.catalogues` compiles those of the program; set-up does it too.
"""

from __future__ import annotations

import os
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


def compile_catalogues(locale: Path) -> list[Path]:
    """Write the .mo beside each .po under `locale` that has none or an older one. Returns those written."""
    written = []
    for source in sorted(locale.glob("**/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns > source.stat().st_mtime_ns:
            continue
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parts[-3])
        draft = target.with_name(f"{target.name}.{os.getpid()}")
        with draft.open("wb") as file:
            write_mo(file, catalogue)
        draft.replace(target)
        written.append(target)
    return written


if __name__ == "__main__":
    compile_catalogues(Path(__file__).resolve().parent.parent / "locale")
