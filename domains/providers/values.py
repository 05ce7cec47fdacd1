"""Records' values in one spelling, so that what providers write differently compares equal."""

from __future__ import annotations

from functools import lru_cache

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype

from ..rrset import RRset, quote_txt, txt_text


@lru_cache(maxsize=4096)
def canonical(type_: str, value: str) -> str:
    """`value` (presentation form) with names absolute and in lower case and TXT in chunks of 255 octets.

    A value that cannot be parsed stays as it is: it equals itself only.
    """
    if type_ == "TXT":
        return quote_txt(txt_text(value))
    try:
        rdata = dns.rdata.from_text(
            dns.rdataclass.IN, dns.rdatatype.from_text(type_), value, origin=dns.name.root, relativize=False
        )
    except (dns.exception.DNSException, ValueError):
        return value
    return rdata.to_text().lower()


def canonical_set(type_: str, values: tuple[str, ...]) -> frozenset[str]:
    return frozenset(canonical(type_, value) for value in values)


def same(one: RRset | None, other: RRset | None) -> bool:
    """Whether two record sets (None: none) say the same. Order and TTL are no matter."""
    if one is None or other is None:
        return one is None and other is None
    return canonical_set(one.type, one.values) == canonical_set(other.type, other.values)


def distinct(rrset: RRset) -> list[str]:
    """The values to send, each once, in the spelling and the order given: an undo restores what was there exactly."""
    return list({canonical(rrset.type, value): value for value in reversed(rrset.values)}.values())[::-1]
