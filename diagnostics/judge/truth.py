"""The truth table: what resolvers and the domain's own name servers say, weighed against each other. Pure.

Nothing turns red here that the own name servers did not confirm; what they have right is on its way, however wrong
the resolvers still are. Where they cannot be asked, the resolvers' word counts at two looks (`Doubt`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from domains.lookup.answers import Answer, Answers, Failure, Question, View
from domains.records import DEFAULT_TTL, Kind
from domains.rrset import rrset_to_json
from domains.rules.beside import Beside
from domains.rules.check_input import PreparedInput
from domains.rules.deciding import Find, made_whole
from domains.rules.finding import Finding
from domains.rules.fingerprints import fingerprint
from domains.rules.verdicts import Doubt, Status, Verdict, Witness
from domains.rules.why import (
    HomeNotFound,
    HomeUnreachable,
    Lagging,
    NotSettled,
    ProofNotAtHome,
    Propagating,
    ServersDiffer,
    Why,
)

from .authoritative import AuthoritativeServers, ServerView, Soa, newer, parse_soa, strictly_below

MIN_WAIT = 60  # seconds between two looks that count as two


class Recorder:
    """A view that remembers what was asked."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.asked: dict[Question, Answer] = {}

    def get(self, question: Question) -> Answer | None:
        answer = self.view.get(question)
        if answer is not None:
            self.asked[question] = answer
        return answer


@dataclass(slots=True)
class ServerAnswer:
    """What one own name server makes of a check."""

    view: ServerView
    finding: Finding
    soa: Soa | None
    failure: Failure | None  # of the question for its SOA

    @property
    def reachable(self) -> bool:
        return self.failure is None

    def __str__(self) -> str:
        return str(self.view.server)


def server_views(authoritative: AuthoritativeServers) -> list[ServerView]:
    zone = authoritative.zone
    return (
        [ServerView(authoritative, zone.apex, server) for server in authoritative.servers] if zone is not None else []
    )


def newest(server_answers: Sequence[ServerAnswer]) -> list[ServerAnswer]:
    """Those with the latest serial; all of them where one does not tell."""
    serials = [server_answer.soa.serial for server_answer in server_answers if server_answer.soa is not None]
    if len(serials) < len(server_answers):
        return list(server_answers)
    best = serials[0]
    for serial in serials:
        if newer(serial, best):
            best = serial
    return [server_answer for server_answer, serial in zip(server_answers, serials, strict=True) if serial == best]


def weighed(
    kind: Kind,
    prepared: PreparedInput,
    find: Find,
    first: Finding,
    answers: Answers,
    authoritative: AuthoritativeServers,
    views: list[ServerView],
) -> Verdict | None:
    """The verdict on a check that the own name servers are asked about. `first` is what the resolvers say.

    None: more is wanted.
    """
    zone = authoritative.zone if not prepared.given.stub else authoritative.cut(prepared.apex)
    weighing = _Weighing(kind, prepared, find, first, answers, authoritative, zone.apex if zone is not None else None)
    if prepared.given.stub:
        # Resolver and own name server are one: its word is the last one.
        return weighing.confirmed(first, answers)
    if zone is None:
        return None
    complete = True
    for view in views:
        finding = find(prepared, view)
        soa = authoritative.soa(view.server)
        if finding is None or soa is None:
            complete = False
            continue
        weighing.server_answers.append(ServerAnswer(view, finding, parse_soa(soa.values), soa.failure))
    return weighing.verdict() if complete else None


