"""Names of devices, as they stand behind the `*` of a sign-in. Pure."""

from __future__ import annotations

import re

from .rules import fold

LONGEST = 32


def device_name(text: str) -> str:
    """`Jan's phone` → `jans-phone`; empty where nothing of it can be used.

    No `*`, `+`, `,` or `@`, which mean something to the servers.
    """
    plain = fold(text).replace("'", "").replace("\u2019", "")
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST].strip("-")
