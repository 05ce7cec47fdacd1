"""Which of an organization's zones holds a name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from django.db.models import QuerySet

from ..models import Domain, Zone

if TYPE_CHECKING:
    from panel.models import Organization


def zone_of(organization: Organization, name: str) -> Zone | None:
    """The organization's zone with the longest name that is `name` or ends it. The oldest of several of one name."""
    zones = Zone.objects.filter(provider__organization=organization, name__in=_suffixes(name))
    return _longest(name, _by_name(zones.select_related("provider")))


def zones_of(organization: Organization, names: Iterable[str]) -> dict[str, Zone]:
    """The same of many names, by name, in one query."""
    names = list(names)
    wanted = {suffix for name in names for suffix in _suffixes(name)}
    zones = _by_name(
        Zone.objects.filter(provider__organization=organization, name__in=wanted).select_related("provider")
    )
    return {name: zone for name in names if (zone := _longest(name, zones)) is not None}


def adopt(organization: Organization) -> int:
    """Point the organization's domains at the zones that hold them now: after zones came or went.

    Verification stays as it is. A domain that a delegation put outside its zone stays external until a longer zone
    comes. Returns how many changed.
    """
    zones = _by_name(Zone.objects.filter(provider__organization=organization))
    changed = 0
    for domain in Domain.objects.filter(service__organization=organization).select_related("name").iterator():
        zone = _longest(domain.name.name, zones)
        if zone is not None and zone.pk == domain.delegated_below_id:
            zone = None
        if domain.zone_id != (zone.pk if zone else None):
            changed += Domain.objects.filter(pk=domain.pk).update(zone=zone)
    return changed


def _suffixes(name: str) -> list[str]:
    """`name` and every name above it, the longest first."""
    labels = name.split(".")
    return [".".join(labels[index:]) for index in range(len(labels))]


def _by_name(zones: QuerySet[Zone]) -> dict[str, Zone]:
    return {zone.name: zone for zone in zones.order_by("-pk")}


def _longest(name: str, zones: Mapping[str, Zone]) -> Zone | None:
    return next((zones[suffix] for suffix in _suffixes(name) if suffix in zones), None)
