"""What happens by the calendar."""

from __future__ import annotations

from django.utils import timezone

from .activity import SYSTEM, record
from .models import Organization, Service


def close_ended() -> int:
    """End what was to end by today. Returns how many ended; safe to run twice."""
    today = timezone.localdate()
    ended = 0
    for organization in Organization.objects.filter(ends_on__lte=today).exclude(state="ended"):
        changed = Organization.objects.filter(pk=organization.pk).exclude(state="ended").update(state="ended")
        if changed:
            record("organization.ended", actor=SYSTEM, organization=organization, target=organization.code)
        ended += changed
    for service in Service.objects.filter(ends_on__lte=today).exclude(state="ended").select_related("organization"):
        changed = Service.objects.filter(pk=service.pk).exclude(state="ended").update(state="ended")
        if changed:
            record("service.ended", actor=SYSTEM, service=service, target=service.name)
        ended += changed
    return ended
