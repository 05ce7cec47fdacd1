"""CNAME: the token that proves the right to the name. Pure."""

from __future__ import annotations

from domains.records import Kind, Level
from domains.rrset import Fix, RRset

from ..answers import Question, View
from ..reasons import Reason
from ..verdicts import Problem, Status
from .case import Subject
from .finding import Finding, add, redirection, remove, replace, rrset, unknown
from .probes import wildcard_answered

OTHER_DATA = ("TXT", "A", "AAAA", "MX")  # what people publish where a CNAME should stand alone


def find(subject: Subject, view: View) -> Finding | None:
    question = subject.token
    if question is None:
        return Finding(Status.OFF, Level.REQUIRED, Reason.OFF_NO_TOKEN)
    record = subject.required[Kind.CNAME][0]
    level = record.level
    answer = view.get(question)
    if answer is None:
        return None
    if answer.failure is not None:
        return unknown(question, answer, level)
    found = rrset(question, answer)
    if subject.ours.verification in answer.values:
        return Finding(Status.OK, level, found=found, at=question)
    previous = subject.previous
    if previous is not None and previous.verification in answer.values:
        facts = {"until": subject.case.platform.previous_until}
        return Finding(Status.OK, level, facts=facts, advice=(Problem.PREVIOUS_HOSTS,), found=found, at=question)
    if answer.values:
        wildcard = wildcard_answered(view, question, answer)
        if wildcard is None:
            return None
        if answer.dname:
            where = redirection(question.name, answer.values[0])
            problems = (Problem.CNAME_OTHER_TARGET,)
            return Finding(Status.WRONG, level, Reason.UNDER_DNAME, where, problems, (), found, at=question)
        facts = {"target": answer.values[0].removesuffix(".")}
        # What a wildcard made up is not there to be replaced: a record of its own outweighs it.
        fix = add(record) if wildcard else replace(record, answer)
        problems = (Problem.CNAME_OTHER_TARGET,)
        return Finding(Status.WRONG, level, Reason.CNAME_OTHER_TARGET, facts, problems, (), found, (fix,), question)
    if answer.nxdomain:
        return Finding(Status.MISSING, level, Reason.CNAME_MISSING, fixes=(add(record),), at=question)
    return _beside_other_data(subject, view, question)


def _beside_other_data(subject: Subject, view: View, question: Question) -> Finding | None:
    """The name is there without a CNAME: other records at it leave no room for one (RFC 1034 §3.6.2).

    The label is the token's own, so whatever stands there is a slip and may go.
    """
    record = subject.required[Kind.CNAME][0]
    found: list[RRset] = []
    fixes: list[Fix] = []
    complete = True
    for type_ in OTHER_DATA:
        asked = Question(question.name, type_)
        answer = view.get(asked)
        if answer is None:
            complete = False
            continue
        if not answer.values or answer.chain:
            continue
        wildcard = wildcard_answered(view, asked, answer)
        if wildcard is None:
            complete = False
        elif not wildcard:
            found.extend(rrset(asked, answer))
            fixes.append(remove(asked.name, type_, answer.ttl, answer.values))
    if not complete:
        return None
    fixes.append(add(record))
    if not found:
        return Finding(Status.MISSING, record.level, Reason.CNAME_MISSING, fixes=tuple(fixes), at=question)
    return Finding(
        Status.WRONG,
        record.level,
        Reason.CNAME_WITH_OTHER_DATA,
        {"types": [rr.type for rr in found]},
        (Problem.CNAME_WITH_OTHER_DATA,),
        found=tuple(found),
        fixes=tuple(fixes),
        at=question,
    )
