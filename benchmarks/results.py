"""What a bench reports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measure:
    """One row of the table."""

    what: str
    value: float
    unit: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Ratio:
    """One of the lines `ratio <name>: <value>` at the end, with the least or the most that it should be."""

    name: str
    value: float
    target: float | None = None  # the least
    most: float | None = None


Result = Measure | Ratio


def number(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
