"""A name that lives by a wildcard keeps its web site when mail is published for it: on real servers."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

import dns.message
import dns.query
import pytest

from domains.models import Domain, Zone
from domains.providers import open_provider
from domains.records import Kind
from domains.zones.planning import writes_of
from panel.actors import SYSTEM
from tests.factories import make_service
from tests.servers.knot import Knot
from tests.servers.powerdns import PowerDns

from .providers import knot_zone, plan_of, powerdns_zone

pytestmark = pytest.mark.django_db

NAME = "shop.example.test."
WEB = "192.0.2.80"


@pytest.fixture(params=["knot", "powerdns"])
def zone(request: Any, settings: Any) -> Iterator[tuple[Zone, Domain, Any]]:
    settings.ALLOWED_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]
    service = make_service()
    domain = Domain.attach(service, "shop.example.test", mode="authoritative", actor=SYSTEM)
    if request.param == "knot":
        with Knot({"example.test": f"* A {WEB}\n"}, update_with_key=["example.test"]) as knot:
            yield knot_zone(service.organization, knot), domain, knot
    else:
        with PowerDns({"example.test": []}) as powerdns:
            powerdns.publish("example.test", "*.example.test.", "A", [WEB])
            yield powerdns_zone(service.organization, powerdns), domain, powerdns


def addresses(server: Any) -> list[str]:
    query = dns.message.make_query(NAME, "A")
    answer = dns.query.udp(query, server.address, timeout=3, port=server.port).answer
    return [record.to_text() for rrset in answer for record in rrset]


def test_mail_for_a_name_that_lives_by_a_wildcard_does_not_take_its_web_site_down(
    zone: tuple[Zone, Domain, Any],
) -> None:
    where, domain, server = zone
    assert addresses(server) == [WEB]
    for kinds in ({Kind.DKIM}, {Kind.SPF, Kind.MX}):
        planned = plan_of(where, domain)
        writes = writes_of(planned.published, planned.fixes(kinds, mx=True))
        open_provider(where.provider).write(where.name, writes, lambda count: None)
        assert addresses(server) == [WEB]
    assert not plan_of(where, domain).fixes({Kind.DKIM, Kind.SPF, Kind.MX}, mx=True)
