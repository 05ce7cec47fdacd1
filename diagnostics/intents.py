"""What technicians marked as intended. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from domains.records import Kind

from .fingerprints import fingerprint
from .history import SPF_PERMANENT
from .verdicts import RED, Status, Verdict


def can_be_intended(kind: str, status: str, problems: Collection[str]) -> bool:
    """Whether what is there may be marked so. Codes in `problems` decide the colour; advice does not count."""
    return kind not in (Kind.CNAME, Kind.NS) and status in RED and not SPF_PERMANENT.intersection(problems)


def with_intent(verdict: Verdict, intended: str | None) -> tuple[Verdict, bool]:
    """The verdict, green where its records are those that were marked (a fingerprint), and whether that is so."""
    if intended is None or not can_be_intended(verdict.kind, verdict.status, verdict.problems):
        return verdict, False
    if fingerprint(verdict.found) != intended:
        return verdict, False
    return replace(verdict, status=Status.OK, doubt=None), True
