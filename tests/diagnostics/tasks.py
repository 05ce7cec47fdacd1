"""Asking functions in the engine's place: a task for each question."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from functools import partial

from domains.lookup.answers import Answer, Question

type Ask = Callable[[Question], Awaitable[Answer]]


class OneTaskEach:
    """A `Starter` (see `diagnostics.sweep.check_run`) over a function that never raises."""

    def __init__(self, ask: Ask) -> None:
        self.ask = ask
        self.under_way: set[asyncio.Future[Answer]] = set()

    def start(
        self, questions: Iterable[Question], callback: Callable[[Question, Answer], object], own: str | None = None
    ) -> tuple[()]:
        def done(question: Question, future: asyncio.Future[Answer]) -> None:
            self.under_way.discard(future)
            if not future.cancelled():
                callback(question, future.result())

        for question in questions:
            future = asyncio.ensure_future(self.ask(question))
            self.under_way.add(future)
            future.add_done_callback(partial(done, question))
        return ()
