"""The include tree of an SPF record as a drawing and a table: where its terms come to stand. Pure.

Takes what `domains.spf.tree` found, as JSON objects.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from domains.rules.verdicts import Problem
from domains.spf.results import MAX_LOOKUPS

ROW, INDENT, WIDTH = 28, 22, 640  # of the drawing, in its own units
BAR = 24  # width of one look-up
MOST = 60  # terms that are drawn


@dataclass(frozen=True, slots=True)
class Branch:
    """One term as it is drawn. `x`, `y`: where its line begins; `up`: y of the term that it hangs from."""

    depth: int
    text: str
    owner: str
    lookups: int
    problems: tuple[str, ...]
    beyond: bool  # its own look-up is one too many
    x: int
    y: int
    up: int

    @property
    def text_x(self) -> int:
        return self.x + 10

    @property
    def baseline(self) -> int:
        return self.y + 4

    @property
    def corner(self) -> int:
        return self.x - INDENT + 6

    @property
    def failing(self) -> bool:
        return bool(self.problems) or self.beyond


@dataclass(frozen=True, slots=True)
class Slot:
    """One look-up in the bar of the ten."""

    x: int
    number: int
    branch: int  # which of the record's own terms it belongs to, from 1; 0: free
    beyond: bool

    @property
    def middle(self) -> int:
        return self.x + BAR // 2


@dataclass(frozen=True, slots=True)
class Tree:
    branches: tuple[Branch, ...]
    slots: tuple[Slot, ...]
    lookups: int
    more: int  # terms that are not drawn

    @property
    def height(self) -> int:
        return len(self.branches) * ROW + 8

    @property
    def width(self) -> int:
        return WIDTH

    @property
    def bar_width(self) -> int:
        return len(self.slots) * BAR + 2

    @property
    def most(self) -> int:
        return MAX_LOOKUPS

    @property
    def too_many(self) -> bool:
        return self.lookups > MAX_LOOKUPS


def drawing(terms: Sequence[dict[str, Any]]) -> Tree:
    flat = list(_flat(terms, 0, -1))
    branches = tuple(
        Branch(
            depth=depth,
            text=term["text"],
            owner=term["owner"],
            lookups=term["lookups"],
            problems=tuple(code for code in term["problems"] if code != Problem.SPF_LOOKUPS),
            beyond=term["first"] > MAX_LOOKUPS,
            x=8 + depth * INDENT,
            y=ROW // 2 + index * ROW,
            up=ROW // 2 + above * ROW + 8 if above >= 0 else 0,
        )
        for index, (depth, above, term) in enumerate(flat[:MOST])
    )
    owners = [number for number, term in enumerate(terms, start=1) for _ in range(term["lookups"])]
    slots = tuple(
        Slot(1 + index * BAR, index + 1, owners[index] if index < len(owners) else 0, index >= MAX_LOOKUPS)
        for index in range(min(max(len(owners), MAX_LOOKUPS), 2 * MAX_LOOKUPS))
    )
    return Tree(branches, slots, len(owners), max(0, len(flat) - MOST))


def _flat(terms: Sequence[dict[str, Any]], depth: int, above: int) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Each term in the order of the record, with its depth and the place of the one that it hangs from."""
    at = above + 1
    for term in terms:
        yield depth, above, term
        below = list(_flat(term["below"], depth + 1, at))
        yield from below
        at += 1 + len(below)
