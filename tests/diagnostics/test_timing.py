"""When a domain is looked at next."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from diagnostics.sweep.timing import CheckTiming, asks_authoritative, next_run
from domains.records import Level
from domains.rules.verdicts import Status

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
GREEN = CheckTiming(Status.OK, Level.REQUIRED)


def wait(*checks: CheckTiming, changed: float | None = None, attempt: int = 0) -> float:
    changed_at = NOW - timedelta(seconds=changed) if changed is not None else None
    at, _attempt = next_run(NOW, checks, changed_at=changed_at, attempt=attempt, jitter=random.Random(1))
    return (at - NOW).total_seconds()


def test_green_waits_about_six_hours() -> None:
    waits = {
        (next_run(NOW, [GREEN], changed_at=None, attempt=0, jitter=random.Random(seed))[0] - NOW).total_seconds()
        for seed in range(50)
    }
    assert len(waits) > 40
    assert all(5.4 * 3600 <= seconds <= 6.6 * 3600 for seconds in waits)


@pytest.mark.parametrize(
    ("passed", "seconds"), [(0, 15), (15, 15), (30, 30), (60, 60), (120, 180), (300, 300), (600, 1200)]
)
def test_after_a_change_looks_come_at_15_s_30_s_1_2_5_10_and_30_min(passed: float, seconds: float) -> None:
    assert wait(GREEN, changed=passed) == pytest.approx(seconds, rel=0.11)


def test_red_is_looked_at_every_hour() -> None:
    assert wait(CheckTiming(Status.WRONG, Level.REQUIRED)) == pytest.approx(3600, rel=0.11)
    assert wait(CheckTiming(Status.PROPAGATING, Level.REQUIRED)) == pytest.approx(3600, rel=0.11)


def test_a_record_that_is_only_recommended_does_not_hurry() -> None:
    assert wait(GREEN, CheckTiming(Status.MISSING, Level.RECOMMENDED)) > 5 * 3600


def test_unknown_backs_off_from_a_minute_to_an_hour() -> None:
    unknown = CheckTiming(Status.UNKNOWN, Level.REQUIRED)
    waits = [wait(unknown, attempt=attempt) for attempt in range(9)]
    assert waits[:3] == [60, 120, 240]
    assert waits[-1] == pytest.approx(3600, rel=0.11)
    assert waits == sorted(waits) or max(waits) <= 3960


def test_a_second_look_comes_when_a_doubt_or_an_old_copy_ends() -> None:
    assert wait(CheckTiming(Status.OK, Level.REQUIRED, NOW + timedelta(seconds=30))) == 32


def test_own_name_servers_are_asked_once_a_day_for_an_hour_after_a_change_and_when_somebody_asks() -> None:
    recent, old = NOW - timedelta(hours=2), NOW - timedelta(hours=25)
    assert not asks_authoritative(NOW, asked=False, changed_at=old, authoritative_at=recent)
    assert asks_authoritative(NOW, asked=False, changed_at=None, authoritative_at=old)
    assert asks_authoritative(NOW, asked=False, changed_at=NOW - timedelta(minutes=59), authoritative_at=recent)
    assert asks_authoritative(NOW, asked=True, changed_at=None, authoritative_at=recent)
    assert asks_authoritative(NOW, asked=False, changed_at=None, authoritative_at=None)


def test_a_look_at_home_that_a_clock_ahead_wrote_down_counts_for_nothing() -> None:
    assert asks_authoritative(NOW, asked=False, changed_at=None, authoritative_at=NOW + timedelta(days=400))
    assert not asks_authoritative(NOW, asked=False, changed_at=None, authoritative_at=NOW - timedelta(hours=1))
