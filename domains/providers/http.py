"""HTTP to a server that a customer named: to public addresses only, resolved once and then pinned, no redirects."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from typing import Any
from urllib.parse import quote, urlsplit

from ..names import NameRefused, host_to_ascii
from ..reach import Unreachable, pinned
from . import deadline
from .base import ProviderError

SECONDS = 15.0  # for one wait; for all of a call: deadline
MAX_BYTES = 32 * 1024 * 1024  # of an answer: a zone's whole contents


class Api:
    """A JSON API below `base`, such as http://192.0.2.1:8081/api/v1."""

    def __init__(self, base: str, headers: dict[str, str]) -> None:
        parts = urlsplit(base)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ProviderError("bad-url", base)
        self.secure = parts.scheme == "https"
        self.host = _ascii(parts.hostname, base)
        self.port = parts.port or (443 if self.secure else 80)
        self.path = quote(parts.path.rstrip("/"), safe="/%:=")
        self.headers = headers
        self._address: str | None = None

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The decoded answer, or None where there is none. Raises ProviderError."""
        payload = None if body is None else json.dumps(body).encode()
        return _decoded(*self.send(method, path, payload, {"Content-Type": "application/json"}))

    def send(self, method: str, path: str, payload: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
        """Status and body of the answer, whatever they are. Raises ProviderError where there is none."""
        headers = {"Accept": "application/json", "Host": self._authority()} | headers
        try:
            with deadline.call():
                connection = self._connect()
                try:
                    connection.request(method, f"{self.path}{path}", payload, headers | self.headers)
                    response = connection.getresponse()
                    text = response.read(MAX_BYTES + 1)
                finally:
                    connection.close()
        except TimeoutError as error:
            raise ProviderError("timeout", self.host) from error
        except ssl.SSLError as error:
            raise ProviderError("tls", str(error)) from error
        except (OSError, http.client.HTTPException) as error:
            raise ProviderError("unreachable", self.host) from error
        except ValueError:  # no header can carry the key; the error would show it
            raise ProviderError("credentials") from None
        if len(text) > MAX_BYTES:
            raise ProviderError("server-error", "the answer is too large")
        return response.status, text

    def _authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"

    def _connect(self) -> http.client.HTTPConnection:
        if self._address is None:
            try:
                self._address = pinned(self.host, self.port)
            except Unreachable as error:
                raise ProviderError(error.code, self.host) from error
        connection = http.client.HTTPConnection(self.host, self.port, timeout=SECONDS)
        plain = socket.create_connection((self._address, self.port), deadline.left(SECONDS))
        try:
            deadline.watch(plain.fileno())
            # The certificate must be the host's, though the connection goes to the address that was checked.
            wrap = ssl.create_default_context().wrap_socket
            connection.sock = wrap(plain, server_hostname=self.host) if self.secure else plain
        except OSError:
            plain.close()
            raise
        return connection


def _ascii(host: str, base: str) -> str:
    """The host as the DNS and a header have it."""
    try:
        return host if host.isascii() else host_to_ascii(host)
    except NameRefused as refusal:
        raise ProviderError("bad-url", base) from refusal


def _decoded(status: int, text: bytes) -> Any:
    if status in (401, 403):
        raise ProviderError("credentials", f"HTTP {status}")
    if status == 404:
        raise ProviderError("no-such-zone", "HTTP 404")
    try:
        answer = json.loads(text) if text else None
    except ValueError as error:
        raise ProviderError("server-error", f"HTTP {status}, no JSON") from error
    if status >= 500:
        raise ProviderError("server-error", f"HTTP {status}")
    if status >= 300:
        said = answer.get("error", "") if isinstance(answer, dict) else ""
        raise ProviderError("rejected", f"HTTP {status} {said}".strip())
    return answer
