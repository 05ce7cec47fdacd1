"""DMARC: whether a policy is found for the domain. RFC 9989. Recommended only. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..dmarc import DmarcNoteCode, DmarcRecord, is_dmarc, parse_dmarc
from ..dmarc_repair import PolicyRepair, meant_policies, policies_at, repair_policies
from ..lookup.answers import Answer, Failure, Question, View
from ..records import DEFAULT_TTL, Kind, Level
from ..rrset import Action, Fix, RRset, quote_txt, txt_text
from ..suffixes import public_suffix
from ..typography import readable
from .beside import NOTHING, Beside
from .check_input import PreparedInput
from .finding import Finding, add, circle, failed, redirection, remove, rrset
from .policy import Source, discover_policy
from .probes import wildcard_answered
from .verdicts import Problem, Status
from .why import DmarcMissing, DmarcSeveral, DmarcSyntax, OffTooLong

LEVEL = Level.RECOMMENDED
MAX_TAGS = 5  # of a record at fault that are told
# A resolver that says so answers for some zones only (an authoritative server in its place). The few registries
# that publish a policy do not depend on it.
NOT_ASKED_HERE = frozenset({Failure.REFUSED, Failure.LAME})


def find(prepared: PreparedInput, view: View) -> Finding | None:
    question = prepared.dmarc
    if question is None:
        return Finding(Status.OFF, LEVEL, OffTooLong())
    answer = view.get(question)
    if answer is None:
        return None
    discovery = discover_policy(prepared.apex, view)
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
        beside = Beside(policy_name=discovery.name if discovery.source != Source.OWN else "")
        removed = [note.tag for note in record.notes if note.code == DmarcNoteCode.REMOVED]
        if removed and discovery.source == Source.OWN:
            advice.append(Problem.DMARC_REMOVED)
            beside = replace(beside, removed=removed)
        if record.faults and discovery.source == Source.OWN:
            beside = replace(beside, tags=_tags(record))
        return Finding(Status.OK, LEVEL, beside=beside, advice=tuple(advice), found=found, at=question)
    if record is None:
        for name, failure in discovery.failures:
            if not (failure in NOT_ASKED_HERE and _of_a_suffix(name, prepared.given.domain.name)):
                return failed(failure, name, "TXT", level=LEVEL)
    if several:
        return _several(question, answer, len(discovery.own.records))
    return _none(prepared, view, question, answer)


def _tags(record: DmarcRecord) -> list[dict[str, str]]:
    """What is amiss in a record, as facts."""
    return [
        {"code": str(note.code), "tag": readable(note.tag), "value": readable(note.value)}
        for note in record.faults[:MAX_TAGS]
    ]


def _of_a_suffix(name: str, domain: str) -> bool:
    """Whether `_dmarc.…` is that of the domain's public suffix, or of a name above it."""
    suffix = public_suffix(domain)
    holder = name.removeprefix("_dmarc.").removesuffix(".")
    return holder == suffix or suffix.endswith("." + holder)


def _several(question: Question, answer: Answer, count: int) -> Finding:
    fixes: tuple[Fix, ...] = ()
    beside = NOTHING
    if not answer.chain:
        fixes, beside = _repaired(question, answer)
    problems = (Problem.DMARC_SEVERAL,)
    found = rrset(question, answer)
    return Finding(
        status=Status.WRONG,
        level=LEVEL,
        why=DmarcSeveral(name=question.name, count=count),
        beside=beside,
        problems=problems,
        advice=(),
        found=found,
        fixes=fixes,
        at=question,
    )


def _repaired(question: Question, answer: Answer) -> tuple[tuple[Fix, ...], Beside]:
    """The changes that make one record in effect of those there, and what is to be said of it."""
    _, gone, repaired = policies_at(answer.values)
    if repaired is None:
        return (), NOTHING
    ttl = answer.ttl or DEFAULT_TTL
    fixes = (remove(question.name, "TXT", answer.ttl, gone),) if gone else ()
    if repaired.stays is None:
        fixes = (*fixes, Fix(Action.ADD, question.name, "TXT", ttl, (quote_txt(repaired.text),)))
    return fixes, said_of_repair(repaired, NOTHING)


