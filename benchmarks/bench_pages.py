"""Every page of an installation of 200 organizations, 20,000 domains and 500,000 accounts against the same page of one
that is a hundredth of it; PostgreSQL and SQLite. BENCH_SIZES=small,medium takes less time."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from contextlib import ExitStack

from tests.servers import PostgreSql

from .pages import Took, answer, compared
from .results import Measure, Ratio, Result

SIZES = ("small", "large")
REPEATS = 7
MOST = {"PostgreSQL": 1.5, "SQLite": 3.0}
QUERIES = 15


def measured(environments: dict[str, dict[str, str]], repeats: int = REPEATS) -> Iterator[tuple[str, Took, Took]]:
    """`environments`: of the two sizes, the smaller one first."""
    spawn = multiprocessing.get_context("spawn")
    pipes = []
    processes = []
    for size, environment in environments.items():
        ours, theirs = spawn.Pipe()
        processes.append(spawn.Process(target=answer, args=(theirs, size, environment)))
        processes[-1].start()
        theirs.close()
        pipes.append(ours)
    try:
        yield from compared(pipes[0], pipes[1], repeats)
        for pipe in pipes:
            pipe.send(None)
    finally:
        for process, pipe in zip(processes, pipes, strict=True):
            pipe.close()
            process.join(30)
            process.kill()


def bench() -> Iterator[Result]:
    sizes = tuple(os.environ.get("BENCH_SIZES", ",".join(SIZES)).split(","))
    ratios = []
    with PostgreSql() as server, ExitStack() as stack:
        urls = {size: stack.enter_context(server.database(size)) for size in sizes}
        for name in MOST:
            environments = {size: {"DATABASE_URL": urls[size] if name == "PostgreSQL" else ""} for size in sizes}
            slowest, most = ("", 0.0), ("", 0)
            for label, small, big in measured(environments):
                ratios.append(Ratio(f"big/small {label}, {name}", big.seconds / small.seconds, most=MOST[name]))
                slowest = max(slowest, (label, big.seconds * 1000), key=lambda pair: pair[1])
                most = max(most, (label, big.queries), key=lambda pair: pair[1])
            yield Measure(f"slowest page, {name}", slowest[1], "ms", slowest[0])
            yield Measure(f"most queries of a page, {name}", most[1], "queries", most[0])
            yield Ratio(f"queries/{QUERIES}, {name}", most[1] / QUERIES, most=1.0)
    yield from ratios
