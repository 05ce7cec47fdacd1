"""Every list of the API, its first page and a later one, at 500,000 accounts against an installation a hundredth of it:
the 95th percentile of calls with a token; PostgreSQL. BENCH_SIZES=small,medium takes less time."""

from __future__ import annotations

import json
import multiprocessing
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from tests.servers import PostgreSql

from .pages import FULL_PAGES
from .panel import panel
from .results import Measure, Ratio, Result

if TYPE_CHECKING:
    from django.test import Client

SIZES = ("small", "large")
CALLS = 40
MOST = 1.5
# What a list is narrowed or sorted by; {code} is that of the customer that has most.
QUERIES = {
    "list_accounts": ("?q=user0000", "?state=suspended", "?sort=-name", "?sort=-configured"),
    "list_services": ("?organization={code}",),
    "list_activity": ("?organization={code}",),
}


class Calls:
    """The lists of the installation that this process is set up for: label → address."""

    def __init__(self) -> None:
        from datetime import timedelta

        from django.test import Client
        from django.urls import reverse
        from django.utils import timezone

        from api import operations  # noqa: F401 - they register themselves
        from api.framework import api
        from api.models import Token
        from api.models.tokens import SCOPES
        from panel.models import User
        from tests.api.operations_table import TABLE

        from .pages import arguments

        staff = User.objects.create_user("staff-of-api@bench.example", is_staff=True)
        _token, secret = Token.issue(None, "bench", SCOPES, timezone.now() + timedelta(days=1), by=staff)
        self.headers = {"Authorization": f"Bearer {secret}"}
        self.client: Client = Client(SERVER_NAME="localhost")
        known = arguments()
        known["name"] = known["domain_name"]
        self.addresses: dict[str, str] = {}
        for path, view in api.default_router.path_operations.items():
            for each in view.operations:
                name, names = str(each.operation_id), [part.strip("{}") for part in path.split("/") if "{" in part]
                if each.methods[0] != "GET" or not name.startswith("list_") or not set(names) <= known.keys():
                    continue
                assert name in TABLE
                address = reverse(f"api:api_v1:{name}", kwargs={argument: known[argument] for argument in names})
                for query in ("", *QUERIES.get(name, ())):
                    self.addresses[f"{name}{query}"] = address + query.format(code=known["code"])
                later = self._later(address)
                if later:
                    self.addresses[f"{name}, later"] = later

    def _get(self, address: str) -> Any:
        return self.client.get(address, headers=self.headers)

    def _later(self, address: str) -> str:
        """The third page, or the last that there is; empty where one page holds all."""
        found = ""
        for _page in range(2):
            following = json.loads(self._get(found or address).content).get("next")
            if not following:
                break
            found = str(following)
        return found

    def seconds(self, label: str) -> float:
        address = self.addresses[label]
        started = time.perf_counter()
        response = self._get(address)
        took = time.perf_counter() - started
        assert response.status_code == 200, response.content
        return took


def answer(pipe: Connection, size: str, environment: dict[str, str]) -> None:
    """In a process of its own: build the installation, say which lists it has, and time those that are asked for."""
    with panel(API_RATE="1000000000", **environment):
        from accounts import large
        from panel.models import Organization

        if not Organization.objects.filter(code=large.CODE).exists():
            large.build(large.Size(*FULL_PAGES) if size == "small" else large.SIZES[size])
        calls = Calls()
        pipe.send(list(calls.addresses))
        while (label := pipe.recv()) is not None:
            pipe.send(calls.seconds(label))


def measured(environments: dict[str, dict[str, str]]) -> Iterator[tuple[str, list[float], list[float]]]:
    """The calls of both installations in turn, so that other load on the machine meets both."""
    spawn = multiprocessing.get_context("spawn")
    pipes, processes = [], []
    for size, environment in environments.items():
        ours, theirs = spawn.Pipe()
        processes.append(spawn.Process(target=answer, args=(theirs, size, environment)))
        processes[-1].start()
        theirs.close()
        pipes.append(ours)
    try:
        labels, of_big = pipes[0].recv(), set(pipes[1].recv())
        for label in [label for label in labels if label in of_big]:
            took: list[list[float]] = [[], []]
            for _call in range(CALLS):
                for pipe, list_ in zip(pipes, took, strict=True):
                    pipe.send(label)
                    list_.append(pipe.recv())
            yield label, took[0], took[1]
        for pipe in pipes:
            pipe.send(None)
    finally:
        for process, pipe in zip(processes, pipes, strict=True):
            pipe.close()
            process.join(30)
            process.kill()


def p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]


def bench() -> Iterator[Result]:
    sizes = tuple(os.environ.get("BENCH_SIZES", ",".join(SIZES)).split(","))
    small_calls: list[float] = []
    big_calls: list[float] = []
    slowest = ("", 0.0)
    with PostgreSql() as server, ExitStack() as stack:
        urls = {size: stack.enter_context(server.database(size)) for size in sizes}
        for label, small, big in measured({size: {"DATABASE_URL": urls[size]} for size in sizes}):
            small_calls += small
            big_calls += big
            slowest = max(slowest, (label, p95(big) * 1000), key=lambda pair: pair[1])
            yield Measure(f"{label}, p95 {sizes[1]}", p95(big) * 1000, "ms", f"{p95(small) * 1000:.1f} ms {sizes[0]}")
    yield Measure("slowest list, p95", slowest[1], "ms", slowest[0])
    yield Ratio("big/small p95 of a list call", p95(big_calls) / p95(small_calls), most=MOST)
