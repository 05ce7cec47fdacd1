"""Macro strings: the grammar of domain names in SPF terms. RFC 7208 §7. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

LETTERS = frozenset("slodiphv")

_EXPAND = re.compile(r"\{([A-Za-z])([0-9]*)(r?)([.\-+,/_=]*)\}", re.IGNORECASE)
_SHORT = {"%": "%", "_": " ", "-": "%20"}
# §7.1 toplabel: letters, digits and inner hyphens, and not digits alone.
_DOMAIN_END = re.compile(r"\.(?=[A-Za-z0-9-]*[A-Za-z-])[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.?\Z")


@dataclass(frozen=True, slots=True)
class Macro:
    """One `%{…}`. `keep` is the number of right-hand parts (0: all of them)."""

    letter: str  # lower case
    keep: int
    reverse: bool
    delimiters: str
    escape: bool  # written in upper case: the value is URL-escaped


@dataclass(frozen=True, slots=True)
class MacroString:
    """A parsed macro string: literal pieces and macros in order."""

    text: str
    parts: tuple[str | Macro, ...]

    @property
    def literal(self) -> str | None:
        """The text it stands for where it has no `%{…}`; else None."""
        if any(isinstance(part, Macro) for part in self.parts):
            return None
        return "".join(str(part) for part in self.parts)


class MacroError(ValueError):
    """Not a macro string. `position` counts from the start of the text."""

    def __init__(self, position: int) -> None:
        super().__init__(f"at {position}")
        self.position = position


class DomainEndError(MacroError):
    """A macro string that does not end as a domain-spec must."""


def parse_macro_string(text: str, letters: frozenset[str] = LETTERS) -> MacroString:
    """Read `text` as macro-string. Raises MacroError. RFC 7208 §7.1."""
    return MacroString(text, tuple(_parts(text, letters))) if "%" in text else _plain(text)


def parse_domain_spec(text: str) -> MacroString:
    """Read `text` as domain-spec: a macro-string that ends in `.toplabel` or in a macro.

    Raises MacroError or DomainEndError.
    """
    spec = parse_macro_string(text)
    end = _end_of_last_macro(text)
    if end == len(text) > 0 or _DOMAIN_END.search(text, end):
        return spec
    raise DomainEndError(max(end, text.rstrip(".").rfind(".")))


def _plain(text: str) -> MacroString:
    for position, char in enumerate(text):
        if not "!" <= char <= "~":
            raise MacroError(position)
    return MacroString(text, (text,) if text else ())


def _parts(text: str, letters: frozenset[str]) -> list[str | Macro]:
    parts: list[str | Macro] = []
    position = 0
    while position < len(text):
        percent = text.find("%", position)
        literal = text[position:] if percent < 0 else text[position:percent]
        for offset, char in enumerate(literal):
            if not "!" <= char <= "~":
                raise MacroError(position + offset)
        if literal:
            parts.append(literal)
        if percent < 0:
            break
        short = _SHORT.get(text[percent + 1 : percent + 2])
        if short is not None:
            parts.append(short)
            position = percent + 2
            continue
        found = _EXPAND.match(text, percent + 1)
        if found is None:
            raise MacroError(percent)
        letter, digits, reverse, delimiters = found.groups()
        # "If a DIGIT is specified, the value MUST be nonzero" (§7.3).
        if letter.lower() not in letters or (digits and int(digits[:9]) == 0 and not digits.strip("0")):
            raise MacroError(percent)
        keep = min(int(digits[:9]), 255) if digits else 0
        parts.append(Macro(letter.lower(), keep, bool(reverse), delimiters or ".", letter.isupper()))
        position = found.end()
    return parts


def _end_of_last_macro(text: str) -> int:
    """Where the last macro-expand of a valid macro-string ends; 0 where it has none."""
    position = 0
    while (percent := text.find("%", position)) >= 0:
        position = percent + 2 if text[percent + 1] != "{" else text.index("}", percent) + 1
    return position
