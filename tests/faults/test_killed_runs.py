"""An installation on SQLite, whose bulk worker or supervisor is killed in the middle of a run: it goes on, once."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.world import Customer, populate, python
from tests.installation import Installation, alive, descendants, until

ROWS = 240
MORE_SLOTS = """
from accounts import batch
from django.db import transaction
from panel.models import Service
with transaction.atomic():
    batch.add_slots(batch.locked(Service.objects.get().pk), ROWS)
"""
LEFT = """
from accounts.models import Address, BulkRow, BulkRun, EmailAccount, Tally
from panel.models import Activity
run = BulkRun.objects.get()
rows = BulkRow.objects.filter(run=run)
print(
    run.state, run.done, run.refused,
    rows.filter(state="done").count(),
    len(set(rows.values_list("account_id", flat=True))),
    EmailAccount.objects.filter(state="active").count(),
    Address.objects.count(),
    Tally.of(run.service_id)["active"],
    Activity.objects.filter(verb="run.configure").count(),
)
"""
WHOLE = f"done {ROWS} 0 {ROWS} {ROWS} {ROWS} {ROWS} {ROWS} 1"


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    with Installation(tmp_path / "var", DNS_RESOLVERS="127.0.0.1:9") as installation:
        installation.start()
        until(installation.healthy, 180, "health")
        populate(installation)
        python(installation, MORE_SLOTS.replace("ROWS", str(ROWS)))
        yield installation


def done(installation: Installation) -> int:
    """How many accounts the run has configured so far."""
    with closing(sqlite3.connect(installation.folder / "panel.sqlite3", timeout=20)) as database:
        (count,) = database.execute("SELECT COUNT(*) FROM accounts_bulkrow WHERE state = 'done'").fetchone()
    return int(count)


def wait_for_more_than(count: int, installation: Installation) -> None:
    until(lambda: done(installation) > count, 90, "a run that goes on")


def whole(installation: Installation) -> None:
    until(lambda: done(installation) == ROWS, 150, "the end of the run")
    deadline = time.monotonic() + 60  # the run itself is closed a moment later
    while (left := python(installation, LEFT)) != WHOLE and time.monotonic() < deadline:
        time.sleep(1)
    assert left == WHOLE, installation.output.read_text()[-3000:]


def test_a_run_survives_the_death_of_its_worker_and_of_the_supervisor(installation: Installation) -> None:
    anna = Customer(installation)
    anna.come()
    anna.start_run(*(f"user{number:04}" for number in range(ROWS)))

    wait_for_more_than(0, installation)
    worker = installation.child("-Q background")
    assert worker is not None
    os.kill(worker, signal.SIGKILL)
    killed_at = done(installation)
    assert 0 < killed_at < ROWS
    until(lambda: installation.has_another("-Q background", worker), 30, "another worker")

    wait_for_more_than(killed_at, installation)
    second = installation.child("-Q background")
    assert second is not None
    os.killpg(second, signal.SIGSTOP)  # however slow the machine is, it gets no further
    assert killed_at < done(installation) < ROWS
    below = set(descendants(installation.pid))
    os.kill(installation.pid, signal.SIGKILL)
    os.killpg(second, signal.SIGKILL)
    assert installation.process is not None
    installation.process.wait()
    until(lambda: not alive(below), 60, "the end of every child")
    assert done(installation) < ROWS

    installation.start()
    until(installation.healthy, 180, "health")
    whole(installation)
