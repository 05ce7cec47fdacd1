"""Two slips that look like something else: wildcards that answer for a name, and names published doubled. Pure."""

from __future__ import annotations

from domains.dkim import same_key
from domains.records import Kind
from domains.rrset import Action, Fix, RRset, txt_text

from ..answers import Answer, Question, View
from ..verdicts import Problem
from .case import MAX_NAME, Subject
from .finding import Finding, remove

PROBE = "cm-wildcard-probe"  # a label that nobody publishes


def wildcard_answered(view: View, question: Question, answer: Answer) -> bool | None:
    """Whether a wildcard (RFC 4592) made up `answer`: a name beside it that nobody published gets the same.

    None: not known yet. A failure counts as no wildcard only where that cannot make anything red: so it counts as one.
    """
    parent = question.name.partition(".")[2]
    name = f"{PROBE}.{parent}"
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


def doubled(subject: Subject, kind: Kind, finding: Finding, view: View) -> Finding | None:
    """Look whether what is missing was published with the domain's name twice (`_dmarc.example.com.example.com`).

    Many providers' forms append the zone's name by themselves. None: not known yet.
    """
    slips: list[RRset] = []
    complete = True
    for fix in finding.fixes:
        name = fix.name + subject.apex
        if fix.action != Action.ADD or len(name) > MAX_NAME:
            continue
        question = Question(name, fix.type)
        answer = view.get(question)
        if answer is None:
            complete = False
            continue
        if not answer.values or answer.chain:
            continue
        values = tuple(value for value in answer.values if _same_purpose(subject, kind, fix, value))
        if not values:
            continue
        wildcard = wildcard_answered(view, question, answer)
        if wildcard is None:
            complete = False
        elif not wildcard:
            slips.append(RRset(name, fix.type, answer.ttl, values))
    if not complete:
        return None
    if not slips:
        return finding
    finding.problems = (*finding.problems, Problem.NAME_DOUBLED)
    finding.facts = {**finding.facts, "doubled": [slip.name for slip in slips]}
    finding.found = (*finding.found, *slips)
    finding.fixes = (*finding.fixes, *(remove(slip.name, slip.type, slip.ttl, slip.values) for slip in slips))
    return finding


KEPT = ("CNAME", "A", "AAAA", "MX", "TXT")  # what wildcards hold for names that people use


def with_wildcards_kept(subject: Subject, finding: Finding, view: View) -> Finding | None:
    """A name that lives by a wildcard loses it as soon as anything is published at it or below (RFC 4592 §2.2.1).

    So what the wildcard says for the domain's name is written out first, lest a fix for mail takes the web site down.
    None: not known yet.
    """
    kept: list[Fix] = []
    complete = True
    for type_ in KEPT:
        question = Question(subject.apex, type_)
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
            kept.append(Fix(Action.ADD, subject.apex, type_, answer.ttl, answer.values))
    if not complete:
        return None
    finding.fixes = (*(fix for fix in kept if not _settled_by(finding.fixes, fix)), *finding.fixes)
    return finding


def _settled_by(fixes: tuple[Fix, ...], kept: Fix) -> bool:
    """Whether a fix decides what will stand at that name and type anyway."""
    return any(fix.action == Action.REPLACE and (fix.name, fix.type) == (kept.name, kept.type) for fix in fixes)


def _same_purpose(subject: Subject, kind: Kind, fix: Fix, value: str) -> bool:
    """Whether a record at the doubled name is what `fix` would publish, or plainly was meant to be."""
    if fix.type != "TXT":
        ours = {expected.rpartition(" ")[2] for expected in fix.values}
        return value.lower().rpartition(" ")[2] in ours
    text = txt_text(value)
    if kind == Kind.DKIM:
        return any(same_key(text, key) for key in subject.case.domain.dkim.values())
    version = txt_text(fix.values[0]).replace(";", " ").split(" ", 1)[0]
    return text.lower().startswith(version.lower())
