"""Disputes about names, for staff."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from panel.access import person, staff_required
from panel.errors import Refused

from ..models import Dispute

CLOSED_SHOWN = 50


@staff_required
def disputes(request: HttpRequest) -> HttpResponse:
    cases = Dispute.objects.select_related(
        "holder__name",
        "holder__service__organization",
        "holder__ownership",
        "claimant__service__organization",
        "decided_by",
    )
    context = {
        "open": cases.filter(state=Dispute.State.OPEN),
        "closed": cases.exclude(state=Dispute.State.OPEN)[:CLOSED_SHOWN],
    }
    return render(request, "domains/disputes.html", context)


@require_POST
@staff_required
def dispute(request: HttpRequest, dispute_id: int) -> HttpResponse:
    """Decide one: `decision` is `release` or `keep`."""
    case = Dispute.objects.select_related("holder__name", "claimant__name").filter(pk=dispute_id).first()
    if case is None:
        raise Http404
    try:
        if request.POST.get("decision") == "release":
            case.release(person(request))
            messages.success(request, _("Released; both have been notified."))
        else:
            case.keep(person(request))
            messages.success(request, _("The holder keeps the name."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("domains:disputes")
