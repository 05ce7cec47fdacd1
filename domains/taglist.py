"""The `tag=value; …` syntax that DKIM keys (RFC 6376 §3.2) and DMARC records (RFC 9989 §4.7) share. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TAG = re.compile(r"[ \t\r\n]*([A-Za-z][A-Za-z0-9_]*)[ \t\r\n]*=(.*)\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Tag:
    """`position` is the offset of the name in the text. The value has no blanks around it."""

    name: str
    value: str
    position: int


@dataclass(frozen=True, slots=True)
class NoTag:
    """A piece between semicolons that is no `tag=value`."""

    text: str
    position: int


def split_tags(text: str) -> tuple[Tag | NoTag, ...]:
    """Take `text` apart at its semicolons. An empty piece is no tag, but at the end."""
    found: list[Tag | NoTag] = []
    position = 0
    pieces = text.split(";")
    for number, piece in enumerate(pieces):
        match = _TAG.match(piece)
        if match:
            found.append(Tag(match.group(1), match.group(2).strip(" \t\r\n"), position + match.start(1)))
        elif piece.strip(" \t\r\n") or number < len(pieces) - 1:
            found.append(NoTag(piece, position))
        position += len(piece) + 1
    return tuple(found)
