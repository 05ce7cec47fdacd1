"""What a domain must publish: the one place that decides. Pure.

Automatic configuration, diagnostics, the list of changes, the zone-file export and the docs all read
`required_records`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

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
    dkim_next: frozenset[str] = frozenset()  # selectors of keys that wait while another one signs
    # selector -> where its record stands in the platform's zone, without final dot: the domain has a CNAME to there.
    # What stands there matters only where `dkim` has a key.
    dkim_hosted: Mapping[str, str] = field(default_factory=dict)
    others_tokens: tuple[str, ...] = ()  # labels that prove the same name for other organizations
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


# What platforms give all their domains alike, by mode: (kind, the name's labels before the domain's, type, values,
# level, why).
_Shared = tuple[Kind, str, str, tuple[str, ...], Level, str]


@lru_cache(maxsize=256)
def _shared_records(hosts: Hosts, srv_level: Level) -> tuple[tuple[_Shared, ...], tuple[_Shared, ...]]:
    """Those before and behind the domain's own keys."""
    mx = tuple(f"{(index + 1) * 10} {absolute(host)}" for index, host in enumerate(hosts.mx))
    spf = quote_txt(f"v=spf1 include:{hosts.spf_include} ~all")
    autodiscover, imap, smtp = absolute(hosts.autodiscover), absolute(hosts.imap), absolute(hosts.smtp)
    recommended = Level.RECOMMENDED
    return (
        (
            (Kind.MX, "", "MX", mx, Level.REQUIRED, "inbound"),
            (Kind.SPF, "", "TXT", (spf,), Level.REQUIRED, "senders"),
        ),
        (
            (Kind.SRV, "_autodiscover._tcp.", "SRV", (f"0 0 443 {autodiscover}",), srv_level, "autodiscover"),
            (Kind.SRV, "_imaps._tcp.", "SRV", (f"0 0 993 {imap}",), recommended, "imaps"),
            (Kind.SRV, "_submission._tcp.", "SRV", (f"0 0 587 {smtp}",), recommended, "submission"),
            (Kind.SRV, "autoconfig.", "CNAME", (autodiscover,), recommended, "autoconfig"),
            (Kind.SRV, "autodiscover.", "CNAME", (autodiscover,), recommended, "autodiscover"),
            (Kind.DMARC, "_dmarc.", "TXT", (quote_txt("v=DMARC1; p=none"),), recommended, "policy"),
        ),
    )


def required_records(domain: DomainFacts, platform: PlatformFacts) -> tuple[RequiredRecord, ...]:
    """Everything that `domain` should publish to work on `platform`, in the order of the buttons."""
    apex = absolute(domain.name)
    before, behind = _shared_records(platform.hosts, Level.REQUIRED if domain.authoritative else Level.RECOMMENDED)
    records = []
    if domain.token is not None:
        target = (absolute(platform.hosts.verification),)
        level = Level.RECOMMENDED if domain.verified else Level.REQUIRED
        records.append(
            RequiredRecord(
                kind=Kind.CNAME,
                name=f"{domain.token}.{apex}",
                type="CNAME",
                values=target,
                level=level,
                why="ownership",
            )
        )
    for kind, labels, type_, values, level, why in before:
        records.append(RequiredRecord(kind=kind, name=labels + apex, type=type_, values=values, level=level, why=why))
    for selector, key in domain.dkim.items():
        hosted = domain.dkim_hosted.get(selector)
        type_, value = "TXT", quote_txt(f"v=DKIM1; k=rsa; p={key}")
        if hosted is not None:
            type_, value = "CNAME", absolute(hosted)
        name = f"{selector}._domainkey.{apex}"
        level = Level.RECOMMENDED if selector in domain.dkim_next else Level.REQUIRED
        records.append(
            RequiredRecord(kind=Kind.DKIM, name=name, type=type_, values=(value,), level=level, why="signature")
        )
    for kind, labels, type_, values, level, why in behind:
        records.append(RequiredRecord(kind=kind, name=labels + apex, type=type_, values=values, level=level, why=why))
    return tuple(records)
