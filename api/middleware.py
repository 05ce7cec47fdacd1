"""Every answer below /api/ is one for programs: problems instead of pages, and what is left of the rate."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from .problems import OF_REQUESTS, problem

type Handler = Callable[[HttpRequest], HttpResponse]

PREFIX = "/api/"
KEPT = ("Allow", "WWW-Authenticate", "Retry-After")
CODES = {status: code for status, (code, _words) in OF_REQUESTS.items()}


def answers(get_response: Handler) -> Handler:
    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not request.path.startswith(PREFIX):
            return response
        if response.status_code >= 400 and "json" not in response.get("Content-Type", ""):
            kept = {name: response[name] for name in KEPT if response.has_header(name)}
            status = response.status_code
            response = problem(status, CODES.get(status, f"http-{status}"), headers=kept)
            response.setdefault("Cache-Control", "no-store")
        for name, value in getattr(request, "rate_headers", {}).items():
            response[name] = value
        return response

    return middleware
