"""Target servers as people write them: `host`, `host:port`, `[v6]:port`. Pure."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from enum import StrEnum

from .names import NameRefused, host_to_ascii

type Network = ipaddress.IPv4Network | ipaddress.IPv6Network
type Networks = tuple[Network, ...] | list[Network]
GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")  # RFC 4291 §2.4; NAT64's prefix is judged by what it carries

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class TargetFault(StrEnum):
    """Why a text is no target server. Closed list; sentences are made where shown."""

    MISSING = "target-required"
    PORT = "target-port"
    NAME = "target-name"  # `cause` says what is wrong with the host name
    PRIVATE = "target-private"
    LOOP = "target-loop"


class TargetRefused(ValueError):  # noqa: N818 - a refusal, as everywhere
    def __init__(self, code: TargetFault, cause: NameRefused | None = None) -> None:
        super().__init__(code.value)
        self.code = code
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Target:
    """`host` is an A-label name without final dot, or an address; `port` is None for SMTP's own, 25."""

    host: str
    port: int | None = None

    @property
    def address(self) -> Address | None:
        """The address that `host` is, where it is one."""
        return literal(self.host)

    def __str__(self) -> str:
        if self.port is None:
            return self.host
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def literal(host: str) -> Address | None:
    """The IP address that `host` writes, or None where it is a name."""
    try:
        return ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None


def parse_target(text: str) -> Target:
    """Raises TargetRefused."""
    text = text.strip()
    if not text:
        raise TargetRefused(TargetFault.MISSING)
    host, port = _split(text)
    address = literal(host)
    if address is not None:
        return Target(str(address), port)
    try:
        return Target(host_to_ascii(host), port)
    except NameRefused as error:
        raise TargetRefused(TargetFault.NAME, error) from error


def _split(text: str) -> tuple[str, int | None]:
    host, port = text, ""
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        if port and not port.startswith(":"):
            raise TargetRefused(TargetFault.PORT)
        port = port[1:]
    elif text.count(":") == 1 and "/" not in text:
        host, _, port = text.partition(":")
        if not port:
            raise TargetRefused(TargetFault.PORT)
    if not port:
        return host, None
    if not (port.isascii() and port.isdigit()) or not 0 < int(port) < 65536:
        raise TargetRefused(TargetFault.PORT)
    return host, None if int(port) == 25 else int(port)


def is_public(address: Address, allowed: Networks = (), forbidden: Networks = ()) -> bool:
    """Whether the panel may connect to `address`: one of the Internet's, or one in a network that is allowed.

    What is forbidden stays so, whatever is allowed around it.
    An IPv6 address that carries an IPv4 one (mapped, 6to4, NAT64) is judged by that too. One with a scope
    (fe80::1%eth0) means something on one machine only.
    """
    if isinstance(address, ipaddress.IPv6Address) and address.scope_id is not None:
        return False
    inner = _carried(address)
    if _within(address, forbidden) or (inner is not None and _within(inner, forbidden)):
        return False
    if _within(address, allowed):
        return True
    if inner is not None:
        return is_public(inner, allowed)
    if isinstance(address, ipaddress.IPv6Address) and address not in GLOBAL_UNICAST:
        return False  # site-local, IPv4-compatible and other forms that nobody was given
    return address.is_global and not address.is_multicast


def _within(address: Address, networks: Networks) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _carried(address: Address) -> ipaddress.IPv4Address | None:
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if address in ipaddress.ip_network("64:ff9b::/96"):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def check_target(target: Target, own_hosts: frozenset[str], allowed: Networks = (), forbidden: Networks = ()) -> None:
    """Refuse what can be told without asking the DNS: a loop to the platform's own hosts, a private address.

    `own_hosts`: host names of the domain's platform, lower case, without final dot. Raises TargetRefused.
    """
    if target.host in own_hosts:
        raise TargetRefused(TargetFault.LOOP)
    address = target.address
    if address is not None and not is_public(address, allowed, forbidden):
        raise TargetRefused(TargetFault.PRIVATE)
