"""One look at one domain: ask what the judge wants until it wants nothing more, or time is up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from .answers import Answer, Answers, Failure, Question
from .judge import Case, judge
from .verdicts import Verdict

MAX_QUESTIONS = 600  # of one look: more is no set-up of mail but somebody who plays with us
MAX_JUDGINGS = 60
PATIENCE = 0.2  # seconds that stragglers of a round are waited for before what is known is judged

type Ask = Callable[[Question], Awaitable[Answer]]


async def look(case: Case, ask: Ask, now: datetime, deadline: float = 30.0) -> tuple[Verdict, ...]:
    """Verdicts on a domain, in the order of `Kind`. `ask` answers one question and never raises.

    Never takes longer than `deadline` seconds: what has no answer by then counts as not answered in time.
    """
    return await _Look(case, ask, now, deadline).run()


class _Look:
    def __init__(self, case: Case, ask: Ask, now: datetime, deadline: float) -> None:
        self.case = case
        self.ask = ask
        self.now = now
        self.loop = asyncio.get_running_loop()
        self.starts = self.loop.time()
        self.deadline = deadline
        self.answers = Answers()
        self.pending: dict[asyncio.Future[Answer], Question] = {}
        self.asked: set[Question] = set()

    async def run(self) -> tuple[Verdict, ...]:
        try:
            for _ in range(MAX_JUDGINGS):
                verdicts = judge(self.case, self.answers, self.now)
                self._send()
                if not self.pending:
                    if not self.answers.wanted:
                        return verdicts
                    continue
                if not await self._receive():
                    break
            return self._without_the_rest()
        finally:
            for future in self.pending:
                future.cancel()

    def _send(self) -> None:
        """Ask what is wanted and not under way. What goes beyond the bound counts as not answered."""
        for question in [wanted for wanted in self.answers.wanted if wanted not in self.asked]:
            if len(self.asked) >= MAX_QUESTIONS:
                self.answers.put(question, Answer(failure=Failure.OTHER, detail="too many questions"))
                continue
            self.asked.add(question)
            self.pending[asyncio.ensure_future(self.ask(question))] = question

    async def _receive(self) -> bool:
        """Wait for answers; False when time is up. A silent server does not hold up what others already told."""
        left = self.deadline - (self.loop.time() - self.starts)
        if left <= 0:
            return False
        done, rest = await asyncio.wait(self.pending, timeout=min(left, PATIENCE))
        if not done and rest:
            done, _ = await asyncio.wait(
                self.pending,
                timeout=max(0.0, self.deadline - (self.loop.time() - self.starts)),
                return_when=asyncio.FIRST_COMPLETED,
            )
        for future in done:
            self.answers.put(self.pending.pop(future), future.result())
        return bool(done)

    def _without_the_rest(self) -> tuple[Verdict, ...]:
        """Judge with all that is still open taken as not answered in time."""
        silent = Answer(failure=Failure.TIMEOUT)
        for _ in range(MAX_JUDGINGS):
            verdicts = judge(self.case, self.answers, self.now)
            if not self.answers.wanted:
                break
            for question in list(self.answers.wanted):
                self.answers.put(question, silent)
        return verdicts
