"""How long things are kept. A rule for each table that grows; docs/operator.md lists them for people.

Old rows go in batches, each a transaction of its own, a bounded time at once: what is left goes the next time. Rules
name other apps' models, which this one does not import (docs/decisions/0062).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from . import metrics

BATCH = 500
SLICE = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """Rows of `model` whose `age` is older than the days of `setting` (0: kept for ever) and that are like `where`."""

    setting: str
    model: str
    age: str
    where: Mapping[str, Any] = field(default_factory=dict)
    by_key: bool = False  # rows get older as keys get lower: no other index is needed to find the old ones

    def keep(self) -> timedelta | None:
        days = settings.KEEP_DAYS[self.setting]
        return timedelta(days=days) if days else None


RULES = (
    RetentionRule("CHECK_CHANGES", "diagnostics.CheckChange", "at", by_key=True),
    RetentionRule("ACTIVITY", "panel.Activity", "at", by_key=True),
    RetentionRule("RUN_ROWS", "accounts.BulkRow", "run__finished_at"),
    RetentionRule("RUNS", "accounts.BulkRun", "finished_at"),
    RetentionRule("ORDERS", "accounts.Order", "decided_at"),
    RetentionRule("ZONE_CHANGES", "domains.ZoneChange", "finished_at"),
    RetentionRule("SHARES", "diagnostics.Share", "expires_at"),
    RetentionRule("INVITATIONS", "panel.Invitation", "expires_at"),
    RetentionRule("SESSIONS", "sessions.Session", "expire_date"),
    RetentionRule("LETTERS", "panel.Letter", "created_at", {"state__in": ["sent", "failed", "discarded"]}),
)


def prune(seconds: float = SLICE) -> dict[str, int]:
    """Delete what is old enough, until nothing is or the time is over. Returns how many rows of each setting."""
    until = time.monotonic() + seconds
    now = timezone.now()
    gone = {rule.setting: 0 for rule in RULES}
    for rule in RULES:
        while time.monotonic() < until and (batch := _old(rule, now)):
            apps.get_model(rule.model)._default_manager.filter(pk__in=batch).delete()
            gone[rule.setting] += len(batch)
    gone["MAIL_FILES"] = _prune_files(now)
    metrics.forget_dead()
    return gone


def _old(rule: RetentionRule, now: datetime) -> list[Any]:
    keep = rule.keep()
    if keep is None:
        return []
    rows: QuerySet[Any] = apps.get_model(rule.model)._default_manager.order_by("pk")
    before = now - keep
    if rule.by_key:
        lowest = rows.values_list("pk", rule.age)[:BATCH]
        return [pk for pk, at in lowest if at < before]
    return list(rows.filter(Q(**{f"{rule.age}__lt": before}, **rule.where)).values_list("pk", flat=True)[:BATCH])


def _prune_files(now: datetime) -> int:
    """Letters that were written to files: their links stop working, their words stay private."""
    days, folder = settings.KEEP_DAYS["MAIL_FILES"], Path(settings.VAR_DIR) / "mail"
    if not days or not folder.is_dir():
        return 0
    before = (now - timedelta(days=days)).timestamp()
    old = [path for path in folder.iterdir() if path.is_file() and path.stat().st_mtime < before]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
