"""The engine's parts by themselves: cache, ceiling, window, timers, random ids."""

from __future__ import annotations

import asyncio

import pytest

from domains.lookup.answers import Answer, Failure, Question
from domains.lookup.engine.cache import FAILURE_SECONDS, Cache
from domains.lookup.engine.server import REST_SECONDS, SILENT_QUERIES, Server
from domains.lookup.engine.sockets import RandomIds
from domains.lookup.engine.upstream import EPOCH_SECONDS, FIRST, GROW, LEAST, Upstream
from domains.lookup.engine.wheel import LATE, TICK, Wheel

ONE, TWO, THREE = (Question(f"{word}.test.", "A") for word in ("one", "two", "three"))
FOUND = Answer(values=("192.0.2.1",), ttl=300)


def server(rate: float | None = None, port: int = 53) -> Server:
    loop = asyncio.new_event_loop()
    loop.close()
    return Server(loop, ("127.0.0.1", port), rate, RandomIds(), configured=True)


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (FOUND, 60),
        (FOUND._replace(ttl=5), 5),
        (Answer(nxdomain=True, negative_ttl=7), 7),
        (Answer(negative_ttl=900), 60),
        (Answer(failure=Failure.SERVFAIL), FAILURE_SECONDS),
    ],
)
def test_an_answer_is_kept_for_its_ttl_and_a_minute_at_most(answer: Answer, seconds: float) -> None:
    cache = Cache(10, 60)
    cache.put(ONE, answer, 1000)
    assert cache.get(ONE, 1000 + seconds - 0.1) == answer
    assert cache.get(ONE, 1000 + seconds) is None
    assert len(cache) == 0


@pytest.mark.parametrize("answer", [FOUND._replace(ttl=0), Answer(nxdomain=True)])
def test_an_answer_that_nobody_may_keep_replaces_the_one_that_was_kept(answer: Answer) -> None:
    cache = Cache(10, 60)
    cache.put(ONE, FOUND, 1000)
    cache.put(ONE, answer, 1001)
    assert cache.get(ONE, 1002) is None


def test_the_least_recently_used_answer_goes_first() -> None:
    cache = Cache(2, 60)
    cache.put(ONE, FOUND, 1000)
    cache.put(TWO, FOUND, 1000)
    assert cache.get(ONE, 1001)
    cache.put(THREE, FOUND, 1001)
    assert [bool(cache.get(question, 1002)) for question in (ONE, TWO, THREE)] == [True, False, True]


def test_a_ceiling_spreads_queries_over_the_seconds() -> None:
    limited = server(rate=100)
    waits = [limited.reserve(1000.0) for _ in range(200)]
    assert waits[0] == 0
    assert waits == sorted(waits)
    assert 1.9 < waits[-1] < 2.0
    assert server().reserve(1000.0) == 0


def test_a_silent_server_rests_but_for_a_probe_each_second() -> None:
    silent = server()
    for _ in range(SILENT_QUERIES):
        assert not silent.rests(1000.0)
        silent.kept_silent()
    assert [silent.rests(1000.0 + step * REST_SECONDS / 2) for step in range(4)] == [False, True, False, True]
    silent.replied(0.01)
    assert not silent.rests(1000.0)


def test_a_resting_server_is_passed_over() -> None:
    silent, other = server(port=1), server(port=2)
    for _ in range(SILENT_QUERIES):
        silent.kept_silent()
    silent.probe_at = 2000.0
    upstream = Upstream([silent, other], 10, authoritative=False)
    assert {upstream.server(tries, first, 1000.0) for tries in range(3) for first in range(3)} == {other}


class Waiting:
    def __init__(self, size: int = 1) -> None:
        self.size = size
        self.done = self.launched = self.in_line = False

    def launch(self, _now: float) -> None:
        self.launched = True

    def wait_in_line(self) -> None:
        self.in_line = True


def test_the_window_grows_while_others_wait() -> None:
    upstream = Upstream([server()], 1000, authoritative=False)
    items = [Waiting() for _ in range(FIRST + 2)]
    for item in items:
        upstream.submit(item, 1000.0)
    assert [item.launched for item in items] == [not item.in_line for item in items] == [True] * FIRST + [False] * 2
    items[-2].done = True
    upstream.leave(1000.0)
    assert (items[-2].launched, items[-1].launched) == (False, True)
    assert upstream.window == FIRST * GROW


