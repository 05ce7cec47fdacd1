"""Pages that need to know something from outside: while a worker asks, they wait and say so."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django_htmx.http import trigger_client_event

from panel.access import person
from panel.models import Organization

from .. import readings
from ..models import Reading
from ..reach import host_to_look_up, require_allowed, require_allowed_literal

FIELD = "reading"  # in an address or a form: the reading that the page was made of
POLL = "X-Waiting"  # the header of the waiting page's own requests


class StillReading(Exception):  # noqa: N818 - no error
    def __init__(self, reading: Reading) -> None:
        super().__init__(str(reading))
        self.reading = reading


def waits[**P](view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """A view that may raise StillReading. The page that is shown then asks again until the view has what it needs:
    by htmx, or without it by itself (GET) or by a button (POST)."""

    @wraps(view)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        request: Any = args[0]
        polls = POLL in request.headers
        try:
            response = view(*args, **kwargs)
        except StillReading as still:
            return HttpResponse(status=204) if polls else _page(request, still.reading)
        if polls and response.status_code == 302:
            # Back is to lead to the page before this one, not to the one that waited: static/panel.js.
            return trigger_client_event(HttpResponse(status=204), "panel:go", {"to": response.headers["Location"]})
        if polls:
            if 400 <= response.status_code < 500:  # htmx would not show it, and ask again
                response.status_code = 200
            response.headers["HX-Retarget"] = response.headers["HX-Reselect"] = "#main"
            response.headers["HX-Reswap"] = "outerHTML"
        return response

    return wrapper


def reading_for(request: HttpRequest, kind: str, subject: dict[str, Any], organization: Organization | None) -> Reading:
    """The reading that the page was made of, or else a new one. Raises StillReading."""
    data = request.POST if request.method == "POST" else request.GET
    found = readings.shown(data.get(FIELD, ""), kind, subject, organization)
    if found is None:
        found = readings.ask(kind, subject, organization=organization, by=person(request))
    if not found.is_over:
        raise StillReading(found)
    return found


def target_resolves(request: HttpRequest, organization: Organization, text: str) -> bool:
    """Whether a target server has addresses at all, looked up by a worker. Raises StillReading, and Refused where one
    of them is none that mail may be passed to."""
    host = host_to_look_up(text)
    if not host:
        return require_allowed_literal(text)
    found = readings.ask("target", {"host": host}, organization=organization, by=person(request), anew=False)
    if not found.is_over:
        raise StillReading(found)
    return not found.error and require_allowed(readings.result(found))


def address_without_reading(request: HttpRequest) -> str:
    """Of the same page, read anew."""
    query = request.GET.copy()
    query.pop(FIELD, None)
    return f"{request.path}?{query.urlencode()}" if query else request.path


def _page(request: HttpRequest, reading: Reading) -> HttpResponse:
    data = (request.POST if request.method == "POST" else request.GET).copy()
    data[FIELD] = str(reading.pk)
    data.pop("csrfmiddlewaretoken", None)
    fields = [(name, value) for name, values in data.lists() for value in values]
    context = {
        "posted": request.method == "POST",
        "fields": fields,
        "address": f"{request.path}?{data.urlencode()}",
        "asking": reading.state == Reading.State.ASKING,
    }
    return render(request, "domains/waiting.html", context)
