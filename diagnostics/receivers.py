"""What diagnostics does when something in `domains` changes."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from domains import signals
from domains.models import Domain

from . import schedule


@receiver(signals.domain_changed)
def look_at_a_changed_domain(sender: object, *, domain: Domain, what: str, **kwargs: Any) -> None:
    if what != signals.DETACHED:
        schedule.changed(domain)


@receiver(signals.zone_changed)
def look_at_a_changed_zone(sender: object, *, domain: Domain, **kwargs: Any) -> None:
    schedule.changed(domain)
