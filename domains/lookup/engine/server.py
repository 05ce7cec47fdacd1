"""One DNS server: its sockets, its ceiling of queries a second, its health."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from .config import Endpoint
from .sockets import Channel, RandomIds, Waiting

SOCKETS = 4  # open at once to one busy server
QUERIES_PER_SOCKET = 500  # then another source port
BURST_SECONDS = 0.05  # how much of the ceiling may be used at once after a rest
SILENT_QUERIES = 8  # so many in a row without an answer, and a server rests …
REST_SECONDS = 1.0  # … but for one question or round each second, which finds out whether it is back


@dataclass(frozen=True, slots=True)
class Health:
    """How one server has done since the engine started, for the operator's page."""

    address: str
    port: int
    sent: int
    answered: int
    timeouts: int
    failures: int  # SERVFAIL, REFUSED and other errors it answered with
    malformed: int
    unreachable: int
    seconds: float  # smoothed time to answer
    resting: bool


class Ceiling:
    """Queries a second to all servers of one network together: an owner of a domain who names a hundred addresses of
    somebody else's network gets no more out of the panel than one who names two."""

    __slots__ = ("_next_at", "interval")

    def __init__(self, interval: float) -> None:
        self.interval = interval
        self._next_at = 0.0

    def reserve(self, now: float) -> float:
        """Take a place in the queue below the ceiling; returns how long to wait for it."""
        at = max(self._next_at, now - BURST_SECONDS)
        self._next_at = at + self.interval
        return max(at - now, 0.0)


class Server:
    __slots__ = (
        "_channels", "_ids", "_loop", "_next_at", "_turn", "answered", "configured", "endpoint", "failures", "interval",
        "malformed", "network", "probe_at", "seconds", "sent", "silent", "timeouts", "unreachable",
    )  # fmt: skip

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        endpoint: Endpoint,
        rate: float | None,
        ids: RandomIds,
        *,
        configured: bool,
        network: Ceiling | None = None,
    ) -> None:
        self._loop = loop
        self._ids = ids
        self._channels: list[Channel] = []
        self._turn = 0
        self._next_at = 0.0
        self.endpoint = endpoint
        self.configured = configured  # not found in the DNS: worth keeping sockets for
        self.interval = 1 / rate if rate else 0.0
        self.network = network  # of all servers there together
        self.sent = self.answered = self.timeouts = self.failures = self.malformed = self.unreachable = 0
        self.silent = 0
        self.seconds = 0.0
        self.probe_at = 0.0

    def reserve(self, now: float) -> float:
        """Take a place in the queue below the ceiling; returns how long to wait for it."""
        if not self.interval:
            return 0.0
        at = max(self._next_at, now - BURST_SECONDS)
        self._next_at = at + self.interval
        wait = max(at - now, 0.0)
        return wait if self.network is None else max(wait, self.network.reserve(now))

    def reserve_now(self, count: int, now: float) -> bool:
        """Take so many places at once, if none of them would have to wait."""
        if self.interval:
            at = max(self._next_at, now - BURST_SECONDS)
            if at + (count - 1) * self.interval > now:
                return False
            self._next_at = at + count * self.interval
        return True

    def rests(self, now: float) -> bool:
        """Whether to ask others instead: it has not answered for a while."""
        if self.silent < SILENT_QUERIES:
            return False
        if now >= self.probe_at:
            self.probe_at = now + REST_SECONDS
            return False
        return True

    def transmit(self, tail: bytes, waiting: Waiting) -> tuple[Channel, int]:
        """Send a query; returns where its answer will come, and under which id. Raises OSError where there is no way
        to the server."""
        self.sent += 1
        channel = self.channel()
        return channel, channel.transmit(tail, waiting)

    def channel(self) -> Channel:
        """A socket to send the next queries from. Raises OSError where there is no way to the server."""
        channels = self._channels
        if not channels or (len(channels) < SOCKETS and all(channel.pending for channel in channels)):
            channels.append(Channel(self._loop, self, self._ids))
        self._turn += 1
        place = self._turn % len(channels)
        channel = channels[place]
        if channel.sent >= QUERIES_PER_SOCKET:
            channels[place] = Channel(self._loop, self, self._ids)
            channel.retire()
            channel = channels[place]
        return channel

    def replace(self, channel: Channel) -> None:
        """Use that socket no more."""
        if channel in self._channels:
            self._channels.remove(channel)

    def replied(self, seconds: float) -> None:
        self.answered += 1
        self.silent = 0
        self.seconds += (seconds - self.seconds) * 0.1

    def kept_silent(self) -> None:
        self.timeouts += 1
        self.silent += 1

    def health(self) -> Health:
        return Health(
            *self.endpoint,
            sent=self.sent,
            answered=self.answered,
            timeouts=self.timeouts,
            failures=self.failures,
            malformed=self.malformed,
            unreachable=self.unreachable,
            seconds=self.seconds,
            resting=self.silent >= SILENT_QUERIES,
        )

    def close(self) -> None:
        """Close the sockets; a later query opens others, with other source ports."""
        for channel in self._channels:
            channel.close()
        self._channels.clear()
