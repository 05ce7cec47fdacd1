"""SPF: whether receivers let the platform send for the domain. RFC 7208. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from ..lookup.answers import Answer, Answers, Question, View
from ..records import DEFAULT_TTL, Kind, Level
from ..rrset import Action, Fix, RRset, quote_txt, txt_seams, txt_text, wire_order
from ..spf import (
    MAX_LOOKUPS,
    Repair,
    Result,
    SpfAnalysis,
    SpfResult,
    analyse,
    check_host,
    ignored,
    is_spf,
    meant,
    merge,
    slip,
    spf_records,
)
from ..spf.results import MAX_NAMES
from ..typography import readable
from .beside import NOTHING, Beside
from .check_input import PreparedInput
from .finding import Finding, add, failed, unknown
from .finding import rrset as found_rrset
from .mx import alias_in_the_way
from .verdicts import Problem, Status
from .why import PlatformAtFault, SpfError, SpfMissing, SpfPlatformFails, SpfPlusAll, SpfSeveral

RECORD = '"v=spf1'
MAX_MERGED = 10  # records that we make one of: more than ten that ask anything pass the look-up limit
MAX_FAULTS = 5  # of an analysis that are told with their places
MAX_SAID = 30  # changes of one record that are told
LIMITS = frozenset({Problem.SPF_LOOKUPS, Problem.SPF_VOID_LOOKUPS})
LITERAL = frozenset({"ip4", "ip6", "all"})  # mechanisms that ask nothing


def find(prepared: PreparedInput, view: View) -> Finding | None:
    answer = view.get(prepared.txt)
    include = view.get(prepared.include)  # wanted at once, so that a green domain costs one pass
    if answer is None:
        return None
    if answer.failure is not None and not answer.circular:
        return unknown(prepared.txt, answer)
    outbound = prepared.given.platform.outbound
    only = _only_record(answer.values)
    known = include.values if include is not None else ()
    if only is not None and known and plain_pass(only, known, prepared.ours.spf_include, outbound):
        beside = _ignored((only,), NOTHING)
        return Finding(Status.OK, Level.REQUIRED, beside=beside, found=_own(prepared, answer, (only,)), at=prepared.txt)
    found = (value for value in answer.values if _may_be_record(value) and is_spf(txt_text(value)))
    values = tuple(sorted(set(found), key=wire_order))  # duplicates count once: RFC 2181 §5
    if not values:
        return _missing(prepared, view, answer)
    return _judged(prepared, view, answer, values)


def _may_be_record(value: str) -> bool:
    """A quick look at the first characters: an apex may hold thousands of other TXT records."""
    return value[:1] != '"' or value[1:2] in ("v", "V", "\\", '"')


def _only_record(values: tuple[str, ...]) -> str | None:
    """The one SPF record among TXT records, where plainly no other can be one."""
    only = None
    for value in values:
        head = value[:7].lower()
        if head[:1] != '"' or '"' in head[1:] or "\\" in head:
            return None  # split or escaped in an odd place: read with care elsewhere
        if head != RECORD:
            continue
        if only is not None:
            return None
        only = value
    return only


@lru_cache(maxsize=8192)
def plain_pass(value: str, include_values: tuple[str, ...], include: str, outbound: tuple[str, ...]) -> bool:
    """Whether a record of addresses and our include lets all of ours pass, with nothing else to ask or to say."""
    (record,) = spf_records((value,)) or (None,)
    if record is None or record.faults or record.redirect is not None or not outbound:
        return False
    for mechanism in record.mechanisms:
        if mechanism.name == "include":
            if mechanism.domain is None or mechanism.domain.literal is None:
                return False
            if mechanism.domain.literal.lower().rstrip(".") + "." != include:
                return False
        elif mechanism.name not in LITERAL or (mechanism.name == "all" and mechanism.qualifier == "+"):
            return False
    included = spf_records(include_values)
    if len(included) != 1 or included[0].faults or included[0].redirect is not None:
        return False
    if any(m.name not in LITERAL or (m.name == "all" and m.qualifier == "+") for m in included[0].mechanisms):
        return False
    known = {Question(include, "TXT"): Answer(include_values)}
    results = [check_host(ip, "plain.invalid", Answers(dict(known)), record=txt_text(value)) for ip in outbound]
    return all(result is not None and result.result == Result.PASS for result in results)


def _own(prepared: PreparedInput, answer: Answer, values: tuple[str, ...]) -> tuple[Any, ...]:
    """The SPF records alone: an apex may hold thousands of other TXT records."""
    return found_rrset(prepared.txt, Answer(values, answer.ttl))


def _missing(prepared: PreparedInput, view: View, answer: Answer) -> Finding | None:
    if answer.chain:
        return alias_in_the_way(
            prepared, prepared.txt, answer._replace(values=()), NOTHING, prepared.required[Kind.SPF][0]
        )
    finding = Finding(Status.MISSING, Level.REQUIRED, SpfMissing(), at=prepared.txt)
    intended = _intended(answer)
    if not intended:
        finding.fixes = (add(prepared.required[Kind.SPF][0]),)
        return finding
    # Whoever was meant to be allowed must not be marked because of a record that names us alone.
    values, texts = tuple(intended), list(intended.values())
    finding.beside = Beside(misspelt=[readable(text) for text in texts])
    finding.found = _own(prepared, answer, values)
    return _published(prepared, view, finding, answer, values, texts)


def _intended(answer: Answer) -> dict[str, str]:
    """The TXT records that were meant as SPF, and their texts."""
    return {
        value: text for value in sorted(answer.values, key=wire_order) if meant(text := txt_text(value)) is not None
    }


def _published(
    prepared: PreparedInput, view: View, finding: Finding, answer: Answer, values: tuple[str, ...], texts: list[str]
) -> Finding | None:
    """The finding with the fix that puts `texts`, none of them in effect, in the place of `values`."""
    analysis = analyse(prepared.apex, view, record=meant(texts[0]) or texts[0])
    platform = _platform_passes(prepared, view)
    if analysis is None or platform is None:
        return None
    return _with_fix(prepared, view, finding, answer, values, texts, analysis, platform)


def moved(prepared: PreparedInput, view: View, finding: Finding, slips: Sequence[RRset]) -> Finding | None:
    """What was published under a doubled name, merged with what stands at the right one; the slips go.

    Where that would not hold, nothing is moved: the finding keeps its own fixes. None: not known yet.
    """
    answer = view.get(prepared.txt)
    if answer is None:
        return None
    gone = {slip.name for slip in slips}
    own = tuple(fix for fix in finding.fixes if fix.name not in gone)
    there = tuple(value for fix in own if fix.action == Action.REMOVE and fix.type == "TXT" for value in fix.values)
    texts = [txt_text(value) for value in (*there, *(value for slip in slips for value in slip.values))]
    trial = _published(prepared, view, replace(finding, fixes=()), answer, there, texts)
    if trial is None:
        return None
    removals = tuple(Fix(Action.REMOVE, slip.name, slip.type, slip.ttl, slip.values) for slip in slips)
    if trial.fixes:
        return replace(trial, fixes=(*trial.fixes, *removals))
    if there:
        return replace(finding, fixes=own)
    return trial


def _judged(prepared: PreparedInput, view: View, answer: Answer, values: tuple[str, ...]) -> Finding | None:
    results = _evaluated(prepared, view, None)
    outbound = prepared.given.platform.outbound
    analysis = analyse(prepared.apex, view)
    if results is None or analysis is None:
        return None
    finding = Finding(Status.OK, Level.REQUIRED, found=_own(prepared, answer, values), at=prepared.txt)
    own_plus_all = [found for found in analysis.findings if _opens_own_record(found)]
    for result in results:
        if result.failure is not None and result.result != Result.PASS and not own_plus_all:
            place = result.place
            name, type_ = (place.owner, place.term) if place else (result.owner, "TXT")
            return failed(result.failure, name, type_, at=prepared.txt)
    errors = [result for result in results if result.result == Result.PERMERROR]
    passing = bool(results) and all(result.result == Result.PASS for result in results)
    if errors:
        hit = [ip for ip, result in zip(outbound, results, strict=True) if result.result == Result.PERMERROR]
        _permanent(finding, errors, len(values))
        finding.beside = replace(finding.beside, senders=_only_senders(hit, outbound))
    elif own_plus_all:
        place = own_plus_all[0].place
        finding.why = SpfPlusAll(owner=own_plus_all[0].owner, term=place.term if place else "+all")
        finding.problems = (Problem.SPF_PLUS_ALL,)
    elif not passing and not (not results and _includes(values, prepared.ours.spf_include)):
        if prepared.previous is not None and _includes(values, prepared.previous.spf_include):
            finding.beside = Beside(until=prepared.given.platform.previous_until)
            finding.advice = (Problem.PREVIOUS_HOSTS,)
        else:
            losing = [ip for ip, result in zip(outbound, results, strict=False) if _loses(result)]
            first = next((str(r.result) for r in results if _loses(r)), "none")
            finding.why = SpfPlatformFails(addresses=losing, result=first)
            finding.problems = (Problem.SPF_PLATFORM_FAILS,)
    finding.advice = (
        *finding.advice,
        *(problem for problem in analysis.problems if problem not in finding.problems),
    )
    finding.beside = _ignored(values, _analysed(analysis, finding.beside))
    if finding.why is None:
        return finding
    platform = _platform_passes(prepared, view)
    if platform is None:
        return None
    if not platform and _only_ours_at_fault(prepared, finding, errors) and _includes(values, prepared.ours.spf_include):
        why = PlatformAtFault(name=prepared.ours.spf_include.removesuffix("."))
        return Finding(status=Status.UNKNOWN, level=Level.REQUIRED, why=why, found=finding.found)
    finding.status = Status.WRONG
    if answer.chain:
        return finding
    return _with_fix(prepared, view, finding, answer, values, [txt_text(v) for v in values], analysis, platform)


def _analysed(analysis: SpfAnalysis, beside: Beside) -> Beside:
    """With what the whole tree says: where the faults are, and what its terms cost where they cost too much."""
    places = [(found, found.place) for found in analysis.findings if found.problem not in LIMITS]
    faults = [
        {"problem": str(found.problem), "owner": place.owner, "term": readable(place.term), "position": place.position}
        for found, place in places[:MAX_FAULTS]
        if place is not None
    ]
    if faults:
        beside = replace(beside, faults=faults)
    if any(found.problem in LIMITS for found in analysis.findings):
        dearest = sorted(analysis.costs, key=lambda cost: -cost.lookups)[:MAX_FAULTS]
        beside = replace(
            beside,
            lookups=analysis.lookups,
            voids=analysis.voids,
            costs=[f"{cost.place.term} ({cost.lookups})" for cost in dearest],
            crowded=[f"{place.term} ({names})" for place, names in analysis.exchangers if names > MAX_NAMES],
        )
    return beside


def _platform_passes(prepared: PreparedInput, view: View) -> bool | None:
    """Whether our own include, taken alone, lets all our addresses pass. None: not known yet."""
    results = _evaluated(prepared, view, f"v=spf1 include:{prepared.ours.spf_include.removesuffix('.')} -all")
    return None if results is None else not any(map(_loses, results))


def _only_ours_at_fault(prepared: PreparedInput, finding: Finding, errors: list[SpfResult]) -> bool:
    """Whether the way to the verdict leads through our include: then no record of the domain is wrong."""
    if isinstance(finding.why, SpfPlatformFails):
        return True
    ours = f"include:{prepared.ours.spf_include}".rstrip(".")
    return bool(errors) and all(
        any(place.term.lower().lstrip("+").rstrip(".") == ours for place in error.path) for error in errors
    )


def _loses(result: SpfResult) -> bool:
    return result.result != Result.PASS


def _includes(values: tuple[str, ...], include: str) -> bool:
    for record in spf_records(values):
        for mechanism in record.mechanisms:
            literal = mechanism.domain.literal if mechanism.domain is not None else None
            if mechanism.name == "include" and literal is not None and literal.lower().rstrip(".") + "." == include:
                return True
    return False


def _opens_own_record(found: Any) -> bool:
    """`+all` in the domain's own policy: its record, or the one that it redirects to. In an include it is advice."""
    return found.problem == Problem.SPF_PLUS_ALL and all(
        place.term.lower().startswith("redirect=") for place in found.path[:-1]
    )


