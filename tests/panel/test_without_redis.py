"""The cache and the waking of workers while Redis hangs, is gone, and is back."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.test import Client
from django.utils import timezone

from panel import redis_server
from panel.cache import FailsOpen
from panel.context import not_working
from panel.models import Condition, Heartbeat
from panel.tasks import forget
from panel.waking import wake
from tests.factories import make_user
from tests.servers import Redis

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(settings) -> Iterator[Redis]:
    with Redis() as running:
        settings.REDIS_URL = running.url
        redis_server.forget()
        yield running
    redis_server.forget()


@contextmanager
def frozen(server: Redis) -> Iterator[None]:
    server.freeze()
    try:
        yield
    finally:
        server.thaw()


def test_a_cache_that_hangs_is_one_of_the_process_and_slows_down_once(
    server: Redis, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = FailsOpen(server.url, {})
    cache.set("kept", 1)
    assert cache.get("kept") == 1
    with caplog.at_level(logging.WARNING), frozen(server):
        begun = time.monotonic()
        assert cache.get("kept") is None
        assert cache.add("count", 1)
        assert not cache.add("count", 1)
        assert cache.incr("count", 2) == 3
        assert cache.get_many(["count", "kept"]) == {"count": 3}
        cache.set_many({"a": 1})
        cache.delete_many(["a"])
        assert not cache.has_key("a")
        with pytest.raises(ValueError, match="not found"):
            cache.incr("a")
        assert time.monotonic() - begun < 2.5
    assert len([record for record in caplog.records if "going on without it" in record.message]) == 1
    monkeypatch.setattr(redis_server, "LEFT_ALONE", 0)
    assert cache.get("kept") == 1
    assert not redis_server.is_away()


def test_waking_waits_a_second_for_a_redis_that_hangs_and_not_at_all_afterwards(server: Redis) -> None:
    with frozen(server):
        begun = time.monotonic()
        for _ in range(50):
            wake(forget)
        assert time.monotonic() - begun < 3


@pytest.mark.django_db(transaction=True)
def test_staff_are_told_on_every_page(client: Client, server: Redis) -> None:
    client.force_login(make_user("staff@people.example", staff=True))
    Condition.objects.create(name="resolvers", looked_at="2026-01-01T00:00Z", failing_since="2026-01-01T00:00Z")
    redis_server.failed(OSError("gone"))
    assert "Not working at present: Redis, resolvers." in client.get("/staff/organizations/").content.decode()
    client.force_login(make_user("anna@people.example"))
    assert "Not working" not in client.get("/").content.decode()


def test_a_worker_that_cannot_be_woken_is_none(settings) -> None:
    from panel import health

    for queue in health.QUEUES:
        Heartbeat.beat(f"worker:{queue}")
    assert health.worker().ok
    Heartbeat.objects.filter(name="worker:bulk").update(at="2026-01-01T00:00Z")
    Heartbeat.beat("cut-off:bulk")
    assert "bulk cannot reach the broker" in str(health.worker())
    assert not health.worker().ok
    assert not Heartbeat.serves("bulk")
    assert Heartbeat.serves("background")


@pytest.mark.django_db
def test_what_fails_since_a_moment_is_not_told_on_pages_yet() -> None:
    """At a start the first look comes before the workers are heard."""
    now = timezone.now()
    Condition.objects.create(name="worker", looked_at=now, failing_since=now)
    Condition.objects.create(name="beat", looked_at=now, failing_since=now - Condition.SETTLED)
    assert not_working() == ["beat"]
