"""Zones as people had them, in public reports: read from `cases/`, served by a DNS in memory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import dns.rdatatype
import dns.zone

from domains.records import DomainFacts, Hosts, Kind, Mode, PlatformFacts
from domains.rrset import Fix, absolute
from domains.rules.check_input import CheckInput
from domains.rules.verdicts import Verdict

from .simdns import SimDns, Zone, rrset

CASES = Path(__file__).parent / "cases"
TTL = 300
SERVER, REGISTRY = "127.53.0.2", "127.53.0.1"
PLATFORM = PlatformFacts(
    "example",
    Hosts(
        mx=("mx1.mail.example", "mx2.mail.example"),
        autodiscover="autodiscover.mail.example",
        imap="pro1.mail.example",
        smtp="pro1.mail.example",
        spf_include="spf.mail.example",
        verification="verify.mail.example",
    ),
    ("192.0.2.25", "198.51.100.25", "2001:db8::25"),
)
PLATFORM_ZONES = {
    "mail.example": """
mx1 A 192.0.2.10
mx2 A 192.0.2.10
pro1 A 192.0.2.10
autodiscover A 192.0.2.10
webmail A 192.0.2.10
verify A 192.0.2.10
spf TXT "v=spf1 ip4:192.0.2.25 ip4:198.51.100.25 ip6:2001:db8::25 -all"
""",
    "other.example": """
mx1 A 203.0.113.25
mx6 AAAA 2001:db8:1::25
web A 203.0.113.80
alias CNAME mx1
autodiscover A 203.0.113.81
spf TXT "v=spf1 ip4:203.0.113.0/24 -all"
spf2 TXT "v=spf1 ip4:203.0.113.128/25 -all"
toours CNAME mx1.mail.example.
dm TXT "v=DMARC1; p=reject"
autoalias CNAME autodiscover.mail.example.
""",
}
# All that a domain needs beside the records that a case is about.
MAIL = """
@ MX 10 mx1.mail.example.
@ MX 20 mx2.mail.example.
_autodiscover._tcp SRV 0 0 443 autodiscover.mail.example.
_imaps._tcp SRV 0 0 993 pro1.mail.example.
_submission._tcp SRV 0 0 587 pro1.mail.example.
autoconfig CNAME autodiscover.mail.example.
autodiscover CNAME autodiscover.mail.example.
"""


def read(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CASES / f"{name}.jsonl").read_text().splitlines()]


def parsed(apex: str, text: str) -> Zone:
    """A zone from its text. Names are relative to it, as `@` is its apex."""
    found = dns.zone.from_text(f"$TTL {TTL}\n{text}\n", absolute(apex), relativize=False, check_origin=False)
    zone = Zone(absolute(apex))
    for name, node in found.items():
        for rdataset in node:
            type_ = dns.rdatatype.to_text(rdataset.rdtype)
            values = (rdata.to_text() for rdata in sorted(rdataset))  # as an answer is read, RFC 4034 §6.3
            zone.put(rrset(name.to_text(), type_, *(_presented(value, type_) for value in values), ttl=TTL))
    if (zone.apex, "NS") not in zone.records:
        zone.put(rrset(zone.apex, "NS", "ns1.dns.example.", ttl=TTL))
    return zone


def _presented(value: str, type_: str) -> str:
    return value if type_ == "TXT" else value.lower()


def world_of(case: dict[str, Any]) -> SimDns:
    world = SimDns()
    zones = dict(PLATFORM_ZONES, **case.get("zones", {}))
    zones[case.get("zone", case["name"])] = case["text"] if case.get("whole") else MAIL + case["text"]
    served = [parsed(apex, text) for apex, text in zones.items()]
    served.append(Zone("dns.example."))
    served[-1].put(rrset("dns.example.", "NS", "ns1.dns.example."), rrset("ns1.dns.example.", "A", SERVER))
    for zone in served:
        world.serve(zone, SERVER)
    for top in {zone.apex.rstrip(".").rpartition(".")[2] + "." for zone in served}:
        registry = Zone(top)
        registry.put(rrset(top, "NS", f"ns.registry.{top}"), rrset(f"ns.registry.{top}", "A", REGISTRY))
        for zone in served:
            if zone.apex.endswith("." + top):
                registry.put(rrset(zone.apex, "NS", "ns1.dns.example."))
        world.serve(registry, REGISTRY)
    return world


def subject_of(case: dict[str, Any]) -> CheckInput:
    mode = Mode(case.get("mode", "authoritative"))
    return CheckInput(DomainFacts(case["name"], mode, case.get("target", "")), PLATFORM)


def judged(case: dict[str, Any], kind: Kind, world: SimDns | None = None) -> Verdict:
    return (world or world_of(case)).look(subject_of(case))[kind]


def publish(case: dict[str, Any], world: SimDns, fixes: tuple[Fix, ...]) -> None:
    world.zone(absolute(case.get("zone", case["name"]))).publish(fixes)


def written(fixes: tuple[Fix, ...]) -> list[dict[str, Any]]:
    """Fixes as `diagnose --json` writes them."""
    return [
        {"action": str(fix.action), "name": fix.name, "type": fix.type, "ttl": fix.ttl, "values": list(fix.values)}
        for fix in fixes
    ]
