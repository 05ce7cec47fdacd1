"""A platform's row as the DNS sees it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from .records import Hosts, PlatformFacts

if TYPE_CHECKING:
    from panel.models import Platform


def platform_facts(platform: Platform, today: date) -> PlatformFacts:
    """`previous` is there until the day, that day included, which staff gave when they changed the hosts."""
    current = {field: getattr(platform, field) for field in platform.HOST_FIELDS}
    until = platform.previous_until
    lasting = bool(platform.previous_hosts) and until is not None and today <= until
    return PlatformFacts(
        slug=platform.slug,
        hosts=_hosts(current),
        outbound=tuple(platform.outbound_addresses),
        previous=_hosts(current | platform.previous_hosts) if lasting else None,
        previous_until=until.isoformat() if lasting and until else "",
    )


def own_hosts(platform: Platform) -> frozenset[str]:
    """The platform's host names, those that it is leaving included: mail passed on to one of them comes back."""
    names = [*platform.mx_hosts, platform.imap_host, platform.smtp_host, platform.autodiscover_host]
    previous = platform.previous_hosts or {}
    names += [*previous.get("mx_hosts", ()), previous.get("imap_host", ""), previous.get("smtp_host", "")]
    return frozenset(_clean(name) for name in names if name)


def _hosts(fields: Mapping[str, Any]) -> Hosts:
    return Hosts(
        mx=tuple(_clean(host) for host in fields["mx_hosts"]),
        autodiscover=_clean(fields["autodiscover_host"]),
        imap=_clean(fields["imap_host"]),
        smtp=_clean(fields["smtp_host"]),
        spf_include=_clean(fields["spf_include"]),
        verification=_clean(fields["verification_host"]),
    )


def _clean(name: str) -> str:
    return name.lower().rstrip(".")
