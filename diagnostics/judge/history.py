"""What a new verdict means beside what is stored: two looks, stale verdicts, "as intended", the brake. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domains.records import Kind, Level
from domains.rules.fingerprints import fingerprint
from domains.rules.intents import covers
from domains.rules.reasons import Reason
from domains.rules.verdicts import RED, Status, Verdict
from domains.rules.why import SeeNs

STALE_FOR = timedelta(hours=24)  # after which a verdict that no look could renew turns grey
SECOND_LOOK = 30  # seconds after which a record that vanished from a green check is believed to be gone
VANISHED = "vanished"  # key of that doubt

BREAKER_SHARE = 0.05  # of a sweep's green checks
BREAKER_LEAST = 20


@dataclass(frozen=True, slots=True)
class Stored:
    """What is known of a check from earlier looks.

    `checked_at`: the last check run that could tell. `doubt_key` and `doubt_since`: what waits for a second one, since
    when.
    `intent`: the fingerprint of what somebody marked as intended.
    """

    status: Status
    level: Level
    checked_at: datetime | None = None
    stale_since: datetime | None = None
    doubt_key: str | None = None
    doubt_since: datetime | None = None
    intended: bool = False
    intent: str | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What to store and show.

    `verdict` None: the stored one stands, with `stale_since` and the doubt as here. `recoloured`: status, level or "as
    intended" are not those stored. `look_again`: seconds until the second look that a doubt waits for.
    """

    verdict: Verdict | None
    status: Status
    level: Level
    recoloured: bool
    stale_since: datetime | None = None
    doubt_key: str | None = None
    doubt_since: datetime | None = None
    check_again: int | None = None
    intended: bool = False
    intent_lapsed: bool = False

    @property
    def red(self) -> bool:
        return self.status in RED and self.level == Level.REQUIRED


def settle(verdict: Verdict, stored: Stored | None, now: datetime) -> Settled:
    """Weigh a new verdict against what is stored (None: this check was never looked at)."""
    verdict, key, since, again = _after_doubt(verdict, stored, now)
    if verdict.status == Status.UNKNOWN and verdict.reason != Reason.SEE_NS:
        return _not_told(verdict, stored, now, key, since, again)
    intended = stored is not None and stored.intent is not None and covers(stored.intent, verdict)
    if stored is not None and stored.status == Status.OK and verdict.status == Status.MISSING and not intended:
        missed = _since(VANISHED, stored, now)
        left = _left(missed, SECOND_LOOK, now)
        if left > 0:
            return Settled(
                verdict=None,
                status=stored.status,
                level=stored.level,
                recoloured=False,
                stale_since=stored.stale_since,
                doubt_key=VANISHED,
                doubt_since=missed,
                check_again=left,
                intended=stored.intended,
            )
    lapsed = (
        stored is not None
        and stored.intent is not None
        and not intended
        and verdict.status in (Status.OK, *RED)
        and fingerprint(verdict.found) != stored.intent
    )
    if intended:
        verdict = replace(verdict, status=Status.OK, doubt=None)
    return _settled(verdict, stored, key, since, again, intended=intended, lapsed=lapsed)


def settle_all(verdicts: Iterable[Verdict], stored: Mapping[Kind, Stored], now: datetime) -> dict[Kind, Settled]:
    """`settle` for every check of a domain. While NS is red nothing else is said."""
    settled: dict[Kind, Settled] = {}
    for verdict in verdicts:
        ns = settled.get(Kind.NS)
        before = stored.get(verdict.kind)
        if ns is not None and ns.red and verdict.status != Status.OFF:
            verdict = Verdict(
                kind=verdict.kind,
                status=Status.UNKNOWN,
                level=verdict.level,
                why=SeeNs(),
                expected=verdict.expected,
            )
        elif ns is not None and verdict.reason == Reason.SEE_NS and before is not None:
            settled[verdict.kind] = _as_it_was(before)  # NS waits for its second look and is not red yet
            continue
        settled[verdict.kind] = settle(verdict, before, now)
    return settled


def mass_red(green: int, turning: int) -> bool:
    """Whether so many of a sweep's green checks would turn red that a lying resolver is the likelier cause."""
    return turning >= BREAKER_LEAST and turning > green * BREAKER_SHARE


def _after_doubt(
    verdict: Verdict, stored: Stored | None, now: datetime
) -> tuple[Verdict, str | None, datetime | None, int | None]:
    """The verdict that counts now, what it still waits for since when, and for how many seconds."""
    doubt = verdict.doubt
    if doubt is None:
        return verdict, None, None, None
    since = _since(doubt.key, stored, now)
    left = _left(since, doubt.wait, now)
    return (verdict, doubt.key, since, left) if left > 0 else (doubt.then, doubt.key, since, None)


def _since(key: str, stored: Stored | None, now: datetime) -> datetime:
    if stored is not None and stored.doubt_key == key and stored.doubt_since is not None:
        return min(stored.doubt_since, now)  # a clock that was set back must not make anybody wait for the old time
    return now


def _left(since: datetime, wait: int, now: datetime) -> int:
    return wait - int((now - since).total_seconds())


def _not_told(
    verdict: Verdict,
    stored: Stored | None,
    now: datetime,
    key: str | None,
    since: datetime | None,
    again: int | None,
) -> Settled:
    """A look that cannot tell erases nothing; but after a day nobody can vouch for what was."""
    if stored is None or stored.status == Status.UNKNOWN:
        return _settled(verdict, stored, key, since, again)
    if key is None and stored.doubt_key == VANISHED:
        key, since = stored.doubt_key, stored.doubt_since  # the second look has yet to be a look
    stale_since = min(stored.stale_since or stored.checked_at or now, now)
    if now - stale_since >= STALE_FOR:
        return _settled(verdict, stored, key, since, again)
    return Settled(
        verdict=None,
        status=stored.status,
        level=stored.level,
        recoloured=False,
        stale_since=stale_since,
        doubt_key=key,
        doubt_since=since,
        check_again=again,
        intended=stored.intended,
    )


def _as_it_was(stored: Stored) -> Settled:
    return Settled(
        verdict=None,
        status=stored.status,
        level=stored.level,
        recoloured=False,
        stale_since=stored.stale_since,
        doubt_key=stored.doubt_key,
        doubt_since=stored.doubt_since,
        check_again=None,
        intended=stored.intended,
    )


def _settled(
    verdict: Verdict,
    stored: Stored | None,
    key: str | None,
    since: datetime | None,
    again: int | None,
    *,
    intended: bool = False,
    lapsed: bool = False,
) -> Settled:
    before = (stored.status, stored.level, stored.intended) if stored is not None else None
    after = (verdict.status, verdict.level, intended)
    return Settled(
        verdict=verdict,
        status=verdict.status,
        level=verdict.level,
        recoloured=before != after,
        stale_since=None,
        doubt_key=key,
        doubt_since=since,
        check_again=again,
        intended=intended,
        intent_lapsed=lapsed,
    )
