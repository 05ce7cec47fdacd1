"""Where the domains of a service are listed."""

from __future__ import annotations

from django.urls import reverse

from panel.models import Service


def list_of(service: Service) -> str:
    return reverse("diagnostics:domains", args=[service.name])
