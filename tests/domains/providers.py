"""A zone on each real server, as the provider tests use it."""

from __future__ import annotations

import json
from typing import Any, Protocol

from domains.facts import facts
from domains.models import DnsProvider, Domain, Zone, ZoneChange
from domains.rules.verdicts import Status
from domains.zones.changes import request_change
from domains.zones.diff import Outcome, cards
from domains.zones.plan import KINDS
from domains.zones.planning import Preview, preview
from domains.zones.reading import intents_of, read_zone
from panel.actors import SYSTEM
from panel.models import Organization
from tests.servers.knot import TSIG_ALGORITHM, TSIG_NAME, TSIG_SECRET
from tests.servers.powerdns import PowerDns


class Endpoint(Protocol):
    """A name server, or the want of one."""

    @property
    def address(self) -> str: ...
    @property
    def port(self) -> int: ...


class Nowhere:
    """Where nobody listens."""

    address, port = "127.0.0.1", 9


def knot_zone(organization: Organization, server: Endpoint, name: str = "example.test", **settings: Any) -> Zone:
    row = DnsProvider.objects.create(
        organization=organization,
        kind="rfc2136",
        name="Knot",
        settings={
            "server": server.address,
            "port": server.port,
            "key_name": TSIG_NAME,
            "algorithm": TSIG_ALGORITHM,
            **settings,
        },
        credentials=json.dumps({"secret": TSIG_SECRET}),
    )
    return Zone.objects.create(provider=row, name=name, by_hand=True)


def powerdns_zone(organization: Organization, server: PowerDns, name: str = "example.test", **settings: Any) -> Zone:
    row = DnsProvider.objects.create(
        organization=organization,
        kind="powerdns",
        name="PowerDNS",
        settings={"url": server.api_url, **settings},
        credentials=json.dumps({"api_key": server.api_key}),
    )
    return Zone.objects.create(provider=row, name=name)


def plan_of(zone: Zone, domain: Domain) -> Preview:
    """What a page would show for the domain, were its zone this one."""
    return preview(read_zone(zone, *facts(domain)), intents_of(domain))


def choices(planned: Preview) -> set[Outcome]:
    """What the plan makes of each kind."""
    assert planned.plan is not None
    shown = cards(planned.plan, KINDS)
    return {card.choice for card in shown if card.decision.verdict.status != Status.OFF}


def asked_for(zone: Zone, domain: Domain, planned: Preview) -> ZoneChange | None:
    """The change that Apply of everything asks for."""
    return request_change(zone, domain.service, domain, planned.fixes(KINDS, mx=True), planned.published, SYSTEM)
