"""The engine against real servers: Knot, and Unbound in front of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from ipaddress import ip_network

import dns.flags
import dns.message
import dns.rrset
import pytest

from domains.lookup.answers import Answer, Failure, Question
from domains.lookup.engine import Engine, EngineConfig, run, system_resolvers
from domains.lookup.guard import may_connect
from tests.servers import Knot, Unbound, free_port
from tests.servers.faults import TC, error, forged

LOOPBACK = (ip_network("127.0.0.0/8"),)


def with_engine[T](config: EngineConfig, use: Callable[[Engine], Awaitable[T]]) -> T:
    async def main() -> T:
        async with Engine(config) as engine:
            return await use(engine)

    return run(main())


def ask(config: EngineConfig, *questions: Question) -> list[Answer]:
    async def use(engine: Engine) -> list[Answer]:
        return list(await asyncio.gather(*map(engine.ask, questions)))

    return with_engine(config, use)


def config_for(*servers: Knot | Unbound, port: int = 53, **options: object) -> EngineConfig:
    resolvers = tuple(server.endpoint for server in servers)
    return EngineConfig(resolvers, authoritative_port=port, allowed_networks=LOOPBACK, **options)  # type: ignore[arg-type]


def test_records_are_asked_from_a_resolver_and_from_a_name_server(knot: Knot, unbound: Unbound) -> None:
    knot.publish("example.test.", "MX", ["10 mx.example.test."])
    questions = Question("example.test.", "MX"), Question("example.test.", "MX", knot.address)
    for answer in ask(config_for(unbound, port=knot.port), *questions):
        assert (answer.values, answer.ttl) == (("10 mx.example.test.",), 60)


def test_an_authoritative_server_may_be_the_resolver_and_aliases_lead_on_to_its_other_zones(knot: Knot) -> None:
    knot.add_zone("other.test", "host A 192.0.2.7\nback CNAME www.example.test.")
    knot.publish("www.example.test.", "CNAME", ["host.other.test."])
    knot.publish("gone.example.test.", "CNAME", ["nowhere.other.test."])
    knot.publish("far.example.test.", "CNAME", ["host.elsewhere.invalid."])
    questions = [Question(f"{label}.example.test.", "A") for label in ("www", "gone", "far")]
    www, gone, far = ask(config_for(knot), *questions)
    assert (www.values, www.chain) == (("192.0.2.7",), (("www.example.test.", "host.other.test."),))
    assert (gone.nxdomain, gone.zone, gone.chain[0][1]) == (True, "other.test.", "nowhere.other.test.")
    assert (far.failure, far.chain[0][1]) == (Failure.REFUSED, "host.elsewhere.invalid.")


def test_aliases_that_lead_in_a_circle_through_two_zones_end_as_a_failure(knot: Knot) -> None:
    knot.add_zone("other.test", "a CNAME a.example.test.")
    knot.publish("a.example.test.", "CNAME", ["a.other.test."])
    (answer,) = ask(config_for(knot), Question("a.example.test.", "A"))
    assert answer.failure == Failure.CHAIN


def test_no_such_name_and_no_such_record_are_told_apart(knot: Knot, unbound: Unbound) -> None:
    knot.publish("a.b.example.test.", "A", ["192.0.2.1"])
    nothing, empty = ask(config_for(unbound), Question("x.example.test.", "A"), Question("b.example.test.", "A"))
    assert (nothing.nxdomain, nothing.zone, nothing.negative_ttl) == (True, "example.test.", 60)
    assert (empty.nxdomain, empty.sound, empty.values) == (False, True, ())


def test_thousands_of_records_come_by_tcp() -> None:
    lines = "\n".join(f'@ TXT "{number:04d} {"x" * 8}"' for number in range(2200))
    with Knot({"example.test": lines}) as knot:
        (answer,) = ask(config_for(knot), Question("example.test.", "TXT"))
    assert len(answer.values) == 2200


def test_a_name_server_refers_to_the_zone_below(knot: Knot) -> None:
    knot.publish("sub.example.test.", "NS", ["ns.sub.example.test."])
    knot.publish("ns.sub.example.test.", "A", ["192.0.2.53"])
    (answer,) = ask(config_for(knot, port=knot.port), Question("www.sub.example.test.", "A", knot.address))
    assert answer.failure == Failure.LAME
    assert answer.delegation is not None
    assert answer.delegation.zone == "sub.example.test."
    assert answer.delegation.glue == (("ns.sub.example.test.", "192.0.2.53"),)


def test_a_name_server_that_does_not_have_the_zone_refuses(knot: Knot) -> None:
    (answer,) = ask(config_for(knot, port=knot.port), Question("elsewhere.invalid.", "A", knot.address))
    assert answer.failure == Failure.REFUSED


def test_bogus_is_told_from_servfail_and_answered_unchecked(knot: Knot) -> None:
    anchor = "example.test. DS 12345 13 2 " + "ab" * 32
    knot.publish("example.test.", "A", ["192.0.2.1"])
    with Unbound({"test": knot.endpoint}, anchors=(anchor,)) as unbound:
        checked, unchecked = ask(
            config_for(unbound), Question("example.test.", "A"), Question("example.test.", "A", unchecked=True)
        )
    assert checked.failure == Failure.BOGUS
    assert unchecked.values == ("192.0.2.1",)


def test_a_private_address_is_not_asked_unless_allowed(knot: Knot) -> None:
    config = EngineConfig((knot.endpoint,), authoritative_port=knot.port)
    for address in (knot.address, "10.0.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "not an address"):
        (answer,) = ask(config, Question("example.test.", "SOA", address))
        assert answer.failure == Failure.FORBIDDEN


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("64:ff9b::808:808", True),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("fe80::1", False),
        ("fc00::1", False),
        ("::", False),
        ("::127.0.0.1", False),
        ("2002:7f00:1::", False),
        ("ff02::1", False),
        ("fec0::1", False),
        ("4000::1", False),
    ],
)
def test_public_addresses_are_told_from_others(address: str, public: bool) -> None:
    assert may_connect(address, ()) is public


def test_a_stub_zone_gets_all_questions_below_it(knot: Knot) -> None:
    knot.publish("www.example.test.", "A", ["192.0.2.1"])
    config = EngineConfig((("127.0.0.1", 1),), stub_zones={"example.test.": knot.endpoint})
    answers = ask(config, Question("www.example.test.", "A"), Question("www.example.test.", "A", "198.51.100.1"))
    assert [answer.values for answer in answers] == [("192.0.2.1",)] * 2


def test_a_dead_resolver_is_left_aside_and_its_health_shows_it(knot: Knot) -> None:
    dead = free_port()
    config = EngineConfig((("127.0.0.1", dead), knot.endpoint), own_resolver_rate=None)

    async def use(engine: Engine) -> None:
        questions = [Question(f"x{number}.example.test.", "A") for number in range(100)]
        answers = await engine.ask_many(questions)
        assert all(answer.nxdomain for answer in answers.values())
        gone, alive = engine.health()
        assert gone.unreachable > 0
        assert gone.answered == 0
        assert alive.answered >= 100

    started = time.monotonic()
    with_engine(config, use)
    assert time.monotonic() - started < 3


def test_nobody_listening_is_unreachable() -> None:
    (answer,) = ask(EngineConfig((("127.0.0.1", free_port()),)), Question("example.test.", "A"))
    assert answer.failure == Failure.UNREACHABLE


def test_a_server_that_is_frozen_times_out_by_the_deadline_and_answers_later(knot: Knot) -> None:
    async def use(engine: Engine) -> None:
        question = Question("example.test.", "SOA")
        knot.freeze()
        started = engine.loop.time()
        answer = await engine.ask(question, started + 0.7)
        assert answer.failure == Failure.TIMEOUT
        assert 0.6 < engine.loop.time() - started < 1
        engine.loop.call_later(0.5, knot.thaw)
        assert (await engine.ask(question, fresh=True)).values

    with_engine(config_for(knot), use)


def test_the_same_question_is_asked_once_and_kept_no_longer_than_its_ttl(knot: Knot) -> None:
    knot.publish("shared.example.test.", "TXT", ['"v=spf1 -all"'], ttl=1)

    async def use(engine: Engine) -> None:
        question = Question("shared.example.test.", "TXT")
        answers = await asyncio.gather(*(engine.ask(question) for _ in range(50)))
        assert {answer.values for answer in answers} == {('"v=spf1 -all"',)}
        await engine.ask(question)
        assert engine.health()[0].sent == 1
        await engine.ask(question, fresh=True)
        assert engine.health()[0].sent == 2
        await asyncio.sleep(1.1)
        await engine.ask(question)
        assert engine.health()[0].sent == 3

    with_engine(config_for(knot), use)


def test_a_name_server_is_asked_anew_each_time(knot: Knot) -> None:
    knot.publish("example.test.", "TXT", ['"before"'], ttl=3600)

    async def use(engine: Engine) -> None:
        question = Question("example.test.", "TXT", knot.address)
        assert (await engine.ask(question)).values == ('"before"',)
        knot.publish("example.test.", "TXT", ['"after"'])
        assert (await engine.ask(question)).values == ('"after"',)

    with_engine(config_for(knot, port=knot.port), use)


@pytest.mark.parametrize("server", [None, "127.0.0.1"])
def test_no_server_gets_more_than_its_ceiling(knot: Knot, server: str | None) -> None:
    config = config_for(knot, port=knot.port, per_server_rate=200, own_resolver_rate=200)

    async def use(engine: Engine) -> float:
        started = engine.loop.time()
        answers = await engine.ask_many([Question(f"x{n}.example.test.", "A", server) for n in range(300)])
        assert all(answer.nxdomain for answer in answers.values())
        return engine.loop.time() - started

    assert 1.4 <= with_engine(config, use) < 4


@pytest.mark.parametrize("server", [None, "127.0.0.1"])
def test_two_engines_that_share_a_ceiling_keep_to_it_together(knot: Knot, server: str | None) -> None:
    config = config_for(knot, port=knot.port, own_resolver_rate=200, per_server_rate=200)
    questions = [[Question(f"n{i}.{j}.example.test.", "A", server) for i in range(60)] for j in range(2)]

    async def both() -> float:
        async with Engine(config) as one, Engine(config) as other:
            await one.ask(Question("example.test.", "A", server))  # a server that it knows already
            one.sharing = other.sharing = 2
            started = time.perf_counter()
            await asyncio.gather(one.ask_many(questions[0]), other.ask_many(questions[1]))
            return time.perf_counter() - started

    assert run(both()) >= 0.45


def test_what_is_under_way_is_bounded(knot: Knot) -> None:
    config = config_for(knot, own_resolver_rate=None, concurrency=10, question_seconds=1)

    async def use(engine: Engine) -> None:
        knot.freeze()
        many = asyncio.ensure_future(
            engine.ask_many([Question(f"x{n}.example.test.", "A") for n in range(200)], engine.loop.time() + 0.3)
        )
        await asyncio.sleep(0.2)
        assert engine.health()[0].sent <= 10
        assert {answer.failure for answer in (await many).values()} == {Failure.TIMEOUT}
        assert engine.under_way == 0
        knot.thaw()

    with_engine(config, use)


def test_source_ports_and_ids_change() -> None:
    seen: list[tuple[int, bytes]] = []

    class Silent(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            seen.append((addr[1], data[:2]))

    async def main() -> None:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(Silent, local_addr=("127.0.0.1", 0))
        config = EngineConfig((transport.get_extra_info("sockname"),), own_resolver_rate=None, concurrency=2000)
        async with Engine(config) as engine:
            for batch in range(8):
                questions = [Question(f"x{batch}-{number}.test.", "A") for number in range(90)]
                await engine.ask_many(questions, loop.time() + 0.1)
        transport.close()

    run(main())
    assert len({port for port, _ in seen}) >= 4
    assert len({id_ for _, id_ in seen}) > len(seen) * 0.95


def test_names_that_no_question_can_carry_fail_without_an_exception(knot: Knot) -> None:
    (answer,) = ask(config_for(knot), Question(".".join(["x" * 60] * 5) + ".", "A"))
    assert answer.failure == Failure.OTHER


def test_an_engine_that_closes_leaves_nobody_waiting(knot: Knot) -> None:
    async def main() -> Answer:
        async with Engine(config_for(knot)) as engine:
            knot.freeze()
            asked = asyncio.ensure_future(engine.ask(Question("example.test.", "A")))
            await asyncio.sleep(0.05)
        knot.thaw()
        return await asked

    assert run(main()).failure == Failure.TIMEOUT


def test_the_systems_resolvers_are_read(tmp_path: object) -> None:
    from pathlib import Path

    file = Path(str(tmp_path)) / "resolv.conf"
    file.write_text("# comment\nsearch test\nnameserver 192.0.2.1\nnameserver 2001:db8::1\n")
    assert system_resolvers(file) == (("192.0.2.1", 53), ("2001:db8::1", 53))
    assert system_resolvers(file.with_name("none")) == (("127.0.0.1", 53),)


def test_who_joins_a_question_under_way_is_not_bound_by_the_others_deadline(knot: Knot) -> None:
    async def use(engine: Engine) -> None:
        question, now = Question("example.test.", "SOA"), engine.loop.time()
        knot.freeze()
        hasty = asyncio.ensure_future(engine.ask(question, now + 0.2))
        patient = asyncio.ensure_future(engine.ask(question, now + 5))
        await asyncio.sleep(0.4)
        knot.thaw()
        assert (await patient).values
        assert (await hasty).values

    with_engine(config_for(knot), use)


def test_answers_that_came_while_the_loop_stood_still_are_not_taken_for_silence(knot: Knot) -> None:
    async def use(engine: Engine) -> None:
        asked = asyncio.ensure_future(engine.ask_many([Question(f"x{n}.example.test.", "A") for n in range(50)]))
        await asyncio.sleep(0)
        time.sleep(1)  # on purpose: verdicts are being written
        assert all(answer.nxdomain for answer in (await asked).values())
        health = engine.health()[0]
        assert (health.sent, health.timeouts) == (50, 0)

    with_engine(config_for(knot, own_resolver_rate=None), use)


Replies = list[tuple[float, bytes]]


def ask_scripted(
    script: Callable[[int, bytes], Replies], question: Question, seconds: float, **options: object
) -> Answer:
    """Ask a server that sends what `script` says after the n-th query, each message some seconds later; by TCP it takes
    a question and leaves after half a second."""

    endpoint = "127.0.0.1", free_port()
    transport = asyncio.DatagramTransport()

    class Scripted(asyncio.DatagramProtocol):
        count = 0

        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            self.count += 1
            for wait, message in script(self.count, data):
                asyncio.get_running_loop().call_later(wait, transport.sendto, message, addr)

    async def leave(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.5)
        writer.close()

    async def main() -> Answer:
        async with await asyncio.start_server(leave, *endpoint), Engine(EngineConfig((endpoint,), **options)) as engine:  # type: ignore[arg-type]
            nonlocal transport
            loop = engine.loop
            transport, _ = await loop.create_datagram_endpoint(Scripted, local_addr=endpoint)
            answer = await engine.ask(question, loop.time() + seconds)
            transport.close()
            return answer

    return run(main())


def test_a_cut_off_answer_that_comes_while_the_next_query_waits_for_its_place_does_not_end_the_asking() -> None:
    def script(number: int, query: bytes) -> Replies:
        return [(0.5, error(query, 0, TC))] if number == 1 else [(0, forged(query))]

    answer = ask_scripted(script, Question("example.test.", "A"), 4, own_resolver_rate=1)
    assert answer.values == ("203.0.113.66",)


def test_what_tcp_brings_too_late_says_nothing_about_the_target_of_an_alias() -> None:
    def script(number: int, query: bytes) -> Replies:
        match number:
            case 1:
                alias = dns.message.make_response(dns.message.from_wire(query))
                alias.flags |= dns.flags.AA
                alias.answer.append(dns.rrset.from_text("www.example.test.", 60, "IN", "CNAME", "host.other.test."))
                return [(0.6, alias.to_wire())]
            case 2:
                return [(0, error(query, 0, TC))]
        return []

    answer = ask_scripted(script, Question("www.example.test.", "A"), 1.5, own_resolver_rate=None)
    assert (answer.failure, answer.chain) == (Failure.TIMEOUT, (("www.example.test.", "host.other.test."),))
