"""What the readers of workbooks hand on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol


class Sheet(NamedTuple):
    name: str
    visible: bool


class SheetRow(NamedTuple):
    number: int  # from 1
    cells: dict[int, str]  # column, from 0 → cell; empty ones are left out
    hidden: bool  # or filtered out
    repeated: int = 1  # so many rows like it follow each other


class Workbook(Protocol):
    sheets: list[Sheet]

    def rows(self, index: int) -> Iterator[SheetRow]: ...
