"""CNAME: the token that verifies the domain. Pure."""

from __future__ import annotations

from ..lookup.answers import Answer, Question, View
from ..records import Kind, Level, RequiredRecord
from ..rrset import Fix, RRset
from .beside import Beside
from .check_input import MAX_NAME, PreparedInput
from .finding import Finding, add, in_place_of, redirection, remove, rrset, undotted, unknown
from .probes import PROBE, wildcard_answered
from .verdicts import Problem, Status
from .why import CnameByWildcard, CnameMissing, CnameOtherTarget, CnameWithOtherData, Flattened, OffNoToken

OTHER_DATA = ("TXT", "A", "AAAA", "MX", "SRV")  # what people publish where a CNAME should stand alone

ADDRESSES = frozenset({"A", "AAAA"})


def zone_servers(prepared: PreparedInput, view: View) -> list[str] | None:
    """Hosts of the name servers, for people who want to know whose they are. None: not known yet."""
    answer = view.get(prepared.ns)
    return None if answer is None else [host.removesuffix(".") for host in sorted(answer.values)]


def find(prepared: PreparedInput, view: View) -> Finding | None:
    question = prepared.token
    if question is None:
        return Finding(Status.OFF, Level.REQUIRED, OffNoToken())
    record = prepared.required[Kind.CNAME][0]
    level = record.level
    answer = view.get(question)
    if answer is None:
        return None
    if answer.failure is not None:
        return unknown(question, answer, level)
    found = rrset(question, answer)
    previous = prepared.previous
    if prepared.ours.verification in answer.values:
        right = Finding(Status.OK, level, found=found, at=question)
        return right if prepared.given.domain.verified else _unless_wildcard(record, view, question, answer, right)
    if previous is not None and previous.verification in answer.values:
        beside = Beside(until=prepared.given.platform.previous_until)
        right = Finding(Status.OK, level, beside=beside, advice=(Problem.PREVIOUS_HOSTS,), found=found, at=question)
        return right if prepared.given.domain.verified else _unless_wildcard(record, view, question, answer, right)
    if answer.values:
        wildcard = wildcard_answered(view, question, answer)
        if wildcard is None:
            return None
        if answer.dname:
            where = redirection(question.name, answer.values[0])
            problems = (Problem.CNAME_OTHER_TARGET,)
            return Finding(
                status=Status.WRONG,
                level=level,
                why=where,
                problems=problems,
                advice=(),
                found=found,
                at=question,
            )
        beside = Beside(
            undotted=undotted(answer.values, (prepared.ours.verification,)),
            wildcard=question.name if wildcard else "",
        )
        # What a wildcard made up is not there to be replaced: a record of its own outweighs it.
        fix = add(record) if wildcard else in_place_of(record, answer)
        problems = (Problem.CNAME_OTHER_TARGET,)
        return Finding(
            status=Status.WRONG,
            level=level,
            why=CnameOtherTarget(target=answer.values[0].removesuffix(".")),
            beside=beside,
            problems=problems,
            advice=(),
            found=found,
            fixes=(fix,),
            at=question,
        )
    if answer.nxdomain:
        return Finding(Status.MISSING, level, CnameMissing(), fixes=(add(record),), at=question)
    return _beside_other_data(prepared, view, question)


def others_tokens(prepared: PreparedInput, view: View) -> tuple[str, ...]:
    """Published names that prove the domain for other organizations, as far as the view tells.

    Only where the domain is this organization's: whoever just claims a name learns nothing of who else uses it. What a
    wildcard answers for all names stands at none of them.
    """
    asked = [(question, view.get(question)) for question in prepared.others_tokens]
    there = [
        (question, answer)
        for question, answer in asked
        if answer is not None and answer.failure is None and answer.values and not answer.dname
    ]
    if not there:
        return ()
    probe = view.get(Question(f"{PROBE}.{prepared.apex}", "CNAME"))
    if probe is None or not probe.sound:
        return ()
    return tuple(question.name for question, answer in there if set(answer.values) != set(probe.values))


def _unless_wildcard(
    record: RequiredRecord, view: View, question: Question, answer: Answer, right: Finding
) -> Finding | None:
    """`right`, unless a wildcard made the record up: it would "prove" anybody's token."""
    below = Question(f"{PROBE}.{question.name}", "CNAME")
    if len(below.name) > MAX_NAME:
        return right
    probe = view.get(below)
    if probe is None:
        return None
    if probe.failure is not None:
        return unknown(below, probe, record.level)
    if probe.values != answer.values:
        return right
    why, fixes = CnameByWildcard(), (add(record),)
    return Finding(Status.MISSING, record.level, why, found=right.found, fixes=fixes, at=question)


def _beside_other_data(prepared: PreparedInput, view: View, question: Question) -> Finding | None:
    """The name is there without a CNAME: other records at it leave no room for one (RFC 1034 §3.6.2).

    The label is the token's own, so whatever stands there is a slip and may go; but addresses alone were made by a DNS
    host that answers for the alias (proxied or flattened), and prove nothing, whatever they are.
    """
    record = prepared.required[Kind.CNAME][0]
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
    if found and all(rr.type in ADDRESSES for rr in found):
        servers = zone_servers(prepared, view)
        if servers is None:
            return None
        return Finding(
            status=Status.WRONG,
            level=record.level,
            why=Flattened(
                names=[record.name],
                addresses=[address for rr in found for address in rr.values],
                servers=servers,
            ),
            problems=(Problem.FLATTENED,),
            found=tuple(found),
            at=question,
        )
    fixes.append(add(record))
    if not found:
        return Finding(Status.MISSING, record.level, CnameMissing(), fixes=tuple(fixes), at=question)
    return Finding(
        status=Status.WRONG,
        level=record.level,
        why=CnameWithOtherData(types=[rr.type for rr in found]),
        problems=(Problem.CNAME_WITH_OTHER_DATA,),
        found=tuple(found),
        fixes=tuple(fixes),
        at=question,
    )
