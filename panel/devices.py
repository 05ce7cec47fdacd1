"""Browsers that somebody has signed in with before: guessing done elsewhere does not shut them out.

A cookie says so for DAYS, signed with the person's password hash: it ends with the password. It opens nothing.
"""

from __future__ import annotations

import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from .models import User

COOKIE = "device"
DAYS = 180
PEOPLE = 5  # whose cookies one browser keeps


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    kept = [text for text in _texts(request) if not text.startswith(f"{user.pk}.")]
    texts = [_signer(user).sign(f"{user.pk}.{secrets.token_urlsafe(9)}"), *kept][:PEOPLE]
    response.set_cookie(
        COOKIE,
        "|".join(texts),
        max_age=DAYS * 86400,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def known(request: HttpRequest, user: User) -> str:
    """A name for this browser where `user` has signed in with it; empty where not."""
    for text in _texts(request):
        if text.startswith(f"{user.pk}."):
            try:
                return _signer(user).unsign(text, max_age=DAYS * 86400)
            except signing.BadSignature:
                return ""
    return ""


def _texts(request: HttpRequest) -> list[str]:
    return [text for text in request.COOKIES.get(COOKIE, "")[:2000].split("|") if text]


def _signer(user: User) -> signing.TimestampSigner:
    return signing.TimestampSigner(salt=f"panel.devices:{user.password}")
