"""The questions that one look asks about its own names, sent together: one object and one timer for all of them.

Nearly every answer is of the plainest kind and comes within milliseconds. Any question for which that does not hold
(a late, an odd, a cut-off answer, none at all) becomes a `Job` of its own, as if it had been one from the beginning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from diagnostics import wire
from diagnostics.answers import Question, records_found

from .job import PATIENCE, Callback, Job
from .sockets import Channel

if TYPE_CHECKING:
    from .asking import Engine
    from .lane import Lane


class Round:
    __slots__ = ("callback", "channel", "engine", "lane", "limit", "open", "sent_at", "tick")

    def __init__(
        self, engine: Engine, lane: Lane, channel: Channel, limit: float | None, callback: Callback, now: float
    ) -> None:
        self.engine = engine
        self.lane = lane
        self.channel = channel
        self.limit = limit
        self.callback = callback
        self.sent_at = now
        self.tick = 0
        self.open: dict[int, tuple[Question, bytes]] = {}  # by message id: the question, and its section

    def on_datagram(self, channel: Channel, id_: int, data: bytes, now: float) -> None:
        question, section = self.open[id_]
        flags = data[2]
        if flags & 0x82 == 0x80 and (flags & 0x04 or data[3] & 0x80) and data.startswith(section, 12):
            plainest = wire.read_values(data, 12 + len(section), question[1])
            if plainest is not None:
                del self.open[id_]
                channel.forget(id_)
                channel.server.replied(now - self.sent_at)
                if not self.open:
                    self.engine.round_ended(self)
                self.lane.leave(now)
                self.callback(question, records_found(*plainest))
                return
        self.job(id_).on_datagram(channel, id_, data, now)

    def on_unreachable(self, channel: Channel, id_: int) -> None:
        self.job(id_).on_unreachable(channel, id_)

    def on_timer(self, now: float) -> None:
        """What has not come by now is late."""
        for id_ in list(self.open):
            if id_ in self.open:  # one that is given up may take others with it
                self.job(id_).on_timer(now)

    def close(self) -> None:
        """The engine goes: whoever waits learns that there is no answer."""
        for id_ in list(self.open):
            self.job(id_).close()

    def job(self, id_: int) -> Job:
        """From now on this question goes its own way."""
        question, section = self.open.pop(id_)
        if not self.open:
            self.engine.round_ended(self)
        return self.engine.job_from(self, question, section, id_)

    @property
    def patience_ends(self) -> float:
        ends = self.sent_at + PATIENCE[0]
        return ends if self.limit is None else min(ends, self.limit)
