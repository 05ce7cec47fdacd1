"""PowerDNS Authoritative Server by its HTTP API. https://doc.powerdns.com/authoritative/http-api/zone.html

One PATCH replaces all record sets of a list of writes, so they happen together; but the API knows no prerequisites:
the zone is read again just before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from ..rrset import RRset
from .base import TYPES, Provider, ProviderError, Published, Write, removals_first, require_room
from .http import Api
from .values import distinct, same

DEFAULT_TTL = 3600


class PowerDns(Provider):
    def __init__(self, settings: Mapping[str, Any], credentials: Mapping[str, str]) -> None:
        server = quote(str(settings.get("server_id") or "localhost"), safe="")
        base = str(settings["url"]).rstrip("/").removesuffix("/api/v1")
        self.api = Api(f"{base}/api/v1/servers/{server}", {"X-API-Key": credentials.get("api_key", "")})

    def zones(self) -> list[str]:
        answer = self.api.call("GET", "/zones")
        if not isinstance(answer, list):
            raise ProviderError("server-error")
        try:
            return sorted(str(zone["name"]).lower().rstrip(".") for zone in answer)
        except (KeyError, TypeError) as error:
            raise ProviderError("server-error", type(error).__name__) from error

    def test(self, zone: str) -> None:
        self._sets(zone)

    def read(self, zone: str, names: Iterable[str]) -> Published:
        wanted = set(names)
        apex = f"{zone}."
        published = {}
        for rrset in self._sets(zone):
            cut = rrset.type == "NS" and rrset.name != apex and any(n.endswith(f".{rrset.name}") for n in wanted)
            if cut or (rrset.name in wanted and rrset.type in TYPES):
                published[rrset.name, rrset.type] = rrset
        return published

    def write(self, zone: str, writes: Sequence[Write], done: Callable[[int], None]) -> None:
        now = self.read(zone, {write.key[0] for write in writes})
        require_room(zone, writes, now)
        changes = []
        for write in removals_first(writes):
            current = now.get(write.key)
            if same(current, write.after):
                continue
            if not same(current, write.before):
                raise ProviderError("zone-changed", f"{write.key[0]} {write.key[1]}")
            changes.append(_change(write))
        if changes:
            self.api.call("PATCH", _path(zone), {"rrsets": changes})
        done(len(writes))

    def _sets(self, zone: str) -> list[RRset]:
        answer = self.api.call("GET", _path(zone))
        if not isinstance(answer, dict):
            raise ProviderError("server-error")
        try:
            return [rrset for entry in answer.get("rrsets", ()) if (rrset := _rrset(entry)) is not None]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ProviderError("server-error", type(error).__name__) from error


def _path(zone: str) -> str:
    return f"/zones/{quote(zone + '.', safe='')}"


def _rrset(entry: Mapping[str, Any]) -> RRset | None:
    """A record set that is published: disabled records are not."""
    type_ = str(entry["type"])
    values = [str(record["content"]) for record in entry["records"] if not record.get("disabled")]
    if not values:
        return None
    return RRset(str(entry["name"]).lower(), type_, int(entry["ttl"]), tuple(sorted(values)))


def _change(write: Write) -> dict[str, Any]:
    name, type_ = write.key
    if write.after is None:
        return {"name": name, "type": type_, "changetype": "DELETE"}
    return {
        "name": name,
        "type": type_,
        "ttl": DEFAULT_TTL if write.after.ttl is None else write.after.ttl,
        "changetype": "REPLACE",
        "records": [{"content": value, "disabled": False} for value in distinct(write.after)],
    }