def _evaluated(prepared: PreparedInput, view: View, record: str | None) -> list[SpfResult] | None:
    """`check_host` for every outbound address; all that they want is wanted at once."""
    results = [check_host(ip, prepared.apex, view, record=record) for ip in prepared.given.platform.outbound]
    whole = [result for result in results if result is not None]
    return whole if len(whole) == len(results) else None


def _permanent(finding: Finding, errors: list[SpfResult], count: int) -> None:
    finding.problems = tuple(dict.fromkeys(error.problem for error in errors if error.problem is not None))
    first = errors[0]
    if first.problem == Problem.SPF_SEVERAL and first.owner == (finding.at.name if finding.at else ""):
        finding.why = SpfSeveral(count=count)
        return
    place = first.place
    finding.why = SpfError(
        problem=str(first.problem),
        owner=place.owner if place else first.owner,
        term=readable(place.term) if place else "",
        position=place.position if place else 0,
        fault=str(first.fault) if first.fault else None,
    )
    if first.fault is not None and place is not None:
        finding.beside = Beside(slip=str(slip(place.term)))


def _only_senders(hit: Sequence[str], outbound: Sequence[str]) -> int | None:
    """The IP version of the senders that run into the error, where those of the other do not."""
    versions = {ipaddress.ip_address(ip).version for ip in hit}
    spared = {ipaddress.ip_address(ip).version for ip in outbound if ip not in hit}
    return versions.pop() if len(versions) == 1 and spared and not versions & spared else None


