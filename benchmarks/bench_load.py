"""Forty people on the large installation, as `manage.py run` starts it: how long their pages take while nothing else
goes on, with four of the biggest customer's among them, and with a sweep of every domain and a bulk run under way.

BENCH_SIZES=small,medium takes the medium installation.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.installation import Installation
from tests.processes import manage
from tests.servers import Knot, PostgreSql, Redis

from . import load
from .results import Measure, Ratio, Result
from .running import apart

PEOPLE, BIG = 40, 4
SECONDS = 40.0  # of each of the three stretches
ROWS = 5_000  # of the bulk run: more than are done meanwhile


def failed(opened: Sequence[load.Opened]) -> list[str]:
    return [f"{one.path}: {one.status or 'no answer'}" for one in opened if one.status != 200]


def measured(installation: Installation) -> Iterator[Result]:
    environment = installation.env
    people = apart(load.people, environment, PEOPLE, BIG)
    alone, mixed = people[:PEOPLE], [*people[: PEOPLE - BIG], *people[PEOPLE:]]
    load.used(installation.port, people, 8)  # until every process has read its templates
    without = load.used(installation.port, alone, SECONDS)
    idle = load.used(installation.port, mixed, SECONDS)
    run = apart(load.begin_work, environment, ROWS)
    busy = load.used(installation.port, mixed, SECONDS)
    rows, swept = apart(load.work_done, environment, run)
    if not rows or not swept:
        raise RuntimeError(f"nothing went on: {rows} rows, {swept} domains")
    others = [one for one in idle if not one.big]
    stretches = {"none of the biggest customer": without, "four of the biggest customer": idle, "and work": busy}
    for what, opened in stretches.items():
        yield Measure(f"{PEOPLE} people, {what}: p95", load.p95(opened) * 1000, "ms", f"{len(opened)} pages")
    yield Measure("meanwhile: rows of a bulk run", rows / SECONDS, "rows/s")
    yield Measure("meanwhile: domains of a sweep", swept / SECONDS, "domains/s")
    failures = [failure for opened in stretches.values() for failure in failed(opened)]
    yield Measure("pages that failed", len(failures), "pages", ", ".join(sorted(set(failures))[:3]))
    yield Ratio("load/idle p95", load.p95(busy) / load.p95(idle), most=2.0)
    yield Ratio("with/without the biggest customer p95", load.p95(others) / load.p95(without), most=2.0)


def bench() -> Iterator[Result]:
    size = os.environ.get("BENCH_SIZES", "small,large").rpartition(",")[2]
    with tempfile.TemporaryDirectory(prefix="configureme-bench-") as folder, PostgreSql() as server, Redis() as broker:
        installation = Installation(Path(folder) / "var", DATABASE_URL=server.url, REDIS_URL=broker.url)
        installation.prepare()
        for command in (["migrate"], ["demonstration", "--size", size]):
            done = manage(*command, env=installation.env, timeout=1800)
            if done.returncode:
                raise RuntimeError(done.stderr)
        with Knot(apart(load.zone, installation.env)) as knot:
            installation.env |= {
                "DNS_RESOLVERS": knot.host_port,
                "DNS_AUTHORITATIVE_PORT": str(knot.port),
                "ALLOWED_NETWORKS": "127.0.0.0/8",
            }
            installation.start()
            try:
                yield from measured(installation)
            finally:
                installation.stop()
