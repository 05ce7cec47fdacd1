"""`GET /metrics`: what processes counted (panel/metrics.py) and what the database knows.

The database is read when somebody asks, at most every READ_EVERY seconds.
"""

from __future__ import annotations

import hmac
import ipaddress
import time
from collections.abc import Iterator
from datetime import datetime

import redis
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Min, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from .. import health
from ..metrics import counters, library
from ..models import Letter

READ_EVERY = 15  # seconds
UNFINISHED = Q(state__in=["waiting", "applying", "undoing"])

type Gauge = tuple[str, str, dict[str, str], float]  # name, help, labels, value


def gauges() -> list[Gauge]:
    return [*_checks(), *_queues(), *_letters(), *_runs()]


def _checks() -> Iterator[Gauge]:
    checks = apps.get_model("diagnostics.Check")._default_manager
    for row in checks.order_by().values("status", "level").annotate(number=Count("pk")):
        yield "panel_checks", "Checks by colour", {"status": row["status"], "level": row["level"]}, row["number"]
    now = timezone.now()
    runs = apps.get_model("diagnostics.CheckRun")._default_manager
    oldest = runs.aggregate(at=Min("checked_at"))["at"]
    yield "panel_oldest_check_seconds", "Age of the oldest check run", {}, _age(oldest, now)
    yield "panel_domains_due", "Domains whose check run is due", {}, runs.filter(next_at__lte=now).count()


def _queues() -> Iterator[Gauge]:
    for queue, length in queue_lengths().items():
        yield "panel_queue_messages", "Messages that wait in the broker", {"queue": queue}, length
    changes = apps.get_model("domains.ZoneChange")._default_manager.filter(UNFINISHED)
    for row in changes.order_by().values("state").annotate(number=Count("pk")):
        yield "panel_zone_changes", "Unfinished changes to zones", {"state": row["state"]}, row["number"]


def _letters() -> Iterator[Gauge]:
    for row in Letter.objects.order_by().values("state").annotate(number=Count("pk")):
        yield "panel_letters", "Letters of the outbox", {"state": row["state"]}, row["number"]
    now = timezone.now()
    oldest = Letter.objects.filter(state=Letter.State.WAITING).aggregate(at=Min("created_at"))["at"]
    yield "panel_oldest_letter_seconds", "Age of the oldest letter that waits", {}, _age(oldest, now)


def _runs() -> Iterator[Gauge]:
    runs = apps.get_model("accounts.BulkRun")._default_manager
    for row in runs.order_by().values("state").annotate(number=Count("pk")):
        yield "panel_bulk_runs", "Bulk runs", {"state": row["state"]}, row["number"]


def _age(at: datetime | None, now: datetime) -> float:
    return (now - at).total_seconds() if at is not None else 0.0


def queue_lengths() -> dict[str, int]:
    """Messages that wait; nothing where the broker does not answer."""
    if not settings.REDIS_URL:
        names = [path.name for path in (settings.SPOOL_DIR / "messages").glob("*.msg")]
        return {queue: sum(name.endswith(f".{queue}.msg") for name in names) for queue in health.QUEUES}
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2) as client:
            return {queue: int(client.llen(queue)) for queue in health.QUEUES}
    except (redis.RedisError, OSError):
        return {}


def metrics(request: HttpRequest) -> HttpResponse:
    """For whoever has the token or calls from the networks; for all others there is no such page."""
    if not _may_see(request):
        raise Http404
    known = library()
    from prometheus_client import multiprocess

    counters()
    registry = known.CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)
    said = known.generate_latest(registry).decode() + _database_part()
    return HttpResponse(said, content_type="text/plain; version=0.0.4; charset=utf-8")


def _may_see(request: HttpRequest) -> bool:
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    if settings.METRICS_TOKEN and kind.lower() == "bearer":
        return hmac.compare_digest(given.strip().encode(), settings.METRICS_TOKEN.encode())
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return any(address in network for network in settings.METRICS_NETWORKS)


def _database_part() -> str:
    """As Prometheus reads it. Several that ask at once, or a slow database, cost no more than one reading."""
    known = cache.get("metrics")
    if known is not None:
        return str(known)
    began, lines, seen = time.monotonic(), list[str](), set[str]()
    for name, words, labels, value in gauges():
        if name not in seen:
            seen.add(name)
            lines += [f"# HELP {name} {words}", f"# TYPE {name} gauge"]
        inner = ",".join(f'{label}="{text}"' for label, text in labels.items())
        lines.append(f"{name}{{{inner}}} {value}" if inner else f"{name} {value}")
    seconds = time.monotonic() - began
    lines += ["# HELP panel_metrics_seconds Time that reading these took", "# TYPE panel_metrics_seconds gauge"]
    lines.append(f"panel_metrics_seconds {seconds:.3f}")
    said = "\n".join(lines) + "\n"
    cache.set("metrics", said, READ_EVERY)
    return said
