"""Counting, for the charts of the overview: how fast the sweep goes, and how many domains have which colour."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime

from django.db import transaction
from django.db.models import Case, Count, IntegerField, Max, Q, QuerySet, Value, When
from django.utils import timezone

from domains.records import Level
from domains.rules.verdicts import Status
from panel.models import Organization, Service

from .models import Check, CheckRun, DayOfColours, EngineReport, Sample

LOOKS = ("ok", "waiting", "unknown", "red")


def take(now: datetime | None = None) -> Sample:
    """A sample of the five minutes before; whoever takes the same one again writes it over."""
    now = now or timezone.now()
    every = Sample.EVERY.total_seconds()
    at = datetime.fromtimestamp(now.timestamp() // every * every, tz=now.tzinfo)
    oldest = going_on().exclude(checked_at=None).order_by("checked_at").values_list("checked_at", flat=True).first()
    sample, _made = Sample.objects.update_or_create(
        at=at,
        defaults={
            "checks": CheckRun.objects.filter(checked_at__gt=now - Sample.EVERY).count(),
            "milliseconds": _milliseconds(now),
            "oldest": max(0, int((now - oldest).total_seconds())) if oldest else None,
        },
    )
    Sample.objects.filter(at__lt=now - Sample.KEPT).delete()
    return sample


def _milliseconds(now: datetime) -> float | None:
    """The mean over all answers that engines have had since the last sample."""
    answers, seconds = 0, 0.0
    for servers in EngineReport.objects.filter(at__gt=now - Sample.EVERY).values_list("servers", flat=True):
        for server in servers:
            answers += server["answered"]
            seconds += server["seconds"] * server["answered"]
    return round(seconds / answers * 1000, 1) if answers else None


def going_on(check_runs: QuerySet[CheckRun] | None = None) -> QuerySet[CheckRun]:
    """Of domains that are checked: nobody looks at what has ended. Mostly nothing has, and nothing is joined."""
    if check_runs is None:
        check_runs = CheckRun.objects.all()
    ended = Service.objects.filter(Q(state=Service.State.ENDED) | Q(organization__state=Organization.State.ENDED))
    return check_runs.exclude(domain__service__in=ended) if ended.exists() else check_runs


def count_colours() -> None:
    """Write down how many domains of each organization, and of all, have which colour today."""
    now = timezone.now()
    day = timezone.localdate(now)
    counts = colours()
    rows = [DayOfColours(organization_id=pk, day=day, **count) for pk, count in counts.items()]
    total: Counter[str] = Counter()
    for count in counts.values():
        total.update(count)
    with transaction.atomic():
        DayOfColours.objects.filter(day=day).exclude(organization=None).exclude(organization__in=counts).delete()
        DayOfColours.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["organization", "day"], update_fields=LOOKS, batch_size=500
        )
        DayOfColours.objects.update_or_create(
            organization=None, day=day, defaults={look: total[look] for look in LOOKS}
        )
        DayOfColours.objects.filter(day__lt=day - DayOfColours.KEPT).delete()


def colours(organizations: QuerySet[Organization] | None = None) -> dict[int, dict[str, int]]:
    """Organization → look → domains, now; of all, or of these. Only the first of its queries reads every domain."""
    runs = going_on(None if organizations is None else CheckRun.objects.filter(organization__in=organizations))
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for pk, number in _by_organization(runs):
        found[pk]["ok"] = number
    for pk, number in _by_organization(runs.filter(red__gt=0)):
        found[pk]["red"] = number
    for pk, number in _by_organization(runs.filter(red=0, checked_at=None)):
        found[pk]["unknown"] = number
    undecided = (
        Check.objects.filter(
            level=Level.REQUIRED,
            status__in=[Status.PROPAGATING, Status.UNKNOWN],
            domain__check_run__in=runs.filter(red=0).exclude(checked_at=None),
        )
        .values("domain", "domain__check_run__organization")
        .annotate(
            waits=Max(
                Case(When(status=Status.PROPAGATING, then=Value(1)), default=Value(0), output_field=IntegerField())
            )
        )
        .order_by()
    )
    for row in undecided.iterator():
        found[row["domain__check_run__organization"]]["waiting" if row["waits"] else "unknown"] += 1
    for count in found.values():
        count["ok"] -= count["red"] + count["waiting"] + count["unknown"]
    return {pk: {look: max(0, count[look]) for look in LOOKS} for pk, count in found.items()}


def _by_organization(runs: QuerySet[CheckRun]) -> list[tuple[int, int]]:
    return list(runs.order_by().values_list("organization").annotate(n=Count("pk")))
