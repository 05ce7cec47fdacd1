"""Which domains are due, who looks at them, and how soon.

What is due stands in the database. A claim is a lease: whoever dies with one loses it by time, and somebody else takes
the domain. Messages only wake workers, so a lost one costs a few seconds and a doubled one nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import batched

from django.db import connection, transaction
from django.db.models import Case, F, OrderBy, Q, QuerySet, When, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from domains.models import Domain
from panel import waking

from ..models import CheckRun

LEASE = timedelta(minutes=2)  # longer than any look and the storing of its verdicts take
LOST_TWICE = 2  # leases in a row: whoever checked that domain froze or died over it, perhaps because of it
ALONE_EVERY = timedelta(hours=1)  # such a domain is checked, by itself
LONGEST = timedelta(days=2)  # no domain waits longer for its next look
BATCH = 500


def due(now: datetime) -> QuerySet[CheckRun]:
    """Domains that are to be looked at now and that nobody holds."""
    return CheckRun.objects.filter(Q(lease_until=None) | Q(lease_until__lt=now), next_at__lte=now)


def fair_order(now: datetime, limit: int) -> list[int]:
    """Primary keys of due domains: each organization's first, then each one's second, and so on.

    So one with 50,000 due domains does not keep one with 3 waiting.
    """
    return _in_turn(due(now).filter(lost__lt=LOST_TWICE), limit, F("next_at").asc())


def waited_for(now: datetime, limit: int) -> list[int]:
    """Primary keys of due domains whose look somebody waits for, each organization in turn, the latest asked for
    first: whoever has had thousands looked at again and then asks for one waits for that one.
    """
    return _in_turn(due(now).filter(lost__lt=LOST_TWICE).exclude(asked_at=None), limit, F("asked_at").desc())


def suspects(now: datetime) -> QuerySet[CheckRun]:
    """Due domains whose lease was lost twice in a row: each is checked by itself, when nobody else waits."""
    return due(now).filter(lost__gte=LOST_TWICE).order_by("next_at")


def _in_turn(check_runs: QuerySet[CheckRun], limit: int, first: OrderBy) -> list[int]:
    turn = Window(RowNumber(), partition_by=F("organization_id"), order_by=[first, F("pk").asc()])
    return list(check_runs.annotate(turn=turn).order_by("turn", "next_at").values_list("pk", flat=True)[:limit])


_LOST = Case(When(lease_until=None, then=F("lost")), default=F("lost") + 1)  # who holds it let the lease run out


def claim(pks: Sequence[int], now: datetime) -> list[CheckRun]:
    """Take those of `pks` that are due still and nobody holds. The leases carry a name of their own."""
    lease, until = uuid.uuid4().hex, now + LEASE
    candidates = due(now).filter(pk__in=pks)
    with transaction.atomic():
        if connection.features.has_select_for_update_skip_locked:
            claimed = list(candidates.select_for_update(skip_locked=True))
            for check_run in claimed:
                check_run.lost += check_run.lease_until is not None
            CheckRun.objects.filter(pk__in=[check_run.pk for check_run in claimed]).update(
                lease=lease, lease_until=until, lost=_LOST
            )
        else:
            candidates.update(lease=lease, lease_until=until, lost=_LOST)
            claimed = list(CheckRun.objects.filter(pk__in=pks, lease=lease))
    for check_run in claimed:
        check_run.lease, check_run.lease_until = lease, until
    put_back = [check_run.pk for check_run in claimed if check_run.lost >= LOST_TWICE]
    if put_back:  # whatever becomes of this one: not again before
        CheckRun.objects.filter(pk__in=put_back).update(next_at=now + ALONE_EVERY, asked_at=None)
    return claimed


def give_up(check_runs: Sequence[CheckRun], now: datetime) -> None:
    """Give leases back of looks that a fault of the program ended: nobody waits, and an hour is soon enough."""
    if check_runs:
        ours = CheckRun.objects.filter(
            pk__in=[check_run.pk for check_run in check_runs], lease__in={check_run.lease for check_run in check_runs}
        )
        ours.update(lease="", lease_until=None, asked_at=None, next_at=now + timedelta(hours=1))


def enter(domains: Sequence[Domain], now: datetime) -> None:
    """Give attached domains their place in the schedule, where they have none yet."""
    check_runs = [
        CheckRun(domain=domain, organization_id=domain.service.organization_id, next_at=now, changed_at=now)
        for domain in domains
    ]
    CheckRun.objects.bulk_create(check_runs, ignore_conflicts=True)


def enter_missing(now: datetime, limit: int = BATCH) -> int:
    """Domains without a place in the schedule get one: whatever made them, none is forgotten."""
    missing = list(Domain.objects.filter(check_run=None).select_related("service")[:limit])
    enter(missing, now)
    return len(missing)


def bring_back(now: datetime) -> int:
    """Times that no schedule gives were written by a clock that ran ahead and was set back: those domains are due."""
    astray = CheckRun.objects.filter(next_at__gt=now + LONGEST)
    return astray.update(next_at=now) if astray.exists() else 0


def soon(domain: Domain, queue: str = "interactive") -> None:
    """Look at this domain at once; its page waits for it."""
    now = timezone.now()
    enter([domain], now)
    CheckRun.objects.filter(pk=domain.pk).update(next_at=now, asked_at=now)
    wake(domain.pk, queue)


def changed(domain: Domain) -> None:
    """The domain or its zone has just changed: look at once, and again as the schedule after a change says."""
    now = timezone.now()
    enter([domain], now)
    CheckRun.objects.filter(pk=domain.pk).update(next_at=now, asked_at=now, changed_at=now, attempt=0)
    wake(domain.pk, "interactive")


def soon_all(domains: QuerySet[Domain]) -> int:
    """Look at all of these, in their turn: they share the workers with everybody else's. Returns how many."""
    now = timezone.now()
    count = 0
    for pks in batched(domains.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=BATCH), BATCH):
        count += CheckRun.objects.filter(pk__in=pks).update(next_at=now, asked_at=now)
    wake_sweep()
    return count


def again(domains: QuerySet[Domain]) -> int:
    """Look at all of these in their turn, since what they are judged by has changed; nobody waits. Returns how many."""
    now = timezone.now()
    count = 0
    for pks in batched(domains.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=BATCH), BATCH):
        count += CheckRun.objects.filter(pk__in=pks, next_at__gt=now).update(next_at=now)
    return count


def wake(pk: int, queue: str) -> None:
    """Tell a worker, when what was written can be seen. A message that is lost is made up for by the next sweep."""
    waking.wake("diagnostics.tasks.check_run", pk, queue=queue, expires=60)


def wake_sweep() -> None:
    waking.wake("diagnostics.tasks.sweep", expires=60)
