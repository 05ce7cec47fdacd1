"""One look: asks in rounds, never longer than its deadline, never more than its bound."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Any

import pytest

from diagnostics.judge import PreparedInput, judge_prepared
from diagnostics.sweep.check_run import MAX_QUESTIONS, check_run
from domains.lookup.answers import Answer, Answers, Failure, Question
from domains.records import Kind
from domains.rules.verdicts import RED, Status, Verdict

from .simdns import NOW, NS2, SimDns, blank_zone, case, rrset, world
from .tasks import OneTaskEach


def run(dns: SimDns, ask=None, deadline: float = 5.0, **flags: Any) -> tuple[dict[Kind, Verdict], float]:
    async def directly(question: Question) -> Answer:
        return dns.ask(question)

    dns.asked = []
    starts = time.monotonic()
    verdicts = asyncio.run(check_run(case(**flags), OneTaskEach(ask or directly), NOW, deadline))
    assert [verdict.kind for verdict in verdicts] == list(Kind)
    return {verdict.kind: verdict for verdict in verdicts}, time.monotonic() - starts


def test_a_green_domain_is_green_after_one_round() -> None:
    dns = world()
    verdicts, _ = run(dns)
    assert {v.status for v in verdicts.values()} == {Status.OK, Status.OFF}
    assert len(dns.asked) == len(set(dns.asked)) == 12


def test_a_blank_domain_is_red_after_some_rounds() -> None:
    verdicts, _ = run(world(blank_zone()))
    assert {v.status for k, v in verdicts.items() if k in (Kind.MX, Kind.SPF, Kind.DKIM)} == {Status.MISSING}


def test_no_question_is_asked_twice() -> None:
    dns = world(blank_zone())
    run(dns, authoritative=True)
    assert len(dns.asked) == len(set(dns.asked))


def test_a_look_ends_at_its_deadline_with_what_it_knows() -> None:
    dns = world()

    async def half_deaf(question: Question) -> Answer:
        if question.type in ("MX", "SRV"):
            await asyncio.sleep(60)
        return dns.ask(question)

    verdicts, took = run(dns, half_deaf, deadline=0.6)
    assert took < 1.5
    assert verdicts[Kind.MX].status == Status.UNKNOWN
    assert verdicts[Kind.MX].facts["failure"] == Failure.TIMEOUT
    assert verdicts[Kind.SPF].status == Status.OK


def test_silence_is_unknown_and_never_red() -> None:
    async def deaf(question: Question) -> Answer:
        await asyncio.sleep(60)
        return Answer()

    verdicts, took = run(world(), deaf, deadline=0.3)
    assert took < 1.0
    assert {v.status for k, v in verdicts.items() if k != Kind.TARGET} == {Status.UNKNOWN}


def test_a_slow_name_server_does_not_hold_up_the_others() -> None:
    dns = world(blank_zone())

    async def one_is_slow(question: Question) -> Answer:
        if question.server == NS2:
            await asyncio.sleep(1.0)
        return dns.ask(question)

    verdicts, took = run(dns, one_is_slow)
    assert verdicts[Kind.MX].status == Status.MISSING
    assert took < 3.0


@pytest.mark.parametrize("deadline", [0.0, 0.05])
def test_no_time_at_all_is_unknown(deadline: float) -> None:
    async def slow(question: Question) -> Answer:
        await asyncio.sleep(1)
        return Answer()

    verdicts, took = run(world(), slow, deadline=deadline)
    assert took < 0.5
    assert not any(v.status in RED for v in verdicts.values())


def test_a_dns_without_end_is_bounded() -> None:
    """Every name has ten name servers in ten other zones, and every record includes ten others."""
    asked = 0

    async def endless(question: Question) -> Answer:
        nonlocal asked
        asked += 1
        if question.type == "NS":
            return Answer(tuple(f"ns.x{abs(hash((question.name, n)))}.test." for n in range(10)), 60)
        if question.type == "TXT":
            includes = " ".join(f"include:y{abs(hash((question.name, n)))}.test" for n in range(10))
            return Answer((f'"v=spf1 {includes} -all"',), 60)
        if question.type == "A":
            return Answer(("192.0.2.1", "192.0.2.2", "192.0.2.3"), 60)
        return Answer(nxdomain=True, negative_ttl=60)

    verdicts, took = run(world(), endless, deadline=10.0)
    assert asked <= MAX_QUESTIONS
    assert took < 9.0
    assert len(verdicts) == len(Kind)


def test_thousands_of_exchangers_and_texts_do_not_explode() -> None:
    zone = blank_zone()
    zone.put(
        rrset("example.com.", "MX", *(f"10 m{n}.other.test." for n in range(2000))),
        rrset("example.com.", "TXT", *(f'"v=spf1 mx:{n}.other.test -all"' for n in range(2000))),
    )
    dns = world(zone)
    verdicts, took = run(dns, deadline=10.0)
    assert verdicts[Kind.MX].status == Status.WRONG
    assert verdicts[Kind.SPF].status == Status.WRONG
    assert len(dns.asked) < MAX_QUESTIONS
    assert took < 9.0


@pytest.mark.parametrize("flags", [{}, {"authoritative": True}, {"facts": "pending"}])
def test_the_opening_questions_are_those_that_a_judge_without_answers_wants(flags: dict[str, Any]) -> None:
    opened = case(**{key: value for key, value in flags.items() if key != "facts"})
    if "facts" in flags:
        opened.domain = replace(opened.domain, verified=False, token="token")
    answers = Answers()
    judge_prepared(PreparedInput(opened, NOW), answers)
    assert set(PreparedInput(opened, NOW).opening()) == answers.wanted
