"""What happens by the calendar."""

from __future__ import annotations

from django.utils import timezone

from .actors import SYSTEM
from .errors import Refused
from .models import Organization, Service


def close_ended() -> int:
    """End what was to end by today. Returns how many ended; safe to run twice, and at once."""
    today = timezone.localdate()
    ended = 0
    for model in (Organization, Service):
        for item in model.objects.filter(ends_on__lte=today).exclude(state=model.State.ENDED):
            try:
                item.end(actor=SYSTEM)
            except Refused:  # another worker was faster
                continue
            ended += 1
    return ended
