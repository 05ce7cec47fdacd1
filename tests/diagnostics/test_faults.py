"""No false red: correct domains seen through a DNS that misbehaves."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_network

import pytest

from diagnostics.judge import CheckInput
from diagnostics.sweep.check_run import check_run
from domains.lookup.engine import Engine, EngineConfig, run
from domains.rules.verdicts import RED, Status, Verdict
from tests.servers import EVERY_FAULT, Fault, FaultProxy, Knot

from .correct import PLATFORM, facts_of, zones

DOMAINS = 60
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def correct() -> Iterator[Knot]:
    with Knot(zones(DOMAINS)) as knot:
        yield knot


async def verdicts_through(proxy: FaultProxy, count: int, deadline: float = 25.0) -> list[Verdict]:
    """Look at that many domains at once; everything, the name servers too, is asked through the proxy."""
    config = EngineConfig(
        (proxy.endpoint,),
        authoritative_port=proxy.port,
        allowed_networks=(ip_network("127.0.0.0/8"),),
        per_server_rate=None,
        own_resolver_rate=None,
    )
    async with Engine(config) as engine:
        looks = [
            check_run(CheckInput(facts_of(n), PLATFORM, authoritative=True), engine, NOW, deadline)
            for n in range(count)
        ]
        return [verdict for verdicts in await asyncio.gather(*looks) for verdict in verdicts]


def reds(verdicts: list[Verdict]) -> list[Verdict]:
    return [verdict for verdict in verdicts if verdict.status in RED]


def share_of_green(verdicts: list[Verdict]) -> float:
    return sum(verdict.status in (Status.OK, Status.OFF) for verdict in verdicts) / len(verdicts)


def test_the_corpus_is_green_where_nothing_misbehaves(correct: Knot) -> None:
    with FaultProxy(correct.endpoint, rate=0) as proxy:
        verdicts = run(verdicts_through(proxy, DOMAINS))
    assert [verdict for verdict in verdicts if verdict.status not in (Status.OK, Status.OFF)] == []
    assert Counter(verdict.kind for verdict in verdicts).most_common(1)[0][1] == DOMAINS


@pytest.mark.parametrize(("rate", "green"), [(0.05, 0.999), (0.2, 0.999), (1.0, 0.0)])
def test_sixty_domains_at_once_have_no_false_red_at_any_rate_of_faults(
    correct: Knot, rate: float, green: float
) -> None:
    started = time.monotonic()
    with FaultProxy(correct.endpoint, rate=rate) as proxy:
        verdicts = run(verdicts_through(proxy, DOMAINS))
        assert set(proxy.met) == set(EVERY_FAULT)
    assert reds(verdicts) == []
    assert share_of_green(verdicts) >= green
    assert time.monotonic() - started < 60


def test_no_kind_of_fault_makes_a_correct_domain_red_even_if_every_query_meets_it(correct: Knot) -> None:
    async def one(fault: Fault) -> tuple[float, list[Verdict]]:
        loop = asyncio.get_running_loop()
        with FaultProxy(correct.endpoint, faults=[fault]) as proxy:
            started = loop.time()
            verdicts = await verdicts_through(proxy, 3)
            return loop.time() - started, verdicts

    async def main() -> list[tuple[float, list[Verdict]]]:
        return await asyncio.gather(*map(one, EVERY_FAULT))

    for fault, (seconds, verdicts) in zip(EVERY_FAULT, run(main()), strict=True):
        assert reds(verdicts) == [], fault
        assert seconds < 30, fault
        if fault in (Fault.DELAY, Fault.SPOOFED, Fault.OTHER_ADDRESS):
            assert share_of_green(verdicts) == 1, fault
