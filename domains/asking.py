"""The engine as this installation's settings want it."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings

from .lookup.engine import Engine, EngineConfig, system_resolvers
from .rrset import absolute

CHECK_RUN_SECONDS = 25.0  # that one look may take; what has no answer by then counts as silent

Resolver = tuple[str, int]


def engine_config(resolvers: Sequence[Resolver] = ()) -> EngineConfig:
    """`resolvers`: asked instead of the configured ones, and instead of the servers of stub zones."""
    stubs = {} if resolvers else {absolute(zone): server for zone, server in settings.DNS_STUB_ZONES.items()}
    return EngineConfig(
        resolvers=tuple(resolvers or settings.DNS_RESOLVERS or system_resolvers()),
        authoritative_port=settings.DNS_AUTHORITATIVE_PORT,
        stub_zones=stubs,
        allowed_networks=tuple(settings.ALLOWED_NETWORKS),
        forbidden_networks=tuple(settings.FORBIDDEN_NETWORKS),
        per_server_rate=settings.DNS_SERVER_RATE or None,
        own_resolver_rate=settings.DNS_RESOLVER_RATE or None,
    )


def engine(resolvers: Sequence[Resolver] = ()) -> Engine:
    return Engine(engine_config(resolvers))


def in_stub_zone(name: str) -> bool:
    """Whether the operator vouches for the server of `name`: it lies in one of DNS_STUB_ZONES."""
    return any(name == zone or name.endswith(f".{zone}") for zone in settings.DNS_STUB_ZONES)
