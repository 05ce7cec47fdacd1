"""The judge behind the real engine, against real name servers: Knot, and Unbound in front of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest

from diagnostics.judge import CheckInput
from diagnostics.sweep.check_run import check_run
from domains.lookup.engine import Engine, EngineConfig
from domains.records import DomainFacts, Hosts, Kind, Mode, PlatformFacts
from domains.rules.verdicts import RED, Problem, Status, Verdict

from ..servers.knot import Knot
from ..servers.process import free_port
from ..servers.unbound import Unbound
from .simdns import NOW, public_key

pytest_plugins = ["tests.servers.fixtures"]

HOSTS = Hosts(
    mx=("mx1.platform.test", "mx2.platform.test"),
    autodiscover="autodiscover.platform.test",
    imap="imap.platform.test",
    smtp="smtp.platform.test",
    spf_include="spf.platform.test",
    verification="verify.platform.test",
)
PLATFORM = PlatformFacts("main", HOSTS, ("192.0.2.25", "2001:db8::25"))
DOMAIN = DomainFacts("customer.test", Mode.AUTHORITATIVE, token="cm-check", dkim={"cm1": public_key()})
PLATFORM_ZONE = """mx1 A 192.0.2.11
mx2 A 192.0.2.12
spf TXT "v=spf1 ip4:192.0.2.25 ip6:2001:db8::25 -all"
verify A 192.0.2.13
"""
REGISTRY = """customer NS ns1.customer
platform NS ns1.platform
ns1.customer A 127.0.0.1
ns1.platform A 127.0.0.1
"""
BLANK = """@ A 198.51.100.80
www CNAME @
@ TXT "site-verification=abc"
"""
TWO_REGISTERED = REGISTRY + "customer NS ns2.customer\nns2.customer A 127.0.0.2\n"
TWO_SERVERS = BLANK + "@ NS ns1\n@ NS ns2\nns1 A 127.0.0.1\nns2 A 127.0.0.2\n"


def judged(resolver: tuple[str, int], port: int, facts: DomainFacts = DOMAIN, **flags: Any) -> dict[Kind, Verdict]:
    config = EngineConfig(resolvers=(resolver,), authoritative_port=port, allowed_networks=(ip_network("127.0.0.0/8"),))

    async def run() -> tuple[Verdict, ...]:
        async with Engine(config) as engine:
            return await check_run(CheckInput(facts, PLATFORM, **flags), engine, NOW, 10.0)

    return {verdict.kind: verdict for verdict in asyncio.run(run())}


def red(verdicts: dict[Kind, Verdict]) -> set[Kind]:
    return {kind for kind, verdict in verdicts.items() if verdict.status in RED}


@pytest.fixture
def server() -> Iterator[Knot]:
    with Knot({"test": REGISTRY, "customer.test": BLANK, "platform.test": PLATFORM_ZONE}) as server:
        yield server


def test_a_blank_domain_is_red_and_exactly_its_fixes_make_it_green(server: Knot) -> None:
    verdicts = judged(server.endpoint, server.port)
    assert red(verdicts) == {Kind.CNAME, Kind.MX, Kind.SPF, Kind.DKIM, Kind.SRV, Kind.DMARC}
    server.apply(fix for verdict in verdicts.values() for fix in verdict.fixes)
    verdicts = judged(server.endpoint, server.port)
    assert {verdict.status for verdict in verdicts.values()} == {Status.OK, Status.OFF}
    assert verdicts[Kind.CNAME].facts["proof"] is True


def test_a_server_that_stops_is_unknown(server: Knot) -> None:
    port = server.port
    server.stop()
    verdicts = judged(("127.0.0.1", port), port)
    assert {verdict.status for verdict in verdicts.values()} == {Status.UNKNOWN, Status.OFF}


def test_what_a_caching_resolver_has_forgotten_to_forget_is_propagating(server: Knot) -> None:
    zones = ("test", "customer.test", "platform.test")  # at another port than 53 no delegation can be followed
    with Unbound(dict.fromkeys(zones, server.endpoint)) as resolver:
        first = judged(resolver.endpoint, server.port)
        assert Kind.MX in red(first)
        server.apply(fix for verdict in first.values() for fix in verdict.fixes)
        second = judged(resolver.endpoint, server.port)
        assert second[Kind.MX].status == Status.PROPAGATING
        clears_at = second[Kind.MX].clears_at
        assert clears_at is not None
        assert 0 < (clears_at - NOW).total_seconds() <= 60
        assert red(second) == set()


def test_a_secondary_that_lags_is_named() -> None:
    port = free_port("127.0.0.1", "127.0.0.2")
    with (
        Knot(
            {"test": TWO_REGISTERED, "customer.test": TWO_SERVERS, "platform.test": PLATFORM_ZONE}, port=port
        ) as primary,
        Knot({"customer.test": TWO_SERVERS}, address="127.0.0.2", port=port) as secondary,
    ):
        first = judged(primary.endpoint, port)
        assert Kind.MX in red(first)
        primary.apply(fix for verdict in first.values() for fix in verdict.fixes)
        verdicts = judged(primary.endpoint, port, authoritative=True)
        assert red(verdicts) == set()
        assert verdicts[Kind.MX].status == Status.PROPAGATING
        assert verdicts[Kind.MX].facts["servers"] == ["ns2.customer.test (127.0.0.2)"]
        assert verdicts[Kind.NS].status == Status.PROPAGATING
        secondary.stop()
        verdicts = judged(primary.endpoint, port, authoritative=True)
        assert {verdict.status for verdict in verdicts.values()} == {Status.OK, Status.OFF}


def test_damage_is_told_by_its_code_and_mended_by_its_fix(server: Knot) -> None:
    server.apply(fix for verdict in judged(server.endpoint, server.port).values() for fix in verdict.fixes)
    server.publish("customer.test", "MX", ["10 mail.other.test."])
    server.add("customer.test", "TXT", ['"v=spf1 mx -all"'])
    verdicts = judged(server.endpoint, server.port)
    assert red(verdicts) == {Kind.MX, Kind.SPF}
    assert Problem.MX_FOREIGN in verdicts[Kind.MX].problems
    assert Problem.SPF_SEVERAL in verdicts[Kind.SPF].problems
    server.apply((*verdicts[Kind.SPF].fixes, *verdicts[Kind.MX].fixes))
    assert red(judged(server.endpoint, server.port)) == set()


def test_a_circle_of_aliases_is_red_although_a_caching_resolver_only_says_servfail(server: Knot) -> None:
    server.apply(fix for verdict in judged(server.endpoint, server.port).values() for fix in verdict.fixes)
    server.withdraw("cm1._domainkey.customer.test", "TXT")
    server.publish("cm1._domainkey.customer.test", "CNAME", ["a.customer.test."])
    server.publish("a.customer.test", "CNAME", ["cm1._domainkey.customer.test."])
    zones = ("test", "customer.test", "platform.test")
    with Unbound(dict.fromkeys(zones, server.endpoint)) as resolver:
        verdicts = judged(resolver.endpoint, server.port)
        assert red(verdicts) == {Kind.DKIM}
        server.apply(verdicts[Kind.DKIM].fixes)
    assert red(judged(server.endpoint, server.port)) == set()
