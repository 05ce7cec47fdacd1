"""What happens in this app when something else changes."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.dispatch import receiver

from panel.models import Platform, Service, platform_changing

from . import claims, signals
from .models import Domain


@receiver(platform_changing)
def domains_move_with_their_service(sender: object, *, service: Service, platform: Platform, **kwargs: Any) -> None:
    """Called under the lock of the service's row. Refuses where a name is already used on the other platform."""
    if service.platform_id == platform.pk:
        return
    domains = Domain.objects.filter(service=service).select_related("name").order_by("name__name")
    for domain in domains:
        with claims.locked(domain.name.name) as name:
            if domain.is_verified:
                claims.require_place(name, platform.pk, organization=service.organization, but=domain)
            Domain.objects.filter(pk=domain.pk).update(platform=platform)
            domain.platform = platform
            _announce(domain)


def _announce(domain: Domain) -> None:
    transaction.on_commit(lambda: signals.domain_changed.send(sender=Domain, domain=domain, what=signals.MODE))
