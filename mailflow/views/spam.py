"""What becomes of spam to a domain, and whose mail is allowed or refused."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from domains.access import domain_for
from panel.access import person, require
from panel.forms import carried_out
from panel.models import Role

from .. import filtering
from ..forms import ListedSenderForm, SpamForm
from ..models import ListedSender, SpamFilter
from ..spam import MOST_LISTED

ON_A_PAGE = 50


@login_required
def spam(request: HttpRequest, service_name: str, domain_name: str) -> HttpResponse:
    least = Role.TECHNICIAN if request.method == "POST" else Role.VIEWER
    domain = domain_for(request.user, service_name, domain_name, at_least=least)
    role = require(request.user, domain.service.organization)
    lists = request.method == "POST" and "sender" in request.POST
    runs = filtering.runs(domain.platform)
    form = SpamForm(request.POST if request.method == "POST" and not lists else None, instance=SpamFilter.of(domain))
    sender = ListedSenderForm(request.POST if lists else None, initial={"kind": ListedSender.Kind.BLOCK})

    def change() -> None:
        filtering.set_filter(domain, **form.cleaned_data, by=person(request))

    def add() -> None:
        data = sender.cleaned_data
        filtering.list_sender(domain, data["sender"], data["kind"], by=person(request))

    if form.is_bound and form.is_valid() and carried_out(form, change):
        messages.success(request, _("Saved. It holds from the next message on."))
        return redirect("mailflow:spam", service_name, domain_name)
    if sender.is_bound and sender.is_valid() and carried_out(sender, add):
        messages.success(request, _("%(sender)s is on the list.") % {"sender": sender.cleaned_data["sender"].strip()})
        return redirect("mailflow:spam", service_name, domain_name)
    listed = ListedSender.objects.filter(domain=domain)
    context = {
        "service": domain.service,
        "tab": "domains",
        "domain": domain,
        "runs": runs,
        "may_change": role.rank >= Role.TECHNICIAN.rank,
        "form": form,
        "stored": SpamFilter.of(domain),
        "sender": sender,
        "page": Paginator(listed, ON_A_PAGE).get_page(request.GET.get("page")),
        "most": MOST_LISTED,
    }
    return render(request, "mailflow/spam.html", context, status=400 if form.errors or sender.errors else 200)


@login_required
@require_POST
def spam_forget(request: HttpRequest, service_name: str, domain_name: str, listed_id: int) -> HttpResponse:
    domain = domain_for(request.user, service_name, domain_name, at_least=Role.TECHNICIAN)
    found = ListedSender.objects.filter(domain=domain, pk=listed_id).first()
    if found is None:
        raise Http404
    found.domain = domain
    filtering.forget_sender(found, by=person(request))
    messages.success(request, _("%(sender)s is not on the list any more.") % {"sender": found.sender})
    return redirect("mailflow:spam", service_name, domain_name)
