"""Tables that we write: cells that no spreadsheet runs, and the way back. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for the start of a formula


def defuse(cell: str) -> str:
    """A cell that no spreadsheet runs: an apostrophe before a formula, and before what looks defused."""
    return f"'{cell}" if cell.lstrip("'").startswith(FORMULA) else cell


def undefuse(cell: str) -> str:
    """The cell as it was before `defuse`; only for tables that we wrote ourselves."""
    return cell[1:] if cell[:1] == "'" and cell.lstrip("'").startswith(FORMULA) else cell


def csv_line(cells: Iterable[str], delimiter: str = ",") -> str:
    """One record of CSV, defused, with its line end."""
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerow(map(defuse, cells))
    return buffer.getvalue()
