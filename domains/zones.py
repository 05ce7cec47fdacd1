"""Which of an organization's zones holds a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .models import Domain, Zone

if TYPE_CHECKING:
    from panel.models import Organization


def zone_of(organization: Organization, name: str) -> Zone | None:
    """The organization's zone with the longest name that is `name` or ends it. The oldest of several of one name."""
    labels = name.split(".")
    suffixes = [".".join(labels[index:]) for index in range(len(labels))]
    zones = Zone.objects.filter(provider__organization=organization, name__in=suffixes).select_related("provider")
    return max(zones.order_by("-pk"), key=lambda zone: (len(zone.name), -zone.pk), default=None)


def adopt(organization: Organization) -> int:
    """Point the organization's domains at the zones that hold them now: after zones came or went.

    Verification stays as it is. A domain that a delegation put outside its zone stays external until a longer zone
    comes. Returns how many changed.
    """
    changed = 0
    for domain in Domain.objects.filter(service__organization=organization).select_related("name", "zone"):
        zone = zone_of(organization, domain.name.name)
        if zone is not None and zone.pk == domain.delegated_below_id:
            zone = None
        if domain.zone_id != (zone.pk if zone else None):
            changed += Domain.objects.filter(pk=domain.pk).update(zone=zone)
    return changed
