from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from panel.access import person, require, service_for
from panel.models import Role

from .. import forwarding as use_cases
from .. import outside
from ..access import account_for
from ..forms import ForwardingForm
from ..models import EmailAccount
from .parts import done_or_said

PAGE = 50


@login_required
def forwarding(request: HttpRequest, service_name: str, account_id: int) -> HttpResponse:
    """Where an account's mail is passed on to."""
    least = Role.TECHNICIAN if request.method == "POST" else Role.VIEWER
    account = account_for(request.user, service_name, account_id, at_least=least)
    role = require(request.user, account.service.organization)
    now = use_cases.of_account(account)
    targets = list(now.targets.all()) if now else []
    initial = {"addresses": "\n".join(map(str, targets)), "keep": now.keep if now else True}
    form = ForwardingForm(request.POST or None, initial=initial)

    def change() -> None:
        data = form.cleaned_data
        use_cases.set_forwarding(account, data["addresses"], keep=data["keep"], by=person(request))

    if request.method == "POST" and form.is_valid() and done_or_said(form, change):
        messages.success(request, _("Saved. It holds from the next message on."))
        return redirect("accounts:forwarding", service_name, account_id)
    context = {
        "service": account.service,
        "tab": "accounts",
        "account": account,
        "may_change": role.rank >= Role.TECHNICIAN.rank,
        "configured": account.state != EmailAccount.State.SLOT,
        "forwarding": now,
        "targets": targets,
        "allowed": outside.allowed(account.service),
        "form": form,
    }
    return render(request, "accounts/forwarding.html", context, status=400 if form.errors else 200)


@login_required
def forwards(request: HttpRequest, service_name: str) -> HttpResponse:
    """All forwarding of a service; with `?outside=1` what leaves the organization."""
    service = service_for(request.user, service_name)
    only = request.GET.get("outside") == "1"
    rows = use_cases.of_service(service, only_outside=only)
    context = {
        "service": service,
        "tab": "accounts",
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "rules": use_cases.by_rules(service, only_outside=only),
        "only_outside": only,
        "allowed": outside.allowed(service),
    }
    return render(request, "accounts/forwards.html", context)
