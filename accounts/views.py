from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from panel.access import service_for


@login_required
def account_list(request: HttpRequest, service_name: str) -> HttpResponse:
    service = service_for(request.user, service_name)
    return render(request, "accounts/list.html", {"service": service, "tab": "accounts"})
