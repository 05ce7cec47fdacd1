from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from domains.access import domain_for
from panel.access import person, require, service_for
from panel.errors import Refused
from panel.forms import carried_out
from panel.models import Role

from .. import catching
from ..forms import CatchAllForm
from ..models import CatchAll


@login_required
def catch_alls(request: HttpRequest, service_name: str) -> HttpResponse:
    """Which accounts take mail to unknown addresses of the service's domains."""
    least = Role.TECHNICIAN if request.method == "POST" else Role.VIEWER
    service = service_for(request.user, service_name, at_least=least)
    role = require(request.user, service.organization)
    form = CatchAllForm(request.POST or None, service=service)

    def change() -> None:
        domain = form.cleaned_data["domain"]
        account = catching.account_named(domain, form.cleaned_data["account"])
        catching.set_catch_all(domain, account, by=person(request))

    if request.method == "POST" and form.is_valid() and carried_out(form, change):
        words = _("Mail to unknown addresses of %(name)s is taken from now on.")
        messages.success(request, words % {"name": form.cleaned_data["domain"].name.unicode})
        return redirect("accounts:catch_alls", service.name)
    found = CatchAll.objects.filter(domain__service=service).select_related("domain__name", "account")
    context = {
        "service": service,
        "tab": "accounts",
        "may_change": role.rank >= Role.TECHNICIAN.rank,
        "found": found.order_by("domain__name__name"),
        "form": form,
    }
    return render(request, "accounts/catch_alls.html", context, status=400 if form.errors else 200)


@login_required
@require_POST
def end_catch_all(request: HttpRequest, service_name: str, domain_name: str) -> HttpResponse:
    """From the next message on unknown addresses are refused."""
    domain = domain_for(request.user, service_name, domain_name, at_least=Role.TECHNICIAN)
    try:
        catching.set_catch_all(domain, None, by=person(request))
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        words = _("Mail to unknown addresses of %(name)s is refused from now on.")
        messages.success(request, words % {"name": domain.name.unicode})
    return redirect("accounts:catch_alls", service_name)
