"""A proxy in front of a DNS server that misbehaves on purpose: UDP and TCP, at a rate, each query on its own."""

from __future__ import annotations

import asyncio
import random
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from enum import StrEnum
from types import TracebackType
from typing import Self

from .process import START_SECONDS, free_port

TC, RA = 0x0200, 0x0080
SERVFAIL, REFUSED, FORMERR, NOTIMP = 2, 5, 1, 4
FORGED_ADDRESS = b"\xcb\x00\x71\x42"  # 203.0.113.66: no correct answer holds it
UPSTREAM_SECONDS = 5


class Fault(StrEnum):
    DROP = "drop"
    DELAY = "delay"
    SERVFAIL = "servfail"
    REFUSED = "refused"
    FORMERR = "formerr"
    NOTIMP = "notimp"
    GARBAGE = "garbage"  # random octets behind the right id and question
    NOISE = "noise"  # random octets and nothing else
    TRUNCATED = "truncated"  # TC and no records; over TCP the connection closes in the middle of the answer
    WRONG_ID = "wrong-id"
    WRONG_QUESTION = "wrong-question"
    SPOOFED = "spoofed"  # forged answers with guessed ids first, the true one a little later
    OTHER_ADDRESS = "other-address"  # a forged answer, right in all but where it comes from; the true one later


EVERY_FAULT = tuple(Fault)


def question_end(message: bytes) -> int:
    """Where the (first) question of a query ends."""
    position = 12
    while position < len(message) and message[position]:
        position += message[position] + 1
    return position + 5


def error(query: bytes, rcode: int, flags: int = 0) -> bytes:
    """An answer without records."""
    (asked,) = struct.unpack_from("!H", query, 2)
    head = struct.pack("!HHHHHH", 0, 0x8000 | (asked & 0x0110) | RA | flags | rcode, 1, 0, 0, 0)
    return query[:2] + head[2:] + query[12 : question_end(query)]


def forged(query: bytes) -> bytes:
    """An answer that claims an A record that is not there."""
    (asked,) = struct.unpack_from("!H", query, 2)
    head = struct.pack("!HHHHHH", 0, 0x8480 | (asked & 0x0100), 1, 1, 0, 0)
    record = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x0e\x10\x00\x04" + FORGED_ADDRESS
    return query[:2] + head[2:] + query[12 : question_end(query)] + record


def other_question(message: bytes) -> bytes:
    """The same message about another name of the same length."""
    changed = bytearray(message)
    if len(changed) > 13 and changed[12]:
        changed[13] = ord("x") if changed[13] != ord("x") else ord("y")
    return bytes(changed)


def other_id(message: bytes, generator: random.Random) -> bytes:
    (right,) = struct.unpack_from("!H", message)
    return struct.pack("!H", right ^ generator.randrange(1, 0x10000)) + message[2:]


