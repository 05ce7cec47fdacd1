"""The brake on mass red: one lying resolver must not recolour an installation.

When too many of the green checks that were judged lately would turn red, verdicts are held, staff are told, and control
names are asked. It is released when these are answered as they should be and what would have turned still would a
while later, or by staff.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from django.conf import settings
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.utils import timezone

from domains.asking import engine
from domains.lookup.answers import Question
from domains.lookup.engine import run
from panel.actors import SYSTEM
from panel.models import Platform

from ..judge.history import mass_red
from ..models import CircuitBreaker
from ..notifications import tell_staff_of_breaker

WINDOW = 900  # seconds; green checks count for the window that they were judged in and the next
HELD_AT_LEAST = timedelta(minutes=10)
CONTROLS_EVERY = timedelta(minutes=1)
GRACE = timedelta(hours=2)  # after a release what turns red is believed
MAX_CONTROLS = 10
LASTS = 3 * WINDOW
TELL_EVERY = 1.0  # seconds


class GreenTally:
    """Green checks judged lately by all workers together, and how many of them would have turned red.

    A context manager: what all is well with is told to the other workers once a second, and at the end.
    """

    def __init__(self) -> None:
        self.breaker = CircuitBreaker.holding()
        self._green = 0  # counted and not told yet
        self._told_at = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tell()

    def holds(self, green: int, turning: int, reddening: int = 0) -> bool:
        """Count these; whether verdicts that turn a check red are to be held.

        `turning`: green checks that would turn red. `reddening`: others that would; they pull no brake, but one that
        holds holds them too.
        """
        self._green += green
        if turning or time.monotonic() - self._told_at >= TELL_EVERY:
            self._tell()
        if not turning and not reddening:
            return False
        _add("turning", turning)
        if self.breaker is None:
            self.breaker = CircuitBreaker.holding()
        if self.breaker is None and turning:
            greens, turnings = _sum("green"), _sum("turning")
            if mass_red(greens, turnings) and not _released_lately(timezone.now()):
                self.breaker = pull(greens, turnings)
        return self.breaker is not None

    def _tell(self) -> None:
        _add("green", self._green)
        self._green = 0
        self._told_at = time.monotonic()


def pull(green: int, turning: int) -> CircuitBreaker:
    """Begin to hold verdicts, and tell staff."""
    try:
        with transaction.atomic():
            breaker = CircuitBreaker.objects.create(green=green, turning=turning)
    except IntegrityError:
        return CircuitBreaker.objects.get(state=CircuitBreaker.State.HOLDING)
    tell_staff_of_breaker(breaker)
    return breaker


def tend() -> None:
    """Where verdicts are held: ask the control names, and release what may be."""
    now = timezone.now()
    breaker = CircuitBreaker.holding()
    if breaker is None or (breaker.controls_at is not None and abs(now - breaker.controls_at) < CONTROLS_EVERY):
        return
    breaker.pulled_at = min(breaker.pulled_at, now)  # a clock that was set back must not keep it on
    breaker.controls = run(_ask(control_names()))
    breaker.controls_good = bool(breaker.controls) and all(said == "" for said in breaker.controls.values())
    breaker.controls_at = now
    breaker.save(update_fields=["pulled_at", "controls", "controls_good", "controls_at"])
    if breaker.controls_good and now - breaker.pulled_at >= HELD_AT_LEAST:
        breaker.release(SYSTEM)
        forget()


def forget() -> None:
    """Count from nothing."""
    cache.delete_many([_key(what, window) for what in ("green", "turning") for window in _windows()])


def control_names() -> list[str]:
    """Names that have addresses for certain: the operator's, or else the MX hosts of the platforms."""
    names = settings.DNS_CONTROL_NAMES or [host for p in Platform.objects.all() for host in p.mx_hosts]
    return list(dict.fromkeys(names))[:MAX_CONTROLS]


async def _ask(names: list[str]) -> dict[str, str]:
    """Each name with what is wrong with its answer: nothing, "missing" or a failure."""
    said = {}
    async with engine() as asking:
        for name in names:
            answers = [
                await asking.ask(Question(name.rstrip(".").lower() + ".", type_), fresh=True) for type_ in ("A", "AAAA")
            ]
            failure = next((str(answer.failure) for answer in answers if answer.failure), "missing")
            said[name] = "" if any(answer.values for answer in answers) else failure
    return said


def _released_lately(now: datetime) -> bool:
    return CircuitBreaker.objects.filter(
        state=CircuitBreaker.State.RELEASED, released_at__range=(now - GRACE, now)
    ).exists()


def _windows() -> tuple[int, int]:
    now = int(time.time()) // WINDOW
    return now, now - 1


def _key(what: str, window: int) -> str:
    return f"brake:{what}:{window}"


def _add(what: str, more: int) -> None:
    """To this window's count, which is there already except at its beginning."""
    key = _key(what, _windows()[0])
    if more:
        try:
            cache.incr(key, more)
        except ValueError:
            if cache.add(key, more, timeout=LASTS):
                return
            cache.incr(key, more)  # another worker was faster
        cache.touch(key, LASTS)


def _sum(what: str) -> int:
    """Of this window's count and that of the one before."""
    return sum(cache.get_many([_key(what, window) for window in _windows()]).values())