class _Weighing:
    def __init__(
        self,
        kind: Kind,
        prepared: PreparedInput,
        find: Find,
        first: Finding,
        answers: Answers,
        authoritative: AuthoritativeServers,
        zone: str | None,
    ) -> None:
        self.kind = kind
        self.prepared = prepared
        self.find = find
        self.first = first
        self.answers = answers
        self.authoritative = authoritative
        self.zone = zone  # apex of the zone that holds the domain
        self.expected = prepared.expected(kind)
        self.server_answers: list[ServerAnswer] = []

    def verdict(self) -> Verdict | None:
        answered = [
            server_answer for server_answer in self.server_answers if server_answer.finding.status != Status.UNKNOWN
        ]
        if not answered:
            return self._silent()
        bad = [server_answer for server_answer in answered if server_answer.finding.red]
        good = [server_answer for server_answer in answered if not server_answer.finding.red]
        if self.first.status == Status.UNKNOWN:
            # What the resolvers cannot tell stays unknown; but no resolver can follow a circle of aliases.
            if len(bad) < len(answered) or any(not server_answer.finding.beside.circle for server_answer in bad):
                return self._right(proof=not bad)
            self.first = bad[0].finding
        if not bad:
            return self._propagating(good[0]) if self.first.red else self._right(proof=True)
        if not good:
            return self._wrong(newest(bad), answered)
        top = newest(answered)
        if all(server_answer.finding.red for server_answer in top):
            return self._wrong(top, answered)
        if any(server_answer.finding.red for server_answer in top):
            return self._unknown(ServersDiffer(servers=[str(server_answer) for server_answer in bad]))
        return self._lagging(top, bad)

    # -- the rows of the table

    def _right(self, *, proof: bool) -> Verdict:
        if self.kind == Kind.CNAME:
            self.first.beside = replace(self.first.beside, proof=proof, zone=self.zone or "")
        return self._told(self.first)

    def _propagating(self, right: ServerAnswer) -> Verdict:
        """The resolvers still have an old copy. `found` is that copy."""
        old = self.first
        finding = Finding(
            status=Status.PROPAGATING,
            level=old.level,
            why=Propagating(then=str(old.reason)),
            beside=self._seen(right),
            problems=(),
            advice=right.finding.advice,
            found=old.found,
            at=old.at,
        )
        return replace(self._told(finding), clears_at=self._in(self._old_copies(right.view)))

    def _seen(self, right: ServerAnswer) -> Beside:
        """Right at the authoritative servers, or at the newest of them: which proves the token, if it is one."""
        published = [rrset_to_json(replace(rr, values=tuple(sorted(rr.values)))) for rr in right.finding.found]
        if self.kind == Kind.CNAME:
            return Beside(confirmed=True, proof=True, zone=self.zone or "", published=published)
        return Beside(confirmed=True, published=published)

    def _lagging(self, top: list[ServerAnswer], bad: list[ServerAnswer]) -> Verdict:
        """Some own name servers have an older zone. They fetch the new one within its SOA's refresh."""
        behind = bad[0].finding
        old = self.first if self.first.red else behind
        why = Lagging(
            then=str(old.reason),
            servers=[str(server_answer) for server_answer in bad],
            serial=top[0].soa.serial if top[0].soa else None,
        )
        advice = top[0].finding.advice
        finding = Finding(
            status=Status.PROPAGATING,
            level=old.level,
            why=why,
            beside=self._seen(top[0]),
            problems=(),
            advice=advice,
            found=old.found,
            at=old.at,
        )
        asked = bad[0].view.asked.get(behind.at) if behind.at is not None else None
        seconds = (top[0].soa.refresh if top[0].soa else 0) + (_ttl(asked) if asked is not None else DEFAULT_TTL)
        if self.first.red:
            seconds = max(seconds, self._old_copies(top[0].view))
        return replace(self._told(finding), clears_at=self._in(seconds))

    def _wrong(self, wrong: list[ServerAnswer], answered: list[ServerAnswer]) -> Verdict | None:
        """The newest own name servers that answer say so."""
        heard = {server_answer.view.server.host for server_answer in answered}
        silent = [server_answer for server_answer in self.server_answers if server_answer.view.server.host not in heard]
        unlocated = self.authoritative.unlocated
        finding = wrong[0].finding
        if not self.first.red:
            if silent or unlocated:
                return self._right(proof=False)  # the resolvers may have it from a newer one
            verdict = self.confirmed(finding, wrong[0].view)
            if verdict is None:
                return None
            return replace(verdict, breaks_at=self._in(self._old_copies(wrong[0].view)))
        quiet = [*map(str, silent), *unlocated]
        if quiet and self._may_lag(wrong, silent, unlocated):
            return self._doubted(NotSettled, quiet)
        return self.confirmed(finding, wrong[0].view)

    @staticmethod
    def _may_lag(wrong: list[ServerAnswer], silent: list[ServerAnswer], unlocated: tuple[str, ...]) -> bool:
        """Whether those that answer may only lag behind one that does not: behind the primary, where changes are made,
        or behind one whose serial is later. Who does not tell its SOA does not tell the primary."""
        known = [server_answer.soa for server_answer in wrong if server_answer.soa is not None]
        if not known:
            return True
        hosts = {*(server_answer.view.server.host for server_answer in silent), *unlocated}
        if any(soa.primary.removesuffix(".") in hosts for soa in known):
            return True
        return any(
            newer(server_answer.soa.serial, known[0].serial)
            for server_answer in silent
            if server_answer.soa is not None
        )

    def _silent(self) -> Verdict | None:
        """No own name server tells."""
        if not self.first.red:
            if self.first.status == Status.OK and self.kind == Kind.CNAME and not self.prepared.given.domain.verified:
                return self._unknown(
                    ProofNotAtHome(servers=[str(server_answer) for server_answer in self.server_answers])
                )
            return self._told(self.first)
        told = next((server_answer for server_answer in self.server_answers if server_answer.reachable), None)
        if told is not None:
            return self._told(told.finding)  # reachable, but not for this question
        if not self.server_answers:
            return self._doubted(HomeNotFound, [])
        failures = [server_answer.failure for server_answer in self.server_answers]
        return self._doubted(
            partial(HomeUnreachable, failure=str(failures[0])),
            [str(server_answer) for server_answer in self.server_answers],
        )

    def _doubted(self, why: Callable[..., Why], servers: list[str]) -> Verdict | None:
        """Unknown until a second look, when every cache must have asked anew. `servers`: those that did not tell.
        None: more is wanted."""
        recorder = Recorder(self.answers)
        self.find(self.prepared, recorder)
        wait = max([MIN_WAIT, *(_ttl(answer) for answer in recorder.asked.values() if answer.sound)])
        key = f"{self.kind} {self.first.reason} {fingerprint(self.first.found)}"
        doubtful = self._unknown(why(then=str(self.first.reason), wait=wait, servers=servers))
        red = made_whole(self.prepared, self.kind, self.first, self.answers, self.zone)
        if red is None:
            return None
        red.beside = replace(red.beside, confirmed=False, unheard=servers)
        # A cache tells what is left of a TTL, not what to write into a zone.
        red.fixes = tuple(replace(fix, ttl=max(fix.ttl or 0, DEFAULT_TTL)) for fix in red.fixes)
        return replace(doubtful, doubt=Doubt(key, wait, self._told(red)))

    def _unknown(self, why: Why) -> Verdict:
        first = self.first
        return self._told(Finding(status=Status.UNKNOWN, level=first.level, why=why, found=first.found, at=first.at))

    def confirmed(self, finding: Finding, view: View) -> Verdict | None:
        """Red, and seen at home. What is missing may have been published under a doubled name."""
        if not finding.red:
            return self._right(proof=finding.status == Status.OK)
        whole = made_whole(self.prepared, self.kind, finding, view, self.zone)
        if whole is None:
            return None
        whole.beside = replace(self._cut_off(whole, view), confirmed=True)
        return self._told(whole)

    def _cut_off(self, finding: Finding, view: View) -> Beside:
        """With what is to be said of a change that belongs into a zone below the domain's, on other name servers."""
        if not isinstance(view, ServerView):
            return finding.beside
        for fix in finding.fixes:
            said = self.answers.known.get(Question(fix.name, fix.type, view.server.address))
            cut = said.delegation if said is not None else None
            if cut is not None and strictly_below(cut.zone, view.zone):
                return replace(finding.beside, zone_below=cut.zone, zone_below_servers=list(cut.hosts))
        return finding.beside

    # -- what belongs to every verdict

    def _told(self, finding: Finding) -> Verdict:
        verdict = finding.verdict(self.kind, self.expected)
        witnesses = self._witnesses(finding.at)
        if not witnesses or finding.at is None:
            return verdict
        beside = replace(verdict.beside, about=f"{finding.at.name} {finding.at.type}")
        return replace(verdict, witnesses=witnesses, beside=beside)

    def _witnesses(self, question: Question | None) -> tuple[Witness, ...]:
        """Who said what to the question that decided: own name servers beside resolvers."""
        if question is None:
            return ()
        witnesses = []
        for server_answer in self.server_answers:
            answer = server_answer.view.asked.get(question)
            if answer is not None:
                serial = server_answer.soa.serial if server_answer.soa is not None else None
                witnesses.append(Witness(str(server_answer), answer.values, answer.failure, serial))
        answer = self.answers.known.get(question)
        if answer is not None:
            witnesses.append(Witness("resolvers", answer.values, answer.failure, None))
        return tuple(witnesses)

    def _in(self, seconds: int) -> datetime:
        return self.prepared.now + timedelta(seconds=seconds)

    def _old_copies(self, authoritative: View) -> int:
        """Seconds until the resolvers have forgotten all that the own name servers say otherwise now."""
        recorder = Recorder(self.answers)
        self.find(self.prepared, recorder)
        times = []
        for question, answer in recorder.asked.items():
            right = authoritative.get(question)
            if _told(answer) and right is not None and _told(right) and _differ(answer, right):
                times.append(_ttl(answer))
        return max(times, default=MIN_WAIT)


def _told(answer: Answer) -> bool:
    return answer.sound or answer.circular


def _differ(one: Answer, other: Answer) -> bool:
    return one.chain != other.chain or set(one.values) != set(other.values)


def _ttl(answer: Answer) -> int:
    """How long a cache keeps this: for "no such record" the SOA says (RFC 2308 §5)."""
    if answer.values or answer.chain:
        return answer.ttl
    return answer.negative_ttl if answer.negative_ttl is not None else DEFAULT_TTL
