"""A new DKIM key for a domain."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from panel.access import person
from panel.errors import Refused
from panel.models import Role

from ..access import domain_for
from ..models import DkimKey, Domain


@require_POST
@login_required
def rotate(request: HttpRequest, service_name: str, domain_name: str) -> HttpResponse:
    domain = domain_for(request.user, service_name, domain_name, at_least=Role.TECHNICIAN)
    try:
        key = DkimKey.rotate(domain, actor=person(request))
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        if key.to_write:
            message = _("The new key %(selector)s is being written into the zone. It signs once it is seen there.")
        else:
            message = _("The new key %(selector)s waits: it signs once its record is published.")
        messages.success(request, message % {"selector": key.selector})
    return _back(domain)


@require_POST
@login_required
def host_keys(request: HttpRequest, service_name: str, domain_name: str) -> HttpResponse:
    domain = domain_for(request.user, service_name, domain_name, at_least=Role.TECHNICIAN)
    try:
        DkimKey.host(domain, actor=person(request))
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request, _("Publish the two CNAMEs below once. From then on keys are changed without any work of yours.")
        )
    return _back(domain)


def _back(domain: Domain) -> HttpResponse:
    return redirect("diagnostics:domain", domain.service.name, domain.name.name)
