"""DKIM: whether the platform's signing keys are published. RFC 6376 §3.6, RFC 8463. Pure."""

from __future__ import annotations

from dataclasses import replace

from ..dkim import KeyMatch, match_key
from ..lookup.answers import Answer, Question, View
from ..records import Kind, Level, RequiredRecord
from ..rrset import Fix, txt_text, wire_order
from ..typography import readable
from .beside import Beside
from .check_input import PreparedInput
from .finding import Finding, add, circle, merged, redirection, remove, rrset, unknown
from .probes import wildcard_answered
from .verdicts import Problem, Status
from .why import DkimBeside, DkimMissing, DkimOtherKey, DkimRevoked, DkimSyntax, OffNoKeys, Why

MAX_OBSTACLES = 3  # of a record that are told

_SAYS: dict[KeyMatch, tuple[type[DkimSyntax | DkimOtherKey | DkimRevoked], Problem]] = {
    KeyMatch.RESTRICTED: (DkimSyntax, Problem.DKIM_SYNTAX),
    KeyMatch.OTHER: (DkimOtherKey, Problem.DKIM_OTHER_KEY),
    KeyMatch.WRONG_TYPE: (DkimOtherKey, Problem.DKIM_OTHER_KEY),
    KeyMatch.REVOKED: (DkimRevoked, Problem.DKIM_REVOKED),
    KeyMatch.SYNTAX: (DkimSyntax, Problem.DKIM_SYNTAX),
}


def find(prepared: PreparedInput, view: View) -> Finding | None:
    if not prepared.dkim:
        return Finding(Status.OFF, Level.REQUIRED, OffNoKeys())
    records = prepared.required[Kind.DKIM]
    parts = [
        _selector(prepared, view, selector, question, record)
        for (selector, question), record in zip(prepared.dkim.items(), records, strict=True)
    ]
    whole = [part for part in parts if part is not None]
    if len(whole) < len(parts):
        return None
    return whole[0] if len(whole) == 1 else merged(whole, Level.REQUIRED)


def _selector(
    prepared: PreparedInput, view: View, selector: str, question: Question, record: RequiredRecord
) -> Finding | None:
    level = record.level
    answer = view.get(question)
    if answer is None:
        return None
    if answer.failure is not None and not answer.circular:
        return unknown(question, answer, level)
    if selector in prepared.given.domain.dkim_hosted:
        return _alias(prepared, view, selector, question, record, answer)
    if answer.values == record.values or (
        len(answer.values) == 1 and _joined(answer.values[0]) == _joined(record.values[0])
    ):
        return Finding(Status.OK, level, found=rrset(question, answer))
    key = prepared.given.domain.dkim[selector]
    match = match_key(map(txt_text, answer.values), key)
    if match.match == KeyMatch.EQUAL and len(answer.values) == 1:
        advice = (Problem.DKIM_TESTING,) if match.record is not None and match.record.testing else ()
        return Finding(Status.OK, level, advice=advice, found=rrset(question, answer))
    wildcard: bool | None = False
    if answer.values or answer.chain:
        wildcard = wildcard_answered(view, question, answer)
        if wildcard is None:
            return None
    found = rrset(question, answer)
    beside = Beside(circle=circle(answer))
    if answer.dname:
        where = redirection(*answer.chain[0])
        return Finding(
            status=Status.WRONG,
            level=level,
            why=where,
            beside=beside,
            problems=(Problem.DKIM_OTHER_KEY,),
            advice=(),
            found=found,
        )
    if answer.chain and not wildcard and not answer.circular and match.match == KeyMatch.ABSENT:
        beside = replace(beside, alias=question.name, alias_target=answer.chain[-1][1])
    if wildcard or match.match == KeyMatch.ABSENT:
        fixes, problems = _instead(question, answer, record, wildcard=bool(wildcard), key=key)
        return Finding(
            status=Status.MISSING,
            level=level,
            why=DkimMissing(selectors=[selector]),
            beside=beside,
            problems=problems,
            advice=(),
            found=found,
            fixes=fixes,
            at=question,
        )
    why: Why
    if match.match in _SAYS:
        says, problem = _SAYS[match.match]
        why = says(selectors=[selector])
    else:
        # One of our key and whatever else: verifiers may take any of several (RFC 6376 §3.6.2.2).
        _, gone = surplus_texts(answer.values, key)
        why, problem = DkimBeside(selectors=[selector], beside=[txt_text(v) for v in gone]), Problem.DKIM_OTHER_KEY
    if isinstance(why, DkimSyntax) and match.record is not None:
        obstacles = [
            {"code": str(fault.code), "tag": readable(fault.tag), "value": readable(match.record.value(fault.tag))}
            for fault in match.record.obstacles[:MAX_OBSTACLES]
        ]
        beside = replace(beside, obstacles=obstacles)
    fixes, _ = _instead(question, answer, record, wildcard=False, key=key)
    return Finding(
        status=Status.WRONG,
        level=level,
        why=why,
        beside=beside,
        problems=(problem,),
        advice=(),
        found=found,
        fixes=fixes,
        at=question,
    )


