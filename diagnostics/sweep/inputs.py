"""Attached domains as cases to judge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from django.db.models import Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from domains.asking import in_stub_zone
from domains.facts import facts_of
from domains.models import Domain
from domains.platforms import own_hosts, platform_facts
from domains.records import DomainFacts, Kind, Mode
from domains.rules.check_input import CheckInput
from panel.models import Platform

from ..models import Intent


def inputs_of(
    domains: Iterable[Domain], *, authoritative: frozenset[int] = frozenset(), vouched: bool = True
) -> Iterator[tuple[Domain, CheckInput]]:
    """Each domain with its check input. A constant number of queries for a list of domains, whatever its length.

    `authoritative`: primary keys of those whose authoritative servers are asked in any case.
    `vouched`: stub zones are in use.
    """
    domains = list(domains)
    accounts = configured([domain.pk for domain in domains])
    intents = intents_of([domain.pk for domain in domains])
    hosts: dict[int, frozenset[str]] = {}
    for domain, facts, platform in facts_of(domains):
        if domain.platform_id not in hosts:
            hosts[domain.platform_id] = own_hosts(domain.platform)
        yield (
            domain,
            CheckInput(
                facts,
                platform,
                authoritative=domain.pk in authoritative,
                stub=vouched and in_stub_zone(facts.name),
                accounts=accounts.get(domain.pk, 0),
                own_hosts=hosts[domain.platform_id],
                intents=intents.get(domain.pk, {}),
            ),
        )


def unattached_input(name: str, platform: Platform, mode: Mode, target: str, *, vouched: bool = True) -> CheckInput:
    """An external domain of the platform, which no organization has attached: it needs no proof and has no keys.

    Whoever asks about it wants to know how it is now, so its own name servers are asked whatever the resolvers say.
    """
    return CheckInput(
        DomainFacts(name, mode, target),
        platform_facts(platform, timezone.localdate()),
        authoritative=True,
        stub=vouched and in_stub_zone(name),
        own_hosts=own_hosts(platform),
    )


def configured(pks: Sequence[int]) -> dict[int, int]:
    """How many accounts are configured on each of these domains."""
    domains = Domain.objects.filter(pk__in=pks).order_by()
    return dict(domains.annotate(configured=Coalesce(Sum("tallies__count"), 0)).values_list("pk", "configured"))


def intents_of(pks: Sequence[int]) -> dict[int, dict[Kind, str]]:
    """Fingerprints of what was marked as intended, by domain and kind."""
    found: dict[int, dict[Kind, str]] = {}
    for pk, kind, fingerprint in Intent.objects.filter(domain__in=pks).values_list("domain", "kind", "fingerprint"):
        found.setdefault(pk, {})[Kind(kind)] = fingerprint
    return found