def _with_fix(
    prepared: PreparedInput,
    view: View,
    finding: Finding,
    answer: Answer,
    values: tuple[str, ...],
    texts: list[str],
    analysis: SpfAnalysis,
    platform_passes: bool,
) -> Finding | None:
    """One record in place of those there: all that they authorised, and ours. Only if it then holds.

    Where our own include does not hold by itself, that is the operator's to mend: the fix is offered all the same.
    """
    if len(values) > MAX_MERGED:
        finding.beside = replace(finding.beside, beyond=str(Problem.SPF_LOOKUPS))
        return finding
    include = prepared.ours.spf_include
    ours = f"include:{include}".rstrip(".")
    dead = set(analysis.dead)
    seams = {txt_text(value): txt_seams(value) for value in values}
    beyond = None
    # The second time with what the first has shown to be dead. Repetitions go only where the look-ups need it.
    for first, once in ((False, False), (False, False), (True, False), (False, True), (True, True)):
        if once and beyond != Problem.SPF_LOOKUPS:
            break
        lost = {term for term in dead if term.lower().rstrip(".") != ours}
        merged = merge(texts, include, first=first, dead=lost, once=once, seams=seams)
        if merged.ambiguous:
            finding.beside = _said_of(merged, finding.beside)
            return finding
        text = merged.text
        results = _evaluated(prepared, view, text)
        after = analyse(prepared.apex, view, record=text)
        if results is None or after is None:
            return None
        dead |= after.dead
        if after.lookups > MAX_LOOKUPS:
            beyond = Problem.SPF_LOOKUPS  # somebody whom the record authorises now would fail
            continue
        if any(_opens_own_record(found) for found in after.findings):
            beyond = Problem.SPF_PLUS_ALL
            continue
        bad = next((result for result in results if _loses(result)), None)
        if bad is None or not platform_passes:
            finding.beside = _said_of(merged, finding.beside)
            finding.fixes = _exchange(prepared, answer, values, quote_txt(text))
            return finding
        beyond = bad.problem or Problem.SPF_PLATFORM_FAILS
    finding.beside = replace(finding.beside, beyond=str(beyond))
    return finding


