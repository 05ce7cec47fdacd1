"""What an SPF evaluation says. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from ..lookup.answers import Failure
from ..rrset import txt_text
from ..rules.verdicts import Problem
from .record import FaultCode, Record, parse, select

MAX_LOOKUPS = 10  # RFC 7208 §4.6.4: terms that query, in all
MAX_VOID_LOOKUPS = 2  # §4.6.4: terms whose query brings nothing
MAX_NAMES = 10  # §4.6.4: names of one `mx`, one `ptr`


class Result(StrEnum):
    """RFC 7208 §2.6."""

    NONE = "none"
    NEUTRAL = "neutral"
    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    SOFTFAIL = "softfail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


@dataclass(frozen=True, slots=True)
class Place:
    """A term in a record. `position` is its offset in the record's text (of the very character in a syntax error)."""

    owner: str  # absolute name of the record
    term: str
    position: int


@dataclass(frozen=True, slots=True)
class SpfResult:
    """What `check_host` says.

    `path` leads from the domain's own record through includes and redirects to the term that decided or that is at
    fault; it is empty where no term did (default result, no record, several records).
    `owner` is the absolute name whose record decided or is at fault.
    `failure` is why the result is temperror; with any other result, a failure that the RFC says to pass over (`ptr`):
    the result might have been another without it.
    """

    result: Result
    owner: str
    path: tuple[Place, ...] = ()
    problem: Problem | None = None  # with permerror
    fault: FaultCode | None = None  # with Problem.SPF_SYNTAX
    failure: Failure | None = None
    lookups: int = 0
    voids: int = 0

    @property
    def place(self) -> Place | None:
        return self.path[-1] if self.path else None


def spf_records(values: tuple[str, ...]) -> tuple[Record, ...]:
    """The SPF records among the values (presentation form) of a TXT answer. RFC 7208 §4.5."""
    return _parsed(tuple(value for value in values if value[1:2] in _FIRST or value[:1] != '"'))


_FIRST = frozenset('vV\\"')  # what the text of an SPF record can begin with: v, escaped, or after an empty string


@lru_cache(maxsize=8192)
def _parsed(values: tuple[str, ...]) -> tuple[Record, ...]:
    """Of all TXT records of a name only those come here that may be SPF: an apex may hold thousands of others.

    Duplicates in one answer count once (RFC 2181 §5).
    """
    return tuple(parse(text) for text in select(map(txt_text, dict.fromkeys(values))))
