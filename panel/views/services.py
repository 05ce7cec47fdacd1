from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ..access import service_for, services_of


@login_required
def services(request: HttpRequest) -> HttpResponse:
    rows = services_of(request.user).select_related("organization", "platform").order_by("name")
    return render(request, "panel/services.html", {"services": rows})


@login_required
def service_information(request: HttpRequest, service_name: str) -> HttpResponse:
    service = service_for(request.user, service_name)
    return render(request, "panel/service.html", {"service": service, "tab": "information"})


@login_required
def service_activity(request: HttpRequest, service_name: str) -> HttpResponse:
    service = service_for(request.user, service_name)
    entries = service.activities.select_related("actor")[:50]
    return render(request, "panel/activity.html", {"service": service, "tab": "activity", "entries": entries})
