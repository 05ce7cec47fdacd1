"""`manage.py diagnose` against real name servers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from domains.rrset import Action, Fix
from panel.models import Platform
from tests.factories import make_domain, make_organization, make_platform, make_service
from tests.servers import Knot

PLATFORM_ZONE = """
mx1.pro7 A 192.0.2.1
mx2.pro7 A 192.0.2.2
pro7 A 192.0.2.3
autodiscover.pro7 A 192.0.2.4
verify.pro7 A 192.0.2.5
spf.pro7 TXT "v=spf1 ip4:192.0.2.10 ip6:2001:db8::10 -all"
"""

Diagnose = Callable[..., tuple[int, list[dict[str, Any]]]]


@pytest.fixture
def platform(db: None) -> Platform:
    return make_platform("pro7", is_default=True)


@pytest.fixture
def knot() -> Iterator[Knot]:
    with Knot({"example": "", "mail.example": PLATFORM_ZONE, "blank.example": ""}) as server:
        yield server


@pytest.fixture
def diagnose(knot: Knot, platform: Platform, settings: Any) -> Diagnose:
    settings.DNS_AUTHORITATIVE_PORT = knot.port

    def run(*words: str) -> tuple[int, list[dict[str, Any]]]:
        out, status = StringIO(), 0
        try:
            call_command("diagnose", *words, "--json", "--resolver", knot.host_port, stdout=out)
        except SystemExit as stop:
            status = int(stop.code or 0)
        return status, json.loads(out.getvalue())

    return run


def by_kind(entry: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {check["kind"]: check for check in entry["checks"]}


def red(entry: dict[str, Any]) -> set[str]:
    return {
        check["kind"]
        for check in entry["checks"]
        if check["level"] == "required" and check["status"] in ("wrong", "missing")
    }


def fixes_of(entry: dict[str, Any]) -> list[Fix]:
    return [
        Fix(Action(fix["action"]), fix["name"], fix["type"], fix["ttl"], tuple(fix["values"]))
        for check in entry["checks"]
        for fix in check["fixes"]
    ]


def test_a_blank_domain_is_red_and_publishing_exactly_the_fixes_makes_it_green(knot: Knot, diagnose: Diagnose) -> None:
    status, (entry,) = diagnose("blank.example")
    assert status == 1
    assert red(entry) == {"MX", "SPF", "SRV"}
    knot.apply(fixes_of(entry))
    status, (entry,) = diagnose("blank.example")
    assert status == 0
    assert {check["status"] for check in entry["checks"]} == {"ok", "off"}
