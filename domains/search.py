"""Domains for the find-anything box."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.urls import reverse

from panel.access import services_of
from panel.search import Hit

from .models import Domain
from .names import NameRefused, host_to_ascii, to_unicode

if TYPE_CHECKING:
    from panel.models import User


def find(user: User, text: str, limit: int) -> list[Hit]:
    """Domains whose name holds `text`, in either form; of an internationalized name whole labels are found."""
    typed = text.strip().lower().rstrip(".")
    wanted = Q(name__name__contains=typed)
    if not typed.isascii():
        wanted = Q(name__name__contains=encoded(typed))
    domains = (
        Domain.objects.filter(wanted, service__in=services_of(user))
        .select_related("name", "service")
        .order_by("name__name", "service__name")[:limit]
    )
    return [
        Hit(
            to_unicode(domain.name.name),
            domain.service.name,
            reverse("diagnostics:domain", args=[domain.service.name, domain.name.name]),
        )
        for domain in domains
    ]


def encoded(text: str) -> str:
    """A-labels of what may be one label or several; what cannot be encoded finds nothing."""
    try:
        return host_to_ascii(f"{text.strip('.')}.example").removesuffix(".example")
    except NameRefused:
        return text
