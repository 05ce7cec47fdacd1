"""What the readers of workbooks hand on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from .cells import CellKind, marked


class Sheet(NamedTuple):
    name: str
    visible: bool


class SheetRow(NamedTuple):
    number: int  # from 1
    cells: dict[int, str]  # column, from 0 → cell; empty ones are left out
    hidden: bool  # or filtered out
    repeated: int = 1  # so many rows like it follow each other


class MergedCells(NamedTuple):
    """Cells that are merged: rows from 1, columns from 0, the last ones included."""

    top: int
    bottom: int
    left: int
    right: int


def with_covered(rows: Iterable[SheetRow], areas: Iterable[MergedCells]) -> Iterator[SheetRow]:
    """The same rows, their cells marked that lie under another one. Not beyond the widest row so far."""
    waiting = sorted(areas, reverse=True)
    active: list[MergedCells] = []
    widest = 0
    for row in rows:
        while waiting and waiting[-1].top <= row.number:
            active.append(waiting.pop())
        active = [area for area in active if area.bottom >= row.number]
        widest = max(widest, *row.cells)
        if active:
            row = covering(row, _covered(active, row.number, widest), widest)
        yield row


def _covered(areas: Iterable[MergedCells], number: int, widest: int) -> Iterator[int]:
    for area in areas:
        first = area.left + 1 if area.top == number else area.left
        yield from range(first, min(area.right, widest) + 1)


def covering(row: SheetRow, columns: Iterable[int], widest: int) -> SheetRow:
    """The row, its cells in these columns marked as covered, unless it has no others."""
    covered = {column for column in columns if column <= widest}
    if not any(cell.strip() for column, cell in row.cells.items() if column not in covered):
        return row
    marks = dict.fromkeys(covered, marked(CellKind.MERGED, "", ""))
    return row._replace(cells={**row.cells, **marks})


class Workbook(Protocol):
    sheets: list[Sheet]

    def rows(self, index: int) -> Iterator[SheetRow]: ...
