"""Writing down what looks found: only what changed, many domains at a time."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from domains.models import Domain
from domains.records import Kind, Level
from domains.rules.verdicts import RED, Status, Verdict

from ..judge.history import Settled, Stored, settle_all
from ..models import Check, CheckChange, CheckRun, Intent
from ..plain import fields, without_ttl
from . import timing
from .breakers import GreenTally

HELD_FOR = timedelta(minutes=5)  # until a domain whose verdicts are held is looked at again
SAME_TIME = timedelta(seconds=10)  # times that are computed anew at each look may differ this much and count as equal
WHO_WAS_ASKED = frozenset({"proof", "zone", "confirmed", "tried"})
CLEAR = frozenset({Status.OK, Status.WRONG, Status.MISSING})
OPEN = frozenset({Status.UNKNOWN, Status.PROPAGATING})

UPDATED = (
    "status",
    "level",
    "intended",
    "reason",
    "facts",
    "problems",
    "advice",
    "found",
    "expected",
    "fixes",
    "witnesses",
    "clears_at",
    "breaks_at",
    "changed_at",
    "stale_since",
    "doubt",
    "told_red_at",
)
RUN_UPDATED = (
    "next_at",
    "lease",
    "lease_until",
    "asked_at",
    "checked_at",
    "authoritative_at",
    "changed_at",
    "attempt",
    "digest",
    "lost",
    "red",
)

jitter = random.Random()


@dataclass(frozen=True, slots=True)
class CheckedDomain:
    """One look that has ended: `look` as it was claimed, and what it brought. `home`: own name servers were asked."""

    domain: Domain
    check_run: CheckRun
    verdicts: tuple[Verdict, ...]
    started: datetime
    authoritative: bool


@dataclass(slots=True)
class _Outcome:
    """What is to be written of one look."""

    seen: CheckedDomain
    checks: list[Check] = field(default_factory=list)
    changes: list[CheckChange] = field(default_factory=list)
    lapsed: list[str] = field(default_factory=list)
    timing: list[timing.CheckTiming] = field(default_factory=list)
    digest: str = ""
    turned: bool = False  # a check changed colour for certain
    red: int = 0  # required checks that are red from now on
    green: int = 0  # green checks that were judged
    turning: int = 0  # of these, how many would turn red
    reddening: int = 0  # checks of other colours that would turn red
    held: bool = False


def store(batch: Sequence[CheckedDomain], tally: GreenTally) -> int:
    """Write the verdicts of these looks and end their leases. Returns how many checks changed colour.

    A look whose lease somebody else holds by now is not written: that one's is newer.
    """
    now = timezone.now()
    outcomes = _settled(batch, now)
    quiet = [outcome for outcome in outcomes if _quiet(outcome, now)]
    done = _end_quietly(quiet, now)
    rest = [outcome for outcome in outcomes if outcome.seen.check_run.pk not in done]
    held = tally.holds(
        sum(o.green for o in outcomes), sum(o.turning for o in outcomes), sum(o.reddening for o in outcomes)
    )
    return _write(rest, held=held, now=now) if rest else 0


def _quiet(outcome: _Outcome, now: datetime) -> bool:
    """Whether all is green as it was, nobody waits, and nothing changed lately: most looks of every sweep."""
    check_run = outcome.seen.check_run
    return (
        bool(outcome.digest)
        and outcome.digest == check_run.digest
        and check_run.asked_at is None
        and check_run.attempt == 0
        and (check_run.changed_at is None or now - check_run.changed_at > timing.AFTER_A_CHANGE[-1])
        and all(seen.status in (Status.OK, Status.OFF) or seen.level != Level.REQUIRED for seen in outcome.timing)
    )


def _end_quietly(quiet: Sequence[_Outcome], now: datetime) -> set[int]:
    """End these looks in one stroke: a batch is due again together, batches at different times.

    Returns those that are done. Where somebody asked for another look meanwhile the row is left for the long way.
    """
    done: set[int] = set()
    for authoritative in (False, True):
        group = [outcome for outcome in quiet if outcome.seen.authoritative == authoritative]
        if not group:
            continue
        seen = [timing.CheckTiming(Status.OK, Level.REQUIRED)]
        next_at, _attempt = timing.next_run(now, seen, changed_at=None, attempt=0, jitter=jitter)
        values = {"next_at": next_at, "checked_at": now, "lease": "", "lease_until": None, "lost": 0}
        if authoritative:
            values["authoritative_at"] = now
        pks = [outcome.seen.check_run.pk for outcome in group]
        leases = {outcome.seen.check_run.lease for outcome in group}
        ours = CheckRun.objects.filter(pk__in=pks, lease__in=leases)
        if ours.filter(asked_at=None).update(**values) < len(pks):
            pks = sorted(set(pks) - set(ours.values_list("pk", flat=True)))
        done.update(pks)
    return done


def _write(outcomes: Sequence[_Outcome], *, held: bool, now: datetime) -> int:
    for outcome in outcomes:
        outcome.held = held and outcome.turning + outcome.reddening > 0
    with transaction.atomic():
        ours = _still_ours([outcome.seen for outcome in outcomes])
        outcomes = [outcome for outcome in outcomes if outcome.seen.check_run.pk in ours]
        check_runs = [_next(outcome, ours[outcome.seen.check_run.pk], now) for outcome in outcomes]
        written = [outcome for outcome in outcomes if not outcome.held]
        Check.objects.bulk_create(
            [check for outcome in written for check in outcome.checks],
            update_conflicts=True,
            unique_fields=["domain", "kind"],
            update_fields=UPDATED,
        )
        changes = [change for outcome in written for change in outcome.changes]
        CheckChange.objects.bulk_create(changes)
        for outcome in written:
            if outcome.lapsed:
                Intent.objects.filter(domain=outcome.seen.domain, kind__in=outcome.lapsed).delete()
        CheckRun.objects.bulk_create(
            check_runs, update_conflicts=True, unique_fields=["domain"], update_fields=RUN_UPDATED
        )
    return len(changes)


def _settled(batch: Sequence[CheckedDomain], now: datetime) -> list[_Outcome]:
    """What each look means beside what is stored. What is exactly as at the last look needs nothing loaded."""
    outcomes = []
    changed = []
    for seen in batch:
        outcome = _Outcome(seen, digest=digest(seen.verdicts))
        outcomes.append(outcome)
        if outcome.digest and outcome.digest == seen.check_run.digest:
            outcome.timing = [timing.CheckTiming(verdict.status, verdict.level) for verdict in seen.verdicts]
            outcome.green = sum(verdict.status == Status.OK for verdict in seen.verdicts)
            outcome.red = sum(verdict.status in RED and verdict.level == Level.REQUIRED for verdict in seen.verdicts)
        else:
            changed.append(outcome)
    pks = [outcome.seen.domain.pk for outcome in changed]
    stored: dict[int, dict[str, Check]] = {}
    intents: dict[tuple[int, str], str] = {}
    if pks:
        for check in Check.objects.filter(domain__in=pks):
            stored.setdefault(check.domain_id, {})[check.kind] = check
        for domain, kind, fingerprint in Intent.objects.filter(domain__in=pks).values_list(
            "domain", "kind", "fingerprint"
        ):
            intents[domain, kind] = fingerprint
    for outcome in changed:
        _weigh(outcome, stored.get(outcome.seen.domain.pk, {}), intents, now)
    return outcomes


def _weigh(outcome: _Outcome, stored: dict[str, Check], intents: dict[tuple[int, str], str], now: datetime) -> None:
    seen = outcome.seen
    known = {
        Kind(kind): _stored(check, seen.check_run, intents.get((seen.domain.pk, kind)))
        for kind, check in stored.items()
    }
    for kind, settled in settle_all(seen.verdicts, known, now).items():
        before = stored.get(kind)
        check = _check(before, seen.domain, kind, settled, now)
        again_at = now + timedelta(seconds=settled.check_again) if settled.check_again else check.clears_at
        told = Status.UNKNOWN if settled.stale_since is not None else settled.status
        outcome.timing.append(timing.CheckTiming(told, settled.level, again_at))
        outcome.red += settled.red
        if before is not None and before.status == Status.OK:
            outcome.green += 1
            outcome.turning += settled.red
        elif before is not None and before.status in OPEN:
            outcome.reddening += settled.red
        if settled.intent_lapsed:
            outcome.lapsed.append(kind)
        if before is not None and not _differs(before, check):
            if _unsettled(check):
                outcome.digest = ""
            continue
        if settled.recoloured:
            check.changed_at = now
            if before is not None:
                outcome.changes.append(_change(before, check, now))
                outcome.turned |= before.status in CLEAR and check.status in CLEAR
        outcome.checks.append(check)
        if _unsettled(check):
            outcome.digest = ""


def _unsettled(check: Check) -> bool:
    """Whether the same verdict would mean something else at the next look, or is not what stands here."""
    return bool(check.doubt or check.stale_since or check.intended)


def _stored(check: Check, check_run: CheckRun, intent: str | None) -> Stored:
    doubt = check.doubt or {}
    since = doubt.get("since")
    return Stored(
        status=Status(check.status),
        level=Level(check.level),
        checked_at=check_run.checked_at,
        stale_since=check.stale_since,
        doubt_key=doubt.get("key"),
        doubt_since=datetime.fromisoformat(since) if since else None,
        intended=check.intended,
        intent=intent,
    )


def _check(before: Check | None, domain: Domain, kind: Kind, settled: Settled, now: datetime) -> Check:
    """The check as it should stand from now on; not written yet."""
    values: dict[str, Any] = {}
    if settled.verdict is not None:
        values = fields(settled.verdict)
    elif before is not None:
        values = {name: getattr(before, name) for name in UPDATED}
    values |= {
        "status": str(settled.status),
        "level": str(settled.level),
        "intended": settled.intended,
        "stale_since": settled.stale_since,
        "changed_at": before.changed_at if before is not None else now,
        "told_red_at": before.told_red_at if before is not None else None,
        "doubt": _doubt(settled),
    }
    return Check(domain_id=domain.pk, kind=kind.value, **values)


def _doubt(settled: Settled) -> dict[str, str] | None:
    if settled.doubt_key is None or settled.doubt_since is None:
        return None
    return {"key": settled.doubt_key, "since": settled.doubt_since.isoformat()}


def _differs(before: Check, after: Check) -> bool:
    """Whether anything that people can see, or that the next look needs, is different."""
    for name in ("status", "level", "intended", "reason", "problems", "advice", "stale_since", "doubt"):
        if getattr(before, name) != getattr(after, name):
            return True
    if _lasting(before.status, before.facts) != _lasting(after.status, after.facts):
        return True
    for name in ("found", "expected", "fixes"):
        if without_ttl(getattr(before, name)) != without_ttl(getattr(after, name)):
            return True
    for name in ("clears_at", "breaks_at"):
        if not _same_time(getattr(before, name), getattr(after, name)):
            return True
    return after.status != Status.OK and _said(before) != _said(after)


def _same_time(one: datetime | None, other: datetime | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= SAME_TIME


def _said(check: Check) -> list[tuple[str, list[str], str]]:
    return sorted((w["who"], sorted(w["says"]), w.get("failure") or "") for w in check.witnesses)


def _change(before: Check, after: Check, now: datetime) -> CheckChange:
    return CheckChange(
        domain_id=after.domain_id,
        kind=after.kind,
        at=now,
        old_status=before.status,
        new_status=after.status,
        old_level=before.level,
        new_level=after.level,
        reason=after.reason,
        facts=after.facts,
        before=before.found,
        after=after.found,
    )


def _still_ours(batch: Sequence[CheckedDomain]) -> dict[int, CheckRun]:
    """The rows of these looks as they are now, locked, where the lease still is the one that was claimed."""
    leases = {seen.check_run.pk: seen.check_run.lease for seen in batch}
    rows = CheckRun.objects.select_for_update().filter(pk__in=list(leases)).order_by("pk")
    return {check_run.pk: check_run for check_run in rows if check_run.lease == leases[check_run.pk]}


def _next(outcome: _Outcome, check_run: CheckRun, now: datetime) -> CheckRun:
    """The row of the schedule after this look. `look`: as it is now; somebody may have asked for another meanwhile.

    A look whose verdicts are held says nothing: it is no second one that confirms the first.
    """
    seen = outcome.seen
    check_run.lease, check_run.lease_until, check_run.lost = "", None, 0
    if not outcome.held:
        check_run.checked_at = now
    if seen.authoritative and not outcome.held:
        check_run.authoritative_at = now
    if outcome.turned and not outcome.held:
        check_run.changed_at = now
    check_run.digest = "" if outcome.held else outcome.digest
    check_run.red = check_run.red if outcome.held else outcome.red
    check_run.next_at, check_run.attempt = timing.next_run(
        now,
        outcome.timing,
        changed_at=check_run.changed_at,
        attempt=check_run.attempt,
        jitter=jitter,
        pending_since=_pending_since(seen.domain),
    )
    if outcome.held:
        check_run.next_at = now + HELD_FOR
    if check_run.asked_at is not None and check_run.asked_at > seen.started:
        check_run.next_at = now
    else:
        check_run.asked_at = None
    return check_run


def _pending_since(domain: Domain) -> datetime | None:
    return None if domain.is_verified else domain.pending_since


def _lasting(status: str, facts: Mapping[str, object]) -> Mapping[str, object]:
    """Facts without those that a green check has or lacks by whom this look asked."""
    if status not in (Status.OK, Status.OFF) or not facts:
        return facts
    return {key: value for key, value in facts.items() if key not in WHO_WAS_ASKED}


def digest(verdicts: Iterable[Verdict]) -> str:
    """Of what a look said, without what changes by itself; empty where the next look may settle it differently."""
    said: list[object] = []
    for verdict in verdicts:
        if verdict.status in (Status.UNKNOWN, Status.PROPAGATING) or verdict.doubt is not None:
            return ""
        if verdict.status in RED and verdict.witnesses:
            said.append([(w.who, sorted(w.says), w.failure) for w in verdict.witnesses])
        said += [verdict.kind, verdict.status, verdict.level, verdict.reason, verdict.problems, verdict.advice]
        said += [(rr.name, rr.type, sorted(rr.values)) for rr in verdict.found]
        said += [(rr.name, rr.type, rr.values) for rr in verdict.expected]
        said += [(fix.action, fix.name, fix.type, fix.values) for fix in verdict.fixes]
        said += sorted(_lasting(verdict.status, verdict.facts).items())
    return hashlib.blake2b(repr(said).encode(), digest_size=16).hexdigest()
