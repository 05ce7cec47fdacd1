"""Looking at many domains: claim, ask, judge, store, and again, with a bounded number under way.

One thread: the event loop runs while answers are awaited, and stands still while verdicts are written. Memory holds the
looks under way and nothing else, however many domains are due.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DataError, IntegrityError
from django.db.models import Q, QuerySet
from django.utils import timezone

from domains.asking import CHECK_RUN_SECONDS, engine_config
from domains.lookup.engine import Engine, EngineConfig, spare_collector
from domains.lookup.engine.loop import new_event_loop
from domains.models import Domain
from domains.records import Kind
from domains.rules.verdicts import Status, Verdict
from panel.actors import SYSTEM
from panel.errors import Refused
from panel.models import Organization, Service

from ..judge import CheckInput
from ..models import CheckRun, EngineReport
from ..reports import Reporter
from . import breakers, schedule
from .breakers import GreenTally
from .check_run import check_run
from .inputs import inputs_of
from .smtp import Prober
from .store import CheckedDomain, store
from .timing import asks_authoritative

SWEEP_SECONDS = 40.0  # after which a sweep claims no more; beat starts the next
UNDER_WAY = 800  # looks at once, at most
LEAST_UNDER_WAY = 20
BATCH_SECONDS = 4.0  # for one round of questions of all looks under way; a look has some five rounds
QUESTIONS = 12  # of one look, in its first round
CANDIDATES = 5_000  # due domains that are put in order at once
HARVEST_SECONDS = 0.5
JOINING_SECONDS = 10.0  # in which checks requested on a page join those under way
WAITED_FOR = 20  # of them at once
CLOSED_FOR = timedelta(days=1)  # until a domain of an ended service is thought of again

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Work:
    """A claimed domain, ready to be looked at."""

    domain: Domain
    check_run: CheckRun
    given: CheckInput
    started: datetime


class CheckRunner:
    """Looks at domains in an event loop that runs only within `finished`."""

    def __init__(self, config: EngineConfig, work: str) -> None:
        self._runner = asyncio.Runner(loop_factory=new_event_loop)
        self._engine = Engine(config)
        self._reporter = Reporter(self._engine, work)
        self._prober = Prober(self._engine, urlsplit(settings.PUBLIC_URL).hostname or "localhost")
        self._tasks: set[asyncio.Task[None]] = set()
        self._seen: list[CheckedDomain] = []
        self._failed: list[CheckRun] = []
        self._wanted = 0  # so many end a wait
        self._waiter: asyncio.Future[None] | None = None

    def __enter__(self) -> Self:
        self._runner.__enter__()
        self._runner.run(self._engine.__aenter__())
        self._reporter.begin()
        self._engine.sharing = self._reporter.sharing
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._reporter.end()
            self._runner.run(self._engine.__aexit__(kind, error, trace))
        finally:
            self._runner.__exit__(kind, error, trace)

    @property
    def under_way(self) -> int:
        return len(self._tasks) + len(self._seen)

    @property
    def affordable(self) -> int:
        """How many looks its part of the resolvers' ceiling is enough for."""
        return runs_at_once(self._engine.config, self._reporter.sharing)

    def start(self, works: Sequence[Work]) -> None:
        loop = self._runner.get_loop()
        for work in works:
            task = loop.create_task(self._run_checks(work))
            self._tasks.add(task)
            task.add_done_callback(partial(self._ended, work.check_run))

    def finished(self, at_least: int, seconds: float) -> list[CheckedDomain]:
        """Looks that have ended since the last call: waits for that many, but no longer than that."""
        self._runner.run(self._wait(at_least, seconds))
        seen, self._seen = self._seen, []
        failed, self._failed = self._failed, []
        schedule.give_up(failed, timezone.now())
        self._reporter.check_runs += len(seen)
        self._reporter.renew()
        self._share()
        return seen

    def _share(self) -> None:
        """Keep to our part of the ceilings. A smaller one waits until the looks under way are as few as it affords:
        or they would end without answers."""
        sharing = self._reporter.sharing
        if sharing < self._engine.sharing or self.under_way <= self.affordable:
            self._engine.sharing = sharing

    async def _run_checks(self, work: Work) -> None:
        given = work.given
        if given.domain.target and settings.SMTP_PROBES:
            given.smtp = await self._prober.evidence(given.domain.target, given.domain.name)
        ask = self._engine.asker(fresh=work.check_run.asked_at is not None)
        verdicts = await check_run(given, ask, work.started, CHECK_RUN_SECONDS)
        self._seen.append(CheckedDomain(work.domain, work.check_run, verdicts, work.started, given.authoritative))

    def _ended(self, row: CheckRun, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("the look at domain %s failed", row.pk, exc_info=error)
            self._failed.append(row)
        if len(self._seen) >= self._wanted or not self._tasks:
            self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _wait(self, at_least: int, seconds: float) -> None:
        if not self._tasks or len(self._seen) >= at_least:
            return
        loop = asyncio.get_running_loop()
        self._wanted, self._waiter = at_least, loop.create_future()
        timer = loop.call_later(seconds, self._wake)
        try:
            await self._waiter
        finally:
            timer.cancel()
            self._waiter = None


def runs_at_once(config: EngineConfig, sharing: int = 1) -> int:
    """So many that their questions, one round of them, take a few seconds below the resolvers' ceiling, of which each
    of `sharing` engines has its part.

    With more under way a look would spend its time in the queue and end without answers.
    """
    if config.own_resolver_rate is None:
        return UNDER_WAY
    affordable = config.own_resolver_rate * len(config.resolvers) / sharing * BATCH_SECONDS / QUESTIONS
    return max(LEAST_UNDER_WAY, min(int(affordable), UNDER_WAY))


def sweep(seconds: float = SWEEP_SECONDS, *, under_way: int | None = None) -> int:
    """Look at every domain that is due, as far as that goes in this time. Returns how many were looked at."""
    schedule.enter_missing(timezone.now())
    schedule.bring_back(timezone.now())
    breakers.tend()
    if not schedule.due(timezone.now()).exists():
        return 0
    ends = time.monotonic() + seconds
    candidates: list[int] = []
    exhausted = False
    count = 0
    spare_collector()
    with GreenTally() as tally, CheckRunner(engine_config(), EngineReport.Work.SWEEP) as runner:
        while True:
            most = under_way or runner.affordable
            size = max(1, min(settings.SWEEP_BATCH, most // 2))
            while not exhausted and runner.under_way + size <= most and time.monotonic() < ends:
                if not candidates:
                    candidates = schedule.fair_order(timezone.now(), CANDIDATES)
                    exhausted = not candidates
                batch, candidates = candidates[:size], candidates[size:]
                runner.start(claimed(batch))
            if not runner.under_way:
                alone = list(schedule.suspects(timezone.now()).values_list("pk", flat=True)[:1])
                if not alone or time.monotonic() >= ends:
                    return count
                runner.start(claimed(alone))
            seen = runner.finished(min(size, runner.under_way), HARVEST_SECONDS)
            if seen:
                keep(seen, tally)
                count += len(seen)
            elif time.monotonic() >= ends + CHECK_RUN_SECONDS + 5:
                return count


def check_domains(pks: Sequence[int]) -> int:
    """Look at these now, as far as they are due and nobody else holds them, and meanwhile at others that people wait
    for: one with silent name servers holds up nobody. Returns how many were looked at."""
    works = claimed(pks)
    if not works:
        return 0
    count = 0
    ends = time.monotonic() + JOINING_SECONDS
    with GreenTally() as tally, CheckRunner(engine_config(), EngineReport.Work.LOOKS) as runner:
        runner.start(works)
        while runner.under_way:
            seen = runner.finished(1, HARVEST_SECONDS)
            if seen:
                keep(seen, tally)
                count += len(seen)
            if time.monotonic() < ends and runner.under_way < WAITED_FOR:
                runner.start(claimed(schedule.waited_for(timezone.now(), WAITED_FOR)))
    return count


def claimed(pks: Sequence[int]) -> list[Work]:
    """Take the leases of these domains, and make ready what is to be judged."""
    if not pks:
        return []
    now = timezone.now()
    check_runs = {check_run.pk: check_run for check_run in schedule.claim(pks, now)}
    domains = list(Domain.objects.filter(pk__in=list(check_runs)).select_related("name", "ownership"))
    closed = set(_closed(Domain.objects.filter(pk__in=list(check_runs))))
    if closed:
        free = {"lease": "", "lease_until": None, "asked_at": None}
        CheckRun.objects.filter(pk__in=closed).update(next_at=now + CLOSED_FOR, red=0, **free)
        domains = [domain for domain in domains if domain.pk not in closed]
    authoritative = frozenset(domain.pk for domain in domains if _asks_authoritative(check_runs[domain.pk], now))
    return [
        Work(domain, check_runs[domain.pk], given, now)
        for domain, given in inputs_of(domains, authoritative=authoritative)
    ]


def keep(seen: Sequence[CheckedDomain], tally: GreenTally) -> None:
    """Store what was seen; then tell the domains what it says about the right to their names.

    What the database will not take of one domain must not cost the others theirs.
    """
    try:
        store(seen, tally)
    except (DataError, IntegrityError) as error:
        if len(seen) > 1:
            for one in seen:
                keep([one], tally)
            return
        log.error("the look at domain %s cannot be stored", seen[0].check_run.pk, exc_info=error)
        schedule.give_up([seen[0].check_run], timezone.now())
        return
    for one in seen:
        verdict = next((verdict for verdict in one.verdicts if verdict.kind == Kind.CNAME), None)
        if verdict is not None:
            _note_proof(one, verdict)


def _note_proof(seen: CheckedDomain, verdict: Verdict) -> None:
    proof = verdict.beside.proof
    domain = seen.domain
    if domain.is_verified:
        # Only the own name servers can say that it is gone.
        if proof or (proof is False and seen.authoritative):
            domain.note_proof(seen=bool(proof), at=timezone.now())
    elif proof and verdict.status in (Status.OK, Status.PROPAGATING):
        try:
            domain.verify(Domain.Proof.TOKEN, SYSTEM, zone=verdict.beside.zone or "")
        except Refused as refusal:
            log.info("%s: not verified: %s", domain.name.name, refusal.code)


def _asks_authoritative(check_run: CheckRun, now: datetime) -> bool:
    return asks_authoritative(
        now,
        asked=check_run.asked_at is not None,
        changed_at=check_run.changed_at,
        authoritative_at=check_run.authoritative_at,
    )


def _closed(domains: QuerySet[Domain]) -> Iterator[int]:
    """Those of services or organizations that have ended."""
    service, organization = Service.State.ENDED, Organization.State.ENDED
    ended = Q(service__state=service) | Q(service__organization__state=organization)
    return domains.filter(ended).values_list("pk", flat=True).iterator()
