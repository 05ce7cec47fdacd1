"""How long the message trace is kept: some days, and no more rows than the ceiling."""

from __future__ import annotations

import time
from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from panel.models import Organization

from ..models import TracedMessage

BATCH = 2_000  # rows of one transaction: on SQLite others wait for it
SLICE = 60.0  # seconds


def forget(seconds: float = SLICE) -> int:
    """Delete what is too old or too much, and what belongs to nobody any more; what is left goes the next time. Safe
    to run twice. Returns how many rows are gone."""
    until, rows = time.monotonic() + seconds, TracedMessage.objects.all()
    before = timezone.now() - timedelta(days=settings.TRACE_DAYS)
    first_too_many = rows.order_by("-at", "-pk").values_list("at", flat=True)[
        settings.TRACE_ROWS : settings.TRACE_ROWS + 1
    ]
    if (over := first_too_many.first()) is not None:
        gone = _delete(rows.filter(at__lte=over), until)
    else:
        gone = 0
    gone += _delete(rows.filter(at__lt=before), until)
    for number in _organizations():
        if time.monotonic() > until:
            break
        if not Organization.objects.filter(pk=number).exists():
            gone += _delete(rows.filter(organization=number), until)
    return gone


def _delete(rows: QuerySet[TracedMessage], until: float) -> int:
    """The oldest first."""
    gone = 0
    while time.monotonic() < until:
        batch = list(rows.order_by("at", "pk").values_list("pk", flat=True)[:BATCH])
        if not batch:
            break
        gone += TracedMessage.objects.filter(pk__in=batch).delete()[0]
    return gone


def _organizations() -> list[int]:
    """Those that rows name. An index gives the next of them: what that costs does not grow with the rows."""
    found: list[int] = []
    while True:
        rows = TracedMessage.objects.filter(organization__isnull=False)
        if found:
            rows = rows.filter(organization__gt=found[-1])
        number = rows.order_by("organization_id").values_list("organization_id", flat=True).first()
        if number is None:
            return found
        found.append(number)
