"""The include tree of an SPF record as it is drawn: each term that costs look-ups, with all that it leads to. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..lookup.answers import View
from .analysis import Walk
from .names import checkable, question_name
from .record import Mechanism, Modifier


@dataclass(slots=True)
class Term:
    """A term that asks the DNS. `lookups`: its own and those of everything below it; `first`: which look-up of the
    whole evaluation its own is, from 1. `problems`: codes of what is wrong at this very term."""

    text: str
    owner: str  # absolute name of the record that it stands in
    first: int = 0
    lookups: int = 0
    problems: list[str] = field(default_factory=list)
    below: list[Term] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "owner": self.owner,
            "first": self.first,
            "lookups": self.lookups,
            "problems": self.problems,
            "below": [term.to_json() for term in self.below],
        }


def tree(domain: str, answers: View) -> list[Term] | None:
    """The terms of the SPF record of `domain`, with what they lead to. None: `answers` wants more."""
    walk = _Drawing(answers)
    owner = question_name(domain) if checkable(domain) else None
    if owner is not None:
        walk.start(owner, None)
    return None if walk.missing else walk.top


class _Drawing(Walk):
    def __init__(self, answers: View) -> None:
        super().__init__(answers)
        self.top: list[Term] = []
        self.level = self.top

    def _term(self, term: Mechanism | Modifier, owner: str, *, passing: bool) -> None:
        here, said, before = Term(term.text, owner, self.lookups + 1), len(self.findings), self.lookups
        above, self.level = self.level, here.below
        depth = len(self.path) + 1
        super()._term(term, owner, passing=passing)
        self.level = above
        here.lookups = self.lookups - before
        if here.lookups == 0:
            return  # past the point where nothing more is followed
        here.problems = [str(f.problem) for f in self.findings[said:] if len(f.path) == depth]
        above.append(here)
