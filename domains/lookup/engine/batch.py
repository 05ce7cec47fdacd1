"""The questions that one look asks about its own names, sent together: one object and one timer for all of them.

Nearly every answer is of the plainest kind and comes within milliseconds. Any question for which that does not hold
(a late, an odd, a cut-off answer, none at all) becomes a `Job` of its own, as if it had been one from the beginning.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from .. import wire
from ..answers import Answer, Failure, Question, records_found
from .job import PATIENCE, Callback, Job
from .sockets import Channel

if TYPE_CHECKING:
    from .asking import Engine
    from .upstream import Upstream


class Batch:
    __slots__ = (
        "_callback",
        "_channel",
        "_engine",
        "_limit",
        "_open",
        "_sent_at",
        "_unsent",
        "_upstream",
        "done",
        "tick",
    )  # fmt: skip

    def __init__(
        self,
        engine: Engine,
        upstream: Upstream,
        questions: list[tuple[Question, bytes]],
        limit: float | None,
        callback: Callback,
    ) -> None:
        self._engine = engine
        self._upstream = upstream
        self._limit = limit  # the asker's deadline, by the loop's clock
        self._callback = callback
        self.tick = 0  # of the wheel
        self.done = False
        self._unsent = questions  # each with its section of a query
        self._open: dict[int, tuple[Question, bytes]] = {}  # those that were sent, by message id

    @property
    def size(self) -> int:
        return len(self._unsent)

    @property
    def under_way(self) -> int:
        return len(self._unsent) + len(self._open)

    def wait_in_line(self) -> None:
        """Not launched yet; but whoever asked does not wait for ever."""
        if self._limit is not None:
            self._engine.wheel.set(self, self._limit)

    def launch(self, now: float) -> None:
        """Send all to one server; where its ceiling bids to wait, each goes its own way."""
        questions, self._unsent = self._unsent, []
        server = self._upstream.next_server(now)
        self._sent_at = now
        alone = questions
        if server.reserve_now(len(questions), now):
            with suppress(OSError):  # no way to that server: whoever asks again tries others
                self._channel = server.channel()
                alone = self._send(questions)
        if self._open:
            server.sent += len(self._open)
            ends = now + PATIENCE[0]
            self._engine.wheel.set(self, ends if self._limit is None else min(ends, self._limit))
        else:
            self._end()
        for question, section in alone:
            self._job(question, section).launch(now)

    def _send(self, questions: list[tuple[Question, bytes]]) -> list[tuple[Question, bytes]]:
        """Returns those that could not be sent."""
        unsent = []
        transmit = self._channel.transmit
        for question in questions:
            try:
                self._open[transmit(wire.query_tail(question[1], recursion=True), self)] = question
            except OSError:
                unsent.append(question)
        return unsent

    def on_datagram(self, channel: Channel, id_: int, data: bytes, now: float) -> None:
        question, section = self._open[id_]
        flags = data[2]
        if flags & 0x82 == 0x80 and (flags & 0x04 or data[3] & 0x80) and data.startswith(section, 12):
            plainest = wire.read_values(data, 12 + len(section), question[1])
            if plainest is not None:
                del self._open[id_]
                channel.forget(id_)
                channel.server.replied(now - self._sent_at)
                if not self._open:
                    self._end()
                self._upstream.leave(now)
                self._callback(question, records_found(*plainest))
                return
        self._by_itself(id_).on_datagram(channel, id_, data, now)

    def on_unreachable(self, channel: Channel, id_: int) -> None:
        self._by_itself(id_).on_unreachable(channel, id_)

    def on_timer(self, now: float) -> None:
        """What has not come by now is late; what stands in line still has stood there long enough."""
        self._give_up_unsent()
        for id_ in list(self._open):
            if id_ in self._open:  # one that is given up may take others with it
                self._by_itself(id_).on_timer(now)

    def close(self) -> None:
        """The engine goes: whoever waits learns that there is no answer."""
        self._give_up_unsent()
        while self._open:
            self._by_itself(next(iter(self._open))).close()

    def _give_up_unsent(self) -> None:
        unsent, self._unsent = self._unsent, []
        if unsent:
            self._end()
            silent = Answer(failure=Failure.TIMEOUT, detail=self._upstream.addresses)
            for question, _ in unsent:
                self._callback(question, silent)

    def _by_itself(self, id_: int) -> Job:
        """From now on this question, whose first query was sent, is a job of its own."""
        question, section = self._open.pop(id_)
        if not self._open:
            self._end()
        job = self._job(question, section)
        job.resume(self._channel, id_, self._sent_at)
        return job

    def _job(self, question: Question, section: bytes) -> Job:
        return self._engine.loose_job(self._upstream, question, section, self._limit, self._callback)

    def _end(self) -> None:
        self.done = True
        self._engine.batch_ended(self)
