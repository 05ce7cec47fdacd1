"""Small middlewares: who is really calling, in which language, with how many factors."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation

Handler = Callable[[HttpRequest], HttpResponse]


def real_address(get_response: Handler) -> Handler:
    """Set REMOTE_ADDR from X-Forwarded-For, counted from the right over TRUSTED_PROXY_COUNT proxies."""

    def middleware(request: HttpRequest) -> HttpResponse:
        count = settings.TRUSTED_PROXY_COUNT
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
        if count and len(hops) >= count:
            request.META["REMOTE_ADDR"] = hops[-count]
        return get_response(request)

    return middleware


def user_preferences(get_response: Handler) -> Handler:
    """Speak the language that the person has chosen."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and request.user.language:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = request.user.language
        return get_response(request)

    return middleware


def second_factor_for_staff(get_response: Handler) -> Handler:
    """Where the operator asks for it, staff without a second factor reach only the pages that set one up."""

    def middleware(request: HttpRequest) -> HttpResponse:
        user = request.user
        if settings.STAFF_NEED_SECOND_FACTOR and user.is_authenticated and user.is_staff:
            from allauth.mfa.utils import is_mfa_enabled

            free = ("/account/", "/static/", "/healthz", "/language/")
            if not request.path.startswith(free) and not is_mfa_enabled(user):
                return redirect("mfa_index")
        return get_response(request)

    return middleware
