"""Who may reach which domain, provider and zone change. Every view of this app calls one of these first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404

from panel.access import require, service_for
from panel.models import Role, User

from .models import DnsProvider, Domain, ZoneChange

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


def domain_for(
    user: User | AnonymousUser, service_name: str, domain_name: str, *, at_least: Role = Role.VIEWER
) -> Domain:
    """The domain of that name (A-label form) on that service; 404 for strangers, 403 for a role that does not reach."""
    service = service_for(user, service_name, at_least=at_least)
    domain = (
        Domain.objects.select_related("name", "platform", "ownership", "zone__provider")
        .filter(service=service, name__name=domain_name.lower())
        .first()
    )
    if domain is None:
        raise Http404
    domain.service = service
    return domain


def provider_for(user: User | AnonymousUser, code: str, pk: int, *, at_least: Role = Role.TECHNICIAN) -> DnsProvider:
    """A DNS provider of the organization with that code."""
    provider = DnsProvider.objects.select_related("organization").filter(pk=pk, organization__code=code).first()
    if provider is None:
        raise Http404
    require(user, provider.organization, at_least)
    return provider


def change_for(user: User | AnonymousUser, service_name: str, pk: int, *, at_least: Role = Role.VIEWER) -> ZoneChange:
    """A zone change made for that service."""
    service = service_for(user, service_name, at_least=at_least)
    change = (
        ZoneChange.objects.select_related("zone__provider", "domain__name", "applied_by", "undone_by")
        .filter(pk=pk, service=service)
        .first()
    )
    if change is None:
        raise Http404
    change.service = service
    return change
