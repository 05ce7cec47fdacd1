"""Real servers for the tests: Knot, Unbound, PowerDNS, PostgreSQL, Redis, Caddy, and a proxy that misbehaves.

Each is a plain context manager (`with Knot({...}) as knot:`), and `tests/servers/fixtures.py` has pytest fixtures.
All listen on loopback addresses and high ports, in directories of their own.
"""

from .caddy import Caddy
from .faults import EVERY_FAULT, Fault, FaultProxy
from .knot import Knot
from .postgresql import PostgreSql
from .powerdns import PowerDns
from .process import free_port
from .redis import Redis
from .unbound import Unbound

__all__ = [
    "EVERY_FAULT",
    "Caddy",
    "Fault",
    "FaultProxy",
    "Knot",
    "PostgreSql",
    "PowerDns",
    "Redis",
    "Unbound",
    "free_port",
]
