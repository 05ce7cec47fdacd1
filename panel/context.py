"""What every page knows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from . import redis_server
from .models import Condition


def shell(request: HttpRequest) -> dict[str, Any]:
    return {
        "panel_name": settings.PANEL_NAME,
        "panel_logo": _logo(settings.PANEL_LOGO),
        "support_url": settings.SUPPORT_URL,
        "billing_url": settings.BILLING_URL,
        "public_url": settings.PUBLIC_URL,
        "email_configured": settings.EMAIL_CONFIGURED,
        "not_working": not_working,  # asked only where a page says it
        "languages": settings.LANGUAGES,  # each under its own name
        "slot_domain": settings.SLOT_DOMAIN,
        "htmx_config": {"includeIndicatorStyles": False, "allowEval": False, "historyCacheSize": 0},
    }


def not_working() -> list[str]:
    """What staff are told on every page: what this process misses now, and what the last look at everything found."""
    failing = Condition.failing().values_list("name", flat=True)
    return [*(["Redis"] if redis_server.is_away() else []), *failing]


def _logo(setting: str) -> str:
    """PANEL_LOGO is an address on this panel, or the path of an image below VAR_DIR, which the panel then serves."""
    return setting if not setting or setting.startswith("/") else reverse("panel:logo")
