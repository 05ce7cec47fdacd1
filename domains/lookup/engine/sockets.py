"""UDP sockets: connected, so that the kernel drops whatever comes from another address or port (RFC 5452 §9).

Each has a source port that the kernel chose at random; a server's sockets are replaced after some hundred queries.
"""

from __future__ import annotations

import asyncio
import os
import socket
from array import array
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .server import Server

MAX_DATAGRAM = 4096  # octets; we ask for 1232
READS_AT_ONCE = 64  # then others get their turn
RECEIVE_BUFFER = 1 << 20
IDS_AT_ONCE = 2048


class Waiting(Protocol):
    """Who waits for an answer."""

    def on_datagram(self, channel: Channel, id_: int, data: bytes, now: float) -> None: ...

    def on_unreachable(self, channel: Channel, id_: int) -> None: ...


class RandomIds:
    """Message ids that nobody can guess, drawn from the system's generator many at a time."""

    def __init__(self) -> None:
        self._ids = array("H")

    def next(self) -> int:
        if not self._ids:
            self._ids = array("H", os.urandom(2 * IDS_AT_ONCE))
        return self._ids.pop()


class Channel:
    """One socket to one server, and who waits on it, by message id."""

    __slots__ = ("_loop", "_socket", "ids", "pending", "recv", "retired", "send", "sent", "server")

    def __init__(self, loop: asyncio.AbstractEventLoop, server: Server, ids: RandomIds) -> None:
        """Raises OSError where there is no route to the server."""
        address, port = server.endpoint
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._loop = loop
        self.server = server
        self._socket = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            self._socket.connect((address, port))
        except OSError:
            self._socket.close()
            raise
        self.ids = ids
        self.pending: dict[int, Waiting] = {}
        self.send = self._socket.send
        self.recv = self._socket.recv
        self.sent = 0
        self.retired = False
        loop.add_reader(self._socket.fileno(), self._on_readable)

    def transmit(self, tail: bytes, waiting: Waiting) -> int:
        """Send a query under a fresh id, which is returned. Raises OSError where the system says it cannot be sent."""
        pending = self.pending
        id_ = self.ids.next()
        while id_ in pending:
            id_ = self.ids.next()
        try:
            self.send(id_.to_bytes(2) + tail)
        except (BlockingIOError, InterruptedError):
            pass  # as good as lost on the way: it will be sent again
        except OSError:
            self._all_unreachable()  # the system reports here what became of earlier queries, too
            raise
        pending[id_] = waiting
        self.sent += 1
        return id_

    def forget(self, id_: int) -> None:
        self.pending.pop(id_, None)
        if self.retired and not self.pending:
            self.close()

    def retire(self) -> None:
        """No new queries; close when the last one is done with."""
        self.retired = True
        if not self.pending:
            self.close()

    def close(self) -> None:
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()

    def _all_unreachable(self) -> None:
        """An ICMP error came back: about which query it does not say, and uvloop reads from that socket no more."""
        self.server.replace(self)
        for id_, waiting in list(self.pending.items()):
            waiting.on_unreachable(self, id_)
        self.close()

    def _on_readable(self) -> None:
        recv, pending = self.recv, self.pending
        now = self._loop.time()
        for _ in range(READS_AT_ONCE):
            try:
                data = recv(MAX_DATAGRAM)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                self._all_unreachable()
                return
            if len(data) < 12:
                continue
            id_ = data[0] << 8 | data[1]
            found = pending.get(id_)
            if found is not None:
                found.on_datagram(self, id_, data, now)
                if not pending:
                    return
