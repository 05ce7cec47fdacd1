"""A way to a group of servers that do the same: the resolvers, or one name server. Bounds what is under way there.

The bound adapts: it grows while queries are answered and shrinks when too many get no answer in time.
"""

from __future__ import annotations

from collections import deque
from typing import Protocol

from .server import Server

LEAST = 32  # questions under way, however bad it gets
FIRST = 200
EPOCH_SECONDS = 0.5
LOSS_TOLERATED = 0.1  # some domains are slow for reasons of their own
SHRINK, GROW = 0.7, 1.25


class Launched(Protocol):
    """What goes this way: one question or several together."""

    @property
    def size(self) -> int:
        """How many questions that are not sent yet."""

    @property
    def done(self) -> bool: ...

    def launch(self, now: float) -> None: ...

    def wait_in_line(self) -> None: ...


class Upstream:
    __slots__ = (
        "_epoch_at",
        "_lost",
        "_sent",
        "alone",
        "authoritative",
        "flying",
        "limit",
        "servers",
        "turn",
        "waiting",
        "window",
    )

    def __init__(self, servers: list[Server], limit: int, *, authoritative: bool) -> None:
        self.servers = servers
        self.authoritative = authoritative  # name servers are asked without recursion and must have authority
        self.limit = limit
        self.window = float(min(FIRST, limit))
        self.flying = 0
        self.waiting: deque[Launched] = deque()
        self.turn = 0  # whose server is asked first goes round
        self.alone = len(servers) == 1
        self._sent = self._lost = 0
        self._epoch_at = 0.0

    @property
    def addresses(self) -> str:
        """For people who wonder who kept silent."""
        return " ".join(sorted({server.endpoint[0] for server in self.servers}))

    def submit(self, item: Launched, now: float) -> None:
        """Launch it now, or when others are done. Nobody overtakes: what needs more room would wait for ever."""
        size = item.size
        if (self.flying + size <= self.window and not self.waiting) or not self.flying:
            self.flying += size
            self._sent += size
            item.launch(now)
        else:
            self.waiting.append(item)
            item.wait_in_line()

    def leave(self, now: float) -> None:
        """One that was under way is done: the next may start."""
        self.flying -= 1
        if self.waiting:
            if now >= self._epoch_at:
                self._adapt(now)
            while self.waiting and (self.flying + self.waiting[0].size <= self.window or not self.flying):
                item = self.waiting.popleft()
                if not item.done:
                    self.flying += item.size
                    self._sent += item.size
                    item.launch(now)
        elif self.authoritative and not self.flying:
            for server in self.servers:
                if not server.configured:
                    server.close()

    def next_server(self, now: float) -> Server:
        """The server whose turn it is."""
        self.turn += 1
        return self.servers[0] if self.alone else self.server(0, self.turn, now)

    def server(self, tries: int, first: int, now: float) -> Server:
        """The server for the given try of a question that began at the `first`: each time another one."""
        servers = self.servers
        count = len(servers)
        for step in range(count):
            server = servers[(first + tries + step) % count]
            if not server.rests(now):
                return server
        return servers[(first + tries) % count]

    def lose(self, now: float) -> None:
        """A first query got no answer in time."""
        self._lost += 1
        if now >= self._epoch_at:
            self._adapt(now)

    def _adapt(self, now: float) -> None:
        if self._lost > max(self._sent * LOSS_TOLERATED, 5):
            self.window = max(self.window * SHRINK, min(LEAST, self.limit))
        elif self.waiting:
            self.window = min(self.window * GROW, self.limit)
        self._sent = self._lost = 0
        self._epoch_at = now + EPOCH_SECONDS
