"""What an engine is told when it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..guard import Network

Endpoint = tuple[str, int]  # address (or host name) and port

RESOLV_CONF = Path("/etc/resolv.conf")
LOCAL_RESOLVER = ("127.0.0.1", 53)  # what resolv.conf(5) means where it names none


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """`stub_zones`: zone (absolute, lower case) -> the server that gets every question below it.

    `per_server_rate` and `own_resolver_rate` are ceilings in queries a second to any one name server, and to any one
    of `resolvers` (None: no ceiling). `question_seconds` is how long one question may take from its first query.
    """

    resolvers: tuple[Endpoint, ...]
    authoritative_port: int = 53
    stub_zones: Mapping[str, Endpoint] = field(default_factory=dict)
    allowed_networks: tuple[Network, ...] = ()
    forbidden_networks: tuple[Network, ...] = ()
    per_server_rate: float | None = 300
    own_resolver_rate: float | None = 300
    concurrency: int = 400  # questions under way at the resolvers, at most
    question_seconds: float = 9.0
    cache_size: int = 20_000  # answers
    cache_seconds: float = 60.0  # resolvers' answers serve no longer than this, whatever their TTL

    def __post_init__(self) -> None:
        if not self.resolvers:
            raise ValueError("no resolvers")


def system_resolvers(path: Path = RESOLV_CONF) -> tuple[Endpoint, ...]:
    """The resolvers that the system is set up with."""
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        return (LOCAL_RESOLVER,)
    words = [line.split() for line in lines]
    return tuple((line[1], 53) for line in words if len(line) > 1 and line[0] == "nameserver") or (LOCAL_RESOLVER,)
