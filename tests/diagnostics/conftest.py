"""What tests of diagnostics share: a platform whose names a Knot serves, and looks through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from diagnostics.sweep import schedule, sweep
from domains.models import Domain
from domains.rrset import Action, Fix
from panel.models import Platform
from tests.factories import make_platform
from tests.servers import Knot

PLATFORM_ZONE = """
mx1.pro7 A 192.0.2.1
mx2.pro7 A 192.0.2.2
pro7 A 192.0.2.3
autodiscover.pro7 A 192.0.2.4
verify.pro7 A 192.0.2.5
spf.pro7 TXT "v=spf1 ip4:192.0.2.10 ip6:2001:db8::10 -all"
"""

CheckRun = Callable[[Domain], dict[str, Any]]


@pytest.fixture
def platform(db: None) -> Platform:
    return make_platform("pro7", is_default=True)


@pytest.fixture
def zones() -> Iterator[Knot]:
    """A server with the platform's names, and an empty zone for the domain of the test."""
    zones = {"example": "", "mail.example": PLATFORM_ZONE, "shop.example": "", "other.example": ""}
    with Knot(zones) as server:
        yield server


@pytest.fixture
def asked_at_knot(zones: Knot, settings: Any) -> Knot:
    """The panel asks that server, as resolver and as own name server."""
    settings.DNS_RESOLVERS = [zones.endpoint]
    settings.DNS_AUTHORITATIVE_PORT = zones.port
    return zones


@pytest.fixture
def look(asked_at_knot: Knot) -> CheckRun:
    """`look(domain)`: look at it now; its checks by kind."""

    def run(domain: Domain) -> dict[str, Any]:
        schedule.soon(domain)
        sweep.check_domains([domain.pk])
        return {check.kind: check for check in domain.checks.all()}

    return run


def fixes_of(check: Any) -> list[Fix]:
    return [
        Fix(Action(fix["action"]), fix["name"], fix["type"], fix["ttl"], tuple(fix["values"])) for fix in check.fixes
    ]
