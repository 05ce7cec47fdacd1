"""Local servers of the same shape as Cloudflare's and OVHcloud's APIs: enough of them for what the panel asks."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

POLL_SECONDS = 0.02  # how often a server looks whether it is to stop


class Api:
    """`with Cloudflare({"example.test": [...]}) as api:`; `fail_after`: how many changes succeed before a 500."""

    def __init__(self, zones: dict[str, list[dict[str, Any]]]) -> None:
        self.ids = count(1)
        self.zones = {name: {next(self.ids): record for record in records} for name, records in zones.items()}
        self.fail_after: int | None = None
        self.calls: list[str] = []
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                text = self.rfile.read(length).decode()
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
                api.calls.append(f"{self.command} {parts.path}")
                status, answer = api.answer(self, parts.path, query, text)
                payload = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            do_GET = do_POST = do_DELETE = do_PUT = do  # noqa: N815 - the names that http.server calls

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, args=(POLL_SECONDS,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, handler: Any, path: str, query: dict[str, str], text: str) -> tuple[int, Any]:
        raise NotImplementedError

    def change(self, act: Callable[[], Any]) -> tuple[int, Any] | None:
        """Carry out a change, unless it is time to fail."""
        if self.fail_after is not None:
            if not self.fail_after:
                return 500, {"message": "Internal server error"}
            self.fail_after -= 1
        act()
        return None

    def dump(self, zone: str) -> list[tuple[Any, ...]]:
        """What the zone holds, without identifiers."""
        records = self.zones[zone].values()
        return sorted(tuple(sorted((key, json.dumps(value)) for key, value in record.items())) for record in records)


class Cloudflare(Api):
    TOKEN = "token-of-the-tests"

    def answer(self, handler: Any, path: str, query: dict[str, str], text: str) -> tuple[int, Any]:
        if handler.headers.get("Authorization") != f"Bearer {self.TOKEN}":
            return 403, {"success": False, "errors": [{"code": 9109, "message": "Invalid access token"}]}
        parts = path.strip("/").split("/")
        if parts == ["zones"]:
            return 200, self._page([{"id": f"id-{name}", "name": name} for name in self.zones], query)
        zone = self.zones[parts[1].removeprefix("id-")]
        method = handler.command
        if method == "GET":
            return 200, self._page([{"id": str(key), **record} for key, record in zone.items()], query)
        if method == "DELETE":
            failed = self.change(lambda: zone.pop(int(parts[3])))
            return failed or (200, {"success": True, "result": {"id": parts[3]}})
        record = _stored(json.loads(text))
        failed = self.change(lambda: zone.update({next(self.ids): record}))
        return failed or (200, {"success": True, "result": record})

    @staticmethod
    def _page(items: list[Any], query: dict[str, str]) -> dict[str, Any]:
        size, page = int(query.get("per_page", 100)), int(query.get("page", 1))
        pages = max(1, -(-len(items) // size))
        shown = items[(page - 1) * size : page * size]
        return {"success": True, "result": shown, "result_info": {"page": page, "total_pages": pages}}


def _stored(data: dict[str, Any]) -> dict[str, Any]:
    """As the API gives a record back: an SRV record's content is made from its data."""
    if data["type"] == "SRV":
        parts = data["data"]
        data |= {"content": f"{parts['weight']} {parts['port']} {parts['target']}", "priority": parts["priority"]}
    return data


class Ovh(Api):
    KEY, SECRET, CONSUMER = "application", "secret-of-the-tests", "consumer"

    def answer(self, handler: Any, path: str, query: dict[str, str], text: str) -> tuple[int, Any]:
        if path == "/auth/time":
            return 200, int(time.time())
        if not self._signed(handler, text):
            return 403, {"message": "Invalid signature"}
        parts = path.strip("/").split("/")
        if parts == ["domain", "zone"]:
            return 200, list(self.zones)
        zone = self.zones[parts[2]]
        if parts[3] == "refresh":
            return 200, None
        if len(parts) == 5:
            key = int(parts[4])
            if handler.command == "DELETE":
                return self.change(lambda: zone.pop(key)) or (200, None)
            return 200, {"id": key, "zone": parts[2], **zone[key]}
        if handler.command == "POST":
            record = json.loads(text)
            return self.change(lambda: zone.update({next(self.ids): record})) or (200, {"id": 0, **record})
        label = query.get("subDomain")
        return 200, [key for key, record in zone.items() if label is None or record["subDomain"] == label]

    def _signed(self, handler: Any, text: str) -> bool:
        url = f"{self.url}{handler.path}"
        parts = [self.SECRET, self.CONSUMER, handler.command, url, text, handler.headers.get("X-Ovh-Timestamp", "")]
        expected = "$1$" + hashlib.sha1("+".join(parts).encode()).hexdigest()
        return bool(handler.headers.get("X-Ovh-Signature") == expected)
