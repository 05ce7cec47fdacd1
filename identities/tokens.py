"""ID tokens: what a provider says of a person, and whether it is the provider that says it. OpenID Connect Core 1.0."""

from __future__ import annotations

import hmac
from typing import Any

import jwt

# Signatures with a key of the provider's own. Not HS256 (whoever holds the client's secret could sign), never "none".
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
CLOCKS = 60  # seconds that theirs and ours may differ
MOST_GROUPS = 500


class NotValid(Exception):  # noqa: N818 - said to people
    """`code`: what is wrong with the token."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code = code
        self.detail = detail


def verified(token: str, keys: Any, *, issuer: str, client_id: str, nonce: str) -> dict[str, Any]:
    """The claims of an ID token (§3.1.3.7). `keys`: the provider's JWKS. Raises NotValid."""
    try:
        key = _key_of(token, keys)
        claims: dict[str, Any] = jwt.decode(
            token,
            key=key,
            algorithms=ALGORITHMS,
            audience=client_id,
            issuer=issuer,
            leeway=CLOCKS,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )
    except jwt.InvalidAudienceError as error:
        raise NotValid("wrong-audience") from error
    except jwt.InvalidIssuerError as error:
        raise NotValid("wrong-issuer") from error
    except jwt.ExpiredSignatureError as error:
        raise NotValid("expired") from error
    except (jwt.PyJWTError, ValueError, TypeError, KeyError) as error:
        raise NotValid("bad-token", type(error).__name__) from error
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", client_id) != client_id or (several and "azp" not in claims):
        raise NotValid("wrong-audience")
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise NotValid("wrong-nonce")
    if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
        raise NotValid("bad-token", "sub")
    return claims


def _key_of(token: str, keys: Any) -> Any:
    """The key that the token names; where it names none, the only one there is (§10.1)."""
    wanted = jwt.get_unverified_header(token).get("kid")
    usable = [key for key in jwt.PyJWKSet.from_dict(keys).keys if key.public_key_use in (None, "sig")]
    found = [key for key in usable if key.key_id == wanted] if wanted is not None else usable
    if len(found) != 1:
        raise NotValid("unknown-key")
    return found[0]


def groups_in(claims: dict[str, Any], name: str) -> list[str]:
    """The groups that a claim lists; a claim in another may be named with dots (realm_access.roles)."""
    value: Any = claims.get(name)
    if value is None:
        value = claims
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
    found = [value] if isinstance(value, str) else value
    return [group for group in found[:MOST_GROUPS] if isinstance(group, str)] if isinstance(found, list) else []