def moved(prepared: PreparedInput, view: View, finding: Finding, slips: Sequence[RRset]) -> Finding | None:
    """What was published under a doubled name, united with what stands at the right one; the slips go.

    None: not known yet.
    """
    answer = view.get(question) if (question := prepared.dmarc) is not None else None
    if question is None or answer is None:
        return None
    gone = {slip.name for slip in slips}
    own = [fix for fix in finding.fixes if fix.name not in gone]
    there = meant_policies((value, txt_text(value)) for value in answer.values)
    texts = list(there.values())
    for slip in slips:
        values = slip.values
        if slip.type == "CNAME":
            behind = view.get(Question(slip.name, "TXT"))
            if behind is None:
                return None
            values = behind.values
        texts += meant_policies((value, txt_text(value)) for value in values).values()
    repaired = repair_policies(texts)
    value = quote_txt(repaired.text)
    fixes = [replace(fix, values=(value,)) if fix.action == Action.ADD else fix for fix in own]
    fixes += [remove(slip.name, slip.type, slip.ttl, slip.values) for slip in slips]
    return replace(finding, fixes=tuple(fixes), beside=said_of_repair(repaired, finding.beside))


def said_of_repair(repaired: PolicyRepair, beside: Beside) -> Beside:
    """What was changed, and the policy that was meant where it is stricter: a step to offer apart."""
    changes = [
        {"kind": str(change.kind), "tag": change.tag, "old": readable(change.old), "new": str(change.new)}
        for change in repaired.changes
    ]
    beside = replace(beside, policy_changes=changes)
    if repaired.meant is not None:
        beside = replace(beside, meant_policy=str(repaired.meant), meant_record=repaired.meant_text)
    return beside


def _none(prepared: PreparedInput, view: View, question: Question, answer: Answer) -> Finding | None:
    """No policy applies: there is none, or none that receivers understand."""
    record = prepared.required[Kind.DMARC][0]
    found = rrset(question, answer)
    fixes, beside = _repaired(question, answer)
    meant = bool(fixes)
    wildcard: bool | None = False
    if meant or answer.chain:
        wildcard = wildcard_answered(view, question, answer)
        if wildcard is None:
            return None
    if answer.dname:
        return Finding(
            status=Status.MISSING,
            level=LEVEL,
            why=redirection(*answer.chain[0]),
            found=found,
            at=question,
        )
    if not meant:
        fixes = (add(record),)
    elif wildcard or answer.chain:
        fixes = tuple(fix for fix in fixes if fix.action == Action.ADD)
    if answer.chain and not wildcard:
        target = answer.chain[0][1]
        fixes = (remove(question.name, "CNAME", answer.ttl or None, (target,)), *fixes)
        problems = (Problem.CNAME_WITH_OTHER_DATA,)
        if circle(answer):
            beside = replace(beside, circle=circle(answer))
        else:
            beside = replace(beside, alias=question.name, alias_target=target)
        return Finding(
            status=Status.MISSING,
            level=LEVEL,
            why=DmarcMissing(),
            beside=beside,
            problems=problems,
            advice=(),
            found=found,
            fixes=fixes,
            at=question,
        )
    if wildcard or not meant:
        return Finding(
            status=Status.MISSING,
            level=LEVEL,
            why=DmarcMissing(),
            beside=beside,
            found=found,
            fixes=fixes,
            at=question,
        )
    if own := [text for text in map(txt_text, answer.values) if is_dmarc(text)]:
        beside = replace(beside, tags=_tags(parse_dmarc(own[0])))
    problems = (Problem.DMARC_SYNTAX,)
    return Finding(
        status=Status.WRONG,
        level=LEVEL,
        why=DmarcSyntax(name=question.name),
        beside=beside,
        problems=problems,
        advice=(),
        found=found,
        fixes=fixes,
        at=question,
    )
