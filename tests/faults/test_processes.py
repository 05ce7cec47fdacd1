"""Processes die, the database hangs and comes back, messages come five times: nothing is lost, nothing is doubled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.world import Customer, populate, python
from tests.installation import Installation, descendants, until
from tests.processes import ROOT
from tests.servers import PostgreSql, Redis

KINDS = ("panel.gunicorn", "-Q interactive", "-Q background", "celery -A panel --quiet beat")
LEFT = """
from collections import Counter
from accounts.models import BulkRun, EmailAccount
from diagnostics.models import Share
from panel.models import Activity, Letter
print(
    *sorted(BulkRun.objects.values_list("state", flat=True)),
    EmailAccount.objects.filter(state="active").count(),
    Activity.objects.filter(verb="run.configure").count(),
    Share.objects.count(),
    Letter.objects.filter(recipient="dns@people.example").count(),
)
"""
FIVE_TIMES = """
from accounts.models import BulkRun
from accounts.tasks import work_on_run
from diagnostics.tasks import check_run, notify, sweep
from domains.tasks import resume_readings, resume_zone_changes
from panel.tasks import send_letters
for _ in range(5):
    for run in BulkRun.objects.all(): work_on_run.apply_async((run.pk,))
    check_run.apply_async((1,))
    for task in (sweep, notify, resume_readings, resume_zone_changes, send_letters): task.apply_async()
"""


def ill(installation: Installation) -> dict[str, str]:
    """What is said where not all is well. Health is told again for a few seconds."""
    status, lines = installation.health()
    return lines if status == 503 else {}


@pytest.fixture
def database() -> Iterator[PostgreSql]:
    with PostgreSql() as server:
        yield server


@pytest.fixture
def installation(tmp_path: Path, database: PostgreSql, redis_server: Redis) -> Iterator[Installation]:
    env = {"DATABASE_URL": database.url, "REDIS_URL": redis_server.url, "DNS_RESOLVERS": "127.0.0.1:9"}
    with Installation(tmp_path / "var", **env) as installation:
        installation.start()
        until(installation.healthy, 180, "health")
        populate(installation)
        yield installation


@contextmanager
def another_beat(installation: Installation) -> Iterator[None]:
    command = [sys.executable, "-m", "celery", "-A", "panel", "--quiet", "beat"]
    process = subprocess.Popen(command, env=installation.env, cwd=ROOT, stdin=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def frozen(server: PostgreSql) -> Iterator[None]:
    assert server.process is not None
    pids = [server.process.pid, *descendants(server.process.pid)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def settled(installation: Installation, wanted: str) -> None:
    """What was asked for is done, once each."""
    deadline = time.monotonic() + 90
    while (left := python(installation, LEFT)) != wanted and time.monotonic() < deadline:
        time.sleep(1)
    assert left == wanted, installation.output.read_text()[-3000:]


def test_nothing_is_lost_or_doubled_whatever_dies(installation: Installation, database: PostgreSql) -> None:
    anna = Customer(installation)
    anna.come()
    with another_beat(installation):
        anna.start_run(*(f"first{number}" for number in range(12)))
        for words in KINDS:  # while the run goes on
            pid = installation.child(words)
            assert pid is not None, words
            os.kill(pid, signal.SIGKILL)
        python(installation, FIVE_TIMES)
        until(installation.healthy, 180, "health")
        settled(installation, "done 12 1 0 0")

    with frozen(database):
        until(lambda: "no answer within" in ill(installation).get("database", ""), 30, "health says so")
    until(installation.healthy, 180, "health")

    anna.come()
    anna.start_run(*(f"second{number}" for number in range(6)))
    database.stop()
    until(lambda: ill(installation).get("worker", "").startswith("not ok"), 30, "health says so")
    database.start()
    until(installation.healthy, 180, "health")
    anna.share()
    python(installation, FIVE_TIMES)
    settled(installation, "done done 18 2 1 1")
    until(lambda: installation.health()[1]["resolvers"].startswith("not ok"), 90, "dead resolvers are said")
