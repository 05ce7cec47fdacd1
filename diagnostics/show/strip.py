"""The last thirty days of a check, a colour for each day. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from domains.records import Level
from domains.rules.verdicts import RED, Status

DAYS = 30
# A day has the worst colour that it saw.
RANK = {"red": 4, "wait": 3, "unknown": 2, "ok": 1, "none": 0}


@dataclass(frozen=True, slots=True)
class StripStep:
    """A change of a check at `at`, from one status and level to another."""

    at: datetime
    old: tuple[str, str]
    new: tuple[str, str]


def colour(status: str, level: str) -> str:
    if status in RED:
        return "red" if level == Level.REQUIRED else "ok"
    return {Status.OK: "ok", Status.OFF: "none", Status.PROPAGATING: "wait"}.get(Status(status), "unknown")


def strip(
    now: datetime,
    current: tuple[str, str],
    steps: Sequence[StripStep],
    *,
    since: datetime,
    zone: tzinfo,
    days: int = DAYS,
) -> list[tuple[date, str]]:
    """A (day, colour) for each of the last `days` days, today last. Days before `since` have no colour.

    `steps` in any order; days are those of `zone`.
    """
    today = now.astimezone(zone).date()
    first = today - timedelta(days=days - 1)
    colours = {first + timedelta(days=index): "none" for index in range(days)}
    state, until = current, now
    for step in sorted(steps, key=lambda step: step.at, reverse=True):
        _paint(colours, max(step.at, since), until, colour(*state), zone, first)
        state, until = step.old, step.at
    _paint(colours, since, until, colour(*state), zone, first)
    return list(colours.items())


def _paint(colours: dict[date, str], start: datetime, end: datetime, paint: str, zone: tzinfo, first: date) -> None:
    day, last = max(start.astimezone(zone).date(), first), end.astimezone(zone).date()
    while day <= last:
        if day in colours and RANK[paint] > RANK[colours[day]]:
            colours[day] = paint
        day += timedelta(days=1)
