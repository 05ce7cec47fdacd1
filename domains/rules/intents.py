"""What technicians marked as intended. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from ..records import Kind
from .fingerprints import fingerprint
from .verdicts import RED, Problem, Status, Verdict

SPF_PERMANENT = frozenset(
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
    """Whether what is there may be marked so: not the proof of a right, and not a zone that is at fault itself.

    Codes in `problems` decide the colour; advice does not count.
    """
    return kind not in (Kind.CNAME, Kind.NS) and status in RED and not SPF_PERMANENT.intersection(problems)


def with_intent(verdict: Verdict, intended: str | None) -> tuple[Verdict, bool]:
    """The verdict, green and with nothing to mend where its records are those that were marked (a fingerprint), and
    whether that is so."""
    if intended is None or not covers(intended, verdict):
        return verdict, False
    return replace(verdict, status=Status.OK, doubt=None, fixes=()), True


def covers(intended: str, verdict: Verdict) -> bool:
    """Whether the mark on what was found then (its fingerprint) speaks for what is found now."""
    may_be = can_be_intended(verdict.kind, verdict.status, verdict.problems)
    return may_be and fingerprint(verdict.found) == intended
