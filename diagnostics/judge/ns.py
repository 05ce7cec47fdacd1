"""NS: whether the zone is there at all, agrees with itself and is not bogus. Judged before everything else. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from domains.lookup.answers import NOT_RESPONSIBLE, Answer, Answers, Failure, Question
from domains.records import DEFAULT_TTL, Kind, Level
from domains.rrset import RRset
from domains.rules.beside import Beside
from domains.rules.check_input import PreparedInput
from domains.rules.finding import unknown
from domains.rules.reasons import Reason
from domains.rules.verdicts import Doubt, Problem, Status, Verdict
from domains.rules.why import (
    NsDisagree,
    NsDnssecBogus,
    NsNotDelegated,
    NsServersDiffer,
    Propagating,
    RegistrySilent,
)
from domains.suffixes import public_suffix

from .authoritative import AuthoritativeServer, AuthoritativeServers, ServerView, newer, parse_soa

ADDRESSES = ("A", "AAAA")  # given by place or in turn by many kinds of server
SECOND_LOOK = 60  # seconds after which the validating resolvers' word counts
MIN_WAIT = 60


def judge(prepared: PreparedInput, answers: Answers, authoritative: AuthoritativeServers) -> Verdict | None:
    """Delegation and DNSSEC. Whether the name servers agree is seen when they have been asked: `disagreement`."""
    answer = answers.get(prepared.ns)
    if answer is None:
        return None
    if answer.failure == Failure.BOGUS:
        return _bogus(prepared, answers, answer)
    if answer.failure is not None and not answer.circular:
        return unknown(prepared.ns, answer).verdict(Kind.NS, ())
    if answer.nxdomain and not answer.chain and not prepared.given.stub and _undelegated(prepared, answer):
        return _not_delegated(prepared, answers, answer, authoritative)
    return _ok(prepared, answer, authoritative)


def _ok(prepared: PreparedInput, answer: Answer, authoritative: AuthoritativeServers) -> Verdict | None:
    """`found`: the name servers of the zone that holds the name, which for a subdomain is another than its own."""
    if answer.values and not answer.chain:
        found: tuple[RRset, ...] = (RRset(prepared.apex, "NS", answer.ttl, answer.values),)
    else:
        cut = authoritative.cut(prepared.apex)
        if cut is None:
            return None
        found = (RRset(cut.apex, "NS", None, cut.hosts),) if cut.hosts else ()
    return Verdict(Kind.NS, Status.OK, Level.REQUIRED, found=found)


def _bogus(prepared: PreparedInput, answers: Answers, answer: Answer) -> Verdict | None:
    """RFC 4035 §4.3: red only where the same question is answered once nobody validates, and that twice."""
    unchecked = answers.get(prepared.ns._replace(unchecked=True))
    if unchecked is None:
        return None
    verdict = unknown(prepared.ns, answer).verdict(Kind.NS, ())
    if not unchecked.sound:
        return verdict
    found = (RRset(prepared.apex, "NS", unchecked.ttl, unchecked.values),) if unchecked.values else ()
    then = Verdict(
        kind=Kind.NS,
        status=Status.WRONG,
        level=Level.REQUIRED,
        why=NsDnssecBogus(errors=list(answer.errors)),
        problems=(Problem.NS_DNSSEC_BOGUS,),
        found=found,
    )
    return replace(verdict, doubt=Doubt("ns-dnssec-bogus", SECOND_LOOK, then))


def _undelegated(prepared: PreparedInput, answer: Answer) -> bool:
    """Whether the zone that would hold the name is a registry's (or above one): so nobody has the name."""
    if answer.zone is None:
        return False
    zone = answer.zone.removesuffix(".")
    suffix = public_suffix(prepared.given.domain.name)
    return zone == "" or zone == suffix or suffix.endswith("." + zone)


