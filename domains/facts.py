"""Rows as the pure modules want them: what a domain and its platform are, for records and diagnostics."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import batched

from django.db.models import Count, QuerySet, prefetch_related_objects
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
        keys = _published_keys({domain.ownership_id for domain in batch})
        tokens = _tokens({domain.name_id for domain in batch})
        for domain in batch:
            if domain.platform_id not in platforms:
                platforms[domain.platform_id] = platform_facts(domain.platform, today)
            others = tuple(token for token in tokens.get(domain.name_id, ()) if token != domain.ownership.token)
            its_facts = _domain_facts(domain, keys.get(domain.ownership_id, _NO_KEYS), others)
            yield domain, its_facts, platforms[domain.platform_id]


def facts(domain: Domain) -> tuple[DomainFacts, PlatformFacts]:
    """Of one domain."""
    _domain, domain_facts, its_platform = next(facts_of([domain]))
    return domain_facts, its_platform


def with_keys_of(ownership: Ownership | None, domain: DomainFacts) -> DomainFacts:
    """The facts with the keys that an organization's standing with the name has; unchanged where it has none."""
    keys = _published_keys({ownership.pk}).get(ownership.pk) if ownership is not None else None
    if keys is None:
        return domain
    return replace(domain, dkim=keys.dkim, dkim_next=keys.next, dkim_hosted=keys.hosted)


@dataclass(slots=True)
class _Keys:
    """Public keys by selector. (Values: rows that refer to each other would wait for the collector.)"""

    dkim: dict[str, str] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)
    hosted: dict[str, str] = field(default_factory=dict)
    idle: set[str] = field(default_factory=set)  # hosted, and the next one's place

    @property
    def next(self) -> frozenset[str]:
        """Those that wait while another one signs: the domain works without them."""
        others = self.waiting | self.idle
        return frozenset(others if len(others) < len(self.dkim) else self.idle)


_NO_KEYS = _Keys()


def _published_keys(ownerships: Collection[int]) -> dict[int, _Keys]:
    """The keys that must be published, of each ownership."""
    found: dict[int, _Keys] = {}
    keys = DkimKey.objects.filter(ownership__in=ownerships).exclude(hosted="", state__in=DkimKey.GONE).order_by("pk")
    rows = keys.values_list("ownership", "selector", "public_key", "state", "hosted")
    for ownership, selector, key, state, hosted in rows:
        its = found.setdefault(ownership, _Keys())
        its.dkim[selector] = key
        if state == DkimKey.State.WAITING:
            its.waiting.add(selector)
        if hosted:
            its.hosted[selector] = hosted
            if state != DkimKey.State.ACTIVE:
                its.dkim[selector] = ""  # what is not signed with yet need not be seen, or not any more
            if state in DkimKey.GONE:
                its.idle.add(selector)
    return found


def _tokens(names: Collection[int]) -> dict[int, list[str]]:
    """The tokens of each name that several organizations have a standing with, the oldest first."""
    standing = Ownership.objects.filter(name__in=names)
    shared = standing.order_by().values("name").annotate(count=Count("pk")).filter(count__gt=1).values("name")
    found: dict[int, list[str]] = {}
    for name, token in standing.filter(name__in=shared).order_by("pk").values_list("name", "token"):
        found.setdefault(name, []).append(token)
    return found


def _domain_facts(domain: Domain, keys: _Keys, others: tuple[str, ...]) -> DomainFacts:
    return DomainFacts(
        name=domain.name.name,
        mode=Mode(domain.mode),
        target=domain.target,
        token=domain.ownership.token,
        verified=domain.is_verified,
        dkim=keys.dkim,
        dkim_next=keys.next,
        dkim_hosted=keys.hosted,
        others_tokens=others,
        managed=domain.zone_id is not None,
    )
