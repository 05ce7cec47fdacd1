"""A zone on each real server, as the provider tests use it."""

from __future__ import annotations

import json
from typing import Any, Protocol

from domains.models import DnsProvider, Zone
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
