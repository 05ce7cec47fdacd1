"""How old a password may get and how many are remembered. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

AGE_MOST = 3650  # days
HISTORY_MOST = 10  # of the latest passwords: each costs a verification when somebody chooses the next
GRACE = 14  # days that nobody's password expires within after a maximum age was set or shortened
WARNED = (14, 7, 3, 1)  # days before


def expires_at(changed_at: datetime | None, max_age: int, from_: datetime | None) -> datetime | None:
    """When a password that was set at `changed_at` expires: `max_age` days later (0: never), not before `from_`."""
    if not max_age or changed_at is None:
        return None
    due = changed_at + timedelta(days=max_age)
    return max(due, from_) if from_ is not None else due


def changeable_at(changed_at: datetime | None, min_age: int) -> datetime | None:
    """From when on its owner may choose another one; None: at any time."""
    return changed_at + timedelta(days=min_age) if min_age and changed_at is not None else None


def warning(expires: datetime, now: datetime) -> int:
    """Which warning is due: the one of the fewest days that are not fewer than are left; 0: none."""
    left = expires - now
    if left <= timedelta(0):
        return 0
    return min((days for days in WARNED if left <= timedelta(days=days)), default=0)
