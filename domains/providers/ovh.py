"""OVHcloud, through dns-lexicon. https://eu.api.ovh.com/console/?section=%2Fdomain

A zone's changes show after `refresh`, so a list of writes asks for that once, at its end or where it stopped.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ..rrset import quote_txt
from .base import ProviderError, Write
from .lexicon import LexiconProvider, Session, explained

SECRETS = ("application_key", "application_secret", "consumer_key")
ENDPOINTS = {
    "ovh-eu": "https://eu.api.ovh.com/1.0",
    "ovh-ca": "https://ca.api.ovh.com/1.0",
    "ovh-us": "https://api.ovhcloud.com/1.0",
}


class Ovh(LexiconProvider):
    def __init__(self, settings: Mapping[str, Any], credentials: Mapping[str, str]) -> None:
        self.entrypoint = str(settings.get("entrypoint") or "ovh-eu")
        options = {f"auth_{name}": credentials.get(name, "") for name in SECRETS}
        super().__init__("ovh", {"auth_entrypoint": self.entrypoint, **options})

    def sign_in(self, client: Any, zone: str) -> None:
        """What lexicon's `authenticate` does, on a session that does not wait for ever."""
        client.endpoint_api = ENDPOINTS[self.entrypoint]
        client.session = Session()
        response = client.session.get(f"{client.endpoint_api}/auth/time")
        response.raise_for_status()
        client.time_delta = int(response.json()) - int(time.time())
        if zone and zone not in client._get("/domain/zone/"):
            raise ProviderError("no-such-zone", zone)

    def zones(self) -> list[str]:
        with explained():
            return sorted(self.client("")._get("/domain/zone/"))

    def write(self, zone: str, writes: Sequence[Write], done: Callable[[int], None]) -> None:
        try:
            super().write(zone, writes, done)
        finally:
            with explained():
                self.client(zone)._post(f"/domain/zone/{zone}/refresh")

    def records(self, client: Any, zone: str, names: set[str]) -> Iterator[tuple[str, str, str, int | None, Any]]:
        apex = f"{zone}."
        for name in sorted(names):
            label = name.removesuffix(apex).rstrip(".")
            for identifier in client._get(f"/domain/zone/{zone}/record", {"subDomain": label}):
                record = client._get(f"/domain/zone/{zone}/record/{identifier}")
                type_, target = str(record["fieldType"]), str(record["target"])
                yield name, *_published(type_, target, zone), int(record["ttl"]) or None, identifier

    def create(self, client: Any, zone: str, name: str, type_: str, value: str, ttl: int) -> None:
        label = name.removesuffix(f"{zone}.").rstrip(".")
        data = {"fieldType": type_, "subDomain": label, "target": value, "ttl": ttl}
        client._post(f"/domain/zone/{zone}/record", data)

    def remove(self, client: Any, zone: str, name: str, type_: str, value: str, identifier: Any) -> None:
        client._delete(f"/domain/zone/{zone}/record/{identifier}")


def _published(type_: str, target: str, zone: str) -> tuple[str, str]:
    """The type as the DNS has it (OVHcloud's SPF, DKIM and DMARC are TXT records) and the value, names absolute."""
    if type_ in {"TXT", "SPF", "DKIM", "DMARC"}:
        return "TXT", target if target.startswith('"') else quote_txt(target)
    if type_ in {"CNAME", "NS", "MX", "SRV"} and not target.endswith("."):
        return type_, f"{target}.{zone}."
    return type_, target
