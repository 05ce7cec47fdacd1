"""Asking and judging 10,000 domains: the engine against resolver libraries that only ask.

Everybody asks the same server the same questions: those that the judge wants to know of a correct domain. The engine
asks the platform's own names besides, and judges the answers. All run in one process each; the libraries on asyncio's
own loop, as their documentation has it, the engine on uvloop, as the panel runs it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import aiodns
import dns.asyncresolver

from diagnostics.judge import CheckInput
from diagnostics.sweep.check_run import check_run
from domains.lookup.answers import Answer, Question
from domains.lookup.engine import Engine, EngineConfig, run, spare_collector
from domains.rules.verdicts import Status
from tests.diagnostics.tasks import OneTaskEach
from tests.servers import Knot

from .domains import PLATFORM, apex_of, facts_of, zones
from .results import Measure, Ratio, Result
from .running import apart

DOMAINS = 10_000
TASKS = 300  # of the resolver libraries
LOOKS = 16  # of the engine, at once
NOW = datetime(2026, 1, 1, tzinfo=UTC)

Endpoint = tuple[str, int]


def config(server: Endpoint) -> EngineConfig:
    return EngineConfig((server,), own_resolver_rate=None, concurrency=1000)


async def shared_out(count: int, tasks: int, work: Callable[[int], object]) -> float:
    """Do `work` for each number with so many tasks; returns the seconds it took."""
    numbers = iter(range(count))

    async def worker() -> None:
        for number in numbers:
            await work(number)  # type: ignore[misc]

    started = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(tasks)))
    return time.perf_counter() - started


async def check_domains(engine: Engine, number: int) -> None:
    verdicts = await check_run(CheckInput(facts_of(number), PLATFORM), engine, NOW)
    bad = [verdict for verdict in verdicts if verdict.status not in (Status.OK, Status.OFF)]
    if bad:
        raise RuntimeError(f"{facts_of(number).name} is not green: {bad}")


def with_engine(server: Endpoint, count: int) -> float:
    async def main() -> float:
        async with Engine(config(server)) as engine:
            return await shared_out(count, LOOKS, lambda number: check_domains(engine, number))

    spare_collector()
    return run(main())


def with_asyncresolver(server: Endpoint, count: int, questions: list[tuple[str, str]]) -> float:
    async def main() -> float:
        resolver = dns.asyncresolver.Resolver(configure=False)
        resolver.lifetime = 60  # it falls behind, and would give up
        resolver.nameservers, resolver.port = [server[0]], server[1]

        async def work(number: int) -> None:
            for prefix, type_ in questions:
                answer = await resolver.resolve(prefix + apex_of(number), type_)
                assert answer.rrset

        return await shared_out(count, TASKS, work)

    return asyncio.run(main())


def with_aiodns(server: Endpoint, count: int, questions: list[tuple[str, str]], *, uvloop: bool = False) -> float:
    async def main() -> float:
        resolver = aiodns.DNSResolver(nameservers=[server[0]], udp_port=server[1], tcp_port=server[1], tries=10)

        async def work(number: int) -> None:
            for prefix, type_ in questions:
                answer = await resolver.query_dns(prefix + apex_of(number), type_)
                assert answer.answer

        return await shared_out(count, TASKS, work)

    return run(main()) if uvloop else asyncio.run(main())


def questions_of_a_look(server: Endpoint) -> list[tuple[str, str]]:
    """What one look asks about the domain's own names: what comes before the domain's name, and the type."""
    apex = apex_of(0)
    asked: list[Question] = []

    async def main() -> None:
        async with Engine(config(server)) as engine:

            async def ask(question: Question) -> Answer:
                asked.append(question)
                return await engine.ask(question)

            await check_run(CheckInput(facts_of(0), PLATFORM), OneTaskEach(ask), NOW)

    run(main())
    return sorted((q.name.removesuffix(apex), q.type) for q in asked if q.name.endswith(apex))


def bench() -> Iterator[Result]:
    with Knot(zones(DOMAINS)) as knot:
        questions = questions_of_a_look(knot.endpoint)
        note = f"{len(questions)} questions a domain, {DOMAINS:,} domains"
        engine = DOMAINS / apart(with_engine, knot.endpoint, DOMAINS)
        yield Measure("engine: ask and judge", engine, "domains/s", note)
        aiodns_ = DOMAINS / apart(with_aiodns, knot.endpoint, DOMAINS, questions)
        yield Measure("aiodns: ask", aiodns_, "domains/s", f"{TASKS} tasks")
        on_uvloop = DOMAINS / apart(with_aiodns, knot.endpoint, DOMAINS, questions, uvloop=True)
        yield Measure("aiodns on uvloop: ask", on_uvloop, "domains/s", f"{TASKS} tasks")
        asyncresolver = DOMAINS / apart(with_asyncresolver, knot.endpoint, DOMAINS, questions)
        yield Measure("dns.asyncresolver: ask", asyncresolver, "domains/s", f"{TASKS} tasks")
    yield Ratio("engine/asyncresolver", engine / asyncresolver, 10)
    yield Ratio("engine/aiodns", engine / aiodns_, 2.5)
