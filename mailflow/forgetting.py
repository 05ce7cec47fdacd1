"""What is known of sign-ins goes: networks from which nothing came of late, and what strangers fill in without end."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import AppPassword

from .models import Block, DeviceUse, Failure

BATCH = 500  # rows of one transaction: on SQLite others wait for it
SLICE = 60.0  # seconds
NETWORKS_AT_MOST = 1000  # of one mailbox, from which it was never opened


def forget(seconds: float = SLICE) -> int:
    """Delete for a bounded time; what is left goes the next time. Safe to run twice. Returns how many rows are gone."""
    until, now = time.monotonic() + seconds, timezone.now()
    gone = _delete(Block.objects.filter(kind=Block.Kind.PASSWORDS, until__lt=now), until)
    gone += _delete(DeviceUse.objects.exclude(Exists(AppPassword.objects.filter(pk=OuterRef("number")))), until)
    if days := settings.KEEP_DAYS["SIGN_INS"]:
        before = now - timedelta(days=days)
        tried = Q(last_at=None) | Q(last_at__lt=before)
        opened = Q(success_at=None) | Q(success_at__lt=before)
        gone += _delete(Failure.objects.filter(tried, opened), until)
    never = Failure.objects.filter(success_at=None)
    crowded = never.values("mailbox").annotate(networks=Count("pk")).filter(networks__gt=NETWORKS_AT_MOST)
    for mailbox, networks in list(crowded.values_list("mailbox", "networks")):
        oldest = never.filter(mailbox=mailbox).order_by("last_at", "pk")
        gone += _delete(oldest, until, most=networks - NETWORKS_AT_MOST)
    return gone


def _delete(rows: QuerySet[Any], until: float, most: int | None = None) -> int:
    gone = 0
    rows = rows if rows.ordered else rows.order_by("pk")
    while time.monotonic() < until and (most is None or gone < most):
        batch = list(rows.values_list("pk", flat=True)[: BATCH if most is None else min(BATCH, most - gone)])
        if not batch:
            break
        gone += rows.model._default_manager.filter(pk__in=batch).delete()[0]
    return gone
