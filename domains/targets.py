"""Target servers as people write them: `host`, `host:port`, `[v6]:port`. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from .lookup.guard import Address, Network, may_connect
from .names import NameRefused, host_to_ascii


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


def check_target(
    target: Target, own_hosts: frozenset[str], allowed: Sequence[Network], forbidden: Sequence[Network] = ()
) -> None:
    """Refuse what can be told without asking the DNS: a loop to the platform's own hosts, a private address.

    `own_hosts`: host names of the domain's platform, lower case, without final dot. Raises TargetRefused.
    """
    if target.host in own_hosts:
        raise TargetRefused(TargetFault.LOOP)
    address = target.address
    if address is not None and not may_connect(address, allowed, forbidden):
        raise TargetRefused(TargetFault.PRIVATE)
