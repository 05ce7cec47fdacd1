"""Cells whose text is not what a person sees: errors, formulas without a value, dates, formatted numbers. Pure.

Such a cell travels as a text that begins with NUL, which no other cell can have: the readers turn a NUL of a file
into another character.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class CellKind(StrEnum):
    ERROR = "error"  # #N/A, #NAME? …
    FORMULA = "formula"  # without a stored value
    DATE = "date"
    BOOLEAN = "boolean"
    NUMBER = "number"  # with a display format, or with more digits than a number keeps
    MERGED = "merged"  # with another cell, which has the value; what it has itself is never shown
    UNWRAPPED = "unwrapped"  # ="…" in a text file: what a spreadsheet writes to keep a text a text


class Mark(NamedTuple):
    kind: CellKind
    read: str  # the value behind the cell; empty where there is none
    shown: str  # what a person sees there


def marked(kind: CellKind, read: str, shown: str) -> str:
    return "\0".join(("", kind, read.replace("\0", "\1"), shown.replace("\0", "\1")))


def mark_of(cell: str) -> Mark | None:
    parts = cell.split("\0")
    return Mark(CellKind(parts[1]), parts[2], parts[3]) if len(parts) == 4 and parts[1] in CellKind else None


def plain(cell: str) -> str:
    """What a person sees in the cell."""
    mark = mark_of(cell)
    return mark.shown if mark else cell


def is_covered(cell: str) -> bool:
    mark = mark_of(cell)
    return mark is not None and mark.kind is CellKind.MERGED


def read_as(cell: str) -> str:
    """The value of the cell where its look does not matter (names)."""
    mark = mark_of(cell)
    return mark.read if mark else cell
