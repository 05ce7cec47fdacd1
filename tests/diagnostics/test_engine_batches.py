"""Questions about a look's own names, which go out together, answered as if each had been asked by itself."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from ipaddress import ip_network

import pytest

from domains.lookup.answers import Answer, Failure, Question
from domains.lookup.engine import Engine, EngineConfig, run
from domains.lookup.engine.upstream import LEAST
from tests.servers import EVERY_FAULT, Fault, FaultProxy, Knot, free_port

OWN = "example.test."
NAMES = [f"x{number}.{OWN}" for number in range(8)]


async def batch_of(engine: Engine, questions: Sequence[Question], deadline: float | None = None) -> dict[str, Answer]:
    """Answers by name."""
    answers: dict[str, Answer] = {}
    whole = engine.loop.create_future()

    def arrive(question: Question, answer: Answer) -> None:
        assert question.name not in answers, "one answer each"
        answers[question.name] = answer
        if len(answers) == len(questions):
            whole.set_result(None)

    known = engine.start(questions, arrive, OWN, deadline)
    answers |= {question.name: answer for question, answer in known}
    if len(answers) < len(questions):
        await whole
    return answers


def with_engine[T](
    endpoint: tuple[str, int], use: Callable[[Engine], Awaitable[T]], *more: tuple[str, int], **options: object
) -> T:
    """`more`: endpoints of other resolvers."""
    options = {"own_resolver_rate": None, **options}
    config = EngineConfig((endpoint, *more), allowed_networks=(ip_network("127.0.0.0/8"),), **options)  # type: ignore[arg-type]

    async def main() -> T:
        async with Engine(config) as engine:
            return await use(engine)

    return run(main())


def addresses() -> list[Question]:
    return [Question(name, "A") for name in NAMES]


def others(number: int) -> list[Question]:
    """Of names that nobody else asks for."""
    return [Question(f"r{number}.{name}", "A") for name in NAMES]


@pytest.fixture
def published(knot: Knot) -> Knot:
    for number, name in enumerate(NAMES):
        knot.publish(name, "A", [f"192.0.2.{number}"])
    return knot


def expected() -> dict[str, tuple[str, ...]]:
    return {name: (f"192.0.2.{number}",) for number, name in enumerate(NAMES)}


def values(answers: dict[str, Answer]) -> dict[str, tuple[str, ...]]:
    return {name: answer.values for name, answer in answers.items()}


def test_a_round_is_answered_and_nothing_of_it_is_kept(published: Knot) -> None:
    async def use(engine: Engine) -> None:
        assert values(await batch_of(engine, addresses())) == expected()
        assert engine.under_way == 0
        published.publish(NAMES[0], "A", ["198.51.100.1"])
        assert values(await batch_of(engine, addresses()))[NAMES[0]] == ("198.51.100.1",)
        assert engine.health()[0].sent == 2 * len(NAMES)

    with_engine(published.endpoint, use)


def test_what_is_not_plain_is_read_with_the_same_care(published: Knot) -> None:
    published.publish(f"alias.{OWN}", "CNAME", [NAMES[3]])
    published.publish(f"large.{OWN}", "TXT", [f'"{n} {"x" * 250}"' for n in range(12)])  # by TCP
    questions = [
        Question(f"alias.{OWN}", "A"),
        Question(f"none.{OWN}", "A"),
        Question(f"large.{OWN}", "TXT"),
        Question(f"{'y' * 64}.{OWN}", "A"),
        Question(NAMES[1], "A"),
    ]

    async def use(engine: Engine) -> dict[str, Answer]:
        answers = await batch_of(engine, questions[:3] + questions[4:])
        return answers | await batch_of(engine, questions[3:])

    alias, none, large, no_name, plain = (with_engine(published.endpoint, use)[question.name] for question in questions)
    assert (alias.values, alias.chain) == (("192.0.2.3",), ((f"alias.{OWN}", NAMES[3]),))
    assert (none.nxdomain, none.zone) == (True, OWN)
    assert len(large.values) == 12
    assert no_name.failure == Failure.OTHER
    assert plain.values == ("192.0.2.1",)


@pytest.mark.parametrize("fault", EVERY_FAULT)
def test_no_fault_of_the_way_changes_what_a_round_brings(published: Knot, fault: Fault) -> None:
    with FaultProxy(published.endpoint, faults=[fault], rate=0.3) as proxy:

        async def use(engine: Engine) -> list[dict[str, Answer]]:
            return await asyncio.gather(*(batch_of(engine, addresses()) for _ in range(6)))

        for answers in with_engine(proxy.endpoint, use):
            assert values(answers) == expected()


def test_a_silent_server_ends_a_round_at_its_deadline_and_a_dead_one_sooner_or_later(published: Knot) -> None:
    async def use(engine: Engine) -> dict[str, Answer]:
        started = engine.loop.time()
        answers = await batch_of(engine, addresses(), started + 0.9)
        assert engine.loop.time() - started < 1.5
        assert engine.under_way == 0
        return answers

    published.freeze()
    silent = with_engine(published.endpoint, use)
    published.thaw()
    assert {answer.failure for answer in silent.values()} == {Failure.TIMEOUT}
    dead = with_engine(("127.0.0.1", free_port()), use)
    assert {answer.failure for answer in dead.values()} == {Failure.UNREACHABLE}


def test_two_looks_at_one_domain_do_not_get_into_each_others_way_when_answers_are_late(published: Knot) -> None:
    async def use(engine: Engine) -> None:
        published.freeze()
        rounds = [asyncio.ensure_future(batch_of(engine, addresses())) for _ in range(2)]
        await asyncio.sleep(0.7)
        published.thaw()
        for answers in rounds:
            assert values(await answers) == expected()
        assert engine.under_way == 0

    with_engine(published.endpoint, use)


def test_whoever_waits_for_a_round_learns_when_the_engine_goes(published: Knot) -> None:
    published.freeze()
    waiting: list[asyncio.Future[dict[str, Answer]]] = []

    async def main() -> None:
        async with Engine(EngineConfig((published.endpoint,), own_resolver_rate=None)) as engine:
            waiting.append(asyncio.ensure_future(batch_of(engine, addresses())))
            await asyncio.sleep(0.1)
            assert engine.under_way == len(NAMES)
        assert {answer.failure for answer in (await waiting[0]).values()} == {Failure.TIMEOUT}

    run(main())
    published.thaw()


def test_rounds_keep_to_the_ceiling(published: Knot) -> None:
    async def use(engine: Engine) -> float:
        started = engine.loop.time()
        await asyncio.gather(*(batch_of(engine, others(number)) for number in range(25)))
        return engine.loop.time() - started

    assert 0.9 <= with_engine(published.endpoint, use, own_resolver_rate=200) < 4


def test_rounds_count_among_what_is_under_way(published: Knot) -> None:
    async def use(engine: Engine) -> None:
        published.freeze()
        ends = engine.loop.time() + 0.3
        rounds = [asyncio.ensure_future(batch_of(engine, others(number), ends)) for number in range(5)]
        await asyncio.sleep(0.2)
        assert engine.health()[0].sent <= 20
        assert engine.under_way == 5 * len(NAMES)
        for answers in rounds:
            assert {answer.failure for answer in (await answers).values()} == {Failure.TIMEOUT}
        published.thaw()

    with_engine(published.endpoint, use, concurrency=20)


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A server that takes every query and answers none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken


def test_what_one_resolver_leaves_unanswered_the_next_one_is_asked(published: Knot, silent: socket.socket) -> None:
    async def use(engine: Engine) -> None:
        started = engine.loop.time()
        for answers in await asyncio.gather(*(batch_of(engine, addresses()[:6]) for _ in range(2))):
            assert values(answers).items() <= expected().items()
        assert engine.loop.time() - started < 0.95
        assert [health.sent for health in engine.health()] == [12, 6]

    with_engine(published.endpoint, use, silent.getsockname())


def test_whoever_waits_learns_that_the_engine_goes_though_the_server_has_just_died(silent: socket.socket) -> None:
    async def main() -> None:
        config = EngineConfig((silent.getsockname(),), own_resolver_rate=None, concurrency=len(NAMES))
        async with Engine(config) as engine:
            under_way = asyncio.ensure_future(batch_of(engine, addresses()))
            in_line = [asyncio.ensure_future(engine.ask(question)) for question in others(1)]
            await asyncio.sleep(0.1)
            assert engine.under_way == 2 * len(NAMES)
            silent.close()
        assert engine.under_way == 0
        answers = [*(await under_way).values(), *await asyncio.gather(*in_line)]
        assert all(answer.failure in (Failure.TIMEOUT, Failure.UNREACHABLE) for answer in answers)

    run(main())


def test_an_engine_that_has_gone_asks_nothing_more(silent: socket.socket) -> None:
    async def main() -> list[Answer]:
        answers: list[Answer] = []

        def ask_again(_question: Question, _answer: Answer) -> None:
            known = engine.start(others(1), lambda _question, answer: answers.append(answer), OWN)
            answers.extend(answer for _, answer in known)

        async with Engine(EngineConfig((silent.getsockname(),), own_resolver_rate=None)) as engine:
            engine.start(addresses()[:1], ask_again, OWN)
        answers.append(await engine.ask(Question(NAMES[0], "A")))
        assert engine.health()[0].sent == 1
        return answers

    assert [answer.failure for answer in run(main())] == [Failure.TIMEOUT] * (len(NAMES) + 1)


def test_a_look_with_very_many_questions_does_not_wait_until_nobody_else_asks(silent: socket.socket) -> None:
    many = [Question(f"x{number}.{OWN}", "TXT") for number in range(60)]

    async def use(engine: Engine) -> None:
        first = asyncio.ensure_future(engine.ask(Question(f"first.{OWN}", "A")))
        await asyncio.sleep(0)
        rounds = asyncio.ensure_future(batch_of(engine, many, engine.loop.time() + 0.2))
        await asyncio.sleep(0)
        assert engine.health()[0].sent == 1 + LEAST
        assert engine.under_way == 1 + len(many)
        assert {answer.failure for answer in (await rounds).values()} == {Failure.TIMEOUT}
        assert not first.done()

    with_engine(silent.getsockname(), use, concurrency=50)
