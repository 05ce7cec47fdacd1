"""An organization's domains follow its zones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..models import Domain, Zone
from ..models.zones import by_name, longest

if TYPE_CHECKING:
    from panel.models import Organization


def adopt(organization: Organization) -> int:
    """Point the organization's domains at the zones that hold them now: after zones came or went.

    Verification stays as it is. A domain that a delegation put outside its zone stays external until a longer zone
    comes. Returns how many changed.
    """
    zones = by_name(Zone.objects.filter(provider__organization=organization))
    changed = 0
    for domain in Domain.objects.filter(service__organization=organization).select_related("name").iterator():
        zone = longest(domain.name.name, zones)
        if zone is not None and zone.pk == domain.delegated_below_id:
            zone = None
        if domain.zone_id != (zone.pk if zone else None):
            changed += Domain.objects.filter(pk=domain.pk).update(zone=zone)
    return changed
