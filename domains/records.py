"""What a domain must publish: the one place that decides. Pure.

Automatic configuration, diagnostics, the list of changes, the zone-file export and the docs all read
`required_records`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .rrset import absolute, quote_txt

DEFAULT_TTL = 3600  # seconds; what fixes propose where nothing is published yet


class Kind(StrEnum):
    """One red/green button each, in the order in which they are shown."""

    NS = "NS"
    CNAME = "CNAME"
    MX = "MX"
    SPF = "SPF"
    DKIM = "DKIM"
    SRV = "SRV"
    DMARC = "DMARC"
    TARGET = "TARGET"


class Level(StrEnum):
    REQUIRED = "required"
    RECOMMENDED = "recommended"


class Mode(StrEnum):
    AUTHORITATIVE = "authoritative"
    NON_AUTHORITATIVE = "non_authoritative"


@dataclass(frozen=True, slots=True)
class Hosts:
    """The host names of a platform that records point to: lower case, no final dot."""

    mx: tuple[str, ...]  # in order of preference
    autodiscover: str
    imap: str
    smtp: str
    spf_include: str
    verification: str


@dataclass(frozen=True, slots=True)
class PlatformFacts:
    """One mail cluster as the DNS sees it. Host names are lower case, without final dot."""

    slug: str
    hosts: Hosts
    outbound: tuple[str, ...]  # addresses (IPv4 or IPv6, no networks) that send its mail
    previous: Hosts | None = None  # accepted beside `hosts` until `previous_until`
    previous_until: str = ""  # ISO date, for people


@dataclass(frozen=True, slots=True)
class DomainFacts:
    """One attachment of a domain name. `name` is the A-label form, lower case, without final dot."""

    name: str
    mode: Mode
    target: str = ""  # host or host:port; empty in authoritative mode (and for the command line's bare look)
    token: str | None = None  # label of the ownership CNAME; None: not asked (diagnose of an unattached name)
    verified: bool = False
    dkim: Mapping[str, str] = field(default_factory=dict)  # selector -> public key, base64 SubjectPublicKeyInfo
    managed: bool = False

    @property
    def authoritative(self) -> bool:
        return self.mode == Mode.AUTHORITATIVE


@dataclass(slots=True, unsafe_hash=True)  # not frozen only because a sweep makes millions: nobody changes one
class RequiredRecord:
    """One record set that a domain must (or should) publish.

    `why` is a stable code, translated where it is shown. For SPF the value is the whole record of a
    domain that has none yet; whoever has one gets ours merged into it (`spf.py`).
    """

    kind: Kind
    name: str  # absolute, final dot
    type: str
    values: tuple[str, ...]
    level: Level
    why: str


def required_records(domain: DomainFacts, platform: PlatformFacts) -> tuple[RequiredRecord, ...]:
    """Everything that `domain` should publish to work on `platform`, in the order of the buttons."""
    hosts, apex = platform.hosts, absolute(domain.name)
    srv_level = Level.REQUIRED if domain.authoritative else Level.RECOMMENDED
    records = []

    def add(kind: Kind, name: str, type_: str, values: tuple[str, ...], level: Level, why: str) -> None:
        records.append(RequiredRecord(kind, name, type_, values, level, why))

    if domain.token is not None:
        add(
            Kind.CNAME,
            f"{domain.token}.{apex}",
            "CNAME",
            (absolute(hosts.verification),),
            Level.RECOMMENDED if domain.verified else Level.REQUIRED,
            "ownership",
        )
    mx = tuple(f"{(index + 1) * 10} {absolute(host)}" for index, host in enumerate(hosts.mx))
    add(Kind.MX, apex, "MX", mx, Level.REQUIRED, "inbound")
    add(Kind.SPF, apex, "TXT", (quote_txt(f"v=spf1 include:{hosts.spf_include} ~all"),), Level.REQUIRED, "senders")
    for selector, key in domain.dkim.items():
        value = quote_txt(f"v=DKIM1; k=rsa; p={key}")
        add(Kind.DKIM, f"{selector}._domainkey.{apex}", "TXT", (value,), Level.REQUIRED, "signature")
    autodiscover = absolute(hosts.autodiscover)
    add(Kind.SRV, f"_autodiscover._tcp.{apex}", "SRV", (f"0 0 443 {autodiscover}",), srv_level, "autodiscover")
    for service, port, host, why in (
        ("_imaps", 993, hosts.imap, "imaps"),
        ("_submission", 587, hosts.smtp, "submission"),
    ):
        add(Kind.SRV, f"{service}._tcp.{apex}", "SRV", (f"0 0 {port} {absolute(host)}",), Level.RECOMMENDED, why)
    for label in ("autoconfig", "autodiscover"):
        add(Kind.SRV, f"{label}.{apex}", "CNAME", (autodiscover,), Level.RECOMMENDED, label)
    add(Kind.DMARC, f"_dmarc.{apex}", "TXT", (quote_txt("v=DMARC1; p=none"),), Level.RECOMMENDED, "policy")
    return tuple(records)
