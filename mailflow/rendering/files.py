"""Writing what servers read."""

from __future__ import annotations

import os
from pathlib import Path


def put(path: Path, text: str, mode: int = 0o644, *, uid: int = 0) -> None:
    """At once: a server that starts meanwhile reads the old file or the new one."""
    draft = path.with_name(f".{path.name}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(descriptor, mode)
        os.fchown(descriptor, uid, 0)
        file.write(text)
    draft.replace(path)
