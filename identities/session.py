"""What the session of a browser knows of a sign-in under way: each attempt has its state and nonce, used once."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from typing import Any
from urllib.parse import urlencode

from allauth.account.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from panel.models import User

from .models import IdentityProvider

ATTEMPTS, PURPOSE, PENDING = "identity-attempts", "identity-purpose", "identity-pending"
IDENTITY = "identity"  # which one the session began with
SECONDS = 600  # for the whole way to the provider and back
AT_ONCE = 5  # attempts of one browser

SIGN_IN, LINK, JOIN = "sign-in", "link", "join"


def intend(request: HttpRequest, provider: IdentityProvider, what: str, token: str = "") -> None:
    """What the next attempt at this provider is for: a button was pressed."""
    request.session[PURPOSE] = {"provider": provider.pk, "what": what, "token": token, "at": time.time()}


def begin(request: HttpRequest, provider: IdentityProvider, doors: dict[str, Any]) -> str:
    """The address at the provider. Authorization code with PKCE (RFC 7636), state and nonce."""
    intended = request.session.pop(PURPOSE, None)
    if not intended or intended["provider"] != provider.pk or time.time() - intended["at"] > SECONDS:
        intended = {"what": SIGN_IN, "token": ""}
    state, nonce, verifier = (secrets.token_urlsafe(32) for _number in range(3))
    attempt = {
        "provider": provider.pk,
        "nonce": nonce,
        "verifier": verifier,
        "what": intended["what"],
        "token": intended["token"],
        "user": request.user.pk,
        "at": time.time(),
    }
    kept = list(request.session.get(ATTEMPTS, {}).items())[-(AT_ONCE - 1) :]
    request.session[ATTEMPTS] = dict([*kept, (state, attempt)])
    supported = doors.get("scopes_supported") or []
    query = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": provider.redirect_uri,
        "scope": " ".join(["openid", "profile", "email", *(["groups"] if "groups" in supported else [])]),
        "state": state,
        "nonce": nonce,
        "code_challenge": base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    door = str(doors["authorization_endpoint"])
    return f"{door}{'&' if '?' in door else '?'}{urlencode(query)}"


def arrived(request: HttpRequest, provider: IdentityProvider) -> dict[str, Any] | None:
    """The attempt that this answer belongs to, which is thereby spent. None: this browser began none, or long ago."""
    attempts = request.session.get(ATTEMPTS, {})
    attempt = attempts.pop(request.GET.get("state", ""), None)
    request.session[ATTEMPTS] = attempts
    if attempt is None or attempt["provider"] != provider.pk or attempt["user"] != request.user.pk:
        return None
    return attempt if time.time() - attempt["at"] <= SECONDS else None


@receiver(user_logged_in)
def _note_how(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Once all steps of signing in are done: which identity did it, if one did."""
    identity = kwargs.get("identity")
    if identity is not None:
        request.session[IDENTITY] = identity
    else:
        request.session.pop(IDENTITY, None)