def _not_delegated(
    prepared: PreparedInput, answers: Answers, answer: Answer, authoritative: AuthoritativeServers
) -> Verdict | None:
    """No such name, say the resolvers. Its registry's servers know whether that is still so."""
    zone = answer.zone or "."
    above = zone.removesuffix(".") or "."
    missing = Verdict(
        kind=Kind.NS,
        status=Status.MISSING,
        level=Level.REQUIRED,
        why=NsNotDelegated(zone=above),
        beside=Beside(confirmed=True),
        problems=(Problem.NS_NOT_DELEGATED,),
    )
    wait = answer.negative_ttl if answer.negative_ttl is not None else DEFAULT_TTL
    told = [answers.get(prepared.ns._replace(server=server.address)) for server in authoritative.servers]
    for one in told:
        if one is not None and (one.delegation is not None or one.values):
            hosts = one.delegation.hosts if one.delegation is not None else one.values
            return Verdict(
                kind=Kind.NS,
                status=Status.PROPAGATING,
                level=Level.REQUIRED,
                why=Propagating(then=str(Reason.NS_NOT_DELEGATED)),
                found=(RRset(prepared.apex, "NS", None, hosts),),
                clears_at=prepared.now + timedelta(seconds=wait),
            )
    if any(one is not None and one.sound and one.nxdomain for one in told):
        return missing
    wait = max(wait, MIN_WAIT)
    then = replace(missing, beside=Beside(confirmed=False))
    return Verdict(
        kind=Kind.NS,
        status=Status.UNKNOWN,
        level=Level.REQUIRED,
        why=RegistrySilent(zone=above, then=str(Reason.NS_NOT_DELEGATED), wait=wait),
        doubt=Doubt(f"ns-not-delegated {zone}", wait, then),
    )


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Own name servers that say other things than the newest of them."""

    servers: tuple[AuthoritativeServer, ...]
    questions: tuple[Question, ...]
    serials: tuple[int | None, ...]  # of the servers


def disagreement(views: list[ServerView], serials: dict[str, int | None]) -> Disagreement | None:
    """What was asked of all own name servers and was answered differently.

    A serial alone is no disagreement: some kinds of server count each for itself.
    """
    first = views[0]
    for view in views[1:]:
        if _later(serials, view, first):
            first = view
    apart: dict[AuthoritativeServer, None] = {}
    questions: dict[Question, None] = {}
    for question, right in first.asked.items():
        if right is None or not right.sound or question.type in ADDRESSES:
            continue
        for view in views:
            other = view.asked.get(question)
            if view is first or other is None or not other.sound:
                continue
            if set(other.values) != set(right.values) or other.chain != right.chain:
                apart[view.server] = None
                questions[question] = None
    if not apart:
        return None
    servers = tuple(apart)
    return Disagreement(servers, tuple(questions), tuple(serials.get(server.address) for server in servers))


def _later(serials: dict[str, int | None], one: ServerView, other: ServerView) -> bool:
    mine, its = serials.get(one.server.address), serials.get(other.server.address)
    return mine is not None and (its is None or newer(mine, its))


def _no_such_host(authoritative: AuthoritativeServers, host: str) -> bool:
    """Whether the zone is delegated to a name that does not exist."""
    answer = authoritative.answers.get(Question(f"{host}.", "A"))
    return answer is not None and answer.sound and answer.nxdomain


def _with_sets_compared(verdict: Verdict, authoritative: AuthoritativeServers, gone: list[str]) -> Verdict:
    """Advice where the parent zone delegates to other servers than the zone itself names (RFC 1034 §4.2.2): some
    resolvers believe the one, some the other."""
    zone = authoritative.zone
    said = verdict.found[0] if verdict.found else None
    if zone is None or said is None or said.name != zone.apex:
        return verdict
    above = authoritative.referral(zone.apex)
    if above is None:
        return verdict
    only_above = sorted({host.removesuffix(".") for host in set(above.hosts) - set(said.values)} - set(gone))
    only_here = sorted(host.removesuffix(".") for host in set(said.values) - set(above.hosts))
    if not only_above and not only_here:
        return verdict
    beside = replace(verdict.beside, ns_above=only_above, ns_here=only_here)
    return replace(verdict, advice=(*verdict.advice, Problem.NS_SETS_DIFFER), beside=beside)


def with_authoritative(
    verdict: Verdict,
    prepared: PreparedInput,
    authoritative: AuthoritativeServers,
    views: list[ServerView],
    apart: Disagreement | None,
) -> Verdict:
    """What the own name servers add to a zone that is delegated: lame ones as advice, lasting disagreement as red."""
    lame = []
    waits = [MIN_WAIT]
    for view in views:
        answer = authoritative.soa(view.server)
        if answer is None:
            continue
        if answer.failure in NOT_RESPONSIBLE:
            lame.append(str(view.server))
        soa = parse_soa(answer.values)
        if soa is not None:
            waits.append(soa.refresh + soa.retry)
    gone = [host for host in authoritative.unlocated if _no_such_host(authoritative, host)]
    if gone or 0 < len(lame) < len(views):
        beside = replace(verdict.beside, lame=[*(lame if len(lame) < len(views) else ()), *gone], gone=gone)
        verdict = replace(verdict, advice=(*verdict.advice, Problem.NS_LAME), beside=beside)
    verdict = _with_sets_compared(verdict, authoritative, gone)
    if apart is None or verdict.status != Status.OK:
        return verdict
    servers = [str(server) for server in apart.servers]
    questions = [f"{question.name} {question.type}" for question in apart.questions]
    wait = max(waits)
    then = replace(
        verdict,
        status=Status.WRONG,
        why=NsDisagree(servers=servers, questions=questions),
        problems=(Problem.NS_DISAGREE,),
    )
    key = " ".join(
        f"{server.address}={serial}"
        for server, serial in sorted(zip(apart.servers, apart.serials, strict=True), key=str)
    )
    return replace(
        verdict,
        status=Status.PROPAGATING,
        why=NsServersDiffer(servers=servers, questions=questions),
        clears_at=prepared.now + timedelta(seconds=wait),
        doubt=Doubt(f"ns-disagree {key}", wait, then),
    )
