"""One page, or the part of it that htmx swaps."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from ..meanwhile import Opened, since
from ..models import EmailAccount


def stale_page(request: HttpRequest, account: EmailAccount, opened: Opened | None, **context: Any) -> HttpResponse:
    """Instead of what a form asked for: what happened to the account since it was opened."""
    context |= {
        "service": account.service,
        "tab": "accounts",
        "account": account,
        "was": opened.address if opened else "",
        "meanwhile": since(account, opened),
    }
    return render(request, "accounts/stale.html", context, status=409)


def wants_part(request: HttpRequest) -> bool:
    """Whether htmx asks for a part; going back in the browser's history, it asks for the whole page."""
    headers = request.headers
    return bool(headers.get("HX-Request")) and not (
        headers.get("HX-Boosted") or headers.get("HX-History-Restore-Request")
    )


def render_part(request: HttpRequest, template: str, part: str, context: dict[str, Any]) -> HttpResponse:
    """The page, or its part `part`; caches keep them apart, since both have one address."""
    response = render(request, f"{template}#{part}" if wants_part(request) else template, context)
    patch_vary_headers(response, ["HX-Request", "HX-History-Restore-Request"])
    return response
