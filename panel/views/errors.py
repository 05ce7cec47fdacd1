"""The pages of what went wrong, in the panel's look. Named by `panel.urls`."""

from __future__ import annotations

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ..sessions import out_of_date


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "panel/errors/404.html", status=404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "panel/errors/403.html", status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was sent from a page whose session has ended, or from elsewhere."""
    return out_of_date(request) or render(request, "panel/errors/csrf.html", status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return render(request, "panel/errors/413.html", status=413)
    return render(request, "panel/errors/400.html", status=400)


def failed(request: HttpRequest) -> HttpResponse:
    """Nothing here may touch the database: it may be what failed."""
    return render(None, "panel/errors/500.html", status=500)
