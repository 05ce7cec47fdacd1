"""What workers ask identity providers (`domains.readings`): where their doors are, and whom a code stands for.

Each call goes to an address that the guard allows, has a deadline in all, follows no redirect and reads little.
"""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

from domains.models import Reading
from domains.providers import ProviderError
from domains.providers.http import Api

from .models import IdentityProvider
from .tokens import NotValid, groups_in, verified

WELL_KNOWN = "/.well-known/openid-configuration"
MAX_BYTES = 1024 * 1024
DOORS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
KEPT_CLAIMS = ("sub", "email", "email_verified", "name")


def discover(subject: dict[str, Any], reading: Reading) -> dict[str, Any]:
    """The provider's own description. OpenID Connect Discovery 1.0 §4. Raises ProviderError."""
    issuer = subject["issuer"]
    found = _json(issuer.rstrip("/") + WELL_KNOWN)
    if found.get("issuer") != issuer:
        raise ProviderError("other-issuer", str(found.get("issuer"))[:200])
    secure = urlsplit(issuer).scheme == "https"
    for door in DOORS:
        parts = urlsplit(str(found.get(door, "")))
        if not parts.hostname or parts.scheme not in ({"https"} if secure else {"http", "https"}):
            raise ProviderError("bad-description", door)
    wanted = (*DOORS, "userinfo_endpoint", "scopes_supported", "token_endpoint_auth_methods_supported")
    return {name: found[name] for name in wanted if name in found}


def exchange(subject: dict[str, Any], reading: Reading) -> dict[str, Any]:
    """What the provider says of the person whom a code stands for, verified. Raises ProviderError."""
    provider = IdentityProvider.objects.filter(pk=subject["provider"], active=True).first()
    if provider is None:
        raise ProviderError("no-provider")
    doors = discover({"issuer": provider.issuer}, reading)
    answer = _tokens(provider, doors, subject)
    try:
        claims = verified(
            str(answer.get("id_token", "")),
            _json(doors["jwks_uri"]),
            issuer=provider.issuer,
            client_id=provider.client_id,
            nonce=subject["nonce"],
        )
    except NotValid as fault:
        raise ProviderError(fault.code, fault.detail) from fault
    claims = _completed(claims, provider, doors, str(answer.get("access_token", "")))
    said = {name: claims[name] for name in KEPT_CLAIMS if name in claims}
    return {**said, "groups": groups_in(claims, provider.groups_claim)}


def _tokens(provider: IdentityProvider, doors: dict[str, Any], subject: dict[str, Any]) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "code": subject["code"],
        "redirect_uri": provider.redirect_uri,
        "code_verifier": subject["verifier"],
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    methods = doors.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    if provider.client_secret and "client_secret_basic" in methods:
        pair = f"{quote_plus(provider.client_id)}:{quote_plus(provider.client_secret)}"  # RFC 6749 §2.3.1
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    else:
        form["client_id"] = provider.client_id
        if provider.client_secret:
            form["client_secret"] = provider.client_secret
    return _json(doors["token_endpoint"], urlencode(form).encode(), headers)


def _completed(
    claims: dict[str, Any], provider: IdentityProvider, doors: dict[str, Any], access_token: str
) -> dict[str, Any]:
    """With what only the userinfo endpoint tells, where the token lacks the groups or the address (§5.3)."""
    lacks = "email" not in claims or (provider.roles and not groups_in(claims, provider.groups_claim))
    if not lacks or not access_token or not doors.get("userinfo_endpoint"):
        return claims
    more = _json(str(doors["userinfo_endpoint"]), None, {"Authorization": f"Bearer {access_token}"})
    if more.get("sub") != claims["sub"]:  # §5.3.2
        raise ProviderError("bad-token", "userinfo")
    return {**more, **claims}


def _json(url: str, form: bytes | None = None, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """An object of JSON, by GET, or by POST of a form. Raises ProviderError."""
    parts = urlsplit(url)
    api = Api(f"{parts.scheme}://{parts.netloc}", {})
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    status, text = api.send("GET" if form is None else "POST", path, form, headers or {})
    try:
        answer = json.loads(text) if len(text) <= MAX_BYTES else None
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise ProviderError("server-error", f"HTTP {status}")
    if status != 200:
        raise ProviderError("refused", f"HTTP {status} {str(answer.get('error', ''))[:100]}".strip())
    return answer
