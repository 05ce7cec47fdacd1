"""What an SPF record costs in look-ups, so that a record past the limit is refused before it is written.

Counting needs the DNS, which this app does not ask: whoever does registers a counter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

LIMIT = 10  # look-ups of one evaluation, RFC 7208 §4.6.4
NAMED = 3  # of the costliest terms


@dataclass(frozen=True, slots=True)
class SpfCost:
    """`terms`: each term that costs look-ups with their number, the costliest first."""

    lookups: int
    terms: tuple[tuple[str, int], ...]

    @property
    def beyond(self) -> bool:
        return self.lookups > LIMIT

    @property
    def costliest(self) -> tuple[tuple[str, int], ...]:
        return self.terms[:NAMED]


# (A-label name of the domain, text of the record) -> its cost, or None where the DNS does not tell in time.
type Counter = Callable[[str, str], SpfCost | None]

_counters: list[Counter] = []


def register(counter: Counter) -> None:
    _counters[:] = [counter]


def cost_of(name: str, record: str) -> SpfCost | None:
    return _counters[0](name, record) if _counters else None
