"""Charts as shapes on a plane, drawn by templates as SVG: no script, no style of their own. Pure.

Coordinates are in the units of the drawing's viewBox, the origin at its upper left.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 440.0, 140.0
LEFT, BOTTOM, TOP = 38.0, 20.0, 8.0  # room for the marks at the side, for the labels below, for the line above


@dataclass(frozen=True, slots=True)
class Box:
    x: float
    y: float
    width: float
    height: float
    look: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A label at a place of an axis."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """Either `boxes` or `lines`; each line is a text for a polyline's `points`, and a gap ends it."""

    marks: tuple[Tick, ...]  # at the side, with a line across
    labels: tuple[Tick, ...]  # below
    boxes: tuple[Box, ...] = ()
    lines: tuple[str, ...] = ()
    dots: tuple[tuple[float, float], ...] = ()  # points that stand alone
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT

    @property
    def floor(self) -> float:
        return self.height - BOTTOM


def columns(days: Sequence[Mapping[str, int]], labels: Sequence[str], looks: Sequence[str]) -> Drawing:
    """A column for each day, its parts stacked in the order of `looks` from below. Empty labels are left out."""
    top = nice(max((sum(day.get(look, 0) for look in looks) for day in days), default=0))
    step = (WIDTH - LEFT) / max(len(days), 1)
    boxes = []
    for index, day in enumerate(days):
        y = HEIGHT - BOTTOM
        for look in looks:
            height = _scaled(day.get(look, 0), top)
            y -= height
            if height:
                boxes.append(Box(_round(LEFT + index * step + step * 0.1), _round(y), _round(step * 0.8), height, look))
    marks = tuple(mark for mark in _marks(top) if "." not in mark.text)  # what is counted has no halves
    return Drawing(marks, _labels(labels, step), boxes=tuple(boxes))


def line(
    values: Sequence[float | None], labels: Sequence[str], written: Callable[[float], str] = "{:g}".format
) -> Drawing:
    """The values from left to right, None where nothing is known: there the line is broken. `written`: a number as
    the reader's language has it."""
    top = nice(max((value for value in values if value is not None), default=0))
    step = (WIDTH - LEFT) / max(len(values), 1)
    runs: list[list[tuple[float, float]]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((_round(LEFT + (index + 0.5) * step), _round(HEIGHT - BOTTOM - _scaled(value, top))))
    return Drawing(
        _marks(top, written),
        _labels(labels, step),
        lines=tuple(" ".join(f"{x},{y}" for x, y in run) for run in runs if len(run) > 1),
        dots=tuple(run[0] for run in runs if len(run) == 1),
    )


def nice(value: float) -> float:
    """The least of 1, 2, 5, 10, 20, 50, … that is not below `value`, so that half of it can be read, too."""
    if value <= 1:
        return 1
    power = 10.0 ** math.floor(math.log10(value))
    return next(top for top in (power, 2 * power, 5 * power, 10 * power) if top >= value)


def _scaled(value: float, top: float) -> float:
    return _round(value / top * (HEIGHT - BOTTOM - TOP))


def _marks(top: float, written: Callable[[float], str] = "{:g}".format) -> tuple[Tick, ...]:
    return tuple(Tick(_round(HEIGHT - BOTTOM - _scaled(part, top)), written(part)) for part in (0, top / 2, top))


def _labels(labels: Sequence[str], step: float) -> tuple[Tick, ...]:
    """None where it would stand over the edge."""
    places = ((LEFT + (index + 0.5) * step, text) for index, text in enumerate(labels) if text)
    return tuple(Tick(_round(place), text) for place, text in places if place <= WIDTH - LEFT / 2)


def _round(number: float) -> float:
    return round(number, 1)
