"""Cells of a row that are not what a person sees in the file, and names that lost letters on their way. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from . import characters, rules
from .columns import Field
from .tables import CELL, CellKind, mark_of

type Told = tuple[str, Field, dict[str, str | int]]  # code, column, facts

NAMES = (Field.FIRST_NAME, Field.LAST_NAME, Field.DISPLAY_NAME)
CERTAIN = (Field.ADDRESS, Field.NAME, Field.DOMAIN, Field.PASSWORD)  # what only has the look of a text is refused there
UNWRAPPED = "cell-unwrapped"
JOINED = "line-break"
LOST = "letters-lost"
TWICE = "letters-twice"
QUESTION_MARK = "letters-question"
ALIKE = "letters-alike"
ERROR = "name-error"
COMPOSED_LONG = "display-name-cut"

_BREAK = re.compile(r"[\n\r]+")
_AMID = re.compile(r"[^\W\d_]\?+[^\W\d_]|\?{2,}|^\?[^\W\d_]|[^\W\d_]\?$")
_ERROR = re.compile(r"#(?:N/[AD]|NV|[A-Z]{3,}[!?]|[A-Z]{2,}/0!|#+)")  # as spreadsheets write them into a text


def settle_cells(values: Mapping[Field, str]) -> tuple[dict[Field, str], list[Told], list[Told]]:
    """The cells as texts; what makes the row untrustworthy; what should be said."""
    texts: dict[Field, str] = {}
    faults: list[Told] = []
    said: list[Told] = []
    for field, cell in values.items():
        mark = mark_of(cell)
        texts[field] = mark.read if mark else cell
        if field in NAMES and _BREAK.search(texts[field].strip()):
            texts[field] = " ".join(filter(None, map(str.strip, _BREAK.split(texts[field]))))
            said.append((JOINED, field, {}))
        if len(texts[field]) > CELL:
            faults.append(("cell-long", field, {"length": len(texts[field]), "limit": CELL}))
        if mark is None:
            continue
        facts: dict[str, str | int] = {"read": mark.read[:64], "shown": mark.shown[:64]}
        if mark.kind is CellKind.MERGED and field is Field.DOMAIN:
            continue  # an address without its domain is refused, one with it needs none
        if mark.kind is CellKind.UNWRAPPED:
            said.append((UNWRAPPED, field, {}))
        elif field in CERTAIN:
            hidden = {"read": "••••", "shown": mark.shown[:64] if mark.kind is CellKind.ERROR else "••••"}
            faults.append((f"cell-{mark.kind}", field, {**hidden} if field is Field.PASSWORD else facts))
        else:
            said.append((f"cell-{mark.kind}", field, facts))
    return texts, faults, said


def on_names(text: Mapping[Field, str]) -> list[Told]:
    """What should be said of normalised names."""
    said: list[Told] = []
    for field in NAMES:
        value = text[field]
        meant = written_twice(value)
        if meant:
            said.append((TWICE, field, {"meant": meant[:64]}))
        if "\ufffd" in value:
            said.append((LOST, field, {}))
        if value.startswith("#") and _ERROR.fullmatch(value):
            said.append((ERROR, field, {}))
        elif _AMID.search(value):
            said.append((QUESTION_MARK, field, {}))
        if not value.isascii() and (odd := _of_other_scripts(value)):
            said.append((ALIKE, field, {"characters": characters.names_of(odd)}))
    whole = f"{text[Field.FIRST_NAME]} {text[Field.LAST_NAME]}".strip()
    if not text[Field.DISPLAY_NAME] and len(whole) > rules.TEXT_MAX:
        said.append((COMPOSED_LONG, Field.DISPLAY_NAME, {"length": len(whole), "limit": rules.TEXT_MAX}))
    return said


def _of_other_scripts(text: str) -> list[str]:
    """Letters that look like those of ASCII, in words that have those, too (the Cyrillic а in `Idа`)."""
    words = (word for word in text.split() if not word.isascii() and re.search("[A-Za-z]", word))
    return [char for word in words for char in characters.alike(word) if char.isalpha()]


def written_twice(text: str) -> str:
    """What a text was before UTF-8 was taken for another encoding (`Å»aneta` is Żaneta); empty where it was not."""
    if text.isascii():
        return ""
    for encoding in ("cp1252", "cp1250", "latin-1"):
        try:
            meant = text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
        if all(char.isprintable() for char in meant):
            return meant
    return ""
