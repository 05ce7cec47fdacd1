from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from .. import overview as gathered
from ..access import person


@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """What needs a hand now, and how it goes: of the installation for staff, of their organizations for members."""
    user = person(request)
    return render(request, "panel/overview.html", {"needs": gathered.needs(user), "charts": gathered.charts(user)})
