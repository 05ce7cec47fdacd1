"""The one guard of addresses: which of those that customers can name the panel may connect to. Pure.

DNS servers, target servers and the name servers found by looking a domain up are named by whoever owns the domain: a
record that points to an address inside the operator's network must not make the panel talk to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

type Address = IPv4Address | IPv6Address
type Network = IPv4Network | IPv6Network

NAT64 = ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
GLOBAL_UNICAST = ip_network("2000::/3")  # RFC 4291 §2.4: all that anybody was given


def may_connect(address: Address | str, allowed: Iterable[Network] = (), forbidden: Iterable[Network] = ()) -> bool:
    """Whether the panel may connect to `address`: one of the Internet's, or one in a network that is `allowed`.

    What is `forbidden` stays so, whatever is allowed around it.
    An IPv6 address that carries an IPv4 one (mapped, 6to4, NAT64) is judged by that too. One with a scope
    (fe80::1%eth0) means something on one machine only; what is no address may not be connected to.
    """
    if isinstance(address, str):
        try:
            address = ip_address(address)
        except ValueError:
            return False
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return False
    inner = _carried(address)
    if _within(address, forbidden) or (inner is not None and _within(inner, forbidden)):
        return False
    if _within(address, allowed):
        return True
    if inner is not None:
        return may_connect(inner, allowed)
    if isinstance(address, IPv6Address) and address not in GLOBAL_UNICAST:
        return False  # site-local, IPv4-compatible and other forms that nobody was given
    return address.is_global and not address.is_multicast


def _within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _carried(address: Address) -> IPv4Address | None:
    if not isinstance(address, IPv6Address):
        return None
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
