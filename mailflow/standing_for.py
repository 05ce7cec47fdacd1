"""Whom a recipient's mail is for, as it was read with the verdict on it: `cleanup` asks that a moment later.

It is used once and for the moment that one message takes, so that a change acts on the next message: each verdict on a
recipient replaces what was remembered of it. What is not remembered is asked again.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from .addresses import Address

SECONDS = 3.0  # between a verdict and the question of `cleanup`, on a busy machine
MOST = 10_000  # recipients


@dataclass(frozen=True, slots=True)
class Standing:
    """`answer`: whom it is for; None: for the recipient alone."""

    answer: str | None
    at: float


@dataclass
class Standings:
    clock: Callable[[], float] = time.monotonic
    _known: OrderedDict[Address, Standing] = field(default_factory=OrderedDict)

    def note(self, address: Address, answer: str | None) -> None:
        self._known[address] = Standing(answer, self.clock())
        self._known.move_to_end(address)
        if len(self._known) > MOST:
            self._known.popitem(last=False)

    def forget(self, address: Address) -> None:
        self._known.pop(address, None)

    def take(self, address: Address) -> Standing | None:
        """What is known of it, once; None where it has to be asked."""
        known = self._known.pop(address, None)
        return known if known is not None and known.at + SECONDS > self.clock() else None
