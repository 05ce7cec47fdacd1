"""The zones of public reports (`right.jsonl`, `wrong.jsonl`) on paper: served by the simulated DNS, judged, planned."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import dns.name
import dns.rdatatype
import dns.zone

from domains.lookup.answers import Answers
from domains.records import DomainFacts, Hosts, Kind, Mode, PlatformFacts
from domains.rrset import Fix, RRset
from domains.rules.check_input import CheckInput, PreparedInput
from domains.rules.verdicts import Verdict
from domains.rules.zone_view import ZoneData
from domains.zones.plan import Plan, plan
from tests.diagnostics.simdns import SimDns, Zone

HERE = Path(__file__).parent
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
WORLD: dict[str, Any] = json.loads((HERE / "world.json").read_text(encoding="utf-8"))
NS1, NS2, NS3, ROOT = "127.53.0.2", "127.53.0.3", "127.53.0.4", "127.53.0.1"
MAX_ROUNDS = 60


@cache
def cases(file: str) -> tuple[dict[str, Any], ...]:
    lines = (HERE / f"{file}.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(case for case in map(json.loads, lines) if "text" in case)


def platform() -> PlatformFacts:
    facts: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in WORLD["platform"].items()
    }
    outbound = facts.pop("outbound")
    return PlatformFacts("main", Hosts(**facts), outbound)


def rrsets(apex: str, text: str) -> dict[tuple[str, str], RRset]:
    """Record sets of a zone's text, names relative to it."""
    soa = "" if " SOA " in text else "@ SOA ns1.dns.example. hostmaster.dns.example. 1 7200 900 1209600 300\n"
    if not any(line.split()[:2] == ["@", "NS"] for line in text.splitlines()):
        soa += "@ NS ns1.dns.example.\n"
    origin = f"{apex}."
    zone = dns.zone.from_text(f"$TTL 300\n{soa}{text}", origin, relativize=False, check_origin=False)
    found = {}
    for name, rdataset in zone.iterate_rdatasets():
        type_ = dns.rdatatype.to_text(rdataset.rdtype)
        if type_ == "SOA":
            continue
        values = tuple(value if type_ == "TXT" else value.lower() for value in (r.to_text() for r in rdataset))
        owner = name.to_text().lower()
        found[owner, type_] = RRset(owner, type_, rdataset.ttl, values)
    return found


def domain_facts(case: dict[str, Any]) -> DomainFacts:
    keys = {selector: WORLD["key"] if key == "@key" else key for selector, key in case.get("dkim", {}).items()}
    return DomainFacts(
        case["name"],
        Mode(case.get("mode", "authoritative")),
        case.get("target", ""),
        token=case.get("token"),
        verified=case.get("verified", True),
        dkim=keys,
    )


@dataclass
class PaperWorld:
    """A case with all zones around it."""

    case: dict[str, Any]
    dns: SimDns = field(default_factory=SimDns)

    def __post_init__(self) -> None:
        zones = dict(WORLD["platform_zones"])
        for apex, text in zones.items():
            self.serve(apex, text, [NS1])
        for apex, entry in self.case.get("zones", {}).items():
            text, how = entry if isinstance(entry, list) else (entry, {})
            self.serve(apex, text, how.get("at", [NS1]))
        self.serve(self.case["zone"], self.case["text"], [NS1])
        self.registries()

    def serve(self, apex: str, text: str, addresses: list[str]) -> None:
        self.dns.serve(Zone(f"{apex}.", rrsets(apex, text)), *addresses)

    def registries(self) -> None:
        """The zones above all those, down from the root: they hold delegations."""
        apexes = set(self.dns.authoritative)
        above = {".", *(name.partition(".")[2] or "." for name in apexes)}
        above |= {label + "." for apex in apexes if (label := apex.rstrip(".").rpartition(".")[2])}
        for parent in sorted(above - apexes, key=len, reverse=True):
            zone = Zone(parent, {(parent, "NS"): RRset(parent, "NS", 300, ("ns0.dns.example.",))})
            for apex in [*apexes, *above]:
                if apex != parent and (parent == "." or apex.endswith("." + parent)):
                    between = [o for o in [*apexes, *above] if o != apex and o != parent and apex.endswith("." + o)]
                    if not any(parent == "." or o.endswith("." + parent) for o in between if o != "."):
                        hosts = ("ns0.dns.example.",) if apex in above and apex not in apexes else self.ns(apex)
                        zone.records[apex, "NS"] = RRset(apex, "NS", 300, hosts)
            self.dns.serve(zone, ROOT)
        self.dns.zone("dns.example.").put(RRset("ns0.dns.example.", "A", 300, (ROOT,)))

    def ns(self, apex: str) -> tuple[str, ...]:
        found = self.dns.zone(apex).records.get((apex, "NS"))
        return found.values if found is not None else ("ns1.dns.example.",)

    def judged(self) -> dict[Kind, Verdict]:
        """By the buttons' judge, the domain's own name servers included."""
        return self.dns.look(CheckInput(domain_facts(self.case), platform(), authoritative=True), NOW)

    def planned(self, intents: dict[Kind, str] | None = None) -> Plan:
        """Over the zone's data alone; names outside it at the resolvers."""
        apex = f"{self.case['zone']}."
        zone = ZoneData(apex, dict(self.dns.zone(apex).records), negative_ttl=300)
        answers = Answers()
        subject = PreparedInput(CheckInput(domain_facts(self.case), platform()), NOW)
        for _ in range(MAX_ROUNDS):
            found = plan(subject, zone, answers, intents or {})
            if isinstance(found, Plan):
                return found
            assert not found.names, "the whole zone is known"
            self.dns.answers(answers)
        raise AssertionError("the plan never has enough")

    def publish(self, fixes: tuple[Fix, ...]) -> None:
        self.dns.everywhere(f"{self.case['zone']}.", lambda zone: zone.publish(fixes))


def comparable(fixes: Any) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Fixes without TTLs, in no particular order of values."""
    return [
        (str(f.action), f.name, f.type, tuple(sorted(f.values)))
        if isinstance(f, Fix)
        else (f["action"], f["name"], f["type"], tuple(sorted(f["values"])))
        for f in fixes
    ]
