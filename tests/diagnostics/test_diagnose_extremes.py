"""`manage.py diagnose` at the edges of what the DNS can hold: names in every script, answers of 64 KiB, no TCP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from domains.rrset import Fix, txt_text
from panel.commands import Misused
from panel.models import Platform
from tests.servers import FaultProxy, Knot, Unbound
from tests.servers.faults import Fault

from .conftest import PLATFORM_ZONE
from .test_diagnose import Diagnose, checks, diagnose, fixes_of, red
from .test_diagnose_at_authoritative import GREEN

__all__ = ["diagnose"]  # a fixture

NAMES = {
    "żółw.example": "xn--w-uga1v8h.example",
    "ŻÓŁW.EXAMPLE.": "xn--w-uga1v8h.example",
    "bücher。example": "xn--bcher-kva.example",
    "straße.example": "xn--strae-oqa.example",  # not strasse: IDNA 2008
    "βόλος.example": "xn--nxasmm1c.example",  # with its final sigma
}
TOO_MUCH = "".join(f'@ TXT "{number:05d}{"x" * 20}"\n' for number in range(3000))
FULL = "".join(f'@ TXT "{number:05d}{"x" * 20}"\n' for number in range(1500))  # some 56 KiB
SPF = '"v=spf1 include:spf.pro7.mail.example ~all"'
LONG = " ".join(f'"{" ".join(f"ip4:198.51.{a}.{b}" for b in range(14))} "' for a in range(30))


@contextmanager
def without_tcp(upstream: tuple[str, int]) -> Iterator[str]:
    """A server that answers what `upstream` does, but takes no connections."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.1)
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                try:
                    query, client = server.recvfrom(4096)
                    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as up:
                        up.settimeout(2)
                        up.sendto(query, upstream)
                        server.sendto(up.recv(65535), client)
                except TimeoutError:
                    continue

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}"
        finally:
            ended.set()
            thread.join()


def said(entry: dict[str, Any], kind: str) -> tuple[str, str]:
    check = checks(entry)[kind]
    return check["status"], check["reason"]


def test_names_in_every_script_are_asked_for_as_the_dns_has_them(zones: Knot, diagnose: Diagnose) -> None:
    zones.add_zones(dict.fromkeys(NAMES.values(), GREEN))
    status, entries = diagnose(*NAMES)
    assert status == 0
    assert [entry["domain"] for entry in entries] == list(NAMES.values())


@pytest.mark.parametrize(
    "name", ["ż" * 60 + ".example", "a" * 64 + ".example", ".".join(["abcdefghij"] * 24), "xn--a.example", "☃.example"]
)
def test_what_is_no_name_is_not_asked_for(diagnose: Diagnose, name: str) -> None:
    with pytest.raises(Misused):
        diagnose(name)


def test_thousands_of_txt_records_hide_no_spf_record(zones: Knot, diagnose: Diagnose) -> None:
    zones.add_zone("full.example", GREEN + FULL)
    status, (entry,) = diagnose("full.example")
    assert (status, len(checks(entry)["SPF"]["found"][0]["values"])) == (0, 1)
    zones.publish("full.example.", "MX", ["0 ."])
    zones.withdraw("full.example.", "TXT", [SPF])
    _status, (entry,) = diagnose("full.example")
    assert red(entry) == {"MX", "SPF"}
    zones.apply(fixes_of(entry))
    assert diagnose("full.example")[0] == 0


def test_what_cannot_be_fetched_whole_is_unknown_and_never_red(zones: Knot, diagnose: Diagnose) -> None:
    zones.add_zones({"full.example": GREEN + FULL, "over.example": GREEN + TOO_MUCH})
    status, (entry,) = diagnose("over.example")  # more than any answer holds
    assert (status, said(entry, "SPF")[0], said(entry, "MX")[0]) == (2, "unknown", "ok")
    with without_tcp(zones.endpoint) as server:
        status, (entry,) = diagnose("full.example", "--resolver", server)
    assert (status, said(entry, "MX")[0]) == (2, "ok")
    assert said(entry, "SPF") == (
        "unknown",
        "Could not check: the answer was too long and could not be fetched over TCP.",
    )
    with FaultProxy(zones.endpoint, faults=[Fault.TRUNCATED]) as proxy:
        status, (entry,) = diagnose("full.example", "--resolver", f"127.0.0.1:{proxy.port}")
    assert (status, red(entry)) == (2, set())


def test_an_spf_record_of_many_strings_is_one_and_keeps_them_all(zones: Knot, diagnose: Diagnose) -> None:
    zones.add_zone("long.example", GREEN.replace(SPF, f'"v=spf1 " {LONG} "-all"'))
    _status, (entry,) = diagnose("long.example")
    assert red(entry) == {"SPF"}
    fixes: list[Fix] = fixes_of(entry)
    added = "".join(txt_text(value) for fix in fixes if fix.action == "add" for value in fix.values)
    assert added.count("ip4:") == 30 * 14
    zones.apply(fixes)
    assert diagnose("long.example")[0] == 0


def test_bogus_signatures_are_unknown_at_one_look_whatever_is_asked(
    platform: Platform, diagnose: Diagnose, settings: Any
) -> None:
    zones = {"example": "", "mail.example": PLATFORM_ZONE, "shop.example": GREEN}
    anchor = "shop.example. DS 12345 13 2 " + "ab" * 32
    with Knot(zones, signed=["shop.example"]) as knot:
        settings.DNS_AUTHORITATIVE_PORT = knot.port
        with Unbound(dict.fromkeys(zones, knot.endpoint), anchors=(anchor,)) as resolver:
            status, (entry,) = diagnose("shop.example", "--resolver", resolver.host_port)
    asked = [check for check in entry["checks"] if check["status"] != "off"]
    assert (status, {check["status"] for check in asked}) == (2, {"unknown"})
    assert {check["reason"] for check in asked} == {"Could not check: the answer failed DNSSEC validation."}
