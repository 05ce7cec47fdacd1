"""One look at one domain: ask what the judge wants until it wants nothing more, or time is up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Protocol

from domains.lookup.answers import Answer, Answers, Failure, Question
from domains.rules.verdicts import Verdict

from ..judge import CheckInput, PreparedInput, judge_prepared, nothing_judged

MAX_QUESTIONS = 600  # of one look: more is no set-up of mail but somebody who plays with us
MAX_JUDGINGS = 60
CPU_SECONDS = 2.0  # of judging one domain: a usual one takes some milliseconds
EASY_SECONDS = 0.25  # by the clock on the wall, which is cheap to read: what took less took less of the CPU, too
PATIENCE = 0.2  # seconds that stragglers of a round are waited for before what is known is judged


class Starter(Protocol):
    """Whoever answers questions without a task for each: the engine."""

    def start(
        self, questions: Iterable[Question], callback: Callable[[Question, Answer], object], own: str | None = None
    ) -> Collection[tuple[Question, Answer]]:
        """Returns what is known at once; `callback` gets each of the other answers later.

        `own`: a name; what is said of it and of all below it, nobody else will ask for.
        """


async def check_run(given: CheckInput, starter: Starter, now: datetime, deadline: float = 30.0) -> tuple[Verdict, ...]:
    """Verdicts on a domain, in the order of `Kind`.

    Never takes longer than `deadline` seconds: what has no answer by then counts as not answered in time.
    """
    return await _CheckRun(given, starter, now, deadline).run()


class _CheckRun:
    def __init__(self, given: CheckInput, starter: Starter, now: datetime, deadline: float) -> None:
        self.prepared = PreparedInput(given, now)
        self.starter = starter
        self.loop = asyncio.get_running_loop()
        self.ends = self.loop.time() + deadline
        self.answers = Answers()
        self.asked: set[Question] = set()
        self.under_way = 0
        self.cpu = 0.0  # seconds spent on judging
        self.arrived = False  # something, since the last judging
        self.waiter: asyncio.Future[None] | None = None

    async def run(self) -> tuple[Verdict, ...]:
        self.answers.wanted.update(self.prepared.opening())
        for _ in range(MAX_JUDGINGS):
            self._send()
            if self.under_way and not await self._receive():
                break
            verdicts = self._judged()
            if not self.answers.wanted:
                return verdicts
            if self.cpu > CPU_SECONDS:
                return nothing_judged(self.prepared)
        return self._without_the_rest()

    def _judged(self) -> tuple[Verdict, ...]:
        easy = self.cpu < EASY_SECONDS
        clock = time.perf_counter if easy else time.thread_time
        began = clock()
        verdicts = judge_prepared(self.prepared, self.answers)
        took = clock() - began
        # Somebody else may have had the CPU meanwhile: from now on it is asked.
        self.cpu += min(took, EASY_SECONDS) if easy else took
        return verdicts

    def _send(self) -> None:
        """Ask what is wanted and not under way. What goes beyond the bound counts as not answered."""
        answers, asked = self.answers, self.asked
        new = answers.wanted - asked
        room = MAX_QUESTIONS - len(asked)
        if len(new) > room:
            beyond = list(new)[room:]
            for question in beyond:
                answers.put(question, Answer(failure=Failure.OTHER, detail="too many questions"))
            new.difference_update(beyond)
        asked |= new
        known = self.starter.start(new, self._arrive, self.prepared.apex)
        self.under_way += len(new) - len(known)
        self.arrived = bool(known)
        for question, answer in known:
            answers.put(question, answer)

    def _arrive(self, question: Question, answer: Answer) -> None:
        self.answers.put(question, answer)
        self.arrived = True
        self.under_way -= 1
        if not self.under_way:
            self._wake()

    def _wake(self) -> None:
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)

    async def _receive(self) -> bool:
        """Wait for answers; False when time is up. A silent server does not hold up what others already told."""
        loop = self.loop
        while self.under_way:
            self.waiter = loop.create_future()
            timer = loop.call_at(min(self.ends, loop.time() + PATIENCE), self._wake)
            try:
                await self.waiter
            finally:
                timer.cancel()
                self.waiter = None
            if self.arrived or loop.time() >= self.ends:
                break
        return self.arrived and loop.time() < self.ends

    def _without_the_rest(self) -> tuple[Verdict, ...]:
        """Judge with all that is still open taken as not answered in time."""
        silent = Answer(failure=Failure.TIMEOUT)
        self.answers = Answers(dict(self.answers.known))  # what comes from now on comes too late
        for _ in range(MAX_JUDGINGS):
            verdicts = self._judged()
            if not self.answers.wanted:
                break
            if self.cpu > CPU_SECONDS:
                return nothing_judged(self.prepared)
            for question in list(self.answers.wanted):
                self.answers.put(question, silent)
        return verdicts