class FaultProxy:
    """`FaultProxy(knot.endpoint, rate=0.2)`: forwards to that server, but a fifth of the queries meet a fault.

    `faults` and `rate` may be changed while it runs; `met` counts what was done. Runs in a thread of its own.
    """

    def __init__(
        self,
        upstream: tuple[str, int],
        *,
        rate: float = 1.0,
        faults: Iterable[Fault] = EVERY_FAULT,
        address: str = "127.0.0.1",
        port: int | None = None,
        delay: float = 1.5,
        seed: int = 1,
    ) -> None:
        self.upstream = upstream
        self.rate = rate
        self.faults = tuple(faults)
        self.address = address
        self.port = port or free_port(address)
        self.delay = delay
        self.met: Counter[str] = Counter()
        self.queries = 0
        self.generator = random.Random(seed)
        self._ready = threading.Event()
        self._stop: Callable[[], object] = lambda: None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    @property
    def endpoint(self) -> tuple[str, int]:
        return self.address, self.port

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(START_SECONDS):
            raise RuntimeError("the fault proxy did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        self._thread.join(START_SECONDS)

    def choose(self) -> Fault | None:
        self.queries += 1
        if not self.faults or self.generator.random() >= self.rate:
            return None
        fault = self.generator.choice(self.faults)
        self.met[fault] += 1
        return fault

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        stopping = asyncio.Event()
        self._stop = lambda: loop.call_soon_threadsafe(stopping.set)
        stranger, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=(self.address, 0))
        upstream, forwarder = await loop.create_datagram_endpoint(_Forwarder, remote_addr=self.upstream)
        front, _ = await loop.create_datagram_endpoint(
            lambda: _Front(self, forwarder, stranger), local_addr=self.endpoint
        )
        server = await asyncio.start_server(self._serve_stream, *self.endpoint)
        self._ready.set()
        await stopping.wait()
        server.close()
        for transport in (front, upstream, stranger):
            transport.close()

    async def _serve_stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                (length,) = struct.unpack("!H", await reader.readexactly(2))
                query = await reader.readexactly(length)
                reply, more = await self._reply_by_stream(query)
                writer.write(reply)
                await writer.drain()
                if not more:
                    break
        except (OSError, EOFError, TimeoutError):
            pass  # the client left, or the server behind us is gone: closing says so
        finally:
            writer.close()

    async def _reply_by_stream(self, query: bytes) -> tuple[bytes, bool]:
        """The octets to send, length included, and whether the connection stays open after them."""
        fault = self.choose()
        if fault is Fault.DROP:
            return b"", False
        if fault is Fault.DELAY:
            await asyncio.sleep(self.delay)
        answer = immediate(fault, query, self.generator)
        if answer is None:
            answer = await self._ask_by_stream(query)
            answer = altered(fault, answer, self.generator)
        framed = struct.pack("!H", len(answer)) + answer
        return (framed[: len(framed) // 2], False) if fault is Fault.TRUNCATED else (framed, True)

    async def _ask_by_stream(self, query: bytes) -> bytes:
        async with asyncio.timeout(UPSTREAM_SECONDS):
            reader, writer = await asyncio.open_connection(*self.upstream)
            try:
                writer.write(struct.pack("!H", len(query)) + query)
                (length,) = struct.unpack("!H", await reader.readexactly(2))
                return await reader.readexactly(length)
            finally:
                writer.close()


def immediate(fault: Fault | None, query: bytes, generator: random.Random) -> bytes | None:
    """The answer of a fault that needs no server, None for the others."""
    match fault:
        case Fault.SERVFAIL:
            return error(query, SERVFAIL)
        case Fault.REFUSED:
            return error(query, REFUSED)
        case Fault.FORMERR:
            return error(query, FORMERR)
        case Fault.NOTIMP:
            return error(query, NOTIMP)
        case Fault.TRUNCATED:
            return error(query, 0, TC)
        case Fault.NOISE:
            return generator.randbytes(generator.randrange(1, 200))
        case Fault.GARBAGE:
            sound = forged(query)
            return sound[:4] + b"\x00\x01\x00\x09\x00\x00\x00\x00" + sound[12:] + generator.randbytes(40)
    return None


def altered(fault: Fault | None, answer: bytes, generator: random.Random) -> bytes:
    if fault is Fault.WRONG_ID:
        return other_id(answer, generator)
    if fault is Fault.WRONG_QUESTION:
        return other_question(answer)
    return answer


class _Forwarder(asyncio.DatagramProtocol):
    """Asks the server under ids of its own and hands each answer to who wants it."""

    transport: asyncio.DatagramTransport

    def __init__(self) -> None:
        self.waiting: dict[int, tuple[bytes, Callable[[bytes], None]]] = {}
        self.last = 0

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport

    def ask(self, query: bytes, done: Callable[[bytes], None]) -> None:
        self.last = (self.last + 1) & 0xFFFF
        self.waiting[self.last] = query[:2], done
        self.transport.sendto(struct.pack("!H", self.last) + query[2:])

    def datagram_received(self, data: bytes, addr: object) -> None:
        waiting = self.waiting.pop(int.from_bytes(data[:2], "big"), None)
        if waiting is not None:
            id_, done = waiting
            done(id_ + data[2:])


class _Front(asyncio.DatagramProtocol):
    transport: asyncio.DatagramTransport

    def __init__(self, proxy: FaultProxy, forwarder: _Forwarder, stranger: asyncio.DatagramTransport) -> None:
        self.proxy = proxy
        self.forwarder = forwarder
        self.stranger = stranger

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if len(data) < 17:
            return
        fault, generator = self.proxy.choose(), self.proxy.generator
        if fault is Fault.DROP:
            return
        answer = immediate(fault, data, generator)
        if answer is not None:
            self.transport.sendto(answer, addr)
            return
        if fault is Fault.SPOOFED:
            for _ in range(5):
                self.transport.sendto(other_id(forged(data), generator), addr)
        elif fault is Fault.OTHER_ADDRESS:
            self.stranger.sendto(forged(data), addr)
        wait = self.proxy.delay if fault is Fault.DELAY else 0.02 if fault else 0
        loop = asyncio.get_running_loop()

        def reply(answer: bytes) -> None:
            loop.call_later(wait, self.transport.sendto, altered(fault, answer, generator), addr)

        self.forwarder.ask(data, reply)
