"""From answers to verdicts, one for each kind of check. Pure."""

from __future__ import annotations

from dataclasses import replace

from domains.lookup.answers import Answers, Failure
from domains.records import Kind
from domains.rules import cname, target
from domains.rules.check_input import PreparedInput
from domains.rules.deciding import FINDERS, after_proof, with_others_kept
from domains.rules.finding import Finding
from domains.rules.verdicts import RED, Status, Verdict
from domains.rules.why import NoAnswer, SeeNs

from . import ns
from .authoritative import AuthoritativeServers, ServerView, below, parse_soa
from .truth import server_views, weighed

NO_ANSWER = frozenset({Status.UNKNOWN, Status.OFF})


def judge_prepared(prepared: PreparedInput, answers: Answers) -> tuple[Verdict, ...]:
    """A verdict for each Kind, in the order of the buttons.

    Final once `answers.wanted` is empty; before that, what is still to be asked counts as unknown. A green domain
    wants one round of questions to the resolvers; whatever is not green, its own name servers too.
    """
    given = prepared.given
    authoritative = AuthoritativeServers(answers, prepared.apex)
    first = [find(prepared, answers) for _, find in FINDERS]
    zone = ns.judge(prepared, answers, authoritative)
    if zone is not None and zone.status in RED:
        see_ns = [_see_ns(kind, prepared, finding) for (kind, _), finding in zip(FINDERS, first, strict=True)]
        return (zone, *see_ns)
    if zone is not None and zone.status is Status.UNKNOWN:
        # Where something of the domain is answered it is there, even if nobody gets its NS records.
        authoritative.insistent = any(finding is not None and finding.status not in NO_ANSWER for finding in first)
    views: list[ServerView] = []
    asked_authoritative = False
    verdicts: list[Verdict] = []
    for (kind, find), finding in zip(FINDERS, first, strict=True):
        if finding is None:
            verdicts.append(_incomplete(kind, prepared))
            continue
        if not _wants_authoritative(kind, prepared, finding):
            verdicts.append(_final(prepared, finding.verdict(kind, prepared.expected(kind)), answers))
            continue
        if not asked_authoritative:
            asked_authoritative = True
            views = server_views(authoritative) if not given.stub else []
        verdict = weighed(kind, prepared, find, finding, answers, authoritative, views)
        verdicts.append(_final(prepared, verdict, answers) if verdict is not None else _incomplete(kind, prepared))
    if asked_authoritative:
        verdicts = with_others_kept(prepared, verdicts, given.intents)
    if zone is None:
        zone = _incomplete(Kind.NS, prepared)
    elif asked_authoritative and views:
        zone = _with_authoritative(zone, prepared, authoritative, views)
    return (zone, *verdicts)


def _wants_authoritative(kind: Kind, prepared: PreparedInput, finding: Finding) -> bool:
    """Whether the own name servers have a say: about everything that is not green, about all when the case says so,
    and about the token of a pending domain always (only there it proves anything)."""
    if finding.status == Status.OFF:
        return False
    if kind == Kind.CNAME and not prepared.given.domain.verified:
        return True
    if finding.status == Status.UNKNOWN:
        # With SERVFAIL resolvers also say that the domain's own aliases lead in a circle: its servers show it.
        why = finding.why
        servfail = isinstance(why, NoAnswer) and why.failure == Failure.SERVFAIL
        return isinstance(why, NoAnswer) and servfail and below(why.name, prepared.apex)
    return prepared.given.authoritative or (finding.red and kind != Kind.CNAME)


def _final(prepared: PreparedInput, verdict: Verdict, answers: Answers) -> Verdict:
    kind = verdict.kind
    if kind is Kind.CNAME:
        return _with_others_tokens(prepared, verdict, answers)
    if kind is Kind.TARGET and verdict.status is Status.OK:
        return target.heard(verdict, prepared.given.smtp, target.host_of(prepared.given.domain.target))
    return verdict


def _with_others_tokens(prepared: PreparedInput, verdict: Verdict, answers: Answers) -> Verdict:
    """The verdict on the proof, with the records beside it that prove the name for somebody else. They are asked of
    the resolvers alone: a hint, which colours nothing."""
    verified = prepared.given.domain.verified
    verdict = after_proof(verdict) if verified else verdict
    if not prepared.others_tokens or not (verified or verdict.status is Status.OK):
        return verdict
    published = cname.others_tokens(prepared, answers)
    return replace(verdict, beside=replace(verdict.beside, others_tokens=published)) if published else verdict


def _with_authoritative(
    zone: Verdict, prepared: PreparedInput, authoritative: AuthoritativeServers, views: list[ServerView]
) -> Verdict:
    serials = {}
    for view in views:
        soa = authoritative.soa(view.server)
        parsed = parse_soa(soa.values) if soa is not None else None
        serials[view.server.address] = parsed.serial if parsed is not None else None
    return ns.with_authoritative(zone, prepared, authoritative, views, ns.disagreement(views, serials))


def _see_ns(kind: Kind, prepared: PreparedInput, finding: Finding | None) -> Verdict:
    if finding is not None and finding.status == Status.OFF:
        return finding.verdict(kind, ())
    return Verdict(
        kind=kind,
        status=Status.UNKNOWN,
        level=prepared.level(kind),
        why=SeeNs(),
        expected=prepared.expected(kind),
    )


def nothing_judged(prepared: PreparedInput) -> tuple[Verdict, ...]:
    """Verdicts on a domain whose answers took more work than one check run may cost the others."""
    why = NoAnswer(failure=str(Failure.LIMIT), name=prepared.apex, type="")
    return tuple(Verdict(kind=kind, status=Status.UNKNOWN, level=prepared.level(kind), why=why) for kind in Kind)


def _incomplete(kind: Kind, prepared: PreparedInput) -> Verdict:
    """More is wanted: shown only where a look ends before its questions do."""
    why = NoAnswer(failure=str(Failure.TIMEOUT), name=prepared.apex, type="")
    return Verdict(kind=kind, status=Status.UNKNOWN, level=prepared.level(kind), why=why)
