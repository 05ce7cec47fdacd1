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

from ..lists import Question, matches
from ..models import BulkRun, EmailAccount
from ..runs import selecting
from .listing import exported

WAYS = {BulkRun.Way.PASSWORDS.value, BulkRun.Way.SLIPS.value}


@login_required
@require_POST
def select(request: HttpRequest, service_name: str) -> HttpResponseBase:
    """What is to happen to the ticked accounts, or to all that match: a run to be previewed."""
    service = service_for(request.user, service_name, at_least=Role.TECHNICIAN)
    owner = require(request.user, service.organization) is Role.OWNER
    if request.POST.get("everything"):
        question = Question.of(QueryDict(request.POST.get("question", "")).dict())
        accounts = matches(service.pk, question)
    else:
        ticked = request.POST.getlist("account")
        ids = [int(text) for text in ticked if text.isascii() and text.isdigit() and len(text) < 19]
        accounts = EmailAccount.objects.filter(service=service, pk__in=ids[:1000])
        if not ids:
            messages.error(request, _("Tick some accounts first."))
            return redirect("accounts:list", service.name)
    action = request.POST.get("action", "")
    if action == "export":
        return exported(request, service, accounts)
    if action not in selecting.ON_SELECTION:
        return redirect("accounts:list", service.name)
    target = request.POST.get("target", "")
    way = request.POST.get("way", "")
    try:
        run = selecting.select(
            service,
            action,
            accounts,
            by=person(request),
            owner=owner,
            way=way if way in WAYS else BulkRun.Way.PASSWORDS,
            target=_domain(service.pk, target) if action == BulkRun.Kind.MOVE else None,
        )
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("accounts:list", service.name)
    return redirect("accounts:run", service.name, run.pk)


def _domain(service_id: int, text: str) -> Domain | None:
    if not text.isascii() or not text.isdigit():
        return None
    return Domain.objects.filter(service_id=service_id, pk=int(text[:18])).first()
