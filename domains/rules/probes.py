"""Two slips that look like something else: wildcards that answer for a name, and names published doubled. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from ..dkim import same_key
from ..dmarc import is_dmarc, resembles_dmarc
from ..lookup.answers import Answer, Question, View
from ..records import Kind
from ..rrset import Action, Fix, RRset, txt_text
from ..spf import is_spf, meant
from .check_input import MAX_NAME, PreparedInput
from .finding import Finding, remove
from .verdicts import RED, Problem, Verdict

PROBE = "cm-wildcard-probe"  # a label that nobody publishes


def wildcard_answered(view: View, question: Question, answer: Answer) -> bool | None:
    """Whether a wildcard (RFC 4592) made up `answer`: a name below it, which nobody published, gets the same. Were the
    name itself there, no wildcard above it would speak for what is below.

    None: not known yet. Where that cannot be asked it counts as a wildcard, which turns nothing red.
    """
    name = f"{PROBE}.{question.name}"
    if len(name) > MAX_NAME:
        return True
    probe = view.get(Question(name, question.type))
    if probe is None:
        return None
    if not probe.sound:
        return True
    if answer.chain and answer.chain[0][0] == question.name:
        return bool(probe.chain) and probe.chain[0][1] == answer.chain[0][1]
    return bool(probe.values) and set(probe.values) == set(answer.values)


def doubled(prepared: PreparedInput, kind: Kind, finding: Finding, view: View, zone: str | None) -> Finding | None:
    """Look whether what is not there was published with the domain's name twice (`_dmarc.example.com.example.com`).

    Many providers' forms append the name of the zone by themselves, which for a subdomain is another than its own.
    None: not known yet.
    """
    slips: list[RRset] = []
    complete = True
    added = dict.fromkeys((prepared.apex, zone if zone and zone != "." else prepared.apex))
    for fix, name in [(fix, fix.name + again) for fix in finding.fixes for again in added]:
        if fix.action == Action.REMOVE or len(name) > MAX_NAME:
            continue
        question = Question(name, fix.type)
        answer = view.get(question)
        if answer is None:
            complete = False
            continue
        slip = _slip(prepared, kind, fix, question, answer)
        if slip is None:
            continue
        wildcard = wildcard_answered(view, question, answer)
        if wildcard is None:
            complete = False
        elif not wildcard:
            slips.append(slip)
    if not complete:
        return None
    if not slips:
        return finding
    finding.problems = (*finding.problems, Problem.NAME_DOUBLED)
    finding.beside = replace(finding.beside, doubled=[slip.name for slip in slips])
    finding.found = (*finding.found, *slips)
    finding.fixes = (*finding.fixes, *(remove(slip.name, slip.type, slip.ttl, slip.values) for slip in slips))
    return finding


def _slip(prepared: PreparedInput, kind: Kind, fix: Fix, question: Question, answer: Answer) -> RRset | None:
    """What stands at a doubled name in place of what `fix` publishes; an alias that leads to such a text is one too."""
    values = tuple(value for value in answer.values if _same_purpose(prepared, kind, fix, value))
    if not values or not answer.chain:
        return RRset(question.name, fix.type, answer.ttl, values) if values else None
    owner, target = answer.chain[0]
    if kind not in ALIASED or owner != question.name or answer.dname:
        return None
    return RRset(owner, "CNAME", answer.ttl, (target,))


ALIASED = (Kind.DKIM, Kind.DMARC)  # whose texts are often a CNAME away, at whoever looks after them

KEPT = ("CNAME", "A", "AAAA", "MX", "TXT")  # what wildcards hold for names that people use


def with_wildcards_kept(prepared: PreparedInput, finding: Finding, view: View) -> Finding | None:
    """A name that lives by a wildcard loses it as soon as anything is published at it or below (RFC 4592 §2.2.1).

    So what the wildcard says for the domain's name is written out first, lest a fix for mail takes the web site down.
    None: not known yet.
    """
    kept: list[Fix] = []
    complete = True
    for type_ in KEPT:
        question = Question(prepared.apex, type_)
        answer = view.get(question)
        if answer is None:
            complete = False
            continue
        if not answer.values or answer.chain:
            continue
        wildcard = wildcard_answered(view, question, answer)
        if wildcard is None:
            complete = False
        elif wildcard:
            kept.append(Fix(Action.ADD, prepared.apex, type_, answer.ttl, answer.values))
    if not complete:
        return None
    finding.fixes = _after_copies(kept, finding.fixes)
    return finding


def with_made_up(finding: Finding, view: View, zone: str | None) -> Finding | None:
    """Say what of that which was found a wildcard made up at names where the fixes publish something: it speaks for
    them no more then, whatever its type (RFC 4592 §2.2.1). None: not known yet."""
    published = {fix.name for fix in finding.fixes if fix.action != Action.REMOVE and fix.name != zone}
    made_up: list[str] = []
    complete = True
    for name, type_ in dict.fromkeys((rr.name, rr.type) for rr in finding.found if rr.name in published):
        question = Question(name, type_)
        answer = view.get(question)
        wildcard = wildcard_answered(view, question, answer) if answer is not None else None
        if wildcard is None:
            complete = False
        elif wildcard and answer is not None and answer.sound:
            made_up.append(f"{name} {type_}")
    if not complete:
        return None
    if made_up:
        finding.beside = replace(finding.beside, made_up=made_up)
    return finding


def _after_copies(copies: Sequence[Fix], fixes: Sequence[Fix]) -> tuple[Fix, ...]:
    """`fixes` with the copies that they leave alone in front. What a wildcard made up needs no removal."""
    settled = {(fix.name, fix.type) for fix in fixes if fix.action == Action.REPLACE}
    gone = {(fix.name, fix.type, value) for fix in fixes if fix.action == Action.REMOVE for value in fix.values}
    made_up = {(copy.name, copy.type, value) for copy in copies for value in copy.values}
    first = []
    for copy in copies:
        values = tuple(value for value in copy.values if (copy.name, copy.type, value) not in gone)
        if values and (copy.name, copy.type) not in settled:
            first.append(replace(copy, values=values))
    real = (
        fix
        for fix in fixes
        if fix.action != Action.REMOVE or any((fix.name, fix.type, value) not in made_up for value in fix.values)
    )
    return (*first, *real)


_DECIDED_BY = {"MX": Kind.MX, "TXT": Kind.SPF}


def each_decides_its_own(apex: str, verdicts: Sequence[Verdict], meant: Collection[Kind] = ()) -> list[Verdict]:
    """Leave to MX and SPF what they change themselves: a copy of a wildcard's old record beside another check's fix
    would bring it back when all fixes are published. Those `meant` as they are change nothing."""
    changing = {
        verdict.kind for verdict in verdicts if verdict.status in RED and verdict.fixes and verdict.kind not in meant
    }
    if not changing & set(_DECIDED_BY.values()):
        return list(verdicts)
    return [replace(verdict, fixes=_without_others(apex, verdict, changing)) for verdict in verdicts]


def _without_others(apex: str, verdict: Verdict, changing: Collection[Kind]) -> tuple[Fix, ...]:
    kept = []
    for fix in verdict.fixes:
        decider = _DECIDED_BY.get(fix.type)
        if fix.name != apex or fix.action != Action.ADD or decider == verdict.kind or decider not in changing:
            kept.append(fix)
            continue
        values = tuple(value for value in fix.values if decider == Kind.SPF and not is_spf(txt_text(value)))
        if values:
            kept.append(replace(fix, values=values))
    return tuple(kept)


def _same_purpose(prepared: PreparedInput, kind: Kind, fix: Fix, value: str) -> bool:
    """Whether a record at the doubled name is what `fix` would publish, or plainly was meant to be."""
    if kind == Kind.MX and not prepared.authoritative:
        return True  # the other system's hosts are as good
    if fix.type != "TXT":
        ours = {expected.rpartition(" ")[2] for expected in fix.values}
        return value.lower().rpartition(" ")[2] in ours
    text = txt_text(value)
    if kind == Kind.DKIM:
        return any(same_key(text, key) for key in prepared.given.domain.dkim.values())
    if kind == Kind.SPF:
        return is_spf(text) or meant(text) is not None
    return is_dmarc(text) or resembles_dmarc(text)
