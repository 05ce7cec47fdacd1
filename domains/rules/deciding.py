"""The one decider: what a view of the DNS means for each kind of record, what mends it, and what nothing of ours mends.

The buttons, Apply, the wizard, the zone file, the instructions and `plan_domain` all ask here. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ..lookup.answers import View
from ..records import Kind
from . import cname, dkim, dmarc, mx, spf, srv, target
from .beside import Beside
from .check_input import PreparedInput
from .finding import Finding
from .intents import covers, with_intent
from .moving import with_moved
from .probes import doubled, each_decides_its_own, with_made_up, with_wildcards_kept
from .reasons import Reason
from .verdicts import RED, Problem, Status, Verdict
from .why import OffVerified

type Find = Callable[[PreparedInput, View], Finding | None]

FINDERS: tuple[tuple[Kind, Find], ...] = (
    (Kind.CNAME, cname.find),
    (Kind.MX, mx.find),
    (Kind.SPF, spf.find),
    (Kind.DKIM, dkim.find),
    (Kind.SRV, srv.find),
    (Kind.DMARC, dmarc.find),
    (Kind.TARGET, target.find),
)


class Left(StrEnum):
    """Why a check that is not green is left as it is. Closed list; sentences are made where shown."""

    INTENDED = "intended"  # a technician marked what is there
    AMBIGUOUS = "ambiguous"  # what was meant can be several things: the reader decides
    FLATTENED = "flattened"  # the DNS host answers with addresses in place of the alias
    FOREIGN_MX = "foreign-mx"  # split domain: the other system's hosts
    FOREIGN_SERVICE = "foreign-service"  # split domain: the other half's mail programs may need it
    ALIAS = "alias"  # the domain's own name is an alias: nothing can stand beside it
    DNAME = "dname"  # a DNAME above the name leaves no room
    LIMITS = "limits"  # the mended SPF record would be in error, too
    PLATFORM_AT_FAULT = "platform-at-fault"  # the platform's own record is not right
    UNKNOWN = "unknown"  # a question that decides was not answered
    ZONE_BELOW = "zone-below"  # the change belongs into a zone cut off below this one
    NOT_CONFIRMED = "not-confirmed"  # the MX moves mail: it is written only where that was asked for
    NO_FIX = "no-fix"  # nothing that a change of records could mend


@dataclass(frozen=True, slots=True)
class Decision:
    """What a view says about one kind. `left`: why it is not green once the fixes are made; None where it is."""

    verdict: Verdict
    intended: bool = False
    left: Left | None = None

    @property
    def kind(self) -> Kind:
        return self.verdict.kind

    @property
    def fixes_anything(self) -> bool:
        return self.verdict.status in RED and bool(self.verdict.fixes)


def decide(
    prepared: PreparedInput, view: View, zone: str | None, intents: Mapping[Kind, str], kinds: Iterable[Kind]
) -> tuple[Decision, ...] | None:
    """A decision for each of `kinds`, over a view that needs no confirming: the zone itself.

    `zone`: the apex (absolute) of the zone that holds the domain; None where nobody knows. `intents`: fingerprints of
    what was marked as intended. None: the view wants more.
    """
    verdicts = each_alone(prepared, view, zone, kinds)
    return None if verdicts is None else together(prepared, verdicts, intents)


def each_alone(
    prepared: PreparedInput, view: View, zone: str | None, kinds: Iterable[Kind]
) -> tuple[Verdict, ...] | None:
    """What the view says of each of `kinds`, as if only that one were mended. None: the view wants more."""
    wanted = set(kinds)
    verdicts: list[Verdict | None] = []
    for kind, find in FINDERS:
        if kind not in wanted:
            continue
        finding = find(prepared, view)
        if finding is not None and finding.red:
            finding = made_whole(prepared, kind, finding, view, zone)
        verdicts.append(finding.verdict(kind, prepared.expected(kind)) if finding is not None else None)
    known = [after_proof(v) if v.kind == Kind.CNAME and prepared.given.domain.verified else v for v in verdicts if v]
    return tuple(known) if len(known) == len(verdicts) else None


def together(prepared: PreparedInput, verdicts: Iterable[Verdict], intents: Mapping[Kind, str]) -> tuple[Decision, ...]:
    """The decisions on kinds that are mended at one time."""
    kept = with_others_kept(prepared, verdicts, intents)
    return tuple(decided(verdict, intents.get(verdict.kind)) for verdict in kept)


def decided(verdict: Verdict, intent: str | None) -> Decision:
    """The decision that a verdict stands for, beside what was marked as intended (a fingerprint, or nothing)."""
    verdict, intended = with_intent(verdict, intent)
    return Decision(verdict, intended, Left.INTENDED if intended else why_left(verdict))


def with_others_kept(
    prepared: PreparedInput, verdicts: Iterable[Verdict], intents: Mapping[Kind, str]
) -> list[Verdict]:
    """Each with the fixes that go together with all others', but for those that are left as intended."""
    verdicts = list(verdicts)
    meant = {v.kind for v in verdicts if (intent := intents.get(v.kind)) is not None and covers(intent, v)}
    return each_decides_its_own(prepared.apex, verdicts, meant)


def made_whole(prepared: PreparedInput, kind: Kind, finding: Finding, view: View, zone: str | None) -> Finding | None:
    """What is red, with the slips beside it and with what must not be lost by its fixes. None: not known yet."""
    whole = doubled(prepared, kind, finding, view, zone)
    if whole is not None:
        whole = with_moved(prepared, kind, whole, view)
    if whole is not None and whole.fixes and (zone is None or zone != prepared.apex):
        whole = with_wildcards_kept(prepared, whole, view)
    return whole if whole is None else with_made_up(whole, view, zone)


def after_proof(verdict: Verdict) -> Verdict:
    """Once the right to the name is proven, its record matters no more: shown where it is there and right."""
    if verdict.status in (Status.OK, Status.UNKNOWN, Status.OFF) and verdict.doubt is None:
        return verdict
    return Verdict(
        kind=verdict.kind,
        status=Status.OFF,
        level=verdict.level,
        why=OffVerified(),
        beside=Beside(proof=bool(verdict.beside.proof)),
        found=verdict.found,
        expected=verdict.expected,
    )


_LEFT_BY_REASON = {
    Reason.NAME_IS_ALIAS: Left.ALIAS,
    Reason.ALIAS_CIRCLE: Left.ALIAS,
    Reason.UNDER_DNAME: Left.DNAME,
}


def why_left(verdict: Verdict) -> Left | None:
    """Why a verdict's fixes (there may be none) do not make it green; None where they do, or where nothing is red."""
    if verdict.status == Status.UNKNOWN:
        return Left.PLATFORM_AT_FAULT if verdict.reason == Reason.PLATFORM_AT_FAULT else Left.UNKNOWN
    if verdict.status not in RED:
        return None
    if verdict.beside.ambiguous:
        return Left.AMBIGUOUS
    if Problem.FLATTENED in verdict.problems:
        return Left.FLATTENED
    if verdict.fixes:
        return Left.FOREIGN_MX if verdict.beside.left else None
    if verdict.reason in _LEFT_BY_REASON:
        return _LEFT_BY_REASON[Reason(verdict.reason)]
    if verdict.beside.beyond:
        return Left.LIMITS
    if verdict.beside.others:
        return Left.FOREIGN_MX if verdict.kind == Kind.MX else Left.FOREIGN_SERVICE
    return Left.NO_FIX
