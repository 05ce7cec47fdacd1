"""Terms between which a blank was forgotten. Pure."""

from __future__ import annotations

import re

from .macros import Macro
from .record import VERSION, Broken, Mechanism, Modifier, parse

MAX_BEGINNINGS = 24  # of terms in one piece: whoever glues more together is asked
_LONG = r"(?:include|exists|ip[46]):|(?:redirect|exp)="
_SHORT = r"(?:all|a|mx|ptr)"
# What a host name cannot run on into: a sign, or a word that no name ends in, with its colon.
_PLAIN = re.compile(
    rf"[+~?](?={_LONG}|{_SHORT}(?:[:/+\-~?]|\Z|{_LONG}))|-(?=(?:{_LONG})|all(?:\Z|{_LONG}))|(?<![+\-~?])(?={_LONG})",
    re.I,
)
# What an address or another short word cannot run on into.
_BARE = re.compile(rf"(?<![+\-~?])(?=[+\-~?]?{_SHORT}(?:[:/+\-~?]|\Z|{_SHORT}|{_LONG}))", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._\-]*[A-Za-z0-9_\-])?\.?\Z")
_PIECE = re.compile(r"[A-Za-z0-9._\-/=,+]*\Z")


def looks_glued(text: str) -> bool:
    """Whether a second term plainly begins inside `text`."""
    return any(found.start() > 0 for found in _PLAIN.finditer(text))


def apart(text: str) -> tuple[tuple[str, ...], ...]:
    """All ways to take `text` apart into two or more terms that make sense, two at most: more than one is no answer."""
    plain = {found.start() for found in _PLAIN.finditer(text)}
    bare = {found.start() for found in _BARE.finditer(text)} - plain
    begins = sorted(({*plain, *bare} | {0}) - {len(text)})
    if len(begins) > MAX_BEGINNINGS:
        return ()
    # From the end: the ways to read what begins at each place.
    ways: dict[int, list[tuple[str, ...]]] = {len(text): [()]}
    for begin in reversed(begins):
        found: list[tuple[str, ...]] = []
        for end in [*(place for place in begins if place > begin), len(text)]:
            if not ways[end] or (begin == 0 and end == len(text)):
                continue
            term = sensible(text[begin:end])
            if term is None or (_ends_in_name(term) and (end in bare or _in_a_label(text, end))):
                continue
            found += [(text[begin:end], *rest) for rest in ways[end]]
        ways[begin] = found[:2]
    return tuple(ways[0])


def runs_on(text: str) -> bool:
    """Whether a sound term names a host whose last label no top-level domain has, and reads as several terms in one
    way: `a:web.other.example-all`."""
    term = sensible(text)
    spec = term.value if isinstance(term, Modifier) else term.domain if term is not None else None
    if spec is None or spec.literal is None:
        return False
    _rest, dot, top = spec.literal.rstrip(".").rpartition(".")
    return bool(dot) and "-" in top and not top.lower().startswith("xn--") and len(apart(text)) == 1


def sensible(text: str) -> Mechanism | Modifier | None:
    """The term `text`, where it is one that makes sense: sound, and its name is one that a host or a zone can have."""
    record = parse(f"{VERSION} {text}")
    if len(record.terms) != 1 or isinstance(record.terms[0], Broken):
        return None
    term = record.terms[0]
    if isinstance(term, Modifier) and term.name not in ("redirect", "exp"):
        return None
    spec = term.value if isinstance(term, Modifier) else term.domain
    if spec is None:
        return term
    if spec.literal is not None:
        return term if _NAME.match(spec.literal) and ".." not in spec.literal else None
    return term if all(isinstance(part, Macro) or _PIECE.match(part) for part in spec.parts) else None


def _ends_in_name(term: Mechanism | Modifier) -> bool:
    return isinstance(term, Modifier) or (term.domain is not None and "/" not in term.text)


def _in_a_label(text: str, end: int) -> bool:
    """Whether what begins at `end` may be a label of the name before it: `include:spf.ip4:…`."""
    return text[end - 1] == "." and text[end : end + 1].isalpha()
