"""Further providers of dns-lexicon, by its own verbs. Untested here, and without undo: a list of records that has lost
priorities and TTLs on the way cannot be restored exactly.

Only those whose address is the provider's own: one whose address a customer names could reach into our network.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import Any

import requests

from ..rrset import quote_txt, txt_text
from .base import ProviderError
from .lexicon import LexiconProvider, Session

# lexicon's name -> (its own name, its options that are secret)
OFFERED: dict[str, tuple[str, tuple[str, ...]]] = {
    "digitalocean": ("DigitalOcean", ("auth_token",)),
    "dreamhost": ("DreamHost", ("auth_token",)),
    "easydns": ("easyDNS", ("auth_username", "auth_token")),
    "gandi": ("Gandi", ("auth_token",)),
    "godaddy": ("GoDaddy", ("auth_key", "auth_secret")),
    "hetzner": ("Hetzner", ("auth_token",)),
    "infomaniak": ("Infomaniak", ("auth_token",)),
    "ionos": ("IONOS", ("api_key",)),
    "njalla": ("Njalla", ("auth_token",)),
    "porkbun": ("Porkbun", ("auth_key", "auth_secret")),
    "vultr": ("Vultr", ("auth_token",)),
}


class Other(LexiconProvider):
    def __init__(self, settings: Mapping[str, Any], credentials: Mapping[str, str]) -> None:
        name = str(settings.get("provider"))
        if name not in OFFERED:
            raise ProviderError("unknown-provider", name)
        super().__init__(name, {key: credentials.get(key, "") for key in OFFERED[name][1]})
        self.module.__dict__["requests"] = _Requests("requests")

    def records(self, client: Any, zone: str, names: set[str]) -> Iterator[tuple[str, str, str, int | None, Any]]:
        for record in client.list_records():
            name = f"{str(record['name']).lower().rstrip('.')}."
            if name in names:
                type_ = str(record["type"])
                yield name, type_, _value(type_, record), int(record.get("ttl") or 0) or None, record.get("id")

    def create(self, client: Any, zone: str, name: str, type_: str, value: str, ttl: int) -> None:
        client.config.add_config_source(_Options(ttl, value.split(" ")[0] if type_ == "MX" else None), 0)
        content = txt_text(value) if type_ == "TXT" else value
        if type_ == "MX":
            content = value.split(" ")[1]
        if not client.create_record(type_, name.rstrip("."), content.rstrip(".")):
            raise ProviderError("rejected", f"{name} {type_}")

    def remove(self, client: Any, zone: str, name: str, type_: str, value: str, identifier: Any) -> None:
        if not client.delete_record(identifier, type_, name.rstrip("."), value):
            raise ProviderError("rejected", f"{name} {type_}")


def _value(type_: str, record: Mapping[str, Any]) -> str:
    content = str(record["content"])
    if type_ == "TXT":
        return content if content.startswith('"') else quote_txt(content)
    if type_ == "MX" and " " not in content:
        content = (
            f"{record.get('priority') or (record.get('options') or {}).get('mx', {}).get('priority', 10)} {content}"
        )
    return content if type_ in {"A", "AAAA"} else f"{content.rstrip('.')}."


class _Options:
    """What lexicon asks for beside a record: it takes them from its configuration."""

    def __init__(self, ttl: int, priority: str | None) -> None:
        self.values = {"lexicon:ttl": str(ttl), "lexicon:priority": priority}

    def resolve(self, config_key: str) -> str | None:
        return self.values.get(config_key)


class _Requests(types.ModuleType):
    """`requests` as a provider's module sees it: every call has a time limit."""

    Session = Session

    def __getattr__(self, name: str) -> Any:
        if name in {"request", "get", "post", "put", "patch", "delete"}:
            return getattr(Session(), name)
        return getattr(requests, name)
