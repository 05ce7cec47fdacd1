"""What the demonstration's zones publish. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ..records import DomainFacts, Kind, PlatformFacts, required_records

HOST_ADDRESS = "192.0.2.10"  # RFC 5737: nobody lives there
OTHER_ADDRESS = "203.0.113.25"
SERVER_ADDRESS = "127.0.0.1"

MAIL_PLATFORM: Mapping[str, object] = {
    "slug": "pro1",
    "name": "Demonstration platform",
    "is_default": True,
    "mx_hosts": ["mx1.mail.example", "mx2.mail.example"],
    "imap_host": "pro1.mail.example",
    "smtp_host": "pro1.mail.example",
    "autodiscover_host": "autodiscover.mail.example",
    "webmail_host": "webmail.mail.example",
    "verification_host": "verify.mail.example",
    "spf_include": "spf.mail.example",
    "outbound_addresses": ["192.0.2.25", "198.51.100.25", "2001:db8::25"],
}
OTHER_EXCHANGER = "mx1.other.example"


def platform_zone() -> str:
    """`mail.example`: the platform's own hosts, and the name server of all demonstration zones."""
    hosts = ("mx1", "mx2", "pro1", "autodiscover", "webmail", "verify")
    lines = [f"{host} A {HOST_ADDRESS}" for host in hosts]
    spf = "v=spf1 ip4:192.0.2.25 ip4:198.51.100.25 ip6:2001:db8::25 -all"
    return "\n".join([*lines, f"ns1 A {SERVER_ADDRESS}", f'spf TXT "{spf}"', ""])


def other_zone() -> str:
    """`other.example`: somebody else's mail server."""
    return f"mx1 A {OTHER_ADDRESS}\n"


def green_zone(domain: DomainFacts, platform: PlatformFacts) -> str:
    """Everything that the domain needs."""
    return _lines(domain, platform, frozenset(Kind))


def half_mended_zone(domain: DomainFacts, platform: PlatformFacts) -> str:
    """The right to the name and the signature are there; an old exchanger and a second SPF record still are, too."""
    mx = f"@ MX 5 {OTHER_EXCHANGER}.\n@ MX 10 {platform.hosts.mx[0]}.\n"
    spf = f'@ TXT "v=spf1 include:{platform.hosts.spf_include} ~all"\n@ TXT "v=spf1 ip4:{OTHER_ADDRESS} ~all"\n'
    return mx + spf + _lines(domain, platform, frozenset({Kind.CNAME, Kind.DKIM}))


def split_zone(domain: DomainFacts, platform: PlatformFacts) -> str:
    """A domain that shares its addresses with another system, where its mail arrives."""
    mx = f"@ MX 10 {OTHER_EXCHANGER}.\n"
    return mx + _lines(domain, platform, frozenset({Kind.CNAME, Kind.SPF, Kind.DKIM, Kind.DMARC}))


def _lines(domain: DomainFacts, platform: PlatformFacts, kinds: frozenset[Kind]) -> str:
    return "".join(
        f"{record.name} {record.type} {value}\n"
        for record in required_records(domain, platform)
        if record.kind in kinds
        for value in record.values
    )
