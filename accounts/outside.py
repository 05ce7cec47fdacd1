"""Addresses that mail is passed on to: whose they are, and whether the service's policy lets mail go there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from domains.models import Domain
from panel.models import Service

from . import preview
from .models import Address, PasswordPolicy
from .rules import normalise_text

type Pair = tuple[str, str]  # name and domain, lower case, A-labels


@dataclass(frozen=True, slots=True)
class Owner:
    """Of an address at a domain of the organization."""

    inside: bool = True
    account_id: int | None = None  # of this service: its account, also where the address is its alias
    group_id: int | None = None
    unknown: bool = False  # nobody has it, and the domain is authoritative


def parse(text: str) -> Pair | None:
    """Name and domain of an address at any mail server; None where it is none."""
    name, _at, domain = normalise_text(text).lower().rpartition("@")
    ascii_domain = preview.to_ascii(domain) if name else ""
    if not ascii_domain or len(name) + len(ascii_domain) >= 254:
        return None
    return (name, ascii_domain) if _is_name(name, ascii_domain) else None


def _is_name(name: str, domain: str) -> bool:
    return preview.is_mail_address(f"{name}@{domain}") or (
        "," in name and preview.is_mail_address(_plain(name, domain))
    )


def _plain(name: str, domain: str) -> str:
    """Accounts here may have a comma in their names."""
    return f"{name.replace(',', '-')}@{domain}"


def allowed(service: Service) -> bool:
    """Whether mail may be passed on to addresses of others."""
    policy = PasswordPolicy.objects.filter(service=service).first()
    return policy is None or policy.forward_outside


def domains_of(service: Service) -> QuerySet[Domain]:
    """All of the service's organization, as they are now."""
    return Domain.objects.filter(service__organization=service.organization_id, state=Domain.State.VERIFIED)


def owners(service: Service, pairs: Iterable[Pair]) -> dict[Pair, Owner]:
    """Of the addresses at domains of the service's organization."""
    by_domain: dict[str, list[str]] = defaultdict(list)
    for name, domain in pairs:
        by_domain[domain].append(name)
    ours = domains_of(service).filter(name__name__in=by_domain).select_related("name")
    modes = {domain.name.name: domain.is_authoritative for domain in ours}
    condition = Q(pk__in=[])
    for domain in modes:
        names = {*by_domain[domain], *map(_base, by_domain[domain])}
        condition |= Q(name__name=domain, local_part__in=names)
    rows = Address.objects.filter(condition).values_list(
        "local_part",
        "name__name",
        "account__id",
        "account__service_id",
        "alias__account_id",
        "alias__account__service_id",
        "group__id",
    )
    found: dict[Pair, Owner] = {}
    for name, domain, account, account_service, alias_of, alias_service, group in rows:
        own = account if account_service == service.pk else alias_of if alias_service == service.pk else None
        found[name, domain] = Owner(account_id=own, group_id=group)
    wanted = {}
    for domain, authoritative in modes.items():
        for name in by_domain[domain]:
            owner = found.get((name, domain)) or found.get((_base(name), domain))
            wanted[name, domain] = owner or Owner(unknown=authoritative)
    return wanted


def _base(name: str) -> str:
    """Whoever has the name gets what is written to it with a detail."""
    return name.partition("+")[0]
