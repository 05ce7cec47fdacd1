"""What every page knows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    return {
        "panel_name": settings.PANEL_NAME,
        "panel_logo": settings.PANEL_LOGO,
        "support_url": settings.SUPPORT_URL,
        "billing_url": settings.BILLING_URL,
        "public_url": settings.PUBLIC_URL,
        "slot_domain": settings.SLOT_DOMAIN,
        "htmx_config": {"includeIndicatorStyles": False, "allowEval": False, "historyCacheSize": 0},
    }