def _alias(
    prepared: PreparedInput, view: View, selector: str, question: Question, record: RequiredRecord, answer: Answer
) -> Finding | None:
    """Of a key whose record is in the platform's zone: the domain leads there. A key that signs must be seen, too."""
    key = prepared.given.domain.dkim[selector]
    leads = bool(answer.chain) and answer.chain[0] == (question.name, record.values[0])
    match = match_key(map(txt_text, answer.values), key) if key else None
    found = rrset(question, answer)
    if (match is None and leads) or (match is not None and match.match == KeyMatch.EQUAL and not match.beside):
        return Finding(Status.OK, record.level, found=found)
    wildcard: bool | None = False
    if not leads and (answer.values or answer.chain):
        wildcard = wildcard_answered(view, question, answer)
        if wildcard is None:
            return None
    there = bool(answer.values or answer.chain) and not wildcard
    fixes: tuple[Fix, ...] = () if leads else (add(record),)  # where it leads is for the platform to mend
    if there and not leads and answer.chain:
        fixes = (remove(question.name, "CNAME", answer.ttl or None, (answer.chain[0][1],)), *fixes)
    elif there and not leads:
        fixes = (remove(question.name, "TXT", answer.ttl, answer.values), *fixes)
    wrong = there and not leads
    return Finding(
        status=Status.WRONG if wrong else Status.MISSING,
        level=record.level,
        why=DkimOtherKey(selectors=[selector]) if wrong else DkimMissing(selectors=[selector]),
        problems=(Problem.DKIM_OTHER_KEY,) if wrong else (),
        found=found,
        fixes=fixes,
        at=question,
    )


def _joined(value: str) -> str:
    return value.replace('" "', "")


def _instead(
    question: Question, answer: Answer, record: RequiredRecord, *, wildcard: bool, key: str
) -> tuple[tuple[Fix, ...], tuple[Problem, ...]]:
    """Our key in place of whatever is there: the selector is ours, and a second text there makes all undefined."""
    if wildcard:
        return (add(record),), ()
    if answer.chain:
        target = answer.chain[0][1]
        problems = (Problem.CNAME_WITH_OTHER_DATA,)
        return (remove(question.name, "CNAME", answer.ttl or None, (target,)), add(record)), problems
    published, gone = surplus_texts(answer.values, key)
    fixes: tuple[Fix, ...] = (remove(question.name, "TXT", answer.ttl, gone),) if gone else ()
    return (fixes if published else (*fixes, add(record, answer.ttl or None))), ()


def surplus_texts(values: tuple[str, ...], key: str) -> tuple[bool, tuple[str, ...]]:
    """Of the TXT records at a selector of ours: whether `key` is published, and all that must go so that it stands
    alone (RFC 6376 §3.6.2.2)."""
    ours = [
        value for value in sorted(values, key=wire_order) if match_key([txt_text(value)], key).match == KeyMatch.EQUAL
    ]
    return bool(ours), tuple(value for value in values if value not in ours[:1])
