"""DMARC: whether a policy is found for the domain. RFC 9989. Recommended only. Pure."""

from __future__ import annotations

from typing import Any

from ..dmarc import DmarcNoteCode
from ..lookup.answers import Answer, Failure, Question, View
from ..records import Kind, Level
from ..rrset import Fix
from ..suffixes import public_suffix
from ..zones.plan import surplus_policies
from .case import Subject
from .finding import Finding, add, alias_rrset, circle, failed, redirection, remove, rrset
from .policy import Source, discover_policy
from .probes import wildcard_answered
from .reasons import Reason
from .verdicts import Problem, Status

LEVEL = Level.RECOMMENDED
# A resolver that says so answers for some zones only (an authoritative server in its place). The few registries
# that publish a policy do not depend on it.
NOT_ASKED_HERE = frozenset({Failure.REFUSED, Failure.LAME})


def find(subject: Subject, view: View) -> Finding | None:
    question = subject.dmarc
    if question is None:
        return Finding(Status.OFF, LEVEL, Reason.OFF_TOO_LONG)
    answer = view.get(question)
    if answer is None:
        return None
    discovery = discover_policy(subject.apex, view)
    if discovery is None:
        return None
    found = rrset(question, answer)
    record = discovery.record
    several = len(discovery.own.records) > 1
    if record is not None and (record.applies or discovery.source != Source.OWN):
        advice = []
        if several:
            advice.append(Problem.DMARC_SEVERAL)
        if record.faults if discovery.source == Source.OWN else discovery.own.misspelt:
            advice.append(Problem.DMARC_SYNTAX)
        facts: dict[str, Any] = {"name": discovery.name} if discovery.source != Source.OWN else {}
        removed = [note.tag for note in record.notes if note.code == DmarcNoteCode.REMOVED]
        if removed and discovery.source == Source.OWN:
            advice.append(Problem.DMARC_REMOVED)
            facts["removed"] = removed
        return Finding(Status.OK, LEVEL, facts=facts, advice=tuple(advice), found=found, at=question)
    if record is None:
        for name, failure in discovery.failures:
            if not (failure in NOT_ASKED_HERE and _of_a_suffix(name, subject.case.domain.name)):
                return failed(failure, name, "TXT", level=LEVEL)
    published, gone = surplus_policies(answer.values)
    if several and published:
        return _several(question, answer, gone, len(discovery.own.records))
    return _none(subject, view, question, answer)


def _of_a_suffix(name: str, domain: str) -> bool:
    """Whether `_dmarc.…` is that of the domain's public suffix, or of a name above it."""
    suffix = public_suffix(domain)
    holder = name.removeprefix("_dmarc.").removesuffix(".")
    return holder == suffix or suffix.endswith("." + holder)


def _several(question: Question, answer: Answer, gone: tuple[str, ...], count: int) -> Finding:
    facts = {"name": question.name, "count": count}
    fixes = (remove(question.name, "TXT", answer.ttl, gone),) if not answer.chain else ()
    problems = (Problem.DMARC_SEVERAL,)
    found = alias_rrset(question, answer) + rrset(question, answer)
    return Finding(Status.WRONG, LEVEL, Reason.DMARC_SEVERAL, facts, problems, (), found, fixes, question)


def _none(subject: Subject, view: View, question: Question, answer: Answer) -> Finding | None:
    """No policy applies: there is none, or none that receivers understand."""
    record = subject.required[Kind.DMARC][0]
    found = alias_rrset(question, answer) + rrset(question, answer)
    _, meant = surplus_policies(answer.values)
    wildcard: bool | None = False
    if meant or answer.chain:
        wildcard = wildcard_answered(view, question, answer)
        if wildcard is None:
            return None
    if answer.dname:
        facts = redirection(*answer.chain[0])
        return Finding(Status.MISSING, LEVEL, Reason.UNDER_DNAME, facts, found=found, at=question)
    if wildcard or not (meant or answer.chain):
        return Finding(Status.MISSING, LEVEL, Reason.DMARC_MISSING, found=found, fixes=(add(record),), at=question)
    if answer.chain:
        target = answer.chain[0][1]
        fixes: tuple[Fix, ...] = (remove(question.name, "CNAME", answer.ttl or None, (target,)), add(record))
        problems = (Problem.CNAME_WITH_OTHER_DATA,)
        facts = circle(answer)
        return Finding(Status.MISSING, LEVEL, Reason.DMARC_MISSING, facts, problems, (), found, fixes, question)
    # The mildest policy: what receivers could not read so far must not start to refuse mail.
    fixes = (remove(question.name, "TXT", answer.ttl, meant), add(record, answer.ttl or None))
    facts = {"name": question.name}
    problems = (Problem.DMARC_SYNTAX,)
    return Finding(Status.WRONG, LEVEL, Reason.DMARC_SYNTAX, facts, problems, (), found, fixes, question)
