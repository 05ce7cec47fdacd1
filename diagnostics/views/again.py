"""Check again: one domain, a service, an organization."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from domains.access import domain_for
from domains.models import Domain
from panel.access import organization_for, service_for
from panel.limits import allowed
from panel.models import Role

from ..sweep import schedule
from .table import rows_of

DOMAINS_A_MINUTE = 30  # that one person may have looked at again
SWEEPS_AN_HOUR = 12  # whole services or organizations


@require_POST
@login_required
def check_again(request: HttpRequest, service_name: str, domain_name: str) -> HttpResponse:
    domain = domain_for(request.user, service_name, domain_name, at_least=Role.TECHNICIAN)
    permitted = allowed("check", request.user.pk, times=DOMAINS_A_MINUTE, seconds=60)
    if permitted:
        schedule.soon(domain)
    if request.htmx:  # type: ignore[attr-defined]
        rows = rows_of(Domain.objects.filter(pk=domain.pk))
        context = {"service": domain.service, "rows": rows, "polled": [domain.pk] if permitted else []}
        return render(request, "diagnostics/_buttons.html#answer", context)
    if not permitted:
        messages.warning(request, _("Too many checks. Wait a minute before you check again."))
    return redirect(_back(request, domain))


@require_POST
@login_required
def check_service(request: HttpRequest, service_name: str) -> HttpResponse:
    service = service_for(request.user, service_name, at_least=Role.TECHNICIAN)
    check_all(request, Domain.objects.filter(service=service))
    return redirect("diagnostics:domains", service.name)


@require_POST
@login_required
def check_organization(request: HttpRequest, code: str) -> HttpResponse:
    organization = organization_for(request.user, code, at_least=Role.TECHNICIAN)
    check_all(request, Domain.objects.filter(service__organization=organization))
    return redirect("diagnostics:red_of_organization", organization.code)


def check_all(request: HttpRequest, domains: QuerySet[Domain]) -> None:
    if not allowed("check-all", request.user.pk, times=SWEEPS_AN_HOUR, seconds=3600):
        messages.warning(request, _("Too many checks. Wait a while before you check everything again."))
        return
    count = schedule.soon_all(domains)
    messages.success(
        request,
        ngettext("%(count)d domain is being checked.", "%(count)d domains are being checked.", count)
        % {"count": count},
    )


def _back(request: HttpRequest, domain: Domain) -> str:
    """The page that the button stands on, where it says so."""
    page = request.POST.get("next", "")
    if page.startswith("/") and url_has_allowed_host_and_scheme(page, {request.get_host()}, request.is_secure()):
        return page
    return reverse("diagnostics:domain", args=[domain.service.name, domain.name.name])
