"""Where the panel may connect to on a customer's word: public addresses only, resolved first and then pinned.

Addresses in ALLOWED_NETWORKS are allowed beside them (tests, an operator's own network; of the demonstration one port
of one address), those in FORBIDDEN_NETWORKS never.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence

import dns.exception
import dns.name
import dns.nameserver
import dns.resolver
from django.conf import settings

from panel.errors import Refused

from .lookup.guard import Address, may_connect
from .sentences import target_sentence
from .targets import TargetFault, TargetRefused, literal, parse_target

DOCUMENTATION = tuple(
    ipaddress.ip_network(network) for network in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
)
SECONDS = 4.0  # for all look-ups of one name together


class Unreachable(Exception):  # noqa: N818 - said to people
    """No address of a host may or can be connected to. `code`: `unresolved`, `no-such-host` or `forbidden`."""

    def __init__(self, code: str, host: str) -> None:
        super().__init__(f"{host}: {code}")
        self.code = code
        self.host = host


def addresses_of(host: str, *, seconds: float = SECONDS) -> tuple[Address, ...]:
    """Every address that `host` (a name or an address) has, public or not.

    Raises Unreachable with `no-such-host` where the DNS says that there is none, `unresolved` where it says nothing.
    """
    address = literal(host)
    if address is not None:
        return (address,)
    resolver = _resolver(host)
    resolver.lifetime = seconds / 2
    found: list[Address] = []
    silent = False
    for kind in ("A", "AAAA"):
        try:
            answer = resolver.resolve(dns.name.from_text(host.rstrip(".") + "."), kind, raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN:
            break
        except (dns.exception.DNSException, OSError):
            silent = True
            continue
        found += [ipaddress.ip_address(record.address) for record in answer.rrset or ()]
    if not found:
        raise Unreachable("unresolved" if silent else "no-such-host", host)
    return tuple(found)


def pinned(host: str, port: int) -> str:
    """The address to connect to for `host` at `port`. Raises Unreachable; `forbidden` where none of them is allowed.

    Whoever connects must use this very address: a second look-up may answer otherwise.
    """
    addresses = addresses_of(host)
    allowed = next((a for a in addresses if _may_reach(a) or (a, port) in settings.ALLOWED_SERVERS), None)
    if allowed is None:
        raise Unreachable("forbidden", host)
    return str(allowed)


def require_reachable_target(text: str) -> bool:
    """Refuse a target server that resolves to an address the platform must not pass mail to.

    Returns whether it resolves at all: one that does not may be in the making. An empty or malformed `text` is
    left to `Domain.attach`, which says what is wrong with it.
    """
    try:
        addresses = [str(address) for address in addresses_of(parse_target(text).host)]
    except TargetRefused:
        return True
    except Unreachable:
        return False
    return require_allowed(addresses)


def require_allowed(addresses: Sequence[str] | None) -> bool:
    """The same of addresses that were looked up before; None: there are none."""
    if addresses is None:
        return False
    if not all(_may_take_mail(ipaddress.ip_address(address)) for address in addresses):
        refusal = TargetRefused(TargetFault.PRIVATE)
        raise Refused(refusal.code.value, target_sentence(refusal), field="target")
    return True


def require_allowed_literal(text: str) -> bool:
    """The same of a target server that is an address, or nothing that could be looked up."""
    try:
        address = literal(parse_target(text).host)
    except TargetRefused:
        return True
    return address is None or require_allowed([str(address)])


def host_to_look_up(text: str) -> str:
    """The host of a target server; empty where there is nothing to look up: an address, or no target at all."""
    try:
        host = parse_target(text).host
    except TargetRefused:
        return ""
    return "" if literal(host) is not None else host


def _may_reach(address: Address) -> bool:
    return may_connect(address, settings.ALLOWED_NETWORKS, settings.FORBIDDEN_NETWORKS)


def _may_take_mail(address: Address) -> bool:
    """Beside what may be reached, where there is a demonstration, the addresses of documentation (RFC 5737, RFC 3849):
    its other mail system is at one, nobody is there, and its split domain can be tried to and fro."""
    return _may_reach(address) or (
        settings.HAS_DEMONSTRATION
        and any(address.version == network.version and address in network for network in DOCUMENTATION)
    )


def _resolver(host: str) -> dns.resolver.Resolver:
    """The configured resolvers, or the stub server of the zone that `host` is in."""
    name = host.lower().rstrip(".")
    stubs = [zone for zone in settings.DNS_STUB_ZONES if name == zone or name.endswith(f".{zone}")]
    servers = [settings.DNS_STUB_ZONES[max(stubs, key=len)]] if stubs else settings.DNS_RESOLVERS
    if not servers:
        return dns.resolver.Resolver()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [
        dns.nameserver.Do53Nameserver(socket.gethostbyname(server), port) for server, port in servers
    ]
    return resolver
