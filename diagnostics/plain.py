"""Verdicts as plain values, for JSON and for the database. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from domains.rrset import fix_to_json, rrset_to_json, storable
from domains.rules.verdicts import Verdict


def fields(verdict: Verdict) -> dict[str, Any]:
    """What a check keeps of a verdict, by the names of its fields."""
    return {
        "status": str(verdict.status),
        "level": str(verdict.level),
        "reason": str(verdict.reason),
        "facts": plain(verdict.facts),
        "problems": [str(code) for code in verdict.problems],
        "advice": [str(code) for code in verdict.advice],
        "found": [rrset_to_json(value) for value in verdict.found],
        "expected": [rrset_to_json(value) for value in verdict.expected],
        "fixes": [fix_to_json(value) for value in verdict.fixes],
        "witnesses": [plain(asdict(witness)) for witness in verdict.witnesses],
        "clears_at": verdict.clears_at,
        "breaks_at": verdict.breaks_at,
    }


def plain(value: object) -> Any:
    """Facts with nothing in them but what JSON has: enums become their codes, tuples lists."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return storable(str(value))


def without_ttl(rrsets: Iterable[Mapping[str, Any]]) -> list[tuple[str, str, list[str]]]:
    """Record sets as they are compared: resolvers count TTLs down and shuffle values."""
    return sorted((rr["name"], rr["type"], sorted(rr["values"])) for rr in rrsets)
