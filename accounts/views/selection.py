from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from domains.models import Domain
from panel.access import person, require, service_for
from panel.errors import Refused
from panel.models import Role
from panel.once import once

from .. import choosing, tasks
from ..models import BulkRun
from ..runs import selecting
from ..runs.selecting import Selection
from .listing import exported

ASKED = {"q", "state", "domain"}  # of a list's address: which accounts it shows
WAYS = {BulkRun.Way.PASSWORDS.value, BulkRun.Way.SLIPS.value}


@login_required
@require_POST
@once
def select(request: HttpRequest, service_name: str) -> HttpResponseBase:
    """What is to happen to the ticked accounts, or to all that match: a run to be previewed."""
    service = service_for(request.user, service_name, at_least=Role.TECHNICIAN)
    owner = require(request.user, service.organization) is Role.OWNER
    if request.POST.get("everything"):
        question = QueryDict(request.POST.get("question", "")).dict()
        selection = Selection(question={key: value for key, value in question.items() if key in ASKED})
    else:
        ticked = request.POST.getlist("account")
        ids = [int(text) for text in ticked if text.isascii() and text.isdigit() and len(text) < 19]
        selection = Selection(ids=tuple(ids[: selecting.BATCH]))
        if not ids:
            messages.error(request, _("Tick some accounts first."))
            return redirect("accounts:list", service.name)
    action = request.POST.get("action", "")
    if action == "export":
        return exported(request, service, selection.accounts(service.pk))
    if action not in selecting.ON_SELECTION:
        return redirect("accounts:list", service.name)
    target = request.POST.get("target", "")
    way = request.POST.get("way", "")
    try:
        run = selecting.select(
            service,
            action,
            selection,
            by=person(request),
            owner=owner,
            way=way if way in WAYS else BulkRun.Way.PASSWORDS,
            target=_domain(service.pk, target) if action == BulkRun.Kind.MOVE else None,
        )
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("accounts:list", service.name)
    if run.state == BulkRun.State.CHECKING:
        tasks.list_later(run)
    return redirect("accounts:run", service.name, run.pk)


def _domain(service_id: int, text: str) -> Domain | None:
    """By its number, from a list, or by its name, as typed."""
    if text.isascii() and text.isdigit():
        return Domain.objects.filter(service_id=service_id, pk=int(text[:18])).first()
    return choosing.named(service_id, text)
