"""Configuring 2,000 accounts with generated passwords: two workers on PostgreSQL, against hashing alone.

Hashing (ARGON2ID, 19 MiB, t=2, p=1) in two processes is the floor. The workers are the real ones, on Redis; the floor
is taken before and after the run, since other load on the machine changes it.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from panel.actors import SYSTEM
from tests.servers import PostgreSql, Redis

from .panel import panel
from .results import Measure, Ratio, Result

ROWS = 2_000
WORKERS = 2


def hash_some(count: int) -> None:
    from accounts.hashing import hash_password

    for number in range(count):
        hash_password(f"Password{number}")


def floor() -> float:
    """Seconds that two processes need to hash the passwords, and nothing else."""
    with ProcessPoolExecutor(WORKERS, get_context("spawn")) as pool:
        list(pool.map(hash_some, [1] * WORKERS))
        started = time.perf_counter()
        list(pool.map(hash_some, [ROWS // WORKERS] * WORKERS))
        return time.perf_counter() - started


def run_seconds() -> float:
    """Seconds from the start of the run to its end, as the database has them."""
    from accounts import ordering, tasks
    from accounts.models import BulkRun
    from accounts.runs import engine, loading
    from tests.factories import make_domain, make_service

    service = make_service()
    make_domain(service, "bench.example")
    order = ordering.place(service, ROWS, by=SYSTEM)
    ordering.approve(order, by=SYSTEM)
    while ordering.work(order):
        pass
    rows = "".join(f"user{i}@bench.example,Anna,Kowalska {i}\n" for i in range(ROWS))
    run = loading.upload(service, f"email,first name,last name\n{rows}".encode(), "bench.csv", by=SYSTEM, owner=True)
    loading.begin_check(run, run.columns, "", BulkRun.Way.PASSWORDS)
    loading.check(run)
    command = [sys.executable, "-m", "celery", "-A", "panel", "worker", "-Q", "bulk", "-c", "1", "-l", "ERROR"]
    workers = [subprocess.Popen([*command, "-n", f"bench{i}@%h"]) for i in range(WORKERS)]
    try:
        time.sleep(6)  # for the workers to be there
        engine.start(run)
        tasks.wake(run)
        while run.state == BulkRun.State.RUNNING:
            time.sleep(0.2)
            run.refresh_from_db()
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait()
    if run.done != ROWS or not run.started_at or not run.finished_at:
        raise RuntimeError(f"{run.done} of {ROWS} done")
    return (run.finished_at - run.started_at).total_seconds()


def bench() -> Iterator[Result]:
    with PostgreSql() as database, Redis() as broker, panel(DATABASE_URL=database.url, REDIS_URL=broker.url):
        before = floor()
        seconds = run_seconds()
        after = floor()
        least = (before + after) / 2
        yield Measure("hashing 2,000 passwords alone", ROWS / least, "hashes/s", "two processes")
        yield Measure("bulk run of 2,000 rows", ROWS / seconds, "rows/s", "two workers, PostgreSQL, Redis")
        yield Ratio("bulk/hash-floor", seconds / least, most=1.15)
