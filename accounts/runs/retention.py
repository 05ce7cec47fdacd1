"""What is kept no longer than it must be: secrets, links, mailboxes. How long runs are kept: panel/retention.py."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from ..models import BulkRow, BulkRun, PasswordLink
from . import engine, results

UNTOUCHED = timedelta(hours=24)  # a table that nobody applied, a stopped run that nobody went on with
AT_ONCE = 1000  # rows that one statement deletes


def discard(run: BulkRun) -> bool:
    """Throw away a run that was not applied: at once no page shows it, and its secrets are unreadable. False where it
    has begun. Its rows are many: `delete` takes them away."""
    waiting = [BulkRun.State.COLUMNS, BulkRun.State.CHECKING, BulkRun.State.PREVIEW]
    found = BulkRun.objects.filter(pk=run.pk, state__in=waiting)
    return bool(found.update(state=BulkRun.State.DISCARDED, key="", source=b"", fingerprint=""))


def delete(run: BulkRun) -> None:
    """A discarded run and its rows, some at a time. Safe to call twice."""
    _delete_some_at_a_time(BulkRow.objects.filter(run=run))
    BulkRun.objects.filter(pk=run.pk, state=BulkRun.State.DISCARDED).delete()


def _delete_some_at_a_time(rows: QuerySet[BulkRow]) -> None:
    while ids := list(rows.order_by().values_list("pk", flat=True)[:AT_ONCE]):
        BulkRow.objects.filter(pk__in=ids).delete()


def forget() -> None:
    """Safe to run twice and at any time."""
    now = timezone.now()
    waiting = [BulkRun.State.COLUMNS, BulkRun.State.CHECKING, BulkRun.State.PREVIEW]
    for run in BulkRun.objects.filter(state__in=waiting, touched_at__lt=now - UNTOUCHED):
        discard(run)
    for run in BulkRun.objects.filter(state=BulkRun.State.DISCARDED):
        delete(run)
    for run in BulkRun.objects.filter(state=BulkRun.State.STOPPED, touched_at__lt=now - UNTOUCHED):
        engine.give_up(run)
    for run in results.forgettable():
        results.forget_secrets(run)
    PasswordLink.objects.filter(expires_at__lt=now).delete()
