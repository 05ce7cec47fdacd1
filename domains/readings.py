"""Asking outside without keeping a web thread: a page asks for a reading, a worker makes it, the page shows it.

Of one thing there is one row, which everybody who wants it shares. A worker takes it by a lease; few are under way at
once, fewer of one organization, zone changes among them: a customer whose server drips holds up nobody but himself.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.module_loading import import_string

from panel.waking import wake

from .models import Reading, ZoneChange
from .providers import ProviderError, deadline

if TYPE_CHECKING:
    from panel.models import Organization, User

log = logging.getLogger(__name__)

State = Reading.State
JOB_SECONDS = 60.0  # for all calls of one reading
LEASE = timedelta(seconds=90)
LOST_AT_MOST = 3
SHOWN_FOR = timedelta(minutes=15)  # that a page may go on with what was read
KEPT = timedelta(hours=1)
AT_ONCE = 100
TURNS = 82_371_104  # advisory lock: who counts what is under way waits for whoever is counting

type Job = Callable[[dict[str, Any], Reading], Any]


def ask(
    kind: str, subject: dict[str, Any], *, organization: Organization | None, by: User | None = None, anew: bool = True
) -> Reading:
    """The reading of this that is under way, or else a new one. With `anew` false one that is done will do, too."""
    key = key_of(kind, subject, organization)
    values = {"subject": json.dumps(subject), "organization": organization, "requested_by": by}
    found, made = Reading.objects.get_or_create(kind=kind, key=key, defaults=values)
    if not made and found.is_over and (anew or not is_shown(found)):
        new = {"state": State.WAITING, "result": "", "error": "", "detail": "", "lease_until": None, "lost": 0}
        again = Reading.objects.filter(pk=found.pk, state=found.state, finished_at=found.finished_at)
        made = bool(again.update(**new, **values, asked_at=timezone.now(), finished_at=None))
    if made:
        _wake(found.pk)
    found.refresh_from_db()
    return found


def key_of(kind: str, subject: dict[str, Any], organization: Organization | None) -> str:
    whose = organization.pk if organization is not None else None
    return hashlib.sha256(json.dumps([kind, whose, subject], sort_keys=True).encode()).hexdigest()


def shown(text: str, kind: str, subject: dict[str, Any], organization: Organization | None) -> Reading | None:
    """The reading that a page's address names, if it is one of this; while it goes on, or not too long ago."""
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        return None
    found = Reading.objects.filter(pk=int(text), kind=kind, key=key_of(kind, subject, organization)).first()
    return found if found is not None and (not found.is_over or is_shown(found)) else None


def is_shown(reading: Reading) -> bool:
    return reading.finished_at is not None and timezone.now() - reading.finished_at < SHOWN_FOR


def result(reading: Reading) -> Any:
    """What was read. Raises ProviderError where it could not be."""
    if reading.error:
        raise ProviderError(reading.error, reading.detail)
    return json.loads(reading.result)


# -- In the worker


def perform(pk: int) -> bool:
    """Make one reading. False where somebody else does, or there is no room now."""
    reading = _claim(pk)
    if reading is None:
        return False
    if reading.lost >= LOST_AT_MOST:
        _finish(reading, error="given-up")
        return True
    job: Job = import_string(settings.READINGS[reading.kind])
    try:
        with deadline.job(JOB_SECONDS):
            found = json.dumps(job(json.loads(reading.subject), reading))
    except ProviderError as error:
        _finish(reading, error=error.code[:40], detail=error.detail)
    except Exception as error:  # whatever a server answered: whoever waits is to be told
        log.exception("reading %s %s", reading.kind, reading.pk)
        _finish(reading, error="server-error", detail=type(error).__name__)
    else:
        _finish(reading, result=found)
    return True


def resume() -> int:
    """Wake for what waits, what a dead worker left and what there was no room for; forget what is old."""
    old = Reading.objects.filter(finished_at__lt=timezone.now() - KEPT)
    old.filter(pk__in=list(old.values_list("pk", flat=True)[:AT_ONCE])).delete()
    return wake_waiting(AT_ONCE)


def wake_waiting(limit: int = 4) -> int:
    """There may be room for others now: one of each organization first. Returns how many were woken."""
    now = timezone.now()
    due = Reading.objects.filter(_free(now), state__in=Reading.UNFINISHED).order_by("asked_at")
    turns: dict[int | None, int] = {}
    ordered = []
    for pk, organization in due.values_list("pk", "organization")[:AT_ONCE]:
        turns[organization] = turns.get(organization, 0) + 1
        ordered.append((turns[organization], pk))
    woken = [pk for _turn, pk in sorted(ordered)[:limit]]
    for pk in woken:
        _wake(pk)
    return len(woken)


@contextmanager
def room(organization: int | None) -> Iterator[bool]:
    """Whether one call more may be under way. What is claimed herein counts before anybody else counts."""
    now = timezone.now()
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TURNS])
        under_way = [
            *Reading.objects.filter(lease_until__gt=now).values_list("organization", flat=True),
            *ZoneChange.objects.filter(lease_until__gt=now).values_list("service__organization", flat=True),
        ]
        most = settings.CALLS_AT_ONCE
        yield len(under_way) < most and (organization is None or under_way.count(organization) < max(1, most - 1))


def _claim(pk: int) -> Reading | None:
    reading = Reading.objects.filter(pk=pk, state__in=Reading.UNFINISHED).first()
    if reading is None:
        return None
    now = timezone.now()
    lost = F("lost") if reading.lease_until is None else F("lost") + 1
    with room(reading.organization_id) as there_is:
        mine = Reading.objects.filter(_free(now), pk=pk, state=reading.state)
        if not there_is or not mine.update(state=State.ASKING, lease_until=now + LEASE, lost=lost):
            return None
    return Reading.objects.select_related("organization", "requested_by").get(pk=pk)


def _free(now: datetime) -> Q:
    return Q(lease_until=None) | Q(lease_until__lt=now)


def _finish(reading: Reading, *, result: str = "", error: str = "", detail: str = "") -> None:
    """Unless the lease was lost meanwhile: then another worker's word counts."""
    mine = Reading.objects.filter(pk=reading.pk, state=State.ASKING, lease_until=reading.lease_until)
    state = State.FAILED if error else State.DONE
    mine.update(state=state, result=result, error=error, detail=detail, lease_until=None, finished_at=timezone.now())
    wake_waiting()


def _wake(pk: int) -> None:
    wake("domains.tasks.read", pk)
