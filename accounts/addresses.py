"""Several addresses in one text, as people paste them. Pure."""

from __future__ import annotations

import re

TEXT_AT_MOST = 300_000  # characters that are pasted
_BETWEEN = re.compile(r"[\s;]+")


def split_addresses(text: str) -> list[str]:
    """The addresses of a cell or of pasted lines, each as it was written, in their order, none twice.

    They are divided by line breaks, blanks and semicolons. A comma divides only behind a domain, since the name of an
    account may have one: `info,shop` is one name, `a@d.example,b@d.example` two addresses.
    """
    found: dict[str, None] = {}
    for part in _BETWEEN.split(text):
        pieces: list[str] = []
        for piece in part.split(","):
            pieces.append(piece)
            if "@" in piece:
                found[",".join(pieces).lstrip(",")] = None
                pieces = []
        rest = ",".join(pieces).strip(",")
        if rest:
            found[rest] = None
    return list(found)
