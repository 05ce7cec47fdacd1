"""PowerDNS Authoritative Server with its HTTP API and a SQLite database."""

from __future__ import annotations

import json
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from domains.rrset import absolute

from .process import Server, free_port, program

API_KEY = "key-of-the-tests"
SCHEMAS = (
    Path("/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql"),
    Path("/usr/share/doc/pdns-backend-sqlite3/schema.sqlite3.sql"),
)
DEFAULT_TTL = 60


class PowerDns(Server):
    """`PowerDns({"example.test": [("example.test.", "MX", ["10 mx.example.test."])]})`: names and values absolute."""

    def __init__(
        self,
        zones: Mapping[str, Iterable[tuple[str, str, list[str]]]] | None = None,
        *,
        address: str = "127.0.0.1",
        port: int | None = None,
    ) -> None:
        super().__init__()
        self.binary = program("pdns_server", "pdns-server pdns-backend-sqlite3")
        self.address = address
        self.port = port or free_port(address)
        self.api_port = free_port(address)
        self.api_key = API_KEY
        self._initial = dict(zones or {})
        schema = next((path for path in SCHEMAS if path.exists()), None)
        if schema is None:
            pytest.fail(f"no schema of the SQLite backend at {SCHEMAS[0]}: apt-get install pdns-backend-sqlite3")
        database = sqlite3.connect(self.directory / "pdns.sqlite3")
        database.executescript(schema.read_text())
        database.close()

    @property
    def endpoint(self) -> tuple[str, int]:
        return self.address, self.port

    @property
    def host_port(self) -> str:
        return f"{self.address}:{self.port}"

    @property
    def api_url(self) -> str:
        """What a DNS provider's form asks for: without the path."""
        return f"http://{self.address}:{self.api_port}"

    def command(self) -> list[str]:
        options = {
            "config-dir": self.directory,
            "socket-dir": self.directory,
            "launch": "gsqlite3",
            "gsqlite3-database": self.directory / "pdns.sqlite3",
            "local-address": self.address,
            "local-port": self.port,
            "webserver": "yes",
            "webserver-address": self.address,
            "webserver-port": self.api_port,
            "webserver-allow-from": "127.0.0.0/8",
            "api": "yes",
            "api-key": self.api_key,
            "daemon": "no",
            "guardian": "no",
            "disable-syslog": "yes",
            "setuid": "",
            "setgid": "",
            "cache-ttl": 0,
            "query-cache-ttl": 0,
            "negquery-cache-ttl": 0,
            "zone-cache-refresh-interval": 0,
            "security-poll-suffix": "",
            "default-soa-content": "ns1.@ hostmaster.@ 0 3600 600 1209600 60",
        }
        return [self.binary, *(f"--{name}={value}" for name, value in options.items())]

    def start(self) -> None:
        super().start()
        initial, self._initial = self._initial, {}
        for zone, records in initial.items():
            self.add_zone(zone, records)

    def answers(self) -> bool:
        try:
            self.api("GET", "/servers/localhost")
        except (urllib.error.URLError, OSError):
            return False
        return True

    def add_zone(self, name: str, records: Iterable[tuple[str, str, list[str]]] = ()) -> None:
        zone = absolute(name)
        rrsets = [_rrset(owner, type_, values) for owner, type_, values in records]
        body = {"name": zone, "kind": "Native", "nameservers": [f"ns1.{zone}"], "rrsets": rrsets}
        self.api("POST", "/servers/localhost/zones", body)

    def records(self, name: str) -> dict[tuple[str, str], list[str]]:
        """What a zone holds by now: (owner, type) -> values."""
        zone = self.api("GET", f"/servers/localhost/zones/{absolute(name)}")
        return {(r["name"], r["type"]): [record["content"] for record in r["records"]] for r in zone["rrsets"]}

    def publish(self, zone: str, name: str, type_: str, values: Iterable[str], ttl: int = DEFAULT_TTL) -> None:
        """Make `values` the whole record set at `name` and `type_`; none removes it."""
        rrset = _rrset(name, type_, list(values), ttl) | {"changetype": "REPLACE"}
        if not rrset["records"]:
            rrset["changetype"] = "DELETE"
        self.api("PATCH", f"/servers/localhost/zones/{absolute(zone)}", {"rrsets": [rrset]})

    def api(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        request = urllib.request.Request(
            f"{self.api_url}/api/v1{path}",
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"X-API-Key": self.api_key, "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=5) as response:
            text = response.read()
        return json.loads(text) if text else None


def _rrset(name: str, type_: str, values: list[str], ttl: int = DEFAULT_TTL) -> dict[str, Any]:
    records = [{"content": value, "disabled": False} for value in values]
    return {"name": absolute(name), "type": type_, "ttl": ttl, "records": records}
