"""What diagnostics does when something in `domains` changes."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from domains import signals
from domains.models import DkimKey, Domain
from panel.models import Platform, hosts_changed

from .sweep import schedule


@receiver(signals.domain_changed)
def check_a_changed_domain(sender: object, *, domain: Domain, what: str, **kwargs: Any) -> None:
    if what != signals.DETACHED:
        schedule.changed(domain)


@receiver(hosts_changed)
def check_again_by_the_platforms_new_hosts(sender: object, *, platform: Platform, **kwargs: Any) -> None:
    schedule.again(Domain.objects.filter(platform=platform))


@receiver(signals.zone_changed)
def check_a_changed_zone(sender: object, *, domain: Domain, **kwargs: Any) -> None:
    schedule.changed(domain)
    DkimKey.objects.filter(ownership=domain.ownership_id, state=DkimKey.State.WAITING).update(due_at=timezone.now())
