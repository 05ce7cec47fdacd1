"""TARGET: the other half of a split domain. Pure."""

from __future__ import annotations

from ..lookup.answers import Question, View
from ..records import Level
from ..rrset import RRset, absolute
from ..targets import parse_target
from .check_input import PreparedInput, SmtpEvidence, SmtpOutcome
from .finding import Finding, rrset, unknown
from .reasons import Reason
from .verdicts import Doubt, Problem, Status, Verdict

SECOND_LOOK = 30  # seconds after which a refusal counts


def host_of(target: str) -> str:
    """The host of a target as it is stored: `host`, `host:port`, `[v6]:port`."""
    return parse_target(target).host


def find(prepared: PreparedInput, view: View) -> Finding | None:
    domain = prepared.given.domain
    if prepared.authoritative:
        return Finding(Status.OFF, Level.REQUIRED, Reason.OFF_AUTHORITATIVE)
    if not domain.target:
        return Finding(Status.OFF, Level.REQUIRED, Reason.OFF_NO_TARGET)
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
        facts = {"host": host.removesuffix(".")}
        problems = (Problem.TARGET_UNRESOLVED,)
        return Finding(Status.WRONG, Level.REQUIRED, Reason.TARGET_UNRESOLVED, facts, problems, at=a)
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
        facts = {"host": host.removesuffix(".")}
        advice = (Problem.TARGET_UNRESOLVED,)
        return Finding(Status.UNKNOWN, Level.REQUIRED, Reason.TARGET_NO_ADDRESS, facts, (), advice, at=a)
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
    facts = {"host": host.removesuffix("."), "by": by, "with": ours.removesuffix(".")}
    problems = (Problem.TARGET_LOOPS,)
    return Finding(Status.WRONG, Level.REQUIRED, Reason.TARGET_LOOPS, facts, problems, (), found, at=at)


def heard(verdict: Verdict, evidence: SmtpEvidence | None, host: str) -> Verdict:
    """What an SMTP conversation adds to a target that resolves and leads elsewhere.

    Only refusals that say "no such domain", "routing" or "not permitted" count, and only at two looks: a target that
    refuses one recipient, greets late or is busy is not wrong.
    """
    if evidence is None or verdict.status != Status.OK or evidence.outcome == SmtpOutcome.ACCEPTED:
        return verdict
    facts = {"host": host, "code": evidence.code, "enhanced": evidence.enhanced, "outcome": str(evidence.outcome)}
    silent = _with(verdict, Status.UNKNOWN, Reason.TARGET_SILENT, facts)
    if evidence.outcome != SmtpOutcome.REFUSED or not refuses_domain(evidence.enhanced):
        return silent
    then = _with(verdict, Status.WRONG, Reason.TARGET_REFUSES, facts, (Problem.TARGET_REFUSES,))
    doubt = Doubt(f"target-refuses {host} {evidence.code} {evidence.enhanced}", SECOND_LOOK, then)
    return _with(verdict, Status.UNKNOWN, Reason.TARGET_SILENT, facts, doubt=doubt)


def refuses_domain(enhanced: str) -> bool:
    """5.1.2, 5.4.x, 5.7.1 of RFC 3463."""
    return enhanced in ("5.1.2", "5.7.1") or enhanced.startswith("5.4.")


def _with(
    verdict: Verdict,
    status: Status,
    reason: Reason,
    facts: dict[str, object],
    problems: tuple[Problem, ...] = (),
    doubt: Doubt | None = None,
) -> Verdict:
    return Verdict(
        verdict.kind, status, verdict.level, reason, facts, problems, (), verdict.found, verdict.expected, doubt=doubt
    )
