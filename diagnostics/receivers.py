"""What diagnostics does when something in `domains` changes."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils import timezone

from domains import signals
from domains.models import DkimKey, Domain
from panel.models import Membership, Platform, hosts_changed

from .models import Share
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


@receiver(post_delete, sender=Membership)
def end_the_links_of_a_member_who_leaves(sender: object, *, instance: Membership, **kwargs: Any) -> None:
    theirs = Share.objects.filter(created_by=instance.user_id, domain__service__organization=instance.organization_id)
    theirs.filter(revoked_at=None).update(revoked_at=timezone.now())
