"""What technicians marked as intended. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from domains.records import Kind

from .fingerprints import fingerprint
from .verdicts import RED, Problem, Status, Verdict

# Nobody can mean these: receivers treat them as errors, or the whole world may forge.
NEVER = frozenset(
    {
        Problem.SPF_SEVERAL,
        Problem.SPF_SYNTAX,
        Problem.SPF_LOOKUPS,
        Problem.SPF_VOID_LOOKUPS,
        Problem.SPF_INCLUDE_NONE,
        Problem.SPF_REDIRECT_NONE,
        Problem.SPF_LOOP,
        Problem.SPF_PLUS_ALL,
    }
)


def can_be_intended(kind: str, status: str, problems: Collection[str]) -> bool:
    """Whether what is there may be marked so. Codes in `problems` decide the colour; advice does not count."""
    return kind not in (Kind.CNAME, Kind.NS) and status in RED and not NEVER.intersection(problems)


def with_intent(verdict: Verdict, intended: str | None) -> tuple[Verdict, bool]:
    """The verdict, green where its records are those that were marked (a fingerprint), and whether that is so."""
    if intended is None or not can_be_intended(verdict.kind, verdict.status, verdict.problems):
        return verdict, False
    if fingerprint(verdict.found) != intended:
        return verdict, False
    return replace(verdict, status=Status.OK, doubt=None), True
