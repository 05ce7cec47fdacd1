"""Host names and addresses of a platform, as staff type them. Pure."""

from __future__ import annotations

import ipaddress
import re

import idna

LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)\Z")


def host_name(text: str) -> str | None:
    """The A-label form, lower case, without final dot; None for what is no name of a host. RFC 1123 §2.1, RFC 5891."""
    text = text.strip().rstrip(".")
    try:
        name = idna.encode(text, uts46=True, std3_rules=True).decode().lower() if not text.isascii() else text.lower()
    except idna.IDNAError:
        return None
    labels = name.split(".")
    if len(name) > 253 or len(labels) < 2 or labels[-1].isdigit() or not all(map(LABEL.match, labels)):
        return None
    return name


def spf_name(text: str) -> str | None:
    """A name that an SPF record may include: labels may begin with an underscore."""
    name = text.strip().rstrip(".").lower()
    bare = ".".join(label.removeprefix("_") for label in name.split("."))
    return name if len(name) <= 253 and host_name(bare) == bare else None


def address(text: str) -> str | None:
    """An IPv4 or IPv6 address in its canonical form; None for networks and all else."""
    try:
        return str(ipaddress.ip_address(text.strip()))
    except ValueError:
        return None
