"""Small middlewares: who is really calling, in which language, with how many factors, and what caches may keep."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.shortcuts import redirect
from django.utils import translation
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

Handler = Callable[[HttpRequest], HttpResponse]

# What pages may use of the browser: the clipboard and passkeys, nothing that watches or follows.
PERMISSIONS = ", ".join(
    (
        "clipboard-write=(self)",
        "publickey-credentials-create=(self)",
        "publickey-credentials-get=(self)",
        *(
            f"{name}=()"
            for name in (
                "accelerometer",
                "browsing-topics",
                "camera",
                "display-capture",
                "geolocation",
                "gyroscope",
                "magnetometer",
                "microphone",
                "midi",
                "payment",
                "serial",
                "usb",
            )
        ),
    )
)


def real_address(get_response: Handler) -> Handler:
    """Set REMOTE_ADDR from X-Forwarded-For, counted from the right over TRUSTED_PROXY_COUNT proxies.

    Each trusted proxy appends whom it was called by, so what stands further left was written by anybody. A header with
    fewer hops than proxies, or whose hop is no address, did not come through them: REMOTE_ADDR stays.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        count = settings.TRUSTED_PROXY_COUNT
        if count:
            hops = request.META.get("HTTP_X_FORWARDED_FOR", "").rsplit(",", count)[-count:]
            address = _address(hops[0]) if len(hops) == count else None
            if address:
                request.META["REMOTE_ADDR"] = address
        return get_response(request)

    return middleware


def _address(text: str) -> str | None:
    """`192.0.2.1`, `192.0.2.1:1234`, `2001:db8::1` or `[2001:db8::1]:1234`; None for all else."""
    text = text.strip()[:64]
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


class NoNul:
    """No text of ours holds a NUL, and PostgreSQL takes none: an address or a form with one is not understood."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "%00" in request.META.get("QUERY_STRING", "") or "\0" in request.path:
            raise SuspiciousOperation("NUL in the address")
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Handler, args: object, kwargs: object) -> None:
        """Not before a view is known: one that takes uploads decides who is asking before the form is read."""
        if request.method == "POST" and not hasattr(view, "takes_upload") and _has_nul(request):
            raise SuspiciousOperation("NUL in a form")


def _has_nul(request: HttpRequest) -> bool:
    """In what a form says; uploaded files may hold any bytes."""
    try:
        return any("\0" in text for _name, texts in request.POST.lists() for text in texts)
    except UnreadablePostError:  # whoever sent it has gone
        return False


def private_pages(get_response: Handler) -> Handler:
    """Pages are of one person: no cache keeps them, unless the view says otherwise. Every answer names PERMISSIONS."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        if not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response

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
    free = ("/account/", "/static/", "/healthz", "/readyz", "/language/", "/guide/", "/logo", "/mailbox/")

    def middleware(request: HttpRequest) -> HttpResponse:
        user = request.user
        if (
            settings.STAFF_NEED_SECOND_FACTOR
            and user.is_authenticated
            and user.is_staff
            and not request.path.startswith(free)
            and not is_mfa_enabled(user)
        ):
            messages.warning(request, _("Staff need a second factor here: add an app or a passkey first."))
            return redirect("mfa_index")
        return get_response(request)

    return middleware
