"""Find anything: a domain, an address, a service. Apps offer providers; settings name them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse
from django.utils.module_loading import import_string

from .access import services_of

if TYPE_CHECKING:
    from .models import User


@dataclass(frozen=True, slots=True)
class Hit:
    title: str
    detail: str
    url: str


def find(user: User, text: str, limit: int = 20) -> list[Hit]:
    """What matches `text` among all that the user may see, at most `limit` from each provider."""
    text = text.strip()
    if not text:
        return []
    hits: list[Hit] = []
    for path in settings.SEARCH_PROVIDERS:
        hits += import_string(path)(user, text, limit)
    return hits


def find_services(user: User, text: str, limit: int) -> list[Hit]:
    found = services_of(user).select_related("organization").filter(name__icontains=text).order_by("name")[:limit]
    return [Hit(s.name, s.organization.name, reverse("panel:service", args=[s.name])) for s in found]
