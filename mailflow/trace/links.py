"""Where other pages lead to the message trace (settings.TRACE_LINK)."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse

from panel.models import Organization


def link(organization: Organization, address: str = "") -> str:
    """`address`: an account's, or a domain: what came there."""
    page = reverse("mailflow:trace", args=[organization.code])
    return f"{page}?{urlencode({'to': address})}" if address else page
