"""Where is my message? What the servers' logs say, of one organization or, for staff, of all."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from panel.access import organization_for, staff_required
from panel.keyset import Where
from panel.limits import allowed
from panel.models import Organization, Role

from ..models import TracedMessage
from ..trace import reading

SEARCHES_A_MINUTE = 60  # of one organization: one that finds nothing reads all of its rows
LOOKS = {
    "accepted": "propagating",
    "delivered": "ok",
    "relayed": "ok",
    "passed_on": "ok",
    "kept": "ok",
    "deferred": "advice",
    "refused": "red",
    "bounced": "red",
    "deleted": "red",
}


@never_cache
@login_required
def trace(request: HttpRequest, code: str) -> HttpResponse:
    return _list(request, organization_for(request.user, code, at_least=Role.TECHNICIAN))


@never_cache
@login_required
def trace_message(request: HttpRequest, code: str, traced_id: int) -> HttpResponse:
    return _message(request, organization_for(request.user, code, at_least=Role.TECHNICIAN), traced_id)


@never_cache
@staff_required
def staff_trace(request: HttpRequest) -> HttpResponse:
    return _list(request, None)


@never_cache
@staff_required
def staff_trace_message(request: HttpRequest, traced_id: int) -> HttpResponse:
    return _message(request, None, traced_id)


def _list(request: HttpRequest, organization: Organization | None) -> HttpResponse:
    question = reading.TraceQuestion.of(request.GET.dict())
    if organization and question.is_asked and not _may_search(organization):
        return render(request, "429.html", status=429)
    where = Where.of(request.GET.dict())
    found, page = reading.page_of(reading.rows_of(organization), question, where)
    context = {
        "organization": organization,
        "question": question,
        "typed": {name: request.GET.get(name, "")[:320] for name in ("from", "to", "since", "until", "id")},
        "states": TracedMessage.State.choices,
        "rows": [(row, LOOKS[row.state]) for row in found],
        "page": page,
        "paged": where.place is not None or where.last,
    }
    return render(request, "mailflow/trace.html", context)


def _may_search(organization: Organization) -> bool:
    return allowed("trace", organization.pk, times=SEARCHES_A_MINUTE, seconds=60)


def _message(request: HttpRequest, organization: Organization | None, pk: int) -> HttpResponse:
    rows = reading.rows_of(organization)
    message = rows.select_related("organization").filter(pk=pk).first()
    if message is None:
        raise Http404
    together = reading.related(rows.select_related("organization"), message)
    context = {
        "organization": organization,
        "message": message,
        "look": LOOKS[message.state],
        "steps": [(step, LOOKS.get(step.state, "unknown")) for step in reading.steps_of(together)],
        "others": [(row, LOOKS[row.state]) for row in together if row.pk != message.pk],
    }
    return render(request, "mailflow/trace_message.html", context)
