"""The last thirty days of a check: each day as the share of its hours that had each colour. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from domains.records import Level
from domains.rules.verdicts import RED, Status

DAYS = 30
WIDTH, GAP, HEIGHT = 18, 3, 24  # of a day in the drawing, in its own units
STACK = ("ok", "unknown", "wait", "red")  # from below


@dataclass(frozen=True, slots=True)
class StripStep:
    """A change of a check at `at`, from one status and level to another."""

    at: datetime
    old: tuple[str, str]
    new: tuple[str, str]


@dataclass(frozen=True, slots=True)
class StripPart:
    """The share of a day with one colour, as it is drawn: `y` from above."""

    colour: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class StripDay:
    """`seconds` by colour; of a day that is not over, and of the first one, only those that were."""

    day: date
    x: int
    seconds: dict[str, float]

    @property
    def parts(self) -> list[StripPart]:
        total = sum(self.seconds.values())
        parts: list[StripPart] = []
        bottom = float(HEIGHT)
        for colour in STACK:
            height = self.seconds.get(colour, 0.0) / total * HEIGHT if total else 0.0
            if height > 0:
                height = max(height, 1.0)  # a moment is seen, too
                bottom = max(bottom - height, 0.0)
                parts.append(StripPart(colour, round(bottom, 1), round(height, 1)))
        return parts


@dataclass(frozen=True, slots=True)
class Strip:
    days: list[StripDay]

    @property
    def width(self) -> int:
        return len(self.days) * (WIDTH + GAP) - GAP

    @property
    def first(self) -> date:
        return self.days[0].day

    @property
    def middle(self) -> date:
        return self.days[len(self.days) // 2].day

    @property
    def last(self) -> date:
        return self.days[-1].day

    def share(self, colour: str) -> float:
        """Of all the time that is known, in per cent."""
        total = sum(sum(day.seconds.values()) for day in self.days)
        of_it = sum(day.seconds.get(colour, 0.0) for day in self.days)
        return round(of_it / total * 100, 1) if total else 0.0


def colour(status: str, level: str) -> str:
    """Empty for a check that was off: such time is not drawn."""
    if status in RED:
        return "red" if level == Level.REQUIRED else "ok"
    return {Status.OK: "ok", Status.OFF: "", Status.PROPAGATING: "wait"}.get(Status(status), "unknown")


def strip(
    now: datetime,
    current: tuple[str, str],
    steps: Sequence[StripStep],
    *,
    since: datetime,
    zone: tzinfo,
    days: int = DAYS,
) -> Strip:
    """The last `days` days, today last. Time before `since` has no colour. `steps` in any order; days are `zone`'s."""
    today = now.astimezone(zone).date()
    shown = [today - timedelta(days=days - 1 - index) for index in range(days)]
    starts = [datetime.combine(day, time(), zone) for day in (*shown, today + timedelta(days=1))]
    seconds: list[dict[str, float]] = [{} for _ in shown]
    for start, end, painted in _spans(now, current, steps, since):
        for index in range(days):
            overlap = (min(end, starts[index + 1]) - max(start, starts[index])).total_seconds()
            if painted and overlap > 0:
                seconds[index][painted] = seconds[index].get(painted, 0.0) + overlap
    return Strip([StripDay(day, index * (WIDTH + GAP), seconds[index]) for index, day in enumerate(shown)])


def _spans(
    now: datetime, current: tuple[str, str], steps: Sequence[StripStep], since: datetime
) -> list[tuple[datetime, datetime, str]]:
    spans = []
    state, until = current, now
    for step in sorted(steps, key=lambda step: step.at, reverse=True):
        spans.append((max(step.at, since), until, colour(*state)))
        state, until = step.old, step.at
    spans.append((since, until, colour(*state)))
    return spans
