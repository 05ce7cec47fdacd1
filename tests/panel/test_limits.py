"""Limits hold for as long as they say, in Redis and in the table, however many others there are."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from panel import limits, redis_server
from panel.limits import allowed, forget, give_back, network
from panel.models import Attempts
from tests.servers import Redis

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["table", "redis"])
def counter(request: pytest.FixtureRequest, settings) -> Iterator[str]:
    """Where limits are counted."""
    settings.REDIS_URL = request.getfixturevalue("redis_server").url if request.param == "redis" else ""
    redis_server.forget()
    yield request.param
    redis_server.forget()


def test_a_limit_lasts_as_long_as_it_says(counter: str) -> None:
    assert [allowed("try", counter, times=2, seconds=2) for _ in range(4)] == [True, True, False, False]
    time.sleep(1.2)
    assert not allowed("try", counter, times=2, seconds=2), "asking again prolongs nothing and ends nothing"
    time.sleep(1.2)
    assert allowed("try", counter, times=2, seconds=2)


def test_an_hour_is_an_hour(counter: str, settings) -> None:
    """The cache's own timeout, five minutes, used to end it."""
    for _ in range(3):
        allowed("hour", counter, times=3, seconds=3600)
    if counter == "redis":
        key = f"limit:{limits._key('hour', counter)}"
        assert 3590 < int(redis_server.client().ttl(key)) <= 3600
    else:
        ends = Attempts.objects.get(key=limits._key("hour", counter)).ends_at
        assert timedelta(seconds=3590) < ends - timezone.now() <= timedelta(hours=1)


def test_what_is_given_back_does_not_count_and_nothing_is_given_that_was_not_taken(counter: str) -> None:
    give_back("gift", counter)
    give_back("gift", counter)
    assert [allowed("gift", counter, times=1, seconds=60) for _ in range(2)] == [True, False]
    give_back("gift", counter)
    give_back("gift", counter)
    assert allowed("gift", counter, times=1, seconds=60)


@pytest.mark.django_db(transaction=True)
def test_sixteen_at_once_get_what_one_would(counter: str) -> None:
    def ask(_: int) -> bool:
        try:
            return allowed("crowd", counter, times=5, seconds=60)
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as threads:
        assert sum(threads.map(ask, range(64))) == 5


def test_the_limits_of_a_thousand_strangers_give_nobody_a_fresh_one(counter: str) -> None:
    for _ in range(3):
        assert allowed("sign-in", "boss", times=3, seconds=86_400)
    for number in range(1000):
        allowed("sign-in", f"10.0.{number // 256}.{number % 256}", times=3, seconds=86_400)
    cache.clear()
    assert not allowed("sign-in", "boss", times=3, seconds=86_400)


def test_while_redis_is_away_the_table_counts(settings) -> None:
    with Redis() as server:
        settings.REDIS_URL = server.url
        redis_server.forget()
        assert allowed("away", "anna", times=1, seconds=60)
        server.stop()
        assert [allowed("away", "anna", times=1, seconds=60) for _ in range(2)] == [True, False]
    redis_server.forget()


def test_counts_that_are_over_are_forgotten(settings) -> None:
    settings.REDIS_URL = ""
    allowed("old", 1, times=1, seconds=60)
    allowed("new", 1, times=1, seconds=60)
    Attempts.objects.filter(key=limits._key("old", 1)).update(ends_at=timezone.now())
    forget()
    assert list(Attempts.objects.values_list("key", flat=True)) == [limits._key("new", 1)]


@pytest.mark.parametrize(
    ("address", "whole", "near"),
    [
        ("192.0.2.77", "192.0.2.77/32", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.77", "192.0.2.77/32", "192.0.2.0/24"),
        ("", "unknown", "unknown"),
    ],
)
def test_whoever_has_one_address_of_ipv6_has_all_of_its_64(address: str, whole: str, near: str) -> None:
    assert network(address) == whole
    assert network(address, ipv4_prefix=24) == near
