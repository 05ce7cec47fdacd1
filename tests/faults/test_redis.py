"""Nothing needs Redis but speed: it hangs and it dies, and people go on."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.world import Customer, populate, python
from tests.installation import Installation, until
from tests.servers import Redis

AWAY_SECONDS = 35

LEFT = """
from accounts.models import BulkRun, EmailAccount
from diagnostics.models import CheckRun, Share
from panel.models import Letter
print(
    BulkRun.objects.filter(state="done").count(),
    EmailAccount.objects.filter(state="active").count(),
    CheckRun.objects.filter(asked_at__isnull=False).count(),
    Share.objects.count(),
    Letter.objects.filter(recipient="dns@people.example").count(),
)
"""


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    with Redis() as server:
        yield server


@pytest.fixture
def installation(tmp_path: Path, redis: Redis) -> Iterator[Installation]:
    with Installation(tmp_path / "var", REDIS_URL=redis.url, DNS_RESOLVERS="127.0.0.1:9") as installation:
        installation.start()
        until(installation.healthy, 180, "health")
        populate(installation)
        yield installation


def work(customer: Customer, *people: str) -> None:
    customer.come()
    customer.check_again()
    customer.share()
    customer.start_run(*people)


def misses_the_broker(installation: Installation) -> bool:
    """Said beside 200: pages are served without it. Health is told again for a few seconds."""
    status, lines = installation.health()
    return status == 200 and lines["broker"].startswith("not ok")


def settled(installation: Installation, wanted: str) -> None:
    """What was asked for is done, once each."""
    deadline = time.monotonic() + 90
    while (left := python(installation, LEFT)) != wanted and time.monotonic() < deadline:
        time.sleep(1)
    assert left == wanted, installation.output.read_text()[-3000:]


def test_with_redis_hanging_and_with_redis_dead_people_work_and_nothing_is_lost(
    redis: Redis, installation: Installation
) -> None:
    anna, staff = Customer(installation), Customer(installation)
    staff.sign_in("staff@people.example", "correct horse battery")
    redis.freeze()
    frozen_at = time.monotonic()
    work(anna, "adam", "ewa")
    until(lambda: misses_the_broker(installation), 30, "a broker that is missed")
    until(lambda: "cannot reach the broker" in installation.health()[1]["worker"], 30, "workers that are cut off")
    until(lambda: "Not working at present: Redis" in staff.get("/staff/organizations/"), 60, "a line for staff")
    time.sleep(max(0.0, AWAY_SECONDS - (time.monotonic() - frozen_at)))
    redis.thaw()
    until(installation.healthy, 180, "health")
    settled(installation, "1 2 0 1 1")

    assert redis.process is not None
    redis.process.send_signal(signal.SIGKILL)
    redis.process.wait()
    redis.process = None
    killed_at = time.monotonic()
    work(anna, "jan")
    until(lambda: misses_the_broker(installation), 30, "a broker that is missed")
    time.sleep(max(0.0, AWAY_SECONDS - (time.monotonic() - killed_at)))
    redis.start()
    until(installation.healthy, 180, "health")
    settled(installation, "2 3 0 2 2")
