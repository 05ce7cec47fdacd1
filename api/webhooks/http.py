"""One POST to an address that a customer named: pinned to an address that the guard allows, no redirects, and all of
it, names and certificates included, within a deadline that no slow answer stretches."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from domains.reach import Unreachable, pinned

SECONDS = 15.0
MAX_HEAD = 16 * 1024  # octets of an answer's first line and headers; the rest is not read


class NotDelivered(Exception):  # noqa: N818 - is kept in the log of deliveries
    """No answer. The text says why, in stable words."""


def post(url: str, body: bytes, headers: Mapping[str, str], *, seconds: float = SECONDS) -> int:
    """The status of the answer. Raises NotDelivered."""
    parts = urlsplit(url)
    secure, host = parts.scheme == "https", parts.hostname or ""
    port = parts.port or (443 if secure else 80)
    deadline = time.monotonic() + seconds
    try:
        address = pinned(host, port)
    except Unreachable as error:
        raise NotDelivered(error.code) from error
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    authority = parts.netloc
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {authority}",
        "Connection: close",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "User-Agent: configureme-webhooks",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    request = "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + body
    try:
        with socket.create_connection((address, port), _left(deadline)) as plain:
            if secure:
                # The certificate must be the host's, though the connection goes to the address that was checked.
                with ssl.create_default_context().wrap_socket(plain, server_hostname=host) as wrapped:
                    return _exchange(wrapped, request, deadline)
            return _exchange(plain, request, deadline)
    except TimeoutError as error:
        raise NotDelivered("timeout") from error
    except ssl.SSLError as error:
        raise NotDelivered("tls") from error
    except OSError as error:
        raise NotDelivered("unreachable") from error


def _exchange(connection: socket.socket, request: bytes, deadline: float) -> int:
    connection.settimeout(_left(deadline))
    connection.sendall(request)  # its timeout holds for the whole of it
    head = b""
    while b"\r\n" not in head and len(head) < MAX_HEAD:
        connection.settimeout(_left(deadline))
        received = connection.recv(4096)
        if not received:
            break
        head += received
    version, _blank, rest = head.partition(b" ")
    if not version.startswith(b"HTTP/1.") or not rest[:3].isdigit():
        raise NotDelivered("no-http")
    return int(rest[:3])


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
