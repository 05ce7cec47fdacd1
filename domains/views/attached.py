"""What can be done with an attached domain: another mode or target, detaching."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from panel.access import person
from panel.counting import accounts_at
from panel.errors import Refused
from panel.models import Platform, Role

from ..access import domain_for
from ..claims import AuthoritativeDetected
from ..models import Domain
from ..zones.changes import removable, request_removal
from .lists import list_of
from .waiting import target_resolves, waits


@login_required
@waits
def mode(request: HttpRequest, service_name: str, domain_name: str) -> HttpResponse:
    """Change the mode or the target server."""
    domain = domain_for(request.user, service_name, domain_name, at_least=Role.TECHNICIAN)
    chosen, target = domain.mode, domain.target
    context: dict[str, Any] = {"errors": {}}
    if request.method == "POST":
        chosen = request.POST.get("mode", "")
        target = request.POST.get("target", "").strip() if chosen != Domain.Mode.AUTHORITATIVE else ""
        try:
            if target_resolves(request, domain.service.organization, target) or "anyway" in request.POST:
                domain.change_mode(chosen, target, person(request))
                messages.success(request, _("The mode of %(name)s has been changed.") % {"name": domain.name.unicode})
                return redirect("diagnostics:domain", domain.service.name, domain.name.name)
            context["unresolved"] = True
        except AuthoritativeDetected as refusal:
            context |= {"detected": refusal, "other": refusal.other}
        except Refused as refusal:
            context["errors"] = {refusal.field or "mode": str(refusal)}
    context |= {
        "service": domain.service,
        "domain": domain,
        "unicode": domain.name.unicode,
        "name": domain.name.name,
        "mode": chosen,
        "target": target,
        "accounts": accounts_at(domain),
        "platforms": Platform.objects.exclude(pk=domain.platform_id),
        "tab": "domains",
    }
    return render(request, "domains/mode.html", context)


@login_required
def detach(request: HttpRequest, service_name: str, domain_name: str) -> HttpResponse:
    """Take the domain off the service, and if wanted our records out of its zone."""
    domain = domain_for(request.user, service_name, domain_name, at_least=Role.TECHNICIAN)
    service, name = domain.service, domain.name.unicode
    ours = removable(domain)
    if request.method == "POST":
        try:
            domain.detach(person(request))
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("domains:detach", service.name, domain.name.name)
        messages.success(request, _("%(name)s has been detached.") % {"name": name})
        if ours and "records" in request.POST:
            request_removal(ours, person(request))
            return redirect("domains:change", service.name, ours[0].pk)
        return redirect(list_of(service))
    context = {
        "service": service,
        "domain": domain,
        "accounts": accounts_at(domain),
        "changes": ours,
        "records": sum(len(change.snapshot) for change in ours),
        "tab": "domains",
    }
    return render(request, "domains/detach.html", context)
