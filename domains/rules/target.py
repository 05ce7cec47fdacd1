"""TARGET: the other half of a split domain. Pure."""

from __future__ import annotations

from ..lookup.answers import Question, View
from ..records import Level
from ..rrset import RRset, absolute
from ..targets import parse_target
from .check_input import PreparedInput, SmtpEvidence, SmtpOutcome
from .finding import Finding, rrset, unknown
from .verdicts import Doubt, Problem, Status, Verdict
from .why import (
    OffAuthoritative,
    OffNoTarget,
    TargetLoops,
    TargetNoAddress,
    TargetRefuses,
    TargetSilent,
    TargetUnresolved,
    Why,
)

SECOND_LOOK = 30  # seconds after which a refusal counts


def host_of(target: str) -> str:
    """The host of a target as it is stored: `host`, `host:port`, `[v6]:port`."""
    return parse_target(target).host


def find(prepared: PreparedInput, view: View) -> Finding | None:
    domain = prepared.given.domain
    if prepared.authoritative:
        return Finding(Status.OFF, Level.REQUIRED, OffAuthoritative())
    if not domain.target:
        return Finding(Status.OFF, Level.REQUIRED, OffNoTarget())
    target = parse_target(domain.target)
    if target.address is not None:
        return _at_address(prepared, view, target.host)
    host = absolute(target.host)
    a, aaaa = Question(host, "A"), Question(host, "AAAA")
    ours = {absolute(own) for own in prepared.given.own_hosts} | set(prepared.ours.rank)
    if host in ours:
        return _loop(host, a, "name", host, ())
    four, six = view.get(a), view.get(aaaa)
    own = [(name, view.get(Question(name, type_))) for name in prepared.ours.rank for type_ in ("A", "AAAA")]
    if four is None or six is None or any(answer is None for _, answer in own):
        return None
    if four.sound and four.nxdomain:
        problems = (Problem.TARGET_UNRESOLVED,)
        return Finding(
            status=Status.WRONG,
            level=Level.REQUIRED,
            why=TargetUnresolved(host=host.removesuffix(".")),
            problems=problems,
            at=a,
        )
    found = rrset(a, four) + rrset(aaaa, six)
    for answer in (four, six):
        for owner, alias in answer.chain:
            if alias in ours:
                return _loop(host, Question(owner, "CNAME"), "name", alias, found)
    addresses = {*four.values, *six.values}
    for name, its in own:
        if its is not None and addresses & set(its.values):
            return _loop(host, a, "address", name, found)
    if not addresses:
        for question, answer in ((a, four), (aaaa, six)):
            if answer.failure is not None and not answer.circular:
                return unknown(question, answer)
        advice = (Problem.TARGET_UNRESOLVED,)
        return Finding(
            status=Status.UNKNOWN,
            level=Level.REQUIRED,
            why=TargetNoAddress(host=host.removesuffix(".")),
            problems=(),
            advice=advice,
            at=a,
        )
    return Finding(Status.OK, Level.REQUIRED, found=found, at=a)


def _at_address(prepared: PreparedInput, view: View, address: str) -> Finding | None:
    """A target that is an address: nothing is to be resolved but the platform's own hosts."""
    type_ = "AAAA" if ":" in address else "A"
    own = [(name, view.get(Question(name, type_))) for name in prepared.ours.rank]
    if any(answer is None for _, answer in own):
        return None
    for name, its in own:
        if its is not None and address in its.values:
            return _loop(address, Question(name, type_), "address", name, ())
    return Finding(Status.OK, Level.REQUIRED)


def _loop(host: str, at: Question, by: str, ours: str, found: tuple[RRset, ...]) -> Finding:
    why = TargetLoops(host=host.removesuffix("."), by=by, with_=ours.removesuffix("."))
    problems = (Problem.TARGET_LOOPS,)
    return Finding(
        status=Status.WRONG,
        level=Level.REQUIRED,
        why=why,
        problems=problems,
        advice=(),
        found=found,
        at=at,
    )


def heard(verdict: Verdict, evidence: SmtpEvidence | None, host: str) -> Verdict:
    """What an SMTP conversation adds to a target that resolves and leads elsewhere.

    Only refusals that say "no such domain", "routing" or "not permitted" count, and only at two looks: a target that
    refuses one recipient, greets late or is busy is not wrong.
    """
    if evidence is None or verdict.status != Status.OK or evidence.outcome == SmtpOutcome.ACCEPTED:
        return verdict
    code, enhanced, outcome = evidence.code, evidence.enhanced, str(evidence.outcome)
    why = TargetSilent(host=host, code=code, enhanced=enhanced, outcome=outcome)
    silent = _with(verdict, Status.UNKNOWN, why)
    if evidence.outcome != SmtpOutcome.REFUSED or not refuses_domain(evidence.enhanced):
        return silent
    refuses = TargetRefuses(host=host, code=code, enhanced=enhanced, outcome=outcome)
    then = _with(verdict, Status.WRONG, refuses, (Problem.TARGET_REFUSES,))
    doubt = Doubt(f"target-refuses {host} {evidence.code} {evidence.enhanced}", SECOND_LOOK, then)
    return _with(verdict, Status.UNKNOWN, why, doubt=doubt)


def refuses_domain(enhanced: str) -> bool:
    """5.1.2, 5.4.x, 5.7.1 of RFC 3463."""
    return enhanced in ("5.1.2", "5.7.1") or enhanced.startswith("5.4.")


def _with(
    verdict: Verdict,
    status: Status,
    why: Why,
    problems: tuple[Problem, ...] = (),
    doubt: Doubt | None = None,
) -> Verdict:
    return Verdict(
        kind=verdict.kind,
        status=status,
        level=verdict.level,
        why=why,
        problems=problems,
        advice=(),
        found=verdict.found,
        expected=verdict.expected,
        doubt=doubt,
    )
