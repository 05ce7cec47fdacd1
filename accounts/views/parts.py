"""One page, or the part of it that htmx swaps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import ngettext

from panel.errors import Refused

from ..meanwhile import Opened, since
from ..models import EmailAccount
from ..pasted import AddressesRefused

FAULTS_SHOWN = 50  # of addresses that were pasted


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


def done_or_said(form: forms.Form, verb: Callable[[], object]) -> bool:
    """As `panel.forms.carried_out`, with a line for each address that was refused."""
    try:
        verb()
    except AddressesRefused as refused:
        shown = [str(fault) for fault in refused.faults[:FAULTS_SHOWN]]
        more = len(refused.faults) - len(shown)
        words = ngettext("Another one is refused, too.", "%(n)d others are refused, too.", more) % {"n": more}
        form.add_error(refused.field, [*shown, *([words] if more else [])])
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, str(refused))
    return form.is_valid()


def remove_ticked(
    request: HttpRequest, name: str, remove: Callable[[list[int]], list[str]], said: Callable[[int], str], none: str
) -> None:
    """Remove the rows that are ticked and say how many went, `none` where nothing was ticked, or why it was refused."""
    try:
        gone = remove(_ticked(request, name))
    except Refused as refused:
        messages.error(request, str(refused))
        return
    messages.success(request, said(len(gone)) % {"n": len(gone)}) if gone else messages.info(request, none)


def _ticked(request: HttpRequest, name: str) -> list[int]:
    """The numbers of the rows that are ticked."""
    texts = request.POST.getlist(name)
    return [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19]
