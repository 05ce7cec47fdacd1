"""What an installation keeps on disk is for the user who runs it: keys, passwords of providers, letters with links.

Every process makes files that others cannot open, and none starts where others could open one. Without Django: the web
server asks before it has it.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

UMASK = 0o077
OTHERS = stat.S_IROTH | stat.S_IWOTH
SECRET = ("env", "admin-password", "panel.sqlite3*", "mail", "broker", "demo-dns", "*.dump", "*.backup")


def exposed(folder: Path) -> list[Path]:
    """What below `folder` other users of this machine could read or change."""
    try:
        if not folder.stat().st_mode & stat.S_IXOTH:
            return []  # they do not get that far
    except FileNotFoundError:
        return []
    found = [path for pattern in SECRET for path in sorted(folder.glob(pattern))]
    return [path for path in found if path.stat().st_mode & OTHERS]


def complaint(folder: Path) -> str:
    """What is wrong and what mends it; empty where nothing is."""
    paths = exposed(folder)
    if not paths:
        return ""
    names = ", ".join(str(path) for path in paths)
    return f"Other users of this machine can read or change {names}. To start: chmod -R o= {folder}"


def keep_private(folder: Path) -> None:
    """For processes that start: nothing for others from now on. Ends a process that would start upon open files."""
    os.umask(UMASK)
    words = complaint(folder)
    if words:
        sys.exit(words)
