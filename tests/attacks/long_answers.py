"""A web application with answers of 20 MiB, for `gunicorn -c python:panel.gunicorn`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

PIECE = b"a" * 65536
PIECES = 320


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/short":
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]
    if environ["PATH_INFO"] == "/broken":
        raise RuntimeError("as asked")
    start_response("200 OK", [])
    return (PIECE for _ in range(PIECES))
