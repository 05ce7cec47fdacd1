"""What a cell that cannot be an address was probably meant to say. Pure: a person accepts it or does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from urllib.parse import unquote

from . import characters, rules

_PREFIX = re.compile(r"\s*([^\W\d_][\w .-]{0,24}?)\s*:\s*(?://)?")
_ANGLE = re.compile(r"<([^<>]*)>")
_AT_IN_WORDS = re.compile(r"[\[({] ?(?:at|@|małpa) ?[\])}]", re.IGNORECASE)
_PRIMARY = re.compile(r"(?:^|[;,|+\s])SMTP: ?([^\s;,|+<>@]+@[^\s;,|+<>@]+)")  # Exchange writes the others as smtp:
_BETWEEN = re.compile(r"[\s<>()\[\]{};:|\"]+")  # what cannot be in an address that stands unquoted
_DOMAIN = re.compile(r"[\w.-]{1,253}")  # whatever else stands behind the @: nothing of it is repeated
_EDGES = " \t\r\n\u00a0\"'`´‘’‚“”„«»‹›<>()[]{};,|*/"


class Form(StrEnum):
    """How a cell that has an address in it fails to be one. The words are in `accounts/words.py`."""

    INVISIBLE = "address-invisible"  # facts: characters
    AT_SIGN = "address-at-sign"  # facts: characters
    PREFIX = "address-prefix"  # facts: prefix
    WRAPPED = "address-wrapped"  # a person's name or brackets around it
    PUNCTUATION = "address-punctuation"  # facts: characters
    SEVERAL = "address-several"  # facts: count


def forms_of(cell: str) -> Iterator[tuple[Form, dict[str, str | int]]]:
    """What keeps `cell` from being one address, each with its facts."""
    invisible = characters.invisible(cell)
    if invisible:
        yield Form.INVISIBLE, {"characters": characters.names_of(invisible)}
    text = characters.visible(cell).strip()
    signs = [char for char in text if char in characters.AT_SIGNS]
    words = _AT_IN_WORDS.findall(text)
    if signs:
        yield Form.AT_SIGN, {"characters": characters.names_of(signs)}
    elif words and "@" not in _AT_IN_WORDS.sub("", text):
        yield Form.AT_SIGN, {"characters": words[0].strip()}
    text = _with_at(text)
    several = len(set(map(str.lower, _all(text))))
    if several > 1 and not _in_angles(text):
        yield Form.SEVERAL, {"count": several}
        return
    if "@" not in text:
        return
    prefix = _PREFIX.match(text)
    if prefix and "@" in text[prefix.end() :] and "<" not in prefix[0]:
        yield Form.PREFIX, {"prefix": text[: prefix.end()].strip()}
        text = text[prefix.end() :]
    if re.search(r"[<>()\[\]{}]", text):
        yield Form.WRAPPED, {}
        return
    start, end = len(text) - len(text.lstrip(_EDGES)), len(text.rstrip(_EDGES))
    edges = (text[:start] + text[end:]).strip()
    if edges:
        yield Form.PUNCTUATION, {"characters": edges}


def meant(cell: str) -> str:
    """What a cell that has an address, or an account name alone, should probably say; "" where none can be told."""
    return address(cell) if "@" in _with_at(characters.visible(cell)) else rules.suggest_name(cell)


def address(cell: str) -> str:
    """The address that a cell probably means, its account name within the rules; "" where none can be told.

    >>> address("Jan Nowak <jan@firma.example>")
    'jan@firma.example'
    """
    found = one_address(cell)
    name, at, domain = found.partition("@")
    if not at or len(name.split()) > 2:  # of a name and an address with only blanks between nobody can tell which
        return ""
    better = rules.suggest_name(name)
    return f"{better}@{domain.strip()}" if better and _DOMAIN.fullmatch(domain.strip()) else ""


def one_address(cell: str) -> str:
    """The one address in a cell as it stands there, without what is around it; "" where there are none or several."""
    text = _with_at(characters.visible(cell)).strip()
    primary = _PRIMARY.findall(text)
    if len(primary) == 1:
        return str(primary[0])
    angles = _in_angles(text)
    if angles:
        return angles[0] if len(angles) == 1 else ""
    all_of_them = list(dict.fromkeys(_all(text)))
    if len({each.lower() for each in all_of_them}) > 1:
        return ""
    prefix = _PREFIX.match(text)
    if prefix and "@" in text[prefix.end() :]:
        text = unquote(text[prefix.end() :].partition("?")[0])
    if re.search(r"[()\[\]{}]", text):  # a comment, or a link of a text editor
        return _clean(all_of_them[0]) if all_of_them else ""
    text = re.sub("@{2,}", "@", text.strip(_EDGES))
    return text if text.count("@") == 1 else ""


def _with_at(text: str) -> str:
    """`text` with every kind of at sign made one, and `mailto:`'s own escape of it."""
    for sign in characters.AT_SIGNS:
        text = text.replace(sign, "@")
    if "@" in _AT_IN_WORDS.sub("", text):
        return text
    parts = _AT_IN_WORDS.split(text)
    text = "@".join(part.strip() for part in parts) if len(parts) > 1 else text
    return text if "@" in text else text.replace("%40", "@")


def _in_angles(text: str) -> list[str]:
    """The addresses in angle brackets, each once."""
    inside = (_without_prefix(found) for found in _ANGLE.findall(text) if "@" in found)
    return list(dict.fromkeys(map(_clean, inside)))


def _without_prefix(text: str) -> str:
    prefix = _PREFIX.match(text)
    return text[prefix.end() :] if prefix and "@" in text[prefix.end() :] else text


def _all(text: str) -> list[str]:
    """Everything in a cell that looks like an address. A comma parts two, but may stand in a name."""
    words = _BETWEEN.split(text)
    parts = (part for word in words for part in (word.split(",") if word.count("@") > 1 else [word]))
    return [_clean(part) for part in parts if part.count("@") == 1 and not part.startswith("@") and part[-1] != "@"]


def _clean(found: str) -> str:
    return found.strip(_EDGES).rstrip(".")
