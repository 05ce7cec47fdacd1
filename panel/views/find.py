from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from .. import search
from ..access import person


@login_required
def find(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "")[:253]
    return render(request, "panel/find.html", {"asked_everywhere": text, "hits": search.find(person(request), text)})
