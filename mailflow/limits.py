"""How many recipients an account and a service may write to within an hour, and when an account floods.

An account floods when within an hour it has tried as many recipients again as it may write to, each beyond its limit.
Each recipient counts once: a program that tries the same ones all over is a nuisance, no flood.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

HOUR = 3600.0
SLICE = 60.0  # counts are kept for each minute


@dataclass
class Beyond:
    """What an account has tried beyond its limit."""

    since: float
    recipients: set[str] = field(default_factory=set)


@dataclass
class Limits:
    """`account` and `service`: recipients an hour; 0 is without limit."""

    account: int
    service: int
    clock: Callable[[], float] = time.monotonic
    _slices: deque[tuple[float, Counter[str]]] = field(default_factory=deque)
    _sums: Counter[str] = field(default_factory=Counter)
    _beyond: dict[str, Beyond] = field(default_factory=dict)  # by mailbox

    def exceeded(self, mailbox: str, service: str, recipient: str) -> str:
        """Count one recipient; words for the sender where that would be one too many, which then does not count."""
        self._forget()
        for key, limit in ((mailbox, self.account), (service, self.service)):
            if limit and self._sums[key] >= limit:
                whose = "service"
                if key == mailbox:
                    whose = "account"
                    self._beyond.setdefault(mailbox, Beyond(self.clock())).recipients.add(recipient)
                return f"This {whose} has written to {limit} recipients within an hour: try again later"
        now = self.clock()
        if not self._slices or self._slices[-1][0] + SLICE <= now:
            self._slices.append((now, Counter()))
        for key in (mailbox, service):
            self._slices[-1][1][key] += 1
            self._sums[key] += 1
        return ""

    def floods(self, mailbox: str) -> bool:
        beyond = self._beyond.get(mailbox)
        return beyond is not None and len(beyond.recipients) >= self.account

    def start_anew(self, mailbox: str) -> None:
        """Of an account that was stopped: whoever lets it send again lets it send at once."""
        self._beyond.pop(mailbox, None)
        self._sums.pop(mailbox, None)
        for _since, counts in self._slices:
            counts.pop(mailbox, None)

    def _forget(self) -> None:
        for mailbox in [key for key, beyond in self._beyond.items() if beyond.since + HOUR <= self.clock()]:
            del self._beyond[mailbox]
        while self._slices and self._slices[0][0] + HOUR <= self.clock():
            for key, count in self._slices.popleft()[1].items():
                self._sums[key] -= count
                if not self._sums[key]:
                    del self._sums[key]
