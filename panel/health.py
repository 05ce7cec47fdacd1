"""`GET /healthz` and `manage.py health`: what of the installation works, one line each.

The panel can serve its pages while its database answers, so only that decides between 200 and 503. Without a broker,
a worker or beat, pages still work but checks and bulk runs wait: their lines say so.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import redis
from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from .models import Heartbeat

QUEUES = ("interactive", "background", "bulk")
BROKER_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    ok: bool
    detail: str = ""

    def __str__(self) -> str:
        words = f"{self.name}: {'ok' if self.ok else 'not ok'}"
        return f"{words} ({self.detail})" if self.detail else words


def database() -> Part:
    """It answers, and set-up has made its tables."""
    try:
        Heartbeat.objects.exists()
    except Error as error:
        return Part("database", False, type(error).__name__)
    return Part("database", True, connection.vendor)


def broker() -> Part:
    if settings.REDIS_URL:
        try:
            with redis.Redis.from_url(
                settings.REDIS_URL, socket_timeout=BROKER_SECONDS, socket_connect_timeout=BROKER_SECONDS
            ) as client:
                client.ping()
        except (redis.RedisError, OSError) as error:
            return Part("broker", False, f"redis: {type(error).__name__}")
        return Part("broker", True, "redis")
    spool = settings.SPOOL_DIR / "messages"
    if not spool.is_dir():
        return Part("broker", False, "its folders are missing: manage.py setup")
    if not os.access(spool, os.R_OK | os.W_OK | os.X_OK):
        return Part("broker", False, "its folders cannot be written")
    return Part("broker", True, "filesystem")


def worker() -> Part:
    """A worker for each queue, or not."""
    return _heard("worker", {f"worker:{queue}": queue for queue in QUEUES})


def beat() -> Part:
    return _heard("beat", {"beat": ""})


def _heard(part: str, labels: dict[str, str]) -> Part:
    """`labels`: names of heartbeats, and what to call each."""
    try:
        heartbeats = Heartbeat.objects.in_bulk(labels)
    except Error:
        return Part(part, False, "not known: the database does not answer")
    now = timezone.now()
    words = []
    for name, label in labels.items():
        heartbeat = heartbeats.get(name)
        if heartbeat is None:
            said = "none running"
        else:
            said = f"heard of {(now - heartbeat.at).total_seconds():.0f} s ago"
        words.append(f"{label} {said}".strip())
    ok = all(name in heartbeats and heartbeats[name].fresh for name in labels)
    return Part(part, ok, ", ".join(words))


PARTS: dict[str, Callable[[], Part]] = {"database": database, "broker": broker, "worker": worker, "beat": beat}


def healthz(request: HttpRequest) -> HttpResponse:
    parts = [look() for look in PARTS.values()]
    serves = next(part.ok for part in parts if part.name == "database")
    return HttpResponse(
        "".join(f"{part}\n" for part in parts),
        status=200 if serves else 503,
        content_type="text/plain; charset=utf-8",
        headers={"Cache-Control": "no-store"},
    )


def answer_probes(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, outermost: a probe knows an address, not the panel's name, and follows no redirect to https."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return healthz(request) if request.path == "/healthz" else get_response(request)

    return middleware
