"""What is kept no longer than it must be: secrets, links, mailboxes. How long runs are kept: panel/retention.py."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from ..models import BulkRun, PasswordLink, RetiredMailbox
from . import engine, results

UNTOUCHED = timedelta(hours=24)  # a table that nobody applied, a stopped run that nobody went on with


def forget() -> None:
    """Safe to run twice and at any time."""
    now = timezone.now()
    waiting = [BulkRun.State.COLUMNS, BulkRun.State.CHECKING, BulkRun.State.PREVIEW]
    BulkRun.objects.filter(state__in=waiting, touched_at__lt=now - UNTOUCHED).delete()
    for run in BulkRun.objects.filter(state=BulkRun.State.STOPPED, touched_at__lt=now - UNTOUCHED):
        engine.give_up(run)
    for run in results.forgettable():
        results.forget_secrets(run)
    PasswordLink.objects.filter(expires_at__lt=now).delete()
    RetiredMailbox.objects.filter(purge_at__lt=now).delete()
