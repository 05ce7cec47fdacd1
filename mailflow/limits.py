"""How many recipients an account and a service may write to within an hour."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

HOUR = 3600.0
SLICE = 60.0  # counts are kept for each minute


@dataclass
class Limits:
    """`account` and `service`: recipients an hour; 0 is without limit."""

    account: int
    service: int
    clock: Callable[[], float] = time.monotonic
    _slices: deque[tuple[float, Counter[str]]] = field(default_factory=deque)
    _sums: Counter[str] = field(default_factory=Counter)

    def exceeded(self, mailbox: str, service: str) -> str:
        """Count one recipient; words for the sender where that would be one too many, which then does not count."""
        self._forget()
        for key, limit in ((mailbox, self.account), (service, self.service)):
            if limit and self._sums[key] >= limit:
                whose = "account" if key == mailbox else "service"
                return f"This {whose} has written to {limit} recipients within an hour: try again later"
        now = self.clock()
        if not self._slices or self._slices[-1][0] + SLICE <= now:
            self._slices.append((now, Counter()))
        for key in (mailbox, service):
            self._slices[-1][1][key] += 1
            self._sums[key] += 1
        return ""

    def _forget(self) -> None:
        while self._slices and self._slices[0][0] + HOUR <= self.clock():
            for key, count in self._slices.popleft()[1].items():
                self._sums[key] -= count
                if not self._sums[key]:
                    del self._sums[key]
