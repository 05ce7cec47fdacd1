"""The domains that are asked for: correct ones, each a zone of its own in Knot, on a platform with all its names."""

from __future__ import annotations

from domains.records import DomainFacts, Hosts, Mode, PlatformFacts, required_records
from domains.rrset import absolute
from tests.diagnostics.correct import KEY

PLATFORM = PlatformFacts(
    slug="bench",
    hosts=Hosts(
        mx=("mx1.platform.test", "mx2.platform.test"),
        autodiscover="autodiscover.platform.test",
        imap="imap.platform.test",
        smtp="smtp.platform.test",
        spf_include="spf.platform.test",
        verification="verify.platform.test",
    ),
    outbound=("192.0.2.25", "2001:db8::25"),
)
PLATFORM_ZONE = """
mx1 A 192.0.2.10
mx2 A 192.0.2.11
autodiscover A 192.0.2.12
imap A 192.0.2.13
smtp A 192.0.2.14
verify A 192.0.2.15
spf TXT "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all"
"""


def facts_of(number: int) -> DomainFacts:
    """Verified long ago, so that no token is asked for."""
    return DomainFacts(f"domain{number}.test", Mode.AUTHORITATIVE, verified=True, dkim={"s1": KEY})


def zone_of(facts: DomainFacts) -> str:
    return "\n".join(
        f"{record.name} {record.type} {value}"
        for record in required_records(facts, PLATFORM)
        for value in record.values
    )


def zones(count: int) -> dict[str, str]:
    """Zone files, by name."""
    files = {facts.name: zone_of(facts) for facts in map(facts_of, range(count))}
    return files | {"platform.test": PLATFORM_ZONE}


def apex_of(number: int) -> str:
    return absolute(facts_of(number).name)
