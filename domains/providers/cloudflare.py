"""Cloudflare, through dns-lexicon. https://developers.cloudflare.com/api/resources/dns/

Its API keeps names without final dot, an MX or SRV record's priority apart, and 1 as the TTL that means "automatic".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..rrset import quote_txt
from .base import ProviderError
from .lexicon import LexiconProvider, Session, explained

API = "https://api.cloudflare.com/client/v4"
PER_PAGE = 500
SMALLEST_TTL = 60  # seconds; 1 is automatic


class Cloudflare(LexiconProvider):
    def __init__(self, settings: Mapping[str, Any], credentials: Mapping[str, str]) -> None:
        super().__init__("cloudflare", {"auth_token": credentials.get("token", "")})
        self.session = Session()

    def sign_in(self, client: Any, zone: str) -> None:
        client._request = self._request  # in place of lexicon's own, which waits for ever
        client.authenticate()

    def _request(
        self, action: str = "GET", url: str = "/", data: Any = None, query_params: Mapping[str, Any] | None = None
    ) -> Any:
        response = self.session.request(
            action,
            API + url,
            params=query_params,
            json=data or None,
            headers={"Authorization": f"Bearer {self.options['auth_token']}"},
        )
        response.raise_for_status()
        return response.json()

    def zones(self) -> list[str]:
        with explained():
            return sorted(zone["name"] for zone in self._pages("/zones", {"per_page": 50}))

    def _pages(self, url: str, query: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        page, pages = 1, 1
        while page <= pages:
            answer = self._request("GET", url, query_params={**query, "page": page})
            yield from answer["result"]
            pages = int((answer.get("result_info") or {}).get("total_pages", 1))
            page += 1

    def records(self, client: Any, zone: str, names: set[str]) -> Iterator[tuple[str, str, str, int | None, Any]]:
        for record in self._pages(f"/zones/{client.domain_id}/dns_records", {"per_page": PER_PAGE}):
            type_, name = str(record["type"]), f"{record['name'].lower()}."
            if name in names:
                yield name, type_, _value(record), int(record["ttl"]), record["id"]

    def create(self, client: Any, zone: str, name: str, type_: str, value: str, ttl: int) -> None:
        lasts = ttl if ttl == 1 else max(ttl, SMALLEST_TTL)
        data: dict[str, Any] = {"type": type_, "name": name.rstrip("."), "ttl": lasts, **_content(type_, value)}
        if type_ in {"A", "AAAA", "CNAME"}:
            data["proxied"] = False  # a proxied alias would answer with Cloudflare's addresses
        client._post(f"/zones/{client.domain_id}/dns_records", data)

    def remove(self, client: Any, zone: str, name: str, type_: str, value: str, identifier: Any) -> None:
        client._delete(f"/zones/{client.domain_id}/dns_records/{identifier}")


def _value(record: Mapping[str, Any]) -> str:
    """A record in presentation form."""
    type_, content = record["type"], str(record.get("content", ""))
    if type_ == "MX":
        return f"{record['priority']} {content.rstrip('.')}."
    if type_ == "SRV":
        data = record["data"]
        return f"{data['priority']} {data['weight']} {data['port']} {str(data['target']).rstrip('.')}."
    if type_ in {"CNAME", "NS"}:
        return f"{content.rstrip('.')}."
    if type_ == "TXT" and not content.startswith('"'):
        return quote_txt(content)
    return content


def _content(type_: str, value: str) -> dict[str, Any]:
    words = value.split()
    if type_ == "MX":
        return {"priority": int(words[0]), "content": words[1].rstrip(".")}
    if type_ == "SRV":
        priority, weight, port = (int(word) for word in words[:3])
        return {"data": {"priority": priority, "weight": weight, "port": port, "target": words[3].rstrip(".")}}
    if type_ in {"CNAME", "NS"}:
        return {"content": value.rstrip(".")}
    if type_ in {"TXT", "A", "AAAA"}:
        return {"content": value}
    raise ProviderError("unknown-type", type_)
