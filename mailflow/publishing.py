"""What the operator publishes for a platform, and whether it is there: addresses of its hosts, PTR and SPF of the
addresses that its mail leaves from, DKIM of its own domain, the zone that customers' keys are in. Asked in a task, kept
in the database."""

from __future__ import annotations

import asyncio
import ipaddress
from dataclasses import dataclass, field
from datetime import datetime

import dns.reversename
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.utils import timezone
from django.utils.translation import gettext_noop

from domains.asking import engine
from domains.lookup.answers import Answer, Question
from domains.lookup.engine import Engine
from domains.lookup.engine import run as run_loop
from domains.models import DkimKey, Domain, Zone
from domains.providers import ProviderError
from domains.records import DEFAULT_TTL
from domains.rotation import put_back
from domains.rrset import absolute, quote_txt
from panel.models import Platform

from .models import Machine, PlatformCheck
from .spf import evaluate

SECONDS = 5.0  # for the answers to one question
NOT_DELEGATED, PUT_BACK, NOT_MANAGED = "not-delegated", "put-back", "zone-removed"  # what is found of a zone for keys
SILENT = frozenset({"server-error", "timeout", "tls", "too-many-calls", "unreachable", "unresolved"})  # of a provider
Status = PlatformCheck.Status
RUNS = (
    (25, gettext_noop("mail from the Internet, STARTTLS")),
    (587, gettext_noop("mail from customers, STARTTLS")),
    (993, gettext_noop("IMAP, TLS from the start")),
)


@dataclass(frozen=True, slots=True)
class Found:
    kind: str
    subject: str
    status: str
    found: list[str] = field(default_factory=list)
    record: str = ""  # what to publish


def check(platform: Platform, now: datetime | None = None) -> None:
    """Ask, and write what was found. What is not asked for any more goes."""
    now = now or timezone.now()
    found = [*run_loop(_asked(platform)), _dkim(platform), *_zone(platform)]
    with transaction.atomic():
        for one in found:
            PlatformCheck.objects.update_or_create(
                platform=platform,
                kind=one.kind,
                subject=one.subject,
                defaults={"status": one.status, "found": one.found, "record": one.record, "checked_at": now},
            )
        PlatformCheck.objects.filter(platform=platform, checked_at__lt=now).delete()


def check_all() -> int:
    platforms = list(Platform.objects.order_by("pk"))
    for platform in platforms:
        check(platform)
    return len(platforms)


def ask_machines(platform: Platform) -> None:
    """Their agents say what runs and how long certificates are valid."""
    Machine.objects.filter(platform=platform).update(check_asked_at=timezone.now())


def hosts_of(platform: Platform) -> list[str]:
    others = [
        platform.imap_host,
        platform.smtp_host,
        platform.autodiscover_host,
        platform.webmail_host,
        platform.verification_host,
    ]
    return list(dict.fromkeys([*platform.mx_hosts, *filter(None, others)]))


async def _asked(platform: Platform) -> list[Found]:
    async with engine() as asking:
        hosts = [_host(asking, platform, host) for host in hosts_of(platform)]
        pointers = [_ptr(asking, platform, address) for address in platform.outbound_addresses]
        return list(await asyncio.gather(*hosts, *pointers, _spf(asking, platform)))


async def _ask(asking: Engine, name: str, kind: str) -> Answer:
    return await asking.ask(Question(name, kind), asking.loop.time() + SECONDS, fresh=True)


async def _host(asking: Engine, platform: Platform, host: str) -> Found:
    v4, v6 = await asyncio.gather(*(_ask(asking, absolute(host), kind) for kind in ("A", "AAAA")))
    values = sorted((*v4.values, *v6.values))
    if values:
        return Found("A", host, Status.OK, values)
    # Machines that send usually receive as well: a guess that people replace where it is none.
    record = "\n".join(
        f"{absolute(host)} {DEFAULT_TTL} IN {_kind(address)} {address}" for address in platform.outbound_addresses
    )
    unknown = v4.failure is not None or v6.failure is not None
    return Found("A", host, Status.UNKNOWN if unknown else Status.MISSING, [], record)


def _kind(address: str) -> str:
    return "AAAA" if ":" in address else "A"


