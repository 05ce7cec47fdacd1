"""Addresses as people read them."""

from __future__ import annotations

from functools import lru_cache

from domains.names import to_unicode


@lru_cache(maxsize=4096)
def _shown_domain(domain: str) -> str:
    return to_unicode(domain)


def shown(address: str) -> str:
    """The address with its domain in U-label form."""
    name, at, domain = address.partition("@")
    return f"{name}{at}{_shown_domain(domain)}" if domain else address
