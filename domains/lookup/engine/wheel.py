"""Timers for many thousand questions: one call of the loop each tick instead of one timer a query."""

from __future__ import annotations

import asyncio
from typing import Protocol

TICK = 0.01  # seconds
LATE = 0.1  # seconds; the loop stood still, and answers may lie in the sockets unread


class Timed(Protocol):
    """Something with one timer. `tick` is when it is due, 0 while it has none."""

    tick: int

    def on_timer(self, now: float) -> None: ...


class Wheel:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._slots: dict[int, set[Timed]] = {}
        self._done = 0  # every tick up to this one was served
        self._handle: asyncio.TimerHandle | None = None
        self._turned_at = 0.0

    def set(self, timed: Timed, when: float) -> None:
        """Call `timed.on_timer` at `when` (the loop's time) instead of whenever it was due before."""
        if timed.tick:
            self.unset(timed)
        tick = int(when / TICK) + 1
        if self._handle is None:
            self._turned_at = self._loop.time()
            self._done = int(self._turned_at / TICK)
            self._handle = self._loop.call_later(TICK, self._turn)
        if tick <= self._done:
            tick = self._done + 1
        timed.tick = tick
        slot = self._slots.get(tick)
        if slot is None:
            self._slots[tick] = {timed}
        else:
            slot.add(timed)

    def unset(self, timed: Timed) -> None:
        """Do not call it; and hold it no longer: with it goes all the memory of the look that asked."""
        slot = self._slots.get(timed.tick)
        if slot is not None:
            slot.discard(timed)
        timed.tick = 0

    def close(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        self._slots.clear()

    def _turn(self) -> None:
        now = self._loop.time()
        late = now - self._turned_at > LATE
        self._turned_at = now
        if late:
            self._handle = self._loop.call_later(TICK, self._turn)  # what lies in the sockets is read first
            return
        try:
            for tick in range(self._done + 1, int(now / TICK) + 1):
                self._done = tick
                slot = self._slots.get(tick)
                while slot:
                    timed = slot.pop()
                    timed.tick = 0
                    timed.on_timer(now)
                self._slots.pop(tick, None)
        finally:
            if self._done in self._slots:  # one broke: the others of its tick get their turn with the next
                self._done -= 1
            self._handle = self._loop.call_later(TICK, self._turn) if self._slots else None
