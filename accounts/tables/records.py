"""From lines of text to records: which delimiter, and which quotation marks enclose a cell. Pure.

A quotation mark that somebody typed must not swallow the rows after it. So a record that spans lines is accepted only
where none of the lines that continue it looks like a row of its own; otherwise the line that leaves a quotation mark
open is refused, and so is the next one with an unpaired mark; every other line is read as it stands.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from .shapes import DELIMITERS, LIMITS, LineFault

csv.field_size_limit(LIMITS.bytes)

ADDRESS = re.compile(r"[^\s@\"',;]+@[^\s@\"',;]+\.[^\s@\"',;]+")
_AFTER_BLANK = re.compile(r'[ \t]+"(?:[^"]|"")*"[ \t]*')
ANY_WIDTH = 1 << 20  # no line has so many cells
LONGEST = 100  # lines of a record
_SEPARATOR = re.compile(r"\ufeff?[\s\"']*sep\s*=\s?(\S|\t| (?=[\r\n]|\Z))[\s\"']*", re.IGNORECASE)


class TextRecord(NamedTuple):
    number: int  # of its first line, from 1
    cells: list[str]
    fault: tuple[str, dict[str, int | str]] | None = None


def separator_of(line: str) -> str:
    """The delimiter that Excel's first line `sep=;` names; empty where the line is none."""
    found = _SEPARATOR.fullmatch(line.rstrip("\r\n"))
    return found[1] if found and not found[1].isalnum() and found[1] not in "\"'" else ""


def split(line: str, delimiter: str) -> list[str] | None:
    """The cells of one line whose quotation marks pair; None where they do not."""
    if '"' not in line:
        return line.split(delimiter)
    try:
        cells = next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return None
    if len(cells) > 1 and all(map(_AFTER_BLANK.fullmatch, cells[1:])):  # "a", "b": marks after a blank
        return [cells[0], *(cell.strip()[1:-1].replace('""', '"') for cell in cells[1:])]
    return None if any(map(_AFTER_BLANK.fullmatch, cells)) else cells


def roughly(line: str, delimiter: str) -> list[str]:
    """The cells of a line, whatever its quotation marks."""
    return split(line, delimiter) or [cell.strip('"') for cell in line.split(delimiter)]


def delimiter_of(lines: Sequence[str]) -> str:
    """The delimiter that cuts the first rows into the most columns, alike in most rows."""
    if lines and (named := separator_of(lines[0])):
        return named

    def score(delimiter: str) -> tuple[float, int]:
        widths = Counter(len(roughly(line, delimiter)) for line in lines if line.strip())
        # What stands above the headings is narrower: where most rows agree on several columns, they count.
        for width, rows in widths.most_common(2):
            if width > 1 and rows * 3 >= widths.total() and (rows > 1 or widths.total() <= 2):
                wide = sum(count for other, count in widths.items() if other > 1)
                return round(rows / wide * (0.5 + wide / widths.total() / 2), 1), width
        return 0, 0

    best = max(DELIMITERS, key=score)
    return best if score(best)[1] > 1 else ","


def _opens(line: str, delimiter: str, *, inside: bool) -> bool:
    """Whether a quotation mark is open at the end of the line, given whether one was at its start."""
    index, length, at_start = 0, len(line), not inside
    while index < length:
        char = line[index]
        if inside:
            if char == '"':
                if line[index + 1 : index + 2] == '"':
                    index += 1
                else:
                    inside = False
            at_start = False
        elif char == '"' and at_start:
            inside = True
        else:
            at_start = char == delimiter
        index += 1
    return inside


def looks_like_row(line: str, delimiter: str, width: int, address: int) -> bool:
    """Whether a line that a quotation mark would swallow could be a row: as many cells, or an address in its place."""
    cells = line.rstrip("\r\n").split(delimiter)
    if len(cells) >= max(width, 1) and (width != 1 or line.strip() != ""):
        return True
    places = cells if address < 0 else cells[address : address + 1]
    return any(ADDRESS.fullmatch(cell.strip(' "')) for cell in places)


def records(
    lines: Iterable[str], delimiter: str, *, width: int = 0, address: int = -1, heading: int = 0
) -> Iterator[TextRecord]:
    """The records of a text. `width`: cells that its rows have; `address`: the column of their addresses.

    `heading`: the line where the headings begin. A cell of theirs may go on in a line that looks like a row.
    """
    source = _Lines(lines)
    opened = 0  # a line whose quotation mark is still to be closed by a later line
    for number, line in source:
        bare = line.rstrip("\r\n")
        if "\0" in bare:
            yield TextRecord(number, bare.replace("\0", "\1").split(delimiter), (LineFault.NUL, {}))
            continue
        if opened and bare.count('"') % 2:
            yield TextRecord(number, bare.split(delimiter), (LineFault.QUOTE, {"other": opened}))
            opened = 0
            continue
        cells = split(bare, delimiter)
        if cells is not None:
            yield TextRecord(number, cells)
        elif not _opens(bare, delimiter, inside=False):
            yield TextRecord(number, bare.split(delimiter), (LineFault.QUOTES, {}))
        else:
            record = _spanning(source, number, line, delimiter, ANY_WIDTH if number <= heading else width, address)
            opened = number if record.fault else 0
            yield record


def _spanning(source: _Lines, number: int, line: str, delimiter: str, width: int, address: int) -> TextRecord:
    """The record that begins with a line which leaves a quotation mark open."""
    more: list[str] = []
    for _number, following in islice(source, LONGEST):
        more.append(following)
        if "\0" in following or looks_like_row(following, delimiter, width, address):
            break
        if not _opens(following.rstrip("\r\n"), delimiter, inside=True):
            cells = split("".join([line, *more]).rstrip("\r\n"), delimiter)
            if cells is not None:
                return TextRecord(number, cells)
            break
    source.put_back(more)
    return TextRecord(number, line.rstrip("\r\n").split(delimiter), (LineFault.QUOTE, {"other": 0}))


class _Lines:
    """Numbered lines; those that were looked at can be put back."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._back: deque[str] = deque()
        self._number = 0

    def __iter__(self) -> Iterator[tuple[int, str]]:
        return self

    def __next__(self) -> tuple[int, str]:
        line = self._back.popleft() if self._back else next(self._lines)
        self._number += 1
        return self._number, line

    def put_back(self, lines: list[str]) -> None:
        self._back.extendleft(reversed(lines))
        self._number -= len(lines)
