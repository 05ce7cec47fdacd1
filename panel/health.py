"""`GET /healthz`, `GET /readyz` and `manage.py health`: what of the installation works, one line each.

The panel can serve its pages while its database answers, so only that decides between 200 and 503. Without a broker,
a worker or beat, pages still work but checks and bulk runs wait; where nothing can be written, pages can only be read:
their lines say so.

Every look is bounded in time, whatever hangs: each part is asked in a thread of its own, one at a time, and who has not
answered by then is said not to. What strangers ask for is kept for a few seconds.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

import redis
from django.conf import settings
from django.db import Error, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.module_loading import import_string

from .models import Condition, Heartbeat

QUEUES = ("interactive", "background", "bulk")
BROKER_SECONDS = 2
LOOK_SECONDS = 3  # for all parts together
KEPT_SECONDS = 4  # that /healthz says the same
SPACE_NEEDED = 256 * 1024 * 1024  # bytes
QUEUE_LIMIT = 5_000  # messages that wait in one queue


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


def write() -> Part:
    """It takes what is written: neither full nor read-only. Two processes that try at once wait for each other."""
    try:
        with transaction.atomic():
            Heartbeat.objects.update_or_create(name="written", defaults={"at": timezone.now()})
            Heartbeat.objects.filter(name="written").delete()
    except Error as error:
        return Part("write", False, str(error).partition("\n")[0])
    return Part("write", True)


def space() -> Part:
    """Room below VAR_DIR for a database, a broker, letters."""
    try:
        free = shutil.disk_usage(settings.VAR_DIR).free
    except OSError as error:
        return Part("space", False, error.strerror or type(error).__name__)
    return Part("space", free >= SPACE_NEEDED, f"{free // (1024 * 1024)} MiB free")


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


def queues() -> Part:
    """How many messages wait for a worker."""
    try:
        waiting = _waiting()
    except (redis.RedisError, OSError) as error:
        return Part("queues", False, type(error).__name__)
    words = ", ".join(f"{name} {waiting[name]}" for name in QUEUES)
    return Part("queues", max(waiting.values(), default=0) <= QUEUE_LIMIT, words)


def _waiting() -> Counter[str]:
    if settings.REDIS_URL:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=BROKER_SECONDS, socket_connect_timeout=BROKER_SECONDS
        ) as client:
            return Counter({name: int(client.llen(name)) for name in QUEUES})
    names = (name.split(".") for name in os.listdir(settings.SPOOL_DIR / "messages") if name.endswith(".msg"))
    return Counter(parts[-2] for parts in names)


def worker() -> Part:
    """A worker for each queue that can be woken, or not."""
    part = _heard("worker", {f"worker:{queue}": queue for queue in QUEUES})
    try:
        cut_off = Heartbeat.cut_off(QUEUES)
    except Error:
        return part
    if not cut_off:
        return part
    return Part("worker", False, ", ".join([part.detail, *(f"{queue} cannot reach the broker" for queue in cut_off)]))


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


def watched(name: str, words: str) -> Part:
    """What `panel.watch` last found; nothing is known before it has looked."""
    try:
        condition = Condition.objects.filter(name=name).first()
    except Error:
        return Part(name, False, "not known: the database does not answer")
    if condition is None:
        return Part(name, True, "not asked yet")
    return Part(name, condition.failing_since is None, condition.detail or words)


@cache
def parts() -> dict[str, Callable[[], Part]]:
    """Every part, and how to look at it: the panel's own, and those that other apps bring (settings.HEALTH_PARTS)."""
    others = {name: import_string(path) for name, path in settings.HEALTH_PARTS.items()}
    return {
        "database": database,
        "write": write,
        "space": space,
        "broker": broker,
        "queues": queues,
        "worker": worker,
        "beat": beat,
        **others,
    }


class Monitor:
    """Looks at parts in threads; one that hangs is not asked again before it has answered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: dict[str, threading.Thread] = {}
        self._found: dict[str, Part] = {}

    def look(self, names: Iterable[str], seconds: float = LOOK_SECONDS) -> list[Part]:
        names = list(names)
        with self._lock:
            for name in names:
                if name not in self._asked or not self._asked[name].is_alive():
                    self._found.pop(name, None)
                    thread = threading.Thread(target=self._ask, args=[name], name=f"health {name}", daemon=True)
                    self._asked[name] = thread
                    thread.start()
            threads = [self._asked[name] for name in names]
        deadline = time.monotonic() + seconds
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        late = f"no answer within {seconds:.0f} s"
        return [self._found.get(name) or Part(name, False, late) for name in names]

    def _ask(self, name: str) -> None:
        try:
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute(f"SET statement_timeout = {LOOK_SECONDS * 1000}; SET lock_timeout = 1000")
            self._found[name] = parts()[name]()
        except Error as error:
            self._found[name] = Part(name, False, type(error).__name__)
        finally:
            connection.close()


class Kept:
    """What was found, for KEPT_SECONDS: strangers who ask again cost nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at = float("-inf")
        self._parts: list[Part] = []

    def parts(self) -> list[Part]:
        with self._lock:
            if time.monotonic() - self._at >= KEPT_SECONDS:
                self._parts = _monitor.look(parts())
                self._at = time.monotonic()
            return self._parts


_monitor = Monitor()
_kept = Kept()


def found() -> list[Part]:
    """Every part, as it was a moment ago."""
    return _kept.parts()


def healthz(request: HttpRequest) -> HttpResponse:
    """A line for each part."""
    now = found()
    return _said("".join(f"{part}\n" for part in now), now)


def readyz(request: HttpRequest) -> HttpResponse:
    """Whether requests may be sent here; for load balancers."""
    now = found()
    return _said("ready\n" if _serves(now) else "not ready\n", now)


def _serves(now: list[Part]) -> bool:
    return next(part.ok for part in now if part.name == "database")


def _said(text: str, now: list[Part]) -> HttpResponse:
    return HttpResponse(
        text,
        status=200 if _serves(now) else 503,
        content_type="text/plain; charset=utf-8",
        headers={"Cache-Control": "no-store"},
    )


PROBES = {"/healthz": healthz, "/readyz": readyz}


def answer_probes(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, outermost: a probe knows an address, not the panel's name, and follows no redirect to https."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return PROBES.get(request.path, get_response)(request)

    return middleware
