"""Buttons: one verb, then back to a page with a word on what happened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from .errors import Refused


def do(request: HttpRequest, verb: Callable[[], Any], done: str, *, then: str) -> HttpResponse:
    """Carry out `verb` and go to the address `then`, which shows `done`, or why it was refused."""
    try:
        verb()
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    return HttpResponseRedirect(then)
