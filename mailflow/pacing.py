"""How many passwords are verified a second: Argon2id is meant to be dear, and deliveries ask the same Dovecot.

Each sign-in takes its place in a line that moves as fast as SHARE of the machine can hash; whoever comes when the line
is long is asked to wait before the password is looked at. So a mail server that was away, or somebody who guesses,
takes no more than that share, and deliveries find a process and a core.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from accounts.hashing import hash_of_nothing

SHARE = 0.5  # of the processes that verify
BURST = 1.0  # seconds' worth of sign-ins that need not wait
LONGEST = 20  # seconds: mail programs give up after half a minute


@dataclass
class Pace:
    """`rate`: sign-ins a second; 0 is without limit."""

    rate: float
    clock: Callable[[], float] = time.monotonic
    _end: float = -math.inf  # of the line

    def wait(self) -> int:
        """Take a place; the seconds until it is one's turn."""
        if not self.rate:
            return 0
        now = self.clock()
        self._end = max(self._end, now - BURST) + 1 / self.rate
        ahead = self._end - now
        if ahead > LONGEST:  # it gives up, or tries again: its place would be lost
            self._end = now + LONGEST
        return max(0, min(LONGEST, int(ahead + 1 - 1e-9))) if ahead > 0 else 0


def rate_of(processes: int) -> float:
    """What SHARE of so many processes can verify a second; 0: one on each core. The time is that of the core, so that a
    machine which is busy at the start is not slow for ever."""
    started = time.thread_time()
    hash_of_nothing()
    seconds = time.thread_time() - started
    return SHARE * (processes or len(os.sched_getaffinity(0))) / seconds