async def _ptr(asking: Engine, platform: Platform, address: str) -> Found:
    """RFC 1912 §2.1: the name of an address has that address; receivers refuse mail where it has not."""
    reverse = dns.reversename.from_address(address).to_text()
    host = platform.mx_hosts[0] if platform.mx_hosts else platform.smtp_host
    record = f"{reverse} {DEFAULT_TTL} IN PTR {absolute(host)}"
    names = await _ask(asking, reverse, "PTR")
    if names.failure is not None:
        return Found("PTR", address, Status.UNKNOWN, [], record)
    if not names.values:
        return Found("PTR", address, Status.MISSING, [], record)
    failed = False
    for name in names.values:
        back = await _ask(asking, name, _kind(address))
        failed |= back.failure is not None
        if ipaddress.ip_address(address) in {ipaddress.ip_address(value) for value in back.values}:
            return Found("PTR", address, Status.OK, [name])
    return Found("PTR", address, Status.UNKNOWN if failed else Status.WRONG, sorted(names.values), record)


async def _spf(asking: Engine, platform: Platform) -> Found:
    """What customers' records include must pass for each address that mail leaves from."""
    name = platform.spf_include
    networks = " ".join(f"ip{4 if ':' not in one else 6}:{one}" for one in platform.outbound_addresses)
    text = quote_txt(f"v=spf1 {networks} -all")
    record = f"{absolute(name)} {DEFAULT_TTL} IN TXT {text}"
    texts = await _ask(asking, absolute(name), "TXT")
    if texts.failure is not None:
        return Found("SPF", name, Status.UNKNOWN, [], record)
    records = sorted(value for value in texts.values if value.lower().startswith('"v=spf1'))
    if not records:
        return Found("SPF", name, Status.MISSING, [], record)
    results = [await evaluate(asking, one, name, seconds=SECONDS * 2) for one in platform.outbound_addresses]
    if all(result == "pass" for result in results):
        return Found("SPF", name, Status.OK, records)
    return Found("SPF", name, Status.UNKNOWN if {"", "temperror"} & set(results) else Status.WRONG, records, record)


def own_domain(platform: Platform) -> str:
    """From which the servers themselves write: bounces, notices."""
    host: str = platform.mx_hosts[0] if platform.mx_hosts else platform.smtp_host
    return host.partition(".")[2] or host


def _dkim(platform: Platform) -> Found:
    """The own domain is signed for as customers' are: attached to a service of the operator's."""
    name = own_domain(platform)
    above = [name]
    while "." in above[-1].partition(".")[2]:
        above.append(above[-1].partition(".")[2])
    domains = Domain.objects.filter(platform=platform, name__name__in=above, state=Domain.State.VERIFIED)
    keys = DkimKey.objects.filter(ownership__domains__in=domains).select_related("name")
    signing = keys.filter(state=DkimKey.State.ACTIVE).first()
    if signing is not None:
        return Found("DKIM", name, Status.OK, [f"{signing}.{signing.name}."])
    waiting = keys.filter(state=DkimKey.State.WAITING).first()
    if waiting is not None:
        data = "TXT " + quote_txt(f"v=DKIM1; k=rsa; p={waiting.public_key}")
        if waiting.hosted:
            data = f"CNAME {absolute(waiting.hosted)}"
        return Found("DKIM", name, Status.MISSING, [], f"{waiting}.{waiting.name}. {DEFAULT_TTL} IN {data}")
    return Found("DKIM", name, Status.MISSING)


def _zone(platform: Platform) -> list[Found]:
    """The zone that customers' keys are in: its provider has it, it has the keys, and the world finds it. That it went
    is told here, since nobody's own domain is in it. `found`: a code, where it is not as it should be."""
    zone = Zone.objects.select_related("provider").filter(dkim_of=platform).first()
    keys = DkimKey.objects.filter(ownership__domains__platform=platform, state__in=DkimKey.PUBLISHED)
    lost = keys.exclude(hosted="").exclude(hosted=Concat(F("selector"), Value(f".{zone.name if zone else ''}"))).first()
    found = [_of_zone(zone)] if zone is not None else []
    if lost is not None:
        found.append(Found("ZONE", lost.hosted.partition(".")[2], Status.WRONG, [NOT_MANAGED]))
    return found


def _of_zone(zone: Zone) -> Found:
    try:
        written = put_back(zone)
    except ProviderError as error:
        status = Status.UNKNOWN if error.code in SILENT else Status.WRONG
        return Found("ZONE", zone.name, status, [error.code])
    servers = run_loop(_servers(zone.name))
    if servers.failure is not None:
        return Found("ZONE", zone.name, Status.UNKNOWN)
    if not servers.values:
        return Found("ZONE", zone.name, Status.MISSING, [NOT_DELEGATED])
    if written:
        return Found("ZONE", zone.name, Status.WRONG, [PUT_BACK])
    return Found("ZONE", zone.name, Status.OK, sorted(servers.values))


async def _servers(zone: str) -> Answer:
    async with engine() as asking:
        return await _ask(asking, absolute(zone), "NS")
