"""Cells that a spreadsheet would run as formulas, made harmless in the CSV that we write, and undone exactly. Pure."""

from __future__ import annotations

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
