"""DNS record sets and changes to them, in zone-file presentation form. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import accumulate
from typing import Any

TXT_CHUNK = 255  # octets in one character-string, RFC 1035 §3.3


@dataclass(slots=True, unsafe_hash=True)  # not frozen only because a sweep makes millions: nobody changes one
class RRset:
    """All records at one name and type.

    `name` is an A-label name in lower case with its final dot; `ttl` is in seconds, None where nobody
    said one; `values` are in zone-file presentation form (TXT in quotes, host names absolute).
    """

    name: str
    type: str
    ttl: int | None
    values: tuple[str, ...]


class Action(StrEnum):
    ADD = "add"
    REPLACE = "replace"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Fix:
    """One change to a zone.

    `add`: these values join what is there. `replace`: the whole record set at name and type becomes
    these values. `remove`: these values go, others at the name and type stay.
    """

    action: Action
    name: str
    type: str
    ttl: int | None
    values: tuple[str, ...]


@lru_cache(maxsize=4096)
def quote_txt(text: str) -> str:
    """Write a TXT record's text in presentation form: quoted character-strings of at most 255 octets.

    Every character of `text` stands for one octet (latin-1), as `txt_text` returns it.
    """
    octets = text.encode("latin-1")
    chunks = [octets[i : i + TXT_CHUNK] for i in range(0, len(octets), TXT_CHUNK)] or [b""]
    return " ".join(f'"{_in_quotes(chunk)}"' for chunk in chunks)


def _in_quotes(chunk: bytes) -> str:
    text = chunk.decode("latin-1")
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return text  # as nearly all are, at a fraction of the cost
    return "".join(map(_escaped, chunk))


def _escaped(octet: int) -> str:
    if octet in b'"\\':
        return "\\" + chr(octet)
    return chr(octet) if 0x20 <= octet < 0x7F else f"\\{octet:03d}"


def txt_text(value: str) -> str:
    """Join a TXT record's character-strings (RFC 7208 §3.3: without space between), one character an octet."""
    if "\\" not in value and value[:1] == value[-1:] == '"':
        outside = value.split('"')  # every other piece is a character-string; the common case, many times faster
        if len(outside) % 2 and not "".join(outside[::2]).strip(" \t"):
            return "".join(outside[1::2])
    text: list[str] = []
    quoted = False
    i = 0
    while i < len(value):
        char = value[i]
        if char == "\\" and i + 1 < len(value):
            if value[i + 1 : i + 4].isdecimal() and len(value[i + 1 : i + 4]) == 3:
                text.append(chr(int(value[i + 1 : i + 4]) & 0xFF))
                i += 4
            else:
                text.append(value[i + 1])
                i += 2
            continue
        if char == '"':
            quoted = not quoted
        elif quoted or char not in " \t":
            text.append(char)
        i += 1
    return "".join(text)


def txt_seams(value: str) -> tuple[int, ...]:
    """Where in the text (see `txt_text`) the character-strings of a TXT record meet."""
    if "\\" in value or value.count('"') <= 2:
        return ()  # one string; with escapes nobody forgot a blank by the way
    strings = value.split('"')[1::2]
    return tuple(accumulate(map(len, strings[:-1])))


def wire_order(value: str) -> tuple[int, str]:
    """Sorts TXT records as their octets do (RFC 4034 §6.3: the length of the first string comes first), so that what is
    made of several does not hang on the order in which a server gave them."""
    first = value.partition('" "')[0]
    return len(first), value


def absolute(name: str) -> str:
    """Lower-case `name` with exactly one final dot."""
    return name.lower().rstrip(".") + "."


# -- JSON, as it is stored and printed


def rrset_to_json(value: RRset) -> dict[str, Any]:
    return {"name": value.name, "type": value.type, "ttl": value.ttl, "values": [storable(v) for v in value.values]}


def rrset_from_json(value: Mapping[str, Any]) -> RRset:
    return RRset(value["name"], value["type"], value["ttl"], tuple(value["values"]))


def fix_to_json(value: Fix) -> dict[str, Any]:
    values = [storable(v) for v in value.values]
    return {"action": str(value.action), "name": value.name, "type": value.type, "ttl": value.ttl, "values": values}


def storable(value: str) -> str:
    """What the DNS said, without what no database keeps: NUL and halves of surrogate pairs."""
    if value.isprintable():
        return value
    return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
