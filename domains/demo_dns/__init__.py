"""A small authoritative DNS server for the demonstration: a few zones, one TSIG key, loopback only.

It exists so that every button of the panel can be tried with no network at all. It is no server for real zones.
"""

from .server import serve
from .store import Store

__all__ = ["Store", "serve"]
