"""DNS providers and their zones."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, StrictInt, StringConstraints

from domains import readings
from domains.holding_zones import line_words
from domains.models import DnsProvider, Reading, Zone
from domains.providers import ProviderError
from domains.sentences import provider_sentence

from .base import NO_NUL, Wish

Setting = Annotated[str, StringConstraints(max_length=500, pattern=NO_NUL)] | StrictInt
Settings = Annotated[
    dict[Annotated[str, StringConstraints(max_length=40, pattern=NO_NUL)], Setting], Field(max_length=20)
]
ProviderName = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=NO_NUL)]
Kind = Literal["rfc2136", "powerdns", "cloudflare", "ovh", "lexicon"]


class ProviderOut(BaseModel):
    """`settings`: without what is secret."""

    id: int
    kind: str
    name: str
    settings: dict[str, Any]
    zones: int

    @classmethod
    def of(cls, row: DnsProvider) -> Self:
        zones = row.zones.count()
        return cls(id=row.pk, kind=row.kind, name=row.name, settings=row.settings, zones=zones)


class NewProvider(Wish):
    """`settings`: as on the page: server, port, key_name, algorithm, secret (rfc2136); url, server_id, api_key
    (powerdns); token (cloudflare); entrypoint, application_key, application_secret, consumer_key (ovh); provider,
    auth_username, auth_token, auth_key, auth_secret, api_key (lexicon)."""

    kind: Kind
    name: ProviderName
    settings: Settings = Field(default_factory=dict)


class ProviderChange(Wish):
    """What is left out stays; so do secrets."""

    name: ProviderName | None = None
    settings: Settings = Field(default_factory=dict)


class ZoneOut(BaseModel):
    name: str
    by_hand: bool
    seen_at: datetime | None

    @classmethod
    def of(cls, zone: Zone) -> Self:
        return cls(name=zone.name, by_hand=zone.by_hand, seen_at=zone.seen_at)


class ZonesWish(Wish):
    """`names`: zones to add; without any the list is read from the provider."""

    names: list[Annotated[str, StringConstraints(min_length=1, max_length=253, pattern=NO_NUL)]] = Field(
        default=[], max_length=20
    )


class LineOut(BaseModel):
    level: str
    code: str
    detail: str


class AskedOut(BaseModel):
    """What a worker asks of a provider, and how it went: `items` once it is `done`, `code` where it `failed`."""

    id: int
    state: Literal["waiting", "asking", "done", "failed"]
    code: str
    detail: str
    items: list[LineOut]

    @classmethod
    def of(cls, reading: Reading) -> Self:
        lines: list[LineOut] = []
        detail = ""
        if reading.is_over:
            try:
                found = readings.result(reading)
                lines = [
                    LineOut(level=level, code=code, detail=line_words(code, facts)) for level, code, facts in found
                ]
            except ProviderError as error:
                detail = provider_sentence(error.code)
        return cls(id=reading.pk, state=reading.state, code=reading.error, detail=detail, items=lines)  # type: ignore[arg-type]
