"""What a table is read as, what it is refused for, and its limits. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

DELIMITERS = (",", ";", "\t", "|", ":", "^")


class Format(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    ODS = "ods"
    XLS = "xls"


class Refusal(StrEnum):
    """Why a file is refused as a whole; the limits say their number in `facts`."""

    BYTES = "table-bytes"
    UNPACKED = "table-unpacked"
    MEMORY = "table-memory"
    ROWS = "table-rows"
    COLUMNS = "table-columns"
    TEXT = "table-text"  # all cells together
    EMPTY = "table-empty"
    BUSY = "table-busy"  # others' workbooks are being read
    FORMAT = "table-format"  # neither text nor a workbook that can be read
    ARCHIVE = "table-archive"  # an archive of parts that lie over each other, or of too many
    PROTECTED = "table-protected"
    HTML = "table-html"
    XML = "table-xml"
    BINARY_WORKBOOK = "table-xlsb"
    PADDED = "table-padded"  # ends with NULs: not written to its end
    ENCODING = "table-encoding"  # the chosen encoding does not fit
    NEARLY_UTF8 = "table-nearly-utf8"
    SHEET = "table-sheet"  # no such sheet
    HEADINGS = "table-headings"  # no such row to take headings from


class TableRefused(Exception):  # noqa: N818 - an answer, not a mishap
    """The file is refused; nothing of it was used."""

    def __init__(self, code: Refusal, **facts: int | str) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


class LineFault(StrEnum):
    """Why no cell of a line can be trusted. The words are in `accounts/words.py`."""

    QUOTE = "line-quote"  # a quotation mark opens a cell and is not closed in it; facts: closing (line, or 0)
    QUOTES = "line-quotes"  # text beside the quotation marks that enclose a cell
    CELLS = "line-cells"  # facts: cells, headings
    BEYOND = "line-beyond"  # of a workbook: cells beside the headings; facts: cells, headings
    TABLE = "line-table"  # below other headings; facts: line
    NUL = "line-nul"


@dataclass(frozen=True, slots=True)
class TableLimits:
    bytes: int = 20 * 1024 * 1024
    unpacked: int = 400 * 1024 * 1024  # bytes of a workbook's parts together
    entries: int = 1000  # parts of a workbook
    rows: int = 100_000  # beside the headings
    columns: int = 1000
    text: int = 100 * 1024 * 1024  # characters of all cells of a sheet together


LIMITS = TableLimits()
CELL = 2000  # characters of a cell that means something; columns that nobody maps may have longer ones


@dataclass(frozen=True, slots=True)
class Shape:
    """How the bytes are to be read. Encoding and delimiter are empty for workbooks, the sheet for text.

    `width`: cells of a row of text; `address`: the column of text that has the address. Both 0 and -1 where unknown.
    """

    format: Format
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    width: int = 0
    address: int = -1
    heading: int = 0  # the line of text with the headings


class Line(NamedTuple):
    number: int  # of the line (CSV) or row (workbook) where the record starts, from 1
    cells: tuple[str, ...]  # without the empty ones at the end
    fault: tuple[str, Mapping[str, int | str]] | None = None  # of `LineFault`: no cell can be trusted
    hidden: bool = False
    full: int = 0  # cells of a line of text as they stand, the empty ones at the end included
