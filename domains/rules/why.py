"""Why a check is not green, with the facts that its sentence may ask for: a dataclass a reason. Pure.

What may stand beside any reason is in `beside.py`. Both are stored as one JSON object of facts, and read back from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from .reasons import Reason

UNSAID = "–"  # what a sentence says for a fact that an older version has not stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    reason: ClassVar[Reason]

    def facts(self) -> dict[str, Any]:
        """As JSON values."""
        return {field.name.rstrip("_"): getattr(self, field.name) for field in fields(self)}


def read_why(reason: str, facts: Mapping[str, Any]) -> Why | None:
    """What was stored; None where nothing is to be said, or a newer version has said it."""
    kind = KINDS_OF_WHY.get(reason)
    return (
        None if kind is None else kind(**{each.name: facts.get(each.name.rstrip("_"), UNSAID) for each in fields(kind)})
    )


# -- nobody can tell


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAnswer(Why):
    """A question brought no answer that anyone could judge."""

    reason = Reason.FAILURE
    failure: str  # Failure
    name: str
    type: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeeNs(Why):
    reason = Reason.SEE_NS


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeUnreachable(Why):
    reason = Reason.HOME_UNREACHABLE
    then: str  # Reason: what the second look would say
    wait: int
    servers: Sequence[str]
    failure: str  # of the first of them


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeNotFound(Why):
    reason = Reason.HOME_NOT_FOUND
    then: str
    wait: int
    servers: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrySilent(Why):
    reason = Reason.REGISTRY_SILENT
    zone: str
    then: str
    wait: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServersDiffer(Why):
    reason = Reason.SERVERS_DIFFER
    servers: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSettled(Why):
    reason = Reason.NOT_SETTLED
    then: str
    wait: int
    servers: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofNotAtHome(Why):
    reason = Reason.PROOF_NOT_AT_HOME
    servers: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformAtFault(Why):
    reason = Reason.PLATFORM_AT_FAULT
    name: str


# -- on its way


@dataclass(frozen=True, slots=True, kw_only=True)
class Propagating(Why):
    reason = Reason.PROPAGATING
    then: str  # Reason: what the old copy says


@dataclass(frozen=True, slots=True, kw_only=True)
class Lagging(Why):
    reason = Reason.LAGGING
    then: str
    servers: Sequence[str]
    serial: int | None  # the newest


# -- MX


@dataclass(frozen=True, slots=True, kw_only=True)
class MxMissing(Why):
    reason = Reason.MX_MISSING


@dataclass(frozen=True, slots=True, kw_only=True)
class MxIncomplete(Why):
    reason = Reason.MX_INCOMPLETE
    hosts: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MxForeign(Why):
    reason = Reason.MX_FOREIGN
    hosts: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MxNull(Why):
    reason = Reason.MX_NULL


@dataclass(frozen=True, slots=True, kw_only=True)
class MxIsAddress(Why):
    reason = Reason.MX_IS_ADDRESS
    hosts: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MxIsCname(Why):
    reason = Reason.MX_IS_CNAME
    hosts: Sequence[str]
    targets: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MxOtherName(Why):
    reason = Reason.MX_OTHER_NAME
    hosts: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MxTargetMissing(Why):
    reason = Reason.MX_TARGET_MISSING
    hosts: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MxAllDead(Why):
    reason = Reason.MX_ALL_DEAD
    hosts: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MxOrder(Why):
    reason = Reason.MX_ORDER


# -- the domain's own name


@dataclass(frozen=True, slots=True, kw_only=True)
class NameIsAlias(Why):
    reason = Reason.NAME_IS_ALIAS
    name: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasCircle(Why):
    reason = Reason.ALIAS_CIRCLE
    name: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderDname(Why):
    reason = Reason.UNDER_DNAME
    name: str
    target: str


# -- SPF


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfMissing(Why):
    reason = Reason.SPF_MISSING


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfSeveral(Why):
    reason = Reason.SPF_SEVERAL
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfError(Why):
    """A permanent error, at a place."""

    reason = Reason.SPF_ERROR
    problem: str  # Problem
    owner: str
    term: str
    position: int
    fault: str | None  # FaultCode


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfPlatformFails(Why):
    reason = Reason.SPF_PLATFORM_FAILS
    addresses: Sequence[str]
    result: str  # of the first of them


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfPlusAll(Why):
    reason = Reason.SPF_PLUS_ALL
    owner: str
    term: str


# -- DKIM


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimMissing(Why):
    reason = Reason.DKIM_MISSING
    selectors: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimOtherKey(Why):
    reason = Reason.DKIM_OTHER_KEY
    selectors: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimBeside(Why):
    """Our key, and other texts at the same name."""

    reason = Reason.DKIM_BESIDE
    selectors: Sequence[str]
    beside: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimRevoked(Why):
    reason = Reason.DKIM_REVOKED
    selectors: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimSyntax(Why):
    reason = Reason.DKIM_SYNTAX
    selectors: Sequence[str]


# -- SRV


@dataclass(frozen=True, slots=True, kw_only=True)
class SrvMissing(Why):
    reason = Reason.SRV_MISSING
    names: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SrvOtherTarget(Why):
    reason = Reason.SRV_OTHER_TARGET
    names: Sequence[str]
    hosts: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SrvDenied(Why):
    reason = Reason.SRV_DENIED
    names: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SrvLeftover(Why):
    reason = Reason.SRV_LEFTOVER
    names: Sequence[str]
    hosts: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SrvPort(Why):
    """Our server, at another port."""

    reason = Reason.SRV_PORT
    names: Sequence[str]
    hosts: Sequence[str]
    ports: Sequence[str]  # found
    port: str  # right


@dataclass(frozen=True, slots=True, kw_only=True)
class SrvIndirect(Why):
    """A name that leads to our server by an alias or an address."""

    reason = Reason.SRV_INDIRECT
    names: Sequence[str]
    hosts: Sequence[str]
    end: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SrvOtherHalf(Why):
    reason = Reason.SRV_OTHER_HALF
    names: Sequence[str]
    hosts: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flattened(Why):
    """Addresses where an alias should stand. `servers`: of the zone."""

    reason = Reason.FLATTENED
    names: Sequence[str]
    addresses: Sequence[str]
    servers: Sequence[str]


# -- DMARC


@dataclass(frozen=True, slots=True, kw_only=True)
class DmarcMissing(Why):
    reason = Reason.DMARC_MISSING


@dataclass(frozen=True, slots=True, kw_only=True)
class DmarcSeveral(Why):
    reason = Reason.DMARC_SEVERAL
    name: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DmarcSyntax(Why):
    reason = Reason.DMARC_SYNTAX
    name: str


# -- CNAME


@dataclass(frozen=True, slots=True, kw_only=True)
class CnameMissing(Why):
    reason = Reason.CNAME_MISSING


@dataclass(frozen=True, slots=True, kw_only=True)
class CnameByWildcard(Why):
    reason = Reason.CNAME_BY_WILDCARD


@dataclass(frozen=True, slots=True, kw_only=True)
class CnameOtherTarget(Why):
    reason = Reason.CNAME_OTHER_TARGET
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CnameWithOtherData(Why):
    reason = Reason.CNAME_WITH_OTHER_DATA
    types: Sequence[str]


# -- TARGET


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetUnresolved(Why):
    reason = Reason.TARGET_UNRESOLVED
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetNoAddress(Why):
    reason = Reason.TARGET_NO_ADDRESS
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetLoops(Why):
    """`by` is "name" or "address", `with_` our host."""

    reason = Reason.TARGET_LOOPS
    host: str
    by: str
    with_: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRefuses(Why):
    reason = Reason.TARGET_REFUSES
    host: str
    code: int
    enhanced: str
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSilent(Why):
    """No SMTP conversation came about, or none that says anything."""

    reason = Reason.TARGET_SILENT
    host: str
    code: int
    enhanced: str
    outcome: str


# -- NS


@dataclass(frozen=True, slots=True, kw_only=True)
class NsNotDelegated(Why):
    """`zone`: the one that would hold the name."""

    reason = Reason.NS_NOT_DELEGATED
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NsDnssecBogus(Why):
    reason = Reason.NS_DNSSEC_BOGUS
    errors: Sequence[int]  # extended DNS error codes


@dataclass(frozen=True, slots=True, kw_only=True)
class NsDisagree(Why):
    """`servers`, each as "host (address)"; `questions`, each as "name type"."""

    reason = Reason.NS_DISAGREE
    servers: Sequence[str]
    questions: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NsServersDiffer(Why):
    reason = Reason.NS_SERVERS_DIFFER
    servers: Sequence[str]
    questions: Sequence[str]


# -- not looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class OffVerified(Why):
    reason = Reason.OFF_VERIFIED


@dataclass(frozen=True, slots=True, kw_only=True)
class OffNoToken(Why):
    reason = Reason.OFF_NO_TOKEN


@dataclass(frozen=True, slots=True, kw_only=True)
class OffNoKeys(Why):
    reason = Reason.OFF_NO_KEYS


@dataclass(frozen=True, slots=True, kw_only=True)
class OffNoTarget(Why):
    reason = Reason.OFF_NO_TARGET


@dataclass(frozen=True, slots=True, kw_only=True)
class OffTooLong(Why):
    reason = Reason.OFF_TOO_LONG


@dataclass(frozen=True, slots=True, kw_only=True)
class OffAuthoritative(Why):
    reason = Reason.OFF_AUTHORITATIVE


KINDS_OF_WHY: Mapping[str, type[Why]] = {
    str(found.reason): found
    for found in list(globals().values())
    if isinstance(found, type) and issubclass(found, Why) and found is not Why
}