def test_several_questions_that_go_together_wait_until_there_is_room_for_all() -> None:
    upstream = Upstream([server()], 10, authoritative=False)
    first, together, last = Waiting(6), Waiting(5), Waiting(12)
    for item in (first, together, last):
        upstream.submit(item, 1000.0)
    assert [item.launched for item in (first, together, last)] == [True, False, False]
    upstream.leave(1000.0)
    assert together.launched
    for _ in range(10):
        assert not last.launched, "more than fit go when nothing else is under way"
        upstream.leave(1000.0)
    assert last.launched


def test_nobody_overtakes_those_who_wait_for_more_room() -> None:
    upstream = Upstream([server()], 10, authoritative=False)
    first, together, single = Waiting(8), Waiting(5), Waiting()
    for item in (first, together, single):
        upstream.submit(item, 1000.0)
    assert [item.launched for item in (first, together, single)] == [True, False, False]
    for _ in range(3):
        upstream.leave(1000.0)
    assert [together.launched, single.launched] == [True, False]
    upstream.leave(1000.0)
    assert single.launched


def test_places_below_the_ceiling_are_taken_together_or_not_at_all() -> None:
    limited = server(rate=100)
    assert not limited.reserve_now(7, 1000.0), "a burst has room for five and one more"
    assert limited.reserve_now(6, 1000.0)
    assert not limited.reserve_now(1, 1000.0)
    assert limited.reserve_now(1, 1000.02)
    assert server().reserve_now(1000, 1000.0)


def test_the_window_shrinks_to_its_least() -> None:
    upstream = Upstream([server()], 1000, authoritative=False)
    now = 1000.0
    for _ in range(20):
        for _ in range(10):
            upstream.lose(now)
        now += EPOCH_SECONDS + 0.01
    assert upstream.window == LEAST


def test_ids_are_random_and_do_not_run_out() -> None:
    ids = RandomIds()
    drawn = [ids.next() for _ in range(5000)]
    assert len(set(drawn)) > 4500
    assert all(0 <= id_ <= 0xFFFF for id_ in drawn)


class Timed:
    tick = 0

    def __init__(self) -> None:
        self.called: list[float] = []

    def on_timer(self, now: float) -> None:
        self.called.append(now)


def test_a_timer_that_was_set_anew_is_called_once() -> None:
    async def main() -> tuple[float, list[float]]:
        loop = asyncio.get_running_loop()
        wheel, timed = Wheel(loop), Timed()
        start = loop.time()
        wheel.set(timed, start + 0.02)
        wheel.set(timed, start + 0.06)
        await asyncio.sleep(0.15)
        wheel.close()
        return start, timed.called

    start, called = asyncio.run(main())
    assert len(called) == 1
    assert called[0] - start >= 0.06


def test_a_timer_that_was_taken_back_is_not_called() -> None:
    async def main() -> list[float]:
        loop = asyncio.get_running_loop()
        wheel, timed, other = Wheel(loop), Timed(), Timed()
        for one in (timed, other):
            wheel.set(one, loop.time() + 0.02)
        wheel.unset(timed)
        wheel.unset(timed)
        await asyncio.sleep(0.1)
        wheel.close()
        assert len(other.called) == 1
        return timed.called

    assert asyncio.run(main()) == []


class Loop:
    """A clock that jumps, and the calls that were put off."""

    now = 1000.0

    def __init__(self) -> None:
        self.calls: list[object] = []

    def time(self) -> float:
        return self.now

    def call_later(self, _seconds: float, call: object) -> object:
        self.calls.append(call)
        return call


def test_a_late_wheel_lets_the_sockets_be_read_first() -> None:
    loop = Loop()
    wheel, timed = Wheel(loop), Timed()  # type: ignore[arg-type]
    wheel.set(timed, loop.now + TICK)
    loop.now += LATE * 3
    loop.calls.pop()()  # type: ignore[operator]
    assert timed.called == []
    loop.now += TICK
    loop.calls.pop()()  # type: ignore[operator]
    assert len(timed.called) == 1


def test_a_wheel_goes_on_turning_when_something_breaks() -> None:
    class Broken(Timed):
        def on_timer(self, now: float) -> None:
            super().on_timer(now)
            raise RuntimeError

    loop = Loop()
    wheel, others = Wheel(loop), [Timed() for _ in range(20)]  # type: ignore[arg-type]
    broken = [Broken() for _ in range(2)]
    for timed in (*others[:10], *broken, *others[10:]):
        wheel.set(timed, loop.now + TICK)
    errors = 0
    while loop.calls:
        loop.now += TICK * 2
        try:
            loop.calls.pop()()  # type: ignore[operator]
        except RuntimeError:
            errors += 1
    assert errors == len(broken)
    assert [len(timed.called) for timed in (*others, *broken)] == [1] * 22
