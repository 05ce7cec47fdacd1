"""Rows as the pure modules want them: what a domain and its platform are, for records and diagnostics."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import batched

from django.db.models import QuerySet, prefetch_related_objects
from django.utils import timezone

from .models import DkimKey, Domain, Ownership
from .platforms import platform_facts
from .records import DomainFacts, Mode, PlatformFacts

BATCH = 500


def facts_of(domains: QuerySet[Domain] | Iterable[Domain]) -> Iterator[tuple[Domain, DomainFacts, PlatformFacts]]:
    """Each domain with its facts and its platform's. Streams: a constant number of queries for each BATCH."""
    today = timezone.localdate()
    platforms: dict[int, PlatformFacts] = {}
    rows = domains.iterator(chunk_size=BATCH) if isinstance(domains, QuerySet) else domains
    for batch in batched(rows, BATCH):
        prefetch_related_objects(batch, "name", "platform", "ownership")
        keys = _active_keys({domain.ownership_id for domain in batch})
        for domain in batch:
            if domain.platform_id not in platforms:
                platforms[domain.platform_id] = platform_facts(domain.platform, today)
            yield domain, _domain_facts(domain, keys.get(domain.ownership_id, {})), platforms[domain.platform_id]


def facts(domain: Domain) -> tuple[DomainFacts, PlatformFacts]:
    """Of one domain."""
    _domain, domain_facts, its_platform = next(facts_of([domain]))
    return domain_facts, its_platform


def facts_of_ownership(ownership: Ownership) -> dict[str, str]:
    """Selectors and public keys of the active DKIM keys."""
    active = ownership.dkim_keys.filter(state=DkimKey.State.ACTIVE).order_by("pk")
    return dict(active.values_list("selector", "public_key"))


def _active_keys(ownerships: Collection[int]) -> dict[int, dict[str, str]]:
    """Public keys by selector, of each ownership. (Values: rows that know each other would wait for the collector.)"""
    found: dict[int, dict[str, str]] = {}
    keys = DkimKey.objects.filter(ownership__in=ownerships, state=DkimKey.State.ACTIVE).order_by("pk")
    for ownership, selector, key in keys.values_list("ownership", "selector", "public_key"):
        found.setdefault(ownership, {})[selector] = key
    return found


def _domain_facts(domain: Domain, keys: Mapping[str, str]) -> DomainFacts:
    return DomainFacts(
        name=domain.name.name,
        mode=Mode(domain.mode),
        target=domain.target,
        token=domain.ownership.token,
        verified=domain.is_verified,
        dkim=keys,
        managed=domain.zone_id is not None,
    )
