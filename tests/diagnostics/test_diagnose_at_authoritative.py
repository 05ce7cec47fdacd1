"""`manage.py diagnose` where the resolvers and the domain's own name servers say different things."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from diagnostics.show.sentences import whole
from domains.records import Kind, Level
from domains.rules.verdicts import Status, Verdict
from domains.rules.why import SrvOtherTarget
from panel.models import Platform
from tests.servers import Knot
from tests.servers.process import free_port

from .conftest import PLATFORM_ZONE

GREEN = """
@ MX 10 mx1.pro7.mail.example.
@ MX 20 mx2.pro7.mail.example.
@ TXT "v=spf1 include:spf.pro7.mail.example ~all"
_autodiscover._tcp SRV 0 0 443 autodiscover.pro7.mail.example.
_imaps._tcp SRV 0 0 993 pro7.mail.example.
_submission._tcp SRV 0 0 587 pro7.mail.example.
autoconfig CNAME autodiscover.pro7.mail.example.
autodiscover CNAME autodiscover.pro7.mail.example.
_dmarc TXT "v=DMARC1; p=none"
"""
FOREIGN = GREEN.replace("@ MX 10 mx1.pro7.mail.example.", "@ 300 MX 10 mx.other.example.")
NAMES = "@ NS ns1\n@ NS ns2\nns1 A 127.0.0.1\nns2 A 127.0.0.2\n"

Diagnose = Callable[[str, str, str], tuple[int, dict[str, dict[str, Any]]]]


@pytest.fixture
def diagnose(platform: Platform, settings: Any) -> Iterator[Diagnose]:
    """`diagnose(resolvers, first, second)`: what each of them has of shop.example; serials as given in the texts."""
    port = free_port("127.0.0.1", "127.0.0.2", "127.0.0.3")
    settings.DNS_AUTHORITATIVE_PORT = port
    with ExitStack() as servers:

        def run(resolver: str, *own: str) -> tuple[int, dict[str, dict[str, Any]]]:
            above = {"example": "shop NS ns1.shop\nns1.shop A 127.0.0.1\n", "mail.example": PLATFORM_ZONE}
            asked = servers.enter_context(Knot({**above, "shop.example": NAMES + resolver}, address="127.0.0.3"))
            for number, text in enumerate(own, 1):
                zones = {"shop.example": NAMES + text}
                servers.enter_context(Knot(zones, address=f"127.0.0.{number}", port=port))
            out, status = StringIO(), 0
            try:
                call_command("diagnose", "shop.example", "--json", "--resolver", asked.host_port, stdout=out)
            except SystemExit as stop:
                status = int(stop.code or 0)
            return status, {check["kind"]: check for check in json.loads(out.getvalue())[0]["checks"]}

        yield run


def test_wrong_at_home_is_wrong_although_the_resolvers_are_still_right(diagnose: Diagnose) -> None:
    status, checks = diagnose(GREEN, FOREIGN, FOREIGN)
    assert (status, checks["MX"]["status"], checks["SPF"]["status"]) == (1, "wrong", "ok")


def test_right_at_home_is_on_its_way_while_the_resolvers_are_still_wrong(diagnose: Diagnose) -> None:
    status, checks = diagnose(FOREIGN, GREEN, GREEN)
    assert (status, checks["MX"]["status"], checks["MX"]["fixes"]) == (2, "propagating", [])
    assert checks["MX"]["clears_at"]


def test_what_will_break_says_when(diagnose: Diagnose) -> None:
    _status, checks = diagnose(GREEN, FOREIGN, FOREIGN)
    assert "Will break by" in checks["MX"]["reason"]


def test_where_no_fix_mends_it_the_reason_says_what_to_do(diagnose: Diagnose) -> None:
    crowded = "".join(f"include:i{number}.shop.example " for number in range(10))
    senders = "".join(f'i{number} TXT "v=spf1 ip4:203.0.113.{number} -all"\n' for number in range(10))
    text = GREEN.replace("include:spf.pro7.mail.example ~all", f"{crowded}-all") + senders
    _status, checks = diagnose(text, text, text)
    assert (checks["SPF"]["status"], checks["SPF"]["fixes"]) == ("wrong", [])
    assert "Remove from the record what is no longer needed" in checks["SPF"]["reason"]


def test_advice_without_a_fix_tells_nobody_to_change_anything() -> None:
    why = SrvOtherTarget(names=["_imaps._tcp.shop.example."], hosts=["imap.other.example"])
    verdict = Verdict(kind=Kind.SRV, status=Status.WRONG, level=Level.RECOMMENDED, why=why)
    assert "Point the records here" not in whole(verdict)
