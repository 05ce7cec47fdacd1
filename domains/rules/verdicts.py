"""Verdicts: what a check says about one group of required records. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from ..records import Kind, Level
from ..rrset import Fix, RRset
from .beside import NOTHING, Beside
from .why import Why


class Status(StrEnum):
    OK = "ok"
    WRONG = "wrong"
    MISSING = "missing"
    PROPAGATING = "propagating"
    UNKNOWN = "unknown"
    OFF = "off"


RED = frozenset({Status.WRONG, Status.MISSING})


class Problem(StrEnum):
    """Stable codes of everything that can be said against a record. Closed list; sentences are made where shown."""

    MX_FOREIGN = "mx-foreign"
    MX_NULL = "mx-null"
    MX_TARGET_MISSING = "mx-target-missing"
    MX_IS_CNAME = "mx-is-cname"
    MX_IS_ADDRESS = "mx-is-address"
    MX_ORDER = "mx-order"
    SPF_SEVERAL = "spf-several"
    SPF_SYNTAX = "spf-syntax"
    SPF_LOOKUPS = "spf-lookups"
    SPF_VOID_LOOKUPS = "spf-void-lookups"
    SPF_INCLUDE_NONE = "spf-include-none"
    SPF_REDIRECT_NONE = "spf-redirect-none"
    SPF_LOOP = "spf-loop"
    SPF_PLATFORM_FAILS = "spf-platform-fails"
    SPF_PLUS_ALL = "spf-plus-all"
    SPF_PTR = "spf-ptr"
    DKIM_OTHER_KEY = "dkim-other-key"
    DKIM_REVOKED = "dkim-revoked"
    DKIM_SYNTAX = "dkim-syntax"
    DKIM_TESTING = "dkim-testing"  # advice: `t=y`
    SRV_OTHER_TARGET = "srv-other-target"
    SRV_LEFTOVER = "srv-leftover"
    DMARC_SEVERAL = "dmarc-several"
    DMARC_SYNTAX = "dmarc-syntax"
    DMARC_REMOVED = "dmarc-removed-tags"  # advice: tags that RFC 9989 removed
    CNAME_OTHER_TARGET = "cname-other-target"
    CNAME_WITH_OTHER_DATA = "cname-with-other-data"
    TARGET_UNRESOLVED = "target-unresolved"
    TARGET_REFUSES = "target-refuses"
    TARGET_LOOPS = "target-loops"
    NS_NOT_DELEGATED = "ns-not-delegated"
    NS_DNSSEC_BOGUS = "ns-dnssec-bogus"
    NS_DISAGREE = "ns-disagree"
    NS_LAME = "ns-lame"
    NS_SETS_DIFFER = "ns-sets-differ"  # advice: parent and zone name different servers
    NAME_DOUBLED = "name-doubled"
    FLATTENED = "flattened"  # the DNS host answers with addresses in place of an alias
    PREVIOUS_HOSTS = "previous-hosts"  # advice: the platform's old host names, accepted until a date


@dataclass(frozen=True, slots=True)
class Witness:
    """What one name server (or "resolvers") said, shown beside the others."""

    who: str  # host name and address of the server, or "resolvers"
    says: tuple[str, ...]  # values; empty: no such record
    failure: str | None = None
    serial: int | None = None


@dataclass(slots=True)  # not frozen only because a sweep makes millions: nobody changes one
class Verdict:
    """One check of one domain at one look. `why` is None where all is well; it and `beside` feed sentences (in
    `diagnostics/show/sentences.py`) and hold no prose."""

    kind: Kind
    status: Status
    level: Level
    why: Why | None = None
    beside: Beside = NOTHING
    problems: tuple[Problem, ...] = ()
    advice: tuple[Problem, ...] = ()
    found: tuple[RRset, ...] = ()
    expected: tuple[RRset, ...] = ()
    fixes: tuple[Fix, ...] = ()
    clears_at: datetime | None = None  # propagating: when the last old copy ends
    breaks_at: datetime | None = None  # wrong at home, resolvers still right
    witnesses: tuple[Witness, ...] = ()
    doubt: Doubt | None = None

    @property
    def reason(self) -> str:
        """Stable code of the sentence, empty where there is nothing to say."""
        return self.why.reason if self.why is not None else ""

    @property
    def facts(self) -> Mapping[str, Any]:
        """All that is known beside the reason, as JSON values."""
        return facts_of(self.why, self.beside)


def facts_of(why: Why | None, beside: Beside) -> Mapping[str, Any]:
    if beside is NOTHING:
        return why.facts() if why is not None else NO_FACTS
    return {**why.facts(), **beside.facts()} if why is not None else beside.facts()


NO_FACTS: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Doubt:
    """A verdict that wants a second look: if `key` still holds `wait` seconds after it was first seen, it becomes
    `then`. Until then the verdict that carries the doubt stands."""

    key: str
    wait: int
    then: Verdict