def _exchange(prepared: PreparedInput, answer: Answer, values: tuple[str, ...], value: str) -> tuple[Fix, ...]:
    """Only the SPF records are touched: the other TXT records at the name belong to others."""
    ttl = answer.ttl if values and answer.ttl else DEFAULT_TTL
    removal = (Fix(Action.REMOVE, prepared.apex, "TXT", ttl, values),) if values else ()
    return (*removal, Fix(Action.ADD, prepared.apex, "TXT", ttl, (value,)))


def _said_of(merged: Repair, beside: Beside) -> Beside:
    """Term by term what the fix changes, and what nobody but the record's author can decide."""
    changes = [
        {"kind": str(change.kind), "term": readable(change.term), "into": readable(change.into)}
        for change in merged.changes[:MAX_SAID]
    ]
    ambiguous = [
        {
            "code": str(term.code),
            "term": readable(term.term),
            "readings": [readable(reading) for reading in term.readings],
        }
        for term in merged.ambiguous[:MAX_SAID]
    ]
    return replace(beside, changes=changes, ambiguous=ambiguous or ())


def _ignored(values: tuple[str, ...], beside: Beside) -> Beside:
    """Modifiers that were plainly meant as mechanisms, which receivers ignore."""
    found = [{"term": term, "meant": into} for value in values for term, into in ignored(txt_text(value))]
    return replace(beside, ignored=found[:MAX_SAID]) if found else beside
