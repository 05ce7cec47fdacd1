"""UDP and TCP on one loopback port, within bounds."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import struct
from collections.abc import Callable

from .answering import answer
from .store import Store

log = logging.getLogger(__name__)

MOST_CONNECTIONS = 50
MOST_QUESTIONS = 200  # on one connection
IDLE_SECONDS = 10


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self, store: Store) -> None:
        self.store = store
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.DatagramTransport)
        self.transport = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        assert self.transport is not None
        for reply in _answers(self.store, data, tcp=False):
            self.transport.sendto(reply, address)


def _answers(store: Store, wire: bytes, *, tcp: bool) -> list[bytes]:
    """All answers to a message; one that trips the server gets none and is logged, and the server goes on."""
    try:
        return list(answer(store, wire, tcp=tcp))
    except Exception:
        log.exception("no answer to %d octets that begin %s", len(wire), wire[:64].hex())
        return []


class Streams:
    """Connections of clients, so many at a time."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.open = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            if self.open <= MOST_CONNECTIONS:
                await self._converse(reader, writer)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            return
        finally:
            self.open -= 1
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(MOST_QUESTIONS):
            async with asyncio.timeout(IDLE_SECONDS):
                (length,) = struct.unpack("!H", await reader.readexactly(2))
                wire = await reader.readexactly(length)
                replies = _answers(self.store, wire, tcp=True)
                if not replies:
                    return
                for reply in replies:
                    writer.write(struct.pack("!H", len(reply)) + reply)
                await writer.drain()


async def serve(store: Store, host: str, port: int, listening: Callable[[], None] = lambda: None) -> None:
    """Answer until a signal says stop. Raises OSError where the port is taken."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    server = await asyncio.start_server(Streams(store), host, port)
    datagrams, _ = await loop.create_datagram_endpoint(lambda: Datagrams(store), local_addr=(host, port))
    listening()
    await stop.wait()
    datagrams.close()
    server.close()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(1):
            await server.wait_closed()
