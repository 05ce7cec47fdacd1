"""Which addresses may be asked. Servers found in the DNS are named by whoever owns the domain: never trust them.

A name server record that points to an address inside the operator's network must not make the panel talk to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from .config import Network

NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
THIS_HOST_V4_COMPATIBLE = IPv6Network("::/96")


def may_ask(address: str, allowed: Iterable[Network], forbidden: Iterable[Network] = ()) -> bool:
    """Whether `address` is public, or inside one of the `allowed` networks, and in none that is `forbidden`."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    inner = _carried(parsed) if isinstance(parsed, IPv6Address) else None
    if any(parsed in network or (inner is not None and inner in network) for network in forbidden):
        return False
    if any(parsed in network for network in allowed):
        return True
    return _is_public(parsed)


def _carried(address: IPv6Address) -> IPv4Address | None:
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        inner = _carried(address)
        if inner is not None:
            return _is_public(inner)
        if address in THIS_HOST_V4_COMPATIBLE:
            return False
    return address.is_global and not address.is_multicast
