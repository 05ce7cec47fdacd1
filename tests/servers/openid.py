"""A little OpenID provider on loopback: it signs in whoever it is told to, and can be told to do it wrong."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

KEY = "key-1"


@cache
def private_key(name: str = KEY) -> rsa.RSAPrivateKey:
    """Made once: it takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class OpenIdProvider:
    """`claims`: of whoever signs in. `wrong`: claims of the ID token in place of the right ones.

    `sign`: makes the token of its claims. `drips`: paths that send a byte now and then, for ever.
    """

    client_id, client_secret = "panel", "s3cret & more"

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {"sub": "u-1", "email": "ann@people.example", "name": "Ann Other"}
        self.wrong: dict[str, Any] = {}
        self.sign: Callable[[dict[str, Any]], str] = sign
        self.userinfo: dict[str, Any] = {}
        self.drips: set[str] = set()
        self.asked: list[str] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.over = threading.Event()
        provider = self

        class Handler(_Handler):
            pass

        Handler.provider = provider
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.issuer = f"http://127.0.0.1:{self.server.server_port}/realm"

    def __enter__(self) -> OpenIdProvider:
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.over.set()
        self.server.shutdown()
        self.server.server_close()

    def description(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "scopes_supported": ["openid", "email", "profile", "groups"],
        }

    def approve(self, address: str) -> str:
        """The person presses "sign in" at this address of ours; where the browser is sent then."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["client_id"] == self.client_id
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.issuer})}"

    def tokens(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        pair = f"{self.client_id}:{'s3cret+%26+more'}"
        if authorization != "Basic " + base64.b64encode(pair.encode()).decode():
            return 401, {"error": "invalid_client"}
        asked = self.codes.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode()
        if (
            asked is None
            or asked["code_challenge"] != challenge.rstrip("=")
            or asked["redirect_uri"] != form["redirect_uri"]
        ):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": self.client_id,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **self.claims,
            **self.wrong,
        }
        return 200, {"access_token": "access", "token_type": "Bearer", "id_token": self.sign(claims)}

    def keys(self) -> dict[str, Any]:
        jwk = jwt.algorithms.RSAAlgorithm.to_jwk(private_key().public_key(), as_dict=True)
        return {"keys": [{**jwk, "kid": KEY, "use": "sig", "alg": "RS256"}]}


def sign(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, private_key(), algorithm="RS256", headers={"kid": KEY})


class _Handler(BaseHTTPRequestHandler):
    provider: OpenIdProvider

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/realm/authorize":
            self.send_response(302)
            self.send_header("Location", self.provider.approve(self.path))
            self.end_headers()
            return
        answers = {
            "/realm/.well-known/openid-configuration": self.provider.description,
            "/realm/keys": self.provider.keys,
            "/realm/userinfo": lambda: self.provider.userinfo or self.provider.claims,
        }
        self._answer(200, answers[path]())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self._answer(*self.provider.tokens(form, self.headers.get("Authorization", "")))

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        self.provider.asked.append(urlsplit(self.path).path)
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if urlsplit(self.path).path in self.provider.drips:
            self.send_header("Content-Length", "99999")
            self.end_headers()
            while not self.provider.over.wait(0.05):
                try:
                    self.wfile.write(b" ")
                    self.wfile.flush()
                except OSError:
                    return
            return
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *arguments: object) -> None:
        pass
