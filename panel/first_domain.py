"""A service without a domain opens with the wizard that attaches one: once, so that its other pages stay in reach."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from .models import Role, Service

OFFERED = "wizard_offered"  # in the session: primary keys of services
REMEMBERED = 50


def wizard_for(request: HttpRequest, service: Service, role: Role) -> HttpResponse | None:
    """A redirection to the wizard where it should open by itself, None where the page asked for should."""
    offered = request.session.get(OFFERED, [])
    if service.pk in offered or role.rank < Role.TECHNICIAN.rank or not service.is_open:
        return None
    if service.domains.exists():
        return None
    request.session[OFFERED] = [*offered, service.pk][-REMEMBERED:]
    return redirect("domains:attach", service.name)
