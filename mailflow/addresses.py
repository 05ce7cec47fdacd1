"""Addresses as the mail servers ask by them. Pure."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple

DELIMITER = "+"


class Address(NamedTuple):
    """`local` and `domain` as the database has them: lower case, `local` without quotes."""

    local: str
    domain: str

    @property
    def base(self) -> str:
        """The local part without what stands behind the delimiter: jan+shop is jan's."""
        head, found, _tail = self.local.partition(DELIMITER)
        return head if found and head else self.local

    @property
    def detail(self) -> str:
        """What stands behind the local part, the delimiter with it."""
        return self.local[len(self.base) :]

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


def split(text: str) -> Address:
    """RFC 5321 §4.1.2: the last @ divides; a quoted local part is read without its quotes."""
    local, domain = written = unquoted(text)
    if len(local) > 1 and local.startswith('"') and local.endswith('"'):
        return Address(re.sub(r"\\(.)", r"\1", local[1:-1]), domain)
    return written


def unquoted(text: str) -> Address:
    """As `split`, of what the policy protocol says: that has no quotes but those that belong to the name."""
    local, _at, domain = _lowered(text).rpartition("@")
    return Address(local, domain.rstrip("."))


def _lowered(text: str) -> str:
    """As Dovecot and SQL do it: to Python the Kelvin sign is a k as well, and a stranger's name would be ours."""
    return text.lower() if text.isascii() else re.sub("[A-Z]+", lambda found: found[0].lower(), text)


def spoken(text: str) -> str:
    """What the policy protocol says, as a command of SMTP has it; empty where none can have it without SMTPUTF8."""
    local, _at, domain = text.rpartition("@")
    return quoted(Address(local, domain)) if text.isascii() and text.isprintable() else ""


def quoted(address: Address) -> str:
    """As it is written where commas divide addresses. RFC 5321 §4.1.2."""
    if re.fullmatch(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*", address.local, re.ASCII):
        return str(address)
    local = re.sub(r'(["\\])', r"\\\1", address.local)
    return f'"{local}"@{address.domain}'


def network_of(address: str) -> str:
    """The network that somebody's tries are counted for: the IPv4 /24 or IPv6 /64."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == 4 else 64), strict=False))


def printable(text: str, most: int = 300) -> str:
    """What another server said, fit for a reply of ours: one line of printable ASCII."""
    return "".join(char if 32 <= ord(char) < 127 else "?" for char in text)[:most]
