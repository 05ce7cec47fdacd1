"""When a domain is looked at next. Pure."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from domains.records import Level
from domains.rules.verdicts import Status

AFTER_A_CHANGE = tuple(timedelta(seconds=s) for s in (15, 30, 60, 120, 300, 600, 1800))
NOT_GREEN = timedelta(hours=1)
GREEN = timedelta(hours=6)
UNKNOWN = timedelta(minutes=1)  # doubles with every look that could not tell, up to NOT_GREEN
JITTER = 0.1  # of the wait, either way
JITTER_FROM = timedelta(minutes=5)  # shorter waits are kept exactly: people watch them
# A domain whose token does not appear: the longer it has been pending, the less often anybody's servers are asked.
PENDING = (
    (timedelta(days=1), timedelta(hours=3)),
    (timedelta(days=4), timedelta(hours=8)),
    (timedelta(days=10), timedelta(days=1)),
)
AFTER_CLEARING = timedelta(seconds=2)

AUTHORITATIVE_EVERY = timedelta(days=1)  # green looks ask the domain's own name servers this often
AUTHORITATIVE_AFTER_A_CHANGE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class CheckTiming:
    """What the schedule needs to know of one check. `again_at`: a doubt or an old copy ends then."""

    status: str
    level: str
    again_at: datetime | None = None


def next_run(
    now: datetime,
    checks: Iterable[CheckTiming],
    *,
    changed_at: datetime | None,
    attempt: int,
    jitter: random.Random,
    pending_since: datetime | None = None,
) -> tuple[datetime, int]:
    """When to look again after a look at `now`, and the number of looks in a row that could not tell.

    `pending_since`: the right to the name has not been proven since then.
    """
    checks = list(checks)
    required = {check.status for check in checks if check.level == Level.REQUIRED}
    unknown = Status.UNKNOWN in required
    attempt = min(attempt + 1, 10) if unknown else 0
    waits = []
    if changed_at is not None:
        waits += [changed_at + step - now for step in AFTER_A_CHANGE if changed_at + step > now][:1]
    if unknown:
        waits.append(min(UNKNOWN * 2 ** (attempt - 1), NOT_GREEN))
    elif required - {Status.OK, Status.OFF}:
        waits.append(NOT_GREEN)
    else:
        waits.append(GREEN)
    waits += [check.again_at - now + AFTER_CLEARING for check in checks if check.again_at and check.again_at > now]
    wait = min(waits)
    if pending_since is not None and (changed_at is None or now - changed_at > AFTER_A_CHANGE[-1]):
        wait = max([wait, *(least for age, least in PENDING if now - pending_since > age)])
    if wait > JITTER_FROM:
        wait *= 1 + jitter.uniform(-JITTER, JITTER)
    return now + wait, attempt


def asks_authoritative(
    now: datetime, *, asked: bool, changed_at: datetime | None, authoritative_at: datetime | None
) -> bool:
    """Whether a look asks the domain's own name servers even where the resolvers see nothing wrong."""
    if asked or authoritative_at is None or abs(now - authoritative_at) >= AUTHORITATIVE_EVERY:
        return True  # or a clock that ran ahead wrote that time
    return changed_at is not None and now - changed_at < AUTHORITATIVE_AFTER_A_CHANGE
