"""The whole tree of an SPF record, whatever the sender: what it costs at worst and what is wrong anywhere. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ..lookup.answers import Answer, Failure, Question, View
from ..rules.verdicts import Problem
from .macros import MacroString
from .names import checkable, exchanger, question_name
from .record import FaultCode, Mechanism, Modifier, Record, parse
from .results import MAX_LOOKUPS, MAX_NAMES, MAX_VOID_LOOKUPS, Place, spf_records

MAX_TERMS = 60  # look-ups after which nothing more is followed: the limit is long passed, and trees can be made huge

_DEAD = frozenset({Problem.SPF_INCLUDE_NONE, Problem.SPF_REDIRECT_NONE, Problem.SPF_LOOP})


@dataclass(frozen=True, slots=True)
class SpfFinding:
    """Something to say against one place in the tree.

    `path` leads there from the domain's own record; it is empty for what concerns the own record as a whole.
    `owner` is the absolute name of the record at fault. `count` is what exceeded a limit.
    """

    problem: Problem
    owner: str
    path: tuple[Place, ...] = ()
    fault: FaultCode | None = None
    count: int = 0

    @property
    def place(self) -> Place | None:
        return self.path[-1] if self.path else None


@dataclass(frozen=True, slots=True)
class Cost:
    """What one term of the own record costs in look-ups, everything that it leads to included."""

    place: Place
    lookups: int


@dataclass(frozen=True, slots=True)
class SpfAnalysis:
    """`lookups` and `voids` are those of a sender that no term matches (RFC 7208 §4.6.4).

    `voids` counts terms whose names hold nothing for either IP version. `macros` are the terms whose names depend on
    the sender: counted, not followed. `failures` are names that could not be asked: their part is not known.
    """

    records: int  # SPF records at the domain: 1 where all is well
    lookups: int
    voids: int
    costs: tuple[Cost, ...]
    exchangers: tuple[tuple[Place, int], ...]  # names of each `mx`
    macros: tuple[Place, ...]
    findings: tuple[SpfFinding, ...]
    failures: tuple[tuple[str, Failure], ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        return tuple(dict.fromkeys(finding.problem for finding in self.findings))

    @property
    def dead(self) -> frozenset[str]:
        """Terms of the own record that name a record which is not there, or lead back: for `domains.spf.merge`."""
        return frozenset(
            finding.path[0].term for finding in self.findings if finding.problem in _DEAD and len(finding.path) == 1
        )


def analyse(
    domain: str,
    answers: View,
    *,
    record: str | None = None,
) -> SpfAnalysis | None:
    """Walk all that the SPF record of `domain` includes or redirects to. None: `answers` wants more.

    `record` stands in for what the DNS has at `domain`.
    """
    walk = Walk(answers)
    owner = question_name(domain) if checkable(domain) else None
    if owner is not None:
        walk.start(owner, parse(record) if record is not None else None)
    return None if walk.missing else walk.result()


class Walk:
    """One walk over the whole tree; `domains.spf.tree` draws one."""

    def __init__(self, answers: View) -> None:
        self.answers = answers
        self.missing = False
        self.records = 0
        self.lookups = 0
        self.voids = 0
        self.costs: list[Cost] = []
        self.exchangers: list[tuple[Place, int]] = []
        self.macros: list[Place] = []
        self.findings: list[SpfFinding] = []
        self.failures: list[tuple[str, Failure]] = []
        self.stack: list[str] = []
        self.path: list[Place] = []

    def result(self) -> SpfAnalysis:
        return SpfAnalysis(
            records=self.records,
            lookups=self.lookups,
            voids=self.voids,
            costs=tuple(self.costs),
            exchangers=tuple(self.exchangers),
            macros=tuple(self.macros),
            findings=tuple(self.findings),
            failures=tuple(dict.fromkeys(self.failures)),
        )

    def start(self, owner: str, given: Record | None) -> None:
        records: tuple[Record, ...] | None = (given,) if given is not None else self._records_at(owner)
        if records:
            self.records = len(records)
            self._records(owner, records, passing=True)

    def _records_at(self, owner: str) -> tuple[Record, ...] | None:
        """The SPF records at a name; None where that is not known."""
        answer = self._get(owner, "TXT")
        return spf_records(answer.values) if answer is not None else None

    def _records(self, owner: str, records: tuple[Record, ...], *, passing: bool) -> None:
        """`passing`: whether what matches here makes the whole record pass."""
        if len(records) > 1:
            self._find(Problem.SPF_SEVERAL, owner, count=len(records))
            return
        record = records[0]
        for fault in record.faults:
            self._find_at(Place(owner, fault.term, fault.position), Problem.SPF_SYNTAX, owner, fault=fault.code)
        self.stack.append(owner)
        for mechanism in record.mechanisms:
            if mechanism.name == "all":
                if mechanism.qualifier == "+" and passing:
                    place = Place(owner, mechanism.text, mechanism.position)
                    self._find_at(place, Problem.SPF_PLUS_ALL, owner)
                break
            if mechanism.queries:
                self._term(mechanism, owner, passing=passing and mechanism.qualifier == "+")
        else:
            if record.redirect is not None:
                self._term(record.redirect, owner, passing=passing)
        self.stack.pop()

    def _term(self, term: Mechanism | Modifier, owner: str, *, passing: bool) -> None:
        if self.lookups >= MAX_TERMS:
            return
        before = self.lookups
        self.path.append(Place(owner, term.text, term.position))
        self.lookups += 1
        if self.lookups == MAX_LOOKUPS + 1:
            self._find(Problem.SPF_LOOKUPS, owner, count=self.lookups)
        if term.name == "ptr":
            self._find(Problem.SPF_PTR, owner)
        elif (target := self._target(term, owner)) is not None:
            match term.name:
                case "include":
                    self._follow(target, owner, Problem.SPF_INCLUDE_NONE, passing=passing)
                case "redirect":
                    self._follow(target, owner, Problem.SPF_REDIRECT_NONE, passing=passing)
                case _:
                    self._hosts(term.name, target, owner)
        place = self.path.pop()
        if not self.path:
            self.costs.append(Cost(place, self.lookups - before))

    def _target(self, term: Mechanism | Modifier, owner: str) -> str | None:
        """The name that a term asks for; None (said once) where it depends on the sender or no query can hold it."""
        spec: MacroString | None = term.value if isinstance(term, Modifier) else term.domain
        if spec is None:
            return owner
        if spec.literal is None:
            self.macros.append(self.path[-1])
            return None
        name = question_name(spec.literal)
        if name is None and term.name in ("include", "redirect"):
            missing = Problem.SPF_INCLUDE_NONE if term.name == "include" else Problem.SPF_REDIRECT_NONE
            self._find(missing, owner)
        return name

    def _follow(self, target: str, owner: str, absent: Problem, *, passing: bool) -> None:
        if target in self.stack:
            self._find(Problem.SPF_LOOP, owner)
            return
        records = self._records_at(target)
        if records is None:
            return
        if not records:
            self._find(absent, owner)
            return
        self._records(target, records, passing=passing)

    def _hosts(self, name: str, target: str, owner: str) -> None:
        """a, mx, exists: what their names hold."""
        answer = self._get(target, "MX" if name == "mx" else "A")
        if answer is None:
            return
        if name == "mx":
            hosts = [host for _, host in map(exchanger, answer.values) if host != "."]
            self.exchangers.append((self.path[-1], len(hosts)))
            if len(hosts) > MAX_NAMES:
                self._find(Problem.SPF_LOOKUPS, owner, count=len(hosts))
        elif name == "a" and answer.empty:
            answer = self._get(target, "AAAA")
        if answer is not None and answer.empty:
            self.voids += 1
            if self.voids == MAX_VOID_LOOKUPS + 1:
                self._find(Problem.SPF_VOID_LOOKUPS, owner, count=self.voids)

    def _get(self, name: str, kind: str) -> Answer | None:
        """A sound answer; None where it is missing (then wanted) or failed (then noted)."""
        answer = self.answers.get(Question(name, kind))
        if answer is None:
            self.missing = True
        elif answer.failure is not None:
            self.failures.append((name, answer.failure))
            return None
        return answer

    def _find(self, problem: Problem, owner: str, *, count: int = 0) -> None:
        self.findings.append(SpfFinding(problem, owner, tuple(self.path), count=count))

    def _find_at(self, place: Place, problem: Problem, owner: str, *, fault: FaultCode | None = None) -> None:
        self.findings.append(SpfFinding(problem, owner, (*self.path, place), fault))
