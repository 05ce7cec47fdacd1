"""Tables that we write: cells that no spreadsheet runs, and the exact way back. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for the start of a formula
# What we put before such a cell: an apostrophe, which keeps a spreadsheet from running it, and a no-break blank, which
# tells it from an apostrophe of the person's own. Every encoding that spreadsheets save in has both.
DEFUSED = "'\u00a0"


def defuse(cell: str) -> str:
    """A cell that no spreadsheet runs, so marked that `undefuse` is certain."""
    return DEFUSED + cell if cell.startswith((*FORMULA, DEFUSED)) else cell


def undefuse(cell: str) -> str:
    """The cell as it was before `defuse`; every other cell as it is."""
    return cell.removeprefix(DEFUSED)


def csv_line(cells: Iterable[str], delimiter: str = ",") -> str:
    """One record of CSV, defused, with its line end."""
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerow(map(defuse, cells))
    return buffer.getvalue()
