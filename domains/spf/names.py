"""From macro strings to names that can be asked for. RFC 7208 §4.3, §7. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from urllib.parse import quote

from .macros import Macro, MacroString

MAX_NAME = 253  # octets without the final dot, RFC 7208 §7.3
MAX_LABEL = 63

_SPECIAL = frozenset(b'"().;\\@$')  # dnspython's set: what presentation form writes with a backslash
_PLAIN_NAME = re.compile(r"[a-z0-9_\-]{1,63}(?:\.[a-z0-9_\-]{1,63})*\Z")


@lru_cache(maxsize=8192)
def question_name(text: str) -> str | None:
    """`text` as a name to ask for: lower case, final dot, escaped as in zone files. None where no query can hold it.

    Labels are removed from the left until 253 octets are left (RFC 7208 §7.3); an empty label or one of more than
    63 octets leaves no name.
    """
    text = text.lower().removesuffix(".")
    octets = text.encode()
    while len(octets) > MAX_NAME and b"." in octets:
        octets = octets.partition(b".")[2]
    if len(octets) == len(text) and len(octets) <= MAX_NAME and _PLAIN_NAME.match(text):
        return text + "."
    labels = octets.split(b".")
    if any(not 1 <= len(label) <= MAX_LABEL for label in labels):
        return None
    return ".".join("".join(map(_escaped, label)) for label in labels) + "."


def _escaped(octet: int) -> str:
    if octet in _SPECIAL:
        return "\\" + chr(octet)
    return chr(octet) if 0x21 <= octet < 0x7F else f"\\{octet:03d}"


def checkable(domain: str) -> bool:
    """Whether `check_host` can look at `domain`: a name of several labels and no address literal. RFC 7208 §4.3."""
    name = domain.removesuffix(".")
    return "." in name and not name.startswith("[") and len(name) <= MAX_NAME and question_name(name) is not None


def reverse_name(version: int, number: int) -> str:
    """The name that holds the PTR records of an address."""
    if version == 4:
        return ".".join(str(number >> shift & 0xFF) for shift in (0, 8, 16, 24)) + ".in-addr.arpa."
    return ".".join(f"{number:032x}"[::-1]) + ".ip6.arpa."


def exchanger(value: str) -> tuple[int, str]:
    """Preference and host of an MX value."""
    preference, _, host = value.partition(" ")
    return int(preference), host.strip().lower()


def expand(spec: MacroString, value_of: Callable[[str], str]) -> str:
    """Put values in place of macros; `value_of` has the value of a letter. RFC 7208 §7.3."""
    return "".join(part if isinstance(part, str) else _expanded(part, value_of(part.letter)) for part in spec.parts)


def _expanded(macro: Macro, value: str) -> str:
    pieces: Iterable[str] = re.split(f"[{re.escape(macro.delimiters)}]", value)
    pieces = list(pieces)
    if macro.reverse:
        pieces.reverse()
    text = ".".join(pieces[-macro.keep :])  # keep 0: all of them
    return quote(text, safe="-._~") if macro.escape else text
