"""What one check run costs others: packets to strangers, CPU time, leases."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from django.utils import timezone

from diagnostics.models import CheckRun
from diagnostics.sweep import check_run as running
from diagnostics.sweep import schedule, sweep
from domains.lookup.answers import Answer, Failure, Question
from domains.lookup.engine import Engine, EngineConfig, run
from domains.lookup.engine.allowance import PACKETS, Allowance
from domains.lookup.engine.server import Ceiling, Server
from domains.lookup.engine.sockets import RandomIds
from domains.rules.verdicts import Status
from panel.models import Platform
from tests.factories import make_domain, make_service
from tests.servers import Knot

from .simdns import NOW, case
from .tasks import OneTaskEach

VICTIM = "192.0.2.1"


def question(number: int, server: str = VICTIM) -> Question:
    return Question(f"x{number}.example.", "A", server)


def test_packets_run_out_for_servers_that_show_no_authority() -> None:
    allowance = Allowance(3)
    for _ in range(3):
        assert allowance.wait(VICTIM, 0.0) == 0
        allowance.count(VICTIM)
    assert allowance.wait("192.0.2.2", 0.0), "others may show authority in a moment"
    assert allowance.wait("192.0.2.2", 10.0) is None


def test_a_server_with_authority_costs_nothing() -> None:
    allowance = Allowance(3)
    for _ in range(3):
        allowance.count(VICTIM)
    allowance.learn(question(1), None)
    assert allowance.wait(VICTIM, 10.0) == 0
    assert allowance.wait("192.0.2.2", 10.0) == 0, "and what it was sent before is given back"


@pytest.mark.parametrize("failure", [Failure.TIMEOUT, Failure.UNREACHABLE])
def test_silence_to_two_questions_drops_a_server(failure: Failure) -> None:
    allowance = Allowance()
    allowance.learn(question(1), failure)
    assert not allowance.drops(VICTIM)
    allowance.learn(question(1), failure)
    assert not allowance.drops(VICTIM), "the same question says nothing new"
    allowance.learn(question(2), failure)
    assert allowance.drops(VICTIM)
    assert not allowance.drops("192.0.2.2")


def test_a_refusal_drops_a_server_but_not_one_that_has_shown_authority() -> None:
    allowance = Allowance()
    allowance.learn(question(1), Failure.REFUSED)
    assert allowance.drops(VICTIM)
    good = Allowance()
    good.learn(question(1), None)
    good.learn(question(2), Failure.REFUSED)
    assert not good.drops(VICTIM)


def test_two_silent_servers_get_no_more_packets_than_one_run_may_send() -> None:
    port = 0
    victims = []
    for address in ("127.0.0.61", "127.0.0.62"):
        victim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        victim.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        victim.bind((address, port))
        port = victim.getsockname()[1]
        victim.setblocking(False)
        victims.append(victim)
    config = EngineConfig(
        (("127.0.0.1", 1),), authoritative_port=port, allowed_networks=(ip_network("127.0.0.0/8"),), question_seconds=3
    )
    questions = {question(number, f"127.0.0.6{1 + number % 2}") for number in range(400)}
    answers: dict[Question, Answer] = {}

    async def ask() -> None:
        async with Engine(config) as engine:
            asker = engine.asker()
            waiting = asyncio.get_running_loop().create_future()

            def done(asked: Question, answer: Answer) -> None:
                answers[asked] = answer
                if len(answers) == len(questions):
                    waiting.set_result(None)

            answers.update(asker.start(questions, done))
            await asyncio.wait_for(waiting, 30)

    run(ask())
    packets: Counter[str] = Counter()
    for victim in victims:
        while True:
            try:
                victim.recv(4096)
            except BlockingIOError:
                break
            packets[victim.getsockname()[0]] += 1
        victim.close()
    assert 0 < packets.total() <= PACKETS
    assert {answer.failure for answer in answers.values()} <= {Failure.LIMIT, Failure.TIMEOUT}
    assert Failure.LIMIT in {answer.failure for answer in answers.values()}


def test_a_domain_that_takes_too_long_to_judge_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    real = running.judge_prepared

    def slow(*arguments: Any) -> Any:
        ends = running.time.thread_time() + 0.2
        while running.time.thread_time() < ends:
            pass
        return real(*arguments)

    async def silent(question: Question) -> Answer:
        return Answer(nxdomain=True)

    monkeypatch.setattr(running, "judge_prepared", slow)
    monkeypatch.setattr(running, "CPU_SECONDS", 0.1)
    verdicts = asyncio.run(running.check_run(case(), OneTaskEach(silent), NOW, 10.0))
    assert {verdict.status for verdict in verdicts} == {Status.UNKNOWN}
    assert {verdict.facts["failure"] for verdict in verdicts} == {"limit"}


@pytest.mark.django_db
def test_a_domain_whose_lease_was_lost_twice_waits_for_all_others_and_is_checked_alone(
    asked_at_knot: Knot, platform: Platform
) -> None:
    service = make_service(platform=platform)
    poison, good = make_domain(service, "poison.example"), make_domain(service, "shop.example")
    now = timezone.now()
    schedule.enter([poison, good], now)
    for _ in range(3):
        CheckRun.objects.filter(pk=poison.pk, lease_until__isnull=False).update(
            lease_until=now - timedelta(minutes=1), next_at=now
        )
        assert [one.pk for one in schedule.claim([poison.pk], now)] == [poison.pk]
    row = CheckRun.objects.get(pk=poison.pk)
    assert row.lost == 2
    assert row.next_at >= now + timedelta(minutes=59), "whatever becomes of it now"
    CheckRun.objects.filter(pk=poison.pk).update(lease="", lease_until=None, next_at=now)
    assert schedule.fair_order(timezone.now(), 10) == [good.pk]
    assert [one.pk for one in schedule.suspects(timezone.now())] == [poison.pk]
    assert sweep.sweep() == 2, "the good one, and then that one by itself"
    assert CheckRun.objects.get(pk=poison.pk).lost == 0


def test_all_servers_of_a_network_keep_to_one_ceiling_together() -> None:
    loop = asyncio.new_event_loop()
    ceiling = Ceiling(1 / 20)
    servers = [
        Server(loop, (f"192.0.2.{number}", 53), 10, RandomIds(), configured=False, network=ceiling)
        for number in range(50)
    ]
    waits = [server.reserve(100.0) for server in servers]
    loop.close()
    assert max(waits) == pytest.approx(49 / 20, abs=0.1), "one after another, though each alone could be asked at once"
    assert sorted(waits) == waits
