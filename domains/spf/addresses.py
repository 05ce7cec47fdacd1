"""Addresses and networks as people write them, as the SPF terms that mean exactly the same addresses. Pure."""

from __future__ import annotations

import ipaddress
import re

from .changes import AmbiguityCode, ChangeKind

_QUAD = r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}"
_SOME = r"[0-9]{1,3}(?:\.[0-9]{1,3}){0,2}"
_V4 = re.compile(rf"({_QUAD})(?P<port>:[0-9]{{1,5}})?(?:/([0-9.]*))?(?P<late>:[0-9]{{1,5}})?\Z")
_V4_IN_BRACKETS = re.compile(rf"\[({_QUAD})(?:/([0-9]+))?\](?P<port>:[0-9]{{1,5}})?(?:/([0-9]+))?\Z")
_RANGE = re.compile(rf"({_QUAD})-({_QUAD}|[0-9]{{1,3}})\Z")
_WILDCARD = re.compile(rf"({_SOME})(?:\.\*)+(?:/([0-9]{{1,2}}))?\Z")
_SHORT = re.compile(rf"({_SOME})\.?/([0-9]{{1,2}})\Z")
_V6 = re.compile(r"([0-9A-Fa-f]*:[0-9A-Fa-f:.]*)(?:/([0-9]+)(?P<late>:[0-9]{1,5})?)?\Z")
_V6_IN_BRACKETS = re.compile(r"\[([0-9A-Fa-f:.]+)(?:/([0-9]+))?\](?P<port>:[0-9]{1,5})?(?:/([0-9]+))?\Z")
_LIKE_ADDRESS = re.compile(r"\[?[A-Fa-f]*[0-9:][0-9A-Fa-f:.*/\\\-\[\]]*\Z")

_QUAD_WITH_DOTS = re.compile(r"[0-9]{1,3}(?:\.{1,2}[0-9]{1,3}){3}(?:/[0-9]+)?\Z")

type Reading = tuple[ChangeKind, tuple[str, ...]] | AmbiguityCode


def read_networks(text: str) -> Reading | None:
    """The ip4 and ip6 terms (without sign) for the addresses that `text` names; a code where it can name several.

    None: nothing like an address. Never more and never fewer addresses than were written.
    """
    text = (
        re.sub(r"\A[a-z]{2,5}://(?=[0-9.]+/?\Z)", "", text, flags=re.IGNORECASE).removesuffix("/")
        if "://" in text
        else text
    )
    text = re.sub(r"(/[0-9]{1,3})/\Z", r"\1", text.replace("\\", "/").replace("//", "/"))
    text = re.sub(r"\.\.+(?=[0-9])", ".", text) if _QUAD_WITH_DOTS.match(text) else text
    for pattern, read in (
        (_RANGE, _range),
        (_WILDCARD, _wildcard),
        (_SHORT, _short),
        (_V4_IN_BRACKETS, _bracketed),
        (_V6_IN_BRACKETS, _bracketed),
        (_V4, _v4),
        (_V6, _v6),
    ):
        if found := pattern.match(text):
            return read(found)
    return AmbiguityCode.ADDRESS if re.search(r"[.:]", text) and _LIKE_ADDRESS.match(text) else None


def _v4(found: re.Match[str]) -> Reading:
    address, _, length, _ = found.groups()
    kind = ChangeKind.PORT if found["port"] or found["late"] else ChangeKind.ADDRESS
    if found["port"] and found["late"]:
        return AmbiguityCode.ADDRESS
    return _network(kind, address, length)


def _v6(found: re.Match[str]) -> Reading:
    return _network(ChangeKind.PORT if found["late"] else ChangeKind.ADDRESS, found[1], found[2])


def _bracketed(found: re.Match[str]) -> Reading:
    address, inside, port, outside = found.groups()
    if inside and outside:
        return AmbiguityCode.PREFIX
    return _network(ChangeKind.PORT if port else ChangeKind.PUNCTUATION, address, inside or outside)


def _network(kind: ChangeKind, written: str, length: str | None) -> Reading:
    address = _decimal(written)
    if address is None:
        return AmbiguityCode.ADDRESS
    try:
        plain = ipaddress.ip_address(address)
    except ValueError:
        return AmbiguityCode.ADDRESS
    mapped = plain.ipv4_mapped if isinstance(plain, ipaddress.IPv6Address) else None
    if mapped is not None:
        return (kind, (f"ip4:{mapped}",)) if length in (None, "128") else AmbiguityCode.PREFIX
    if length is None:
        return kind, (f"ip{plain.version}:{address}",)
    try:
        network = ipaddress.ip_network(f"{address}/{length}", strict=False)
    except ValueError:
        return AmbiguityCode.PREFIX
    if network.prefixlen == 0:  # everybody: no slip, or one that must not be guessed
        return AmbiguityCode.PREFIX
    kind = ChangeKind.NETWORK if "." in length else kind
    return kind, (f"ip{plain.version}:{address}/{network.prefixlen}",)


def _range(found: re.Match[str]) -> Reading:
    first, last = (_decimal(text) for text in found.groups())
    if first is None or last is None:
        return AmbiguityCode.ADDRESS
    if "." not in last:
        last = f"{first.rpartition('.')[0]}.{last}"
    try:
        start, end = ipaddress.IPv4Address(first), ipaddress.IPv4Address(last)
        networks = tuple(ipaddress.summarize_address_range(start, end))
    except ValueError:
        return AmbiguityCode.ADDRESS
    if networks[0].prefixlen == 0:
        return AmbiguityCode.PREFIX
    return ChangeKind.RANGE, tuple(f"ip4:{str(network).removesuffix('/32')}" for network in networks)


def _wildcard(found: re.Match[str]) -> Reading:
    text, length = found.groups()
    octets = text.split(".")
    bits = 8 * len(octets)
    stars = found.group().partition("/")[0].count("*")
    if len(octets) + stars > 4 or (length is not None and int(length) != bits):
        return AmbiguityCode.ADDRESS
    return _filled(octets, bits)


def _short(found: re.Match[str]) -> Reading:
    text, length = found.groups()
    octets = text.split(".")
    # `192.0.2/24` can only be 192.0.2.0/24; with a longer prefix an octet may have been forgotten anywhere.
    return _filled(octets, int(length)) if 0 < int(length) <= 8 * len(octets) else AmbiguityCode.PREFIX


def _filled(octets: list[str], bits: int) -> Reading:
    address = _decimal(".".join(octets + ["0"] * (4 - len(octets))))
    return _network(ChangeKind.NETWORK, address, str(bits)) if address is not None else AmbiguityCode.ADDRESS


def _decimal(address: str) -> str | None:
    """`192.000.002.001` without its zeros; None where some software reads the octets as octal, and others not."""
    octets = address.split(".") if ":" not in address else []
    padded = all(len(octet) == 3 for octet in octets)
    plain = []
    for octet in octets:
        bare = octet.lstrip("0") or "0"
        if bare != octet and len(bare) > 1 and not padded:
            return None
        plain.append(bare)
    return ".".join(plain) or address
