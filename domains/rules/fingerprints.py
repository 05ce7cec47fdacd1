"""What was found, as one short text: equal exactly where the records are. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from ..rrset import RRset


def fingerprint(found: Iterable[RRset]) -> str:
    """Of names, types and values; TTL and order of values do not count. 64 hexadecimal digits."""
    lines = sorted(f"{rr.name} {rr.type} {value}" for rr in found for value in rr.values)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
