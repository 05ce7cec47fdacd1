"""What an e-mail account may be called. Pure: returns codes, never sentences."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

from . import characters

NAME_MIN = 2  # characters of an account name
NAME_MAX = 32
ADDRESS_MAX = 254  # RFC 5321 §4.5.3.1.3: a path of 256 octets includes its angle brackets
TEXT_MAX = 64  # first name, last name, display name
RESERVED = frozenset({"postmaster", "abuse"})  # RFC 2142; only owners may configure them

INVISIBLE = "\ufeff\u200b\u2060"  # left over at the edges of cells by spreadsheets and web pages
STROKES = str.maketrans(
    {"ł": "l", "đ": "d", "ø": "o", "ß": "ss", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ı": "i", "ħ": "h", "ŧ": "t"}
)


class NameRule(StrEnum):
    """A rule that a name breaks. The words are in `accounts/words.py`."""

    NAME_EMPTY = "name-empty"
    NAME_SHORT = "name-short"
    NAME_LONG = "name-long"
    NAME_ACCENTS = "name-accents"
    NAME_LETTERS = "name-letters"  # of another script
    NAME_CHARACTERS = "name-characters"
    NAME_START = "name-start"
    NAME_DOTS = "name-dots"
    NAME_RESERVED = "name-reserved"
    ADDRESS_LONG = "address-long"
    TEXT_LONG = "text-long"
    TEXT_CHARACTERS = "text-characters"


class NameAdvice(StrEnum):
    """Allowed, but the person should know."""

    NAME_COMMA = "name-comma"


def normalise_name(text: str) -> str:
    """An account name as it is stored: without blanks around it, composed (NFC), in lower case."""
    return normalise_text(text).lower()


def normalise_text(text: str) -> str:
    """A person's name as it is stored: composed, any kind of space made a plain one, none at the ends."""
    text = unicodedata.normalize("NFC", text)
    text = "".join(" " if unicodedata.category(char) == "Zs" else char for char in text)
    return text.strip().strip(INVISIBLE).strip()


def broken_by_name(name: str) -> tuple[NameRule, ...]:
    """Every rule that the normalised account name breaks, besides being reserved."""
    if not name:
        return (NameRule.NAME_EMPTY,)
    broken = []
    if len(name) < NAME_MIN:
        broken.append(NameRule.NAME_SHORT)
    if len(name) > NAME_MAX:
        broken.append(NameRule.NAME_LONG)
    letters = [char for char in name if not char.isascii() and char.isalpha()]
    foreign = foreign_letters(name)
    if any(char not in foreign for char in letters):
        broken.append(NameRule.NAME_ACCENTS)
    if foreign:
        broken.append(NameRule.NAME_LETTERS)
    if re.search(r"[^a-z0-9.,_-]", "".join(char for char in name if char not in letters and char not in foreign)):
        broken.append(NameRule.NAME_CHARACTERS)
    if not name[0].isalnum():
        broken.append(NameRule.NAME_START)
    if name.endswith(".") or ".." in name:
        broken.append(NameRule.NAME_DOTS)
    return tuple(broken)


def foreign_letters(name: str) -> list[str]:
    """Characters of other scripts, which are no ASCII letters with accents; those that look like ASCII among them."""
    return [
        char
        for char in name
        if not char.isascii() and (characters.looks_like(char) or (char.isalpha() and not fold(char).isascii()))
    ]


def broken_by_address(name: str, domain: str) -> tuple[NameRule, ...]:
    """Rules that the whole address breaks; `domain` is an A-label name."""
    return (NameRule.ADDRESS_LONG,) if len(name) + 1 + len(domain) > ADDRESS_MAX else ()


def advice_on_name(name: str) -> tuple[NameAdvice, ...]:
    return (NameAdvice.NAME_COMMA,) if "," in name else ()


def broken_by_text(text: str) -> tuple[NameRule, ...]:
    """Rules that a normalised first, last or display name breaks. None of them is obligatory."""
    broken = []
    if len(text) > TEXT_MAX:
        broken.append(NameRule.TEXT_LONG)
    if odd_characters(text):
        broken.append(NameRule.TEXT_CHARACTERS)
    return tuple(broken)


def odd_characters(text: str) -> list[str]:
    """What a person's name may not have: line breaks, controls, what cannot be seen and what turns the text around."""
    return [*characters.unshowable(text), *characters.invisible_in_name(text)]


def fold(text: str) -> str:
    """Lower-case `text` without its accents: żółw → zolw, Straße → strasse. Other alphabets stay as they are."""
    folded = unicodedata.normalize("NFKD", text.lower().translate(STROKES))
    return "".join(char for char in folded if not unicodedata.combining(char))


def suggest_name(text: str) -> str:
    """The account name that was probably meant, or "" where none can be told.

    >>> suggest_name("Łukasz Żółć")
    'lukasz.zolc'
    """
    seen = characters.straightened(characters.visible(normalise_text(text)))
    name = re.sub(r"[\s/]+", ".", fold(seen))
    name = re.sub(r"[^a-z0-9.,_-]", "", name) if name.isascii() else ""
    name = re.sub(r"\.{2,}", ".", name).lstrip(".,_-").rstrip(".")[:NAME_MAX].rstrip(".")
    return name if name and not broken_by_name(name) else ""


def display_name(first: str, last: str) -> str:
    """What a display name starts as: the first and the last name."""
    return f"{first} {last}".strip()[:TEXT_MAX].strip()
