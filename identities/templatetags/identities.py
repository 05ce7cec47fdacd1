from __future__ import annotations

from django import template

from identities.models import IdentityProvider

register = template.Library()


@register.simple_tag
def operators_provider() -> IdentityProvider | None:
    """The operator's own way of signing in, if it is in use."""
    return IdentityProvider.objects.filter(organization=None, active=True).first()


@register.simple_tag
def provider_of(organization: object) -> IdentityProvider | None:
    """An organization's, if it is in use."""
    return IdentityProvider.objects.filter(organization=organization, active=True).first()  # type: ignore[misc]
