"""How many looks are under way at once, and when target servers are talked to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from diagnostics.judge import SmtpEvidence, SmtpOutcome
from diagnostics.models import Check
from diagnostics.sweep import schedule
from diagnostics.sweep.smtp import Prober
from diagnostics.sweep.sweep import LEAST_UNDER_WAY, UNDER_WAY, check_domains, runs_at_once
from domains.lookup.engine import EngineConfig
from tests.factories import make_domain, make_service
from tests.servers import Knot

RESOLVER = ("192.0.2.53", 53)


@pytest.mark.parametrize(
    ("resolvers", "rate", "looks"),
    [(1, 300, 100), (2, 300, 200), (1, 10, LEAST_UNDER_WAY), (1, 1_000_000, UNDER_WAY), (1, None, UNDER_WAY)],
)
def test_no_more_looks_are_under_way_than_the_resolvers_may_be_asked_for(
    resolvers: int, rate: float | None, looks: int
) -> None:
    assert runs_at_once(EngineConfig((RESOLVER,) * resolvers, own_resolver_rate=rate)) == looks


@pytest.fixture
def dns(settings: Settings) -> Iterator[Knot]:
    with Knot({"test": "", "example": ""}) as knot:
        settings.DNS_RESOLVERS = [knot.endpoint]
        settings.DNS_AUTHORITATIVE_PORT = knot.port
        yield knot


@pytest.mark.django_db
@pytest.mark.parametrize("declared", [True, False])
def test_only_a_worker_on_the_platforms_network_talks_to_target_servers(
    dns: Knot, settings: Settings, monkeypatch: pytest.MonkeyPatch, declared: bool
) -> None:
    asked = []

    async def evidence(_self: Prober, target: str, domain: str) -> SmtpEvidence:
        asked.append((target, domain))
        return SmtpEvidence(SmtpOutcome.REFUSED, 550, "5.7.1", "relaying denied")

    monkeypatch.setattr(Prober, "evidence", evidence)
    settings.SMTP_PROBES = declared
    dns.publish("mx.other.test.", "A", ["192.0.2.99"])
    dns.publish("shop.test.", "A", ["192.0.2.80"])
    domain = make_domain(make_service(), "shop.test", target="mx.other.test")
    schedule.soon(domain)
    assert check_domains([domain.pk]) == 1
    assert asked == ([("mx.other.test", "shop.test")] if declared else [])
    check = Check.objects.get(domain=domain, kind="TARGET")
    assert check.facts.get("outcome") == ("refused" if declared else None)
