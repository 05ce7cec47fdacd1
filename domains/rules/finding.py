"""What one view of the DNS says about one check, before the views are weighed against each other. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..lookup.answers import Answer, Failure, Question
from ..records import DEFAULT_TTL, Kind, Level, RequiredRecord
from ..rrset import Action, Fix, RRset
from .beside import NOTHING, Beside
from .verdicts import RED, Problem, Status, Verdict, facts_of
from .why import NoAnswer, UnderDname, Why, read_why


@dataclass(slots=True)
class Finding:
    """`status` is ok, wrong, missing, unknown or off: whether something is on its way, only several views can tell."""

    status: Status
    level: Level
    why: Why | None = None
    beside: Beside = NOTHING
    problems: tuple[Problem, ...] = ()
    advice: tuple[Problem, ...] = ()
    found: tuple[RRset, ...] = ()
    fixes: tuple[Fix, ...] = ()
    at: Question | None = None  # the question whose answer decided: what witnesses are shown for

    @property
    def red(self) -> bool:
        return self.status in RED

    @property
    def reason(self) -> str:
        return self.why.reason if self.why is not None else ""

    @property
    def facts(self) -> Mapping[str, Any]:
        return facts_of(self.why, self.beside)

    def verdict(self, kind: Kind, expected: tuple[RRset, ...]) -> Verdict:
        return Verdict(
            kind=kind,
            status=self.status,
            level=self.level,
            why=self.why,
            beside=self.beside,
            problems=self.problems,
            advice=self.advice,
            found=self.found,
            expected=expected,
            fixes=self.fixes,
        )


def unknown(question: Question, answer: Answer, level: Level = Level.REQUIRED) -> Finding:
    """`question` brought nothing that anyone could judge."""
    return failed(answer.failure or Failure.OTHER, question.name, question.type, answer.detail, level)


def failed(
    failure: Failure, name: str, type_: str, detail: str = "", level: Level = Level.REQUIRED, at: Question | None = None
) -> Finding:
    why = NoAnswer(failure=str(failure), name=name, type=type_, detail=detail)
    return Finding(status=Status.UNKNOWN, level=level, why=why, at=at or Question(name, type_))


def rrset(question: Question, answer: Answer) -> tuple[RRset, ...]:
    """What was found: the alias that stands at the name, if one does, and the records.

    Behind an alias the name that was asked for stays the owner.
    """
    alias = alias_rrset(question, answer) if answer.chain else ()
    if not answer.values:
        return alias
    return (*alias, RRset(question.name, question.type, answer.ttl, answer.values))


def alias_rrset(question: Question, answer: Answer) -> tuple[RRset, ...]:
    """The CNAME that stands at the name itself, where there is one."""
    if not answer.chain or answer.chain[0][0] != question.name or answer.dname:
        return ()
    return (RRset(question.name, "CNAME", answer.ttl or None, (answer.chain[0][1],)),)


def circle(answer: Answer) -> str:
    """The name of an alias that leads in a circle, where it does."""
    return answer.chain[0][0] if answer.circular else ""


def undotted(hosts: Iterable[str], ours: Iterable[str]) -> Sequence[str]:
    """Hosts of ours that were written without their final dot, so that the zone's name was added."""
    names = list(ours)
    return [host for host in hosts if any(host != our and host.startswith(our) for our in names)] or ()


def redirection(name: str, target: str) -> UnderDname:
    """The DNAME (RFC 6672) that leads `name` to `target`: what is the same before both is what it kept."""
    label, _, rest = name.partition(".")
    other, _, end = target.partition(".")
    while label == other and rest and end:
        name, target = rest, end
        label, _, rest = name.partition(".")
        other, _, end = target.partition(".")
    return UnderDname(name=name, target=target)


def add(record: RequiredRecord, ttl: int | None = None) -> Fix:
    return Fix(Action.ADD, record.name, record.type, ttl or DEFAULT_TTL, record.values)


def in_place_of(record: RequiredRecord, answer: Answer, values: tuple[str, ...] | None = None) -> Fix:
    return Fix(Action.REPLACE, record.name, record.type, answer.ttl or DEFAULT_TTL, values or record.values)


def remove(name: str, type_: str, ttl: int | None, values: tuple[str, ...]) -> Fix:
    return Fix(Action.REMOVE, name, type_, ttl, values)


_RANK = {
    (Level.REQUIRED, Status.WRONG): 0,
    (Level.REQUIRED, Status.MISSING): 1,
    (Level.REQUIRED, Status.UNKNOWN): 2,
    (Level.RECOMMENDED, Status.WRONG): 3,
    (Level.RECOMMENDED, Status.MISSING): 4,
    (Level.RECOMMENDED, Status.UNKNOWN): 5,
}
_GREEN = len(_RANK)


def _rank(finding: Finding) -> int:
    return _RANK.get((finding.level, finding.status), _GREEN)


def merged(parts: Sequence[Finding], level: Level) -> Finding:
    """One finding for several records: status and level of the worst, the fixes of all.

    Codes of the parts that are as bad as the worst decide the colour; all others are advice.
    """
    worst = min(parts, key=_rank)
    rank = _rank(worst)
    problems: list[Problem] = []
    advice: list[Problem] = []
    facts: dict[str, Any] = {}
    for part in parts:
        (problems if _rank(part) == rank else advice).extend(part.problems)
        advice.extend(part.advice)
        _join(facts, part, worst)
    found = tuple(dict.fromkeys(rr for part in parts for rr in part.found))
    fixes = () if worst.status == Status.UNKNOWN else tuple(dict.fromkeys(fix for part in parts for fix in part.fixes))
    return Finding(
        status=worst.status,
        level=worst.level if rank < _GREEN else level,
        why=read_why(worst.reason, facts),
        beside=Beside.read(facts),
        problems=tuple(dict.fromkeys(problems)),
        advice=tuple(code for code in dict.fromkeys(advice) if code not in problems),
        found=found,
        fixes=fixes,
        at=worst.at,
    )


def _join(facts: dict[str, Any], part: Finding, worst: Finding) -> None:
    """Lists of parts that fail for the same reason are joined; of the others only what the sentence needs stays."""
    if part.reason != worst.reason or part.level != worst.level:
        for key in ("until", "doubled", "circle"):
            if key in part.facts:
                facts.setdefault(key, part.facts[key])
        return
    for key, value in part.facts.items():
        if isinstance(value, list) and key in facts:
            facts[key] = [*facts[key], *(item for item in value if item not in facts[key])]
        else:
            facts.setdefault(key, value)
