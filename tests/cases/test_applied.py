"""Random zones at real providers: what the page's use-case applies makes the judge green, or the plan said why not.

`EXAMPLES=2000 pytest tests/cases/test_applied.py` tries more of them.
"""

from __future__ import annotations

import ipaddress
import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings

from domains.models import Domain, Zone
from domains.usecases import apply
from domains.zones.changes import run
from domains.zones.planning import BOXES, preview
from domains.zones.reading import intents_of, read_for
from panel.actors import SYSTEM
from panel.models import Platform
from tests.domains.providers import knot_zone, powerdns_zone
from tests.factories import make_service
from tests.servers.knot import Knot
from tests.servers.powerdns import PowerDns
from tests.servers.process import free_port
from tests.servers.unbound import Unbound

from .paper import WORLD, comparable, rrsets
from .test_any_zone import zones
from .test_on_servers import ASIDE, NOT_GREEN, attach, diagnosed, platform, whole

__all__ = ["platform"]  # a fixture

pytestmark = pytest.mark.django_db

EXAMPLES = int(os.environ.get("EXAMPLES", "3"))
APEX = "any.test"
OTHERS, OURS = "127.53.0.2", "127.53.0.3"
serials = itertools.count(2)


@dataclass
class Place:
    """A provider with one zone, behind a resolver. `publish` makes a text its whole content."""

    publish: Callable[[str], None]
    zone: Callable[[Any], Zone]
    unbound: Unbound


def knot_text(text: str) -> str:
    serial = next(serials) * 1000  # updates count it up
    soa = f"@ SOA ns2.dns.example. hostmaster.dns.example. {serial} 7200 900 1209600 300\n@ NS ns2.dns.example.\n"
    return f"$TTL 300\n{soa}{text}"


@pytest.fixture(params=["knot", "powerdns"])
def place(request: Any, settings: Any) -> Iterator[Place]:
    port = free_port(OTHERS, OURS)
    signer = f'key TXT "v=DKIM1; k=rsa; p={WORLD["key"][:200]}" "{WORLD["key"][200:]}"\n'
    texts = {apex: whole(apex, text) for apex, text in (WORLD["platform_zones"] | {"signer.example": signer}).items()}
    cuts = "".join(f"{apex}. NS ns1.dns.example.\n" for apex in texts)
    texts["example"] = whole("example", f"@ NS ns1.dns.example.\n{cuts}")
    texts["test"] = whole("test", f"@ NS ns1.dns.example.\n{APEX}. NS ns2.dns.example.\n")
    settings.DNS_AUTHORITATIVE_PORT = port
    settings.DNS_SERVER_RATE = settings.DNS_RESOLVER_RATE = 0
    settings.ALLOWED_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]
    with Knot(texts, address=OTHERS, port=port) as others:
        stubs = dict.fromkeys(texts, others.endpoint)
        if request.param == "knot":
            with (
                Knot({APEX: knot_text("")}, address=OURS, port=port, update_with_key=[APEX]) as knot,
                Unbound(stubs | {APEX: knot.endpoint}) as unbound,
            ):
                settings.DNS_RESOLVERS = [unbound.endpoint]
                yield Place(
                    lambda text: knot.add_zone(APEX, knot_text(text)),
                    lambda organization: knot_zone(organization, knot, APEX),
                    unbound,
                )
        else:
            with (
                PowerDns({APEX: []}, address=OURS, port=port) as powerdns,
                Unbound(stubs | {APEX: powerdns.endpoint}) as unbound,
            ):
                settings.DNS_RESOLVERS = [unbound.endpoint]
                yield Place(
                    lambda text: fill(powerdns, text),
                    lambda organization: powerdns_zone(organization, powerdns, APEX),
                    unbound,
                )


def fill(server: PowerDns, text: str) -> None:
    for name, type_ in server.records(APEX):
        if type_ != "SOA":
            server.publish(APEX, name, type_, [])
    for (name, type_), found in rrsets(APEX, f"@ NS ns2.dns.example.\n{text}").items():
        server.publish(APEX, name, type_, list(found.values), 300)


@given(case=zones())
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_what_the_page_applies_is_green_or_the_plan_says_why_not(
    place: Place, platform: Platform, case: dict[str, Any]
) -> None:
    point = transaction.savepoint_create()
    try:
        applied_and_judged(place, platform, case)
    finally:
        transaction.savepoint_rollback(point)


def applied_and_judged(place: Place, platform: Platform, case: dict[str, Any]) -> None:
    name = case["name"]
    place.publish(case["text"])
    place.unbound.forget()
    service = make_service(platform=platform)
    zone = place.zone(service.organization)
    domain = attach(case, platform)
    Domain.objects.filter(pk=domain.pk).update(zone=zone, service=service)
    domain = Domain.objects.get(pk=domain.pk)
    before = diagnosed([name])[name]
    planned = preview(read_for(domain), intents_of(domain))
    assert planned.plan is not None
    for decision in planned.plan.decisions:
        seen = before[str(decision.kind)]
        assert (seen["status"], comparable(seen["fixes"])) == (
            str(decision.verdict.status),
            comparable(decision.verdict.fixes),
        ), decision.kind
    change = apply(domain, planned, BOXES, mx=True, confirmed=planned.fingerprint, actor=SYSTEM)
    if change is not None:
        run(change.pk)
        change.refresh_from_db()
        assert (change.state, change.error, change.detail) == ("done", "", "")
    place.unbound.forget()
    after = diagnosed([name])[name]
    not_green = {kind for kind, check in after.items() if check["status"] in NOT_GREEN and kind not in ASIDE}
    assert not_green == {str(kind) for kind in planned.plan.left()}
    again = preview(read_for(domain), intents_of(domain))
    assert again.plan is not None
    assert again.plan.fixes() == ()
