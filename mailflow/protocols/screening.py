"""The milter of mail from outside: the spam filter is asked about the whole message, and its points are written down.

rspamd speaks milter itself, and refuses what it takes for worst; asked over HTTP it only answers, and while it is away
or slow, or where a message is larger than spam is, mail passes as it is.
"""

from __future__ import annotations

import asyncio
import json
import logging
import struct
import time
from dataclasses import dataclass, field
from typing import Any

from ..spam import LEVEL, POINTS, SYMBOLS, stars
from .milter import ADD_HEADERS, CONTINUE, NEGOTIATE, NO_DATA, NO_UNKNOWN, VERSION, packet, packets

log = logging.getLogger(__name__)

LARGEST = 10 * 2**20  # octets of a message that is looked at
HELD = 128 * 2**20  # of all that are held at one time
AT_ONCE = 20  # questions
SECONDS = 15.0  # for one, with waiting for its turn
SLOW_AT_MOST = 3  # questions one after the other without an answer; then nobody is asked for
PAUSE = 30.0  # seconds
LONGEST = 2**20  # octets of an answer
# No replies to connection, HELO, MAIL, RCPT, headers and body; headers as they were written.
NO_REPLIES = 0x1000 | 0x2000 | 0x4000 | 0x8000 | 0x80 | 0x40000 | 0x80000
AS_WRITTEN = 0x100000
STEPS = NO_UNKNOWN | NO_DATA | NO_REPLIES | AS_WRITTEN
ADD_HEADER = b"h"


@dataclass
class Passing:
    """A message as it comes; `over` where it is not looked at."""

    said: list[tuple[str, str]] = field(default_factory=list)  # headers of the question
    parts: list[bytes] = field(default_factory=list)
    size: int = 0
    over: bool = False


@dataclass
class Screen:
    """`socket`: rspamd's; empty where there is none."""

    socket: str
    held: int = 0
    _slow: int = 0
    _asks_from: float = 0.0  # time.monotonic
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def milter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client: list[tuple[str, str]] = []
        macros: dict[str, str] = {}
        seen = Passing()
        try:
            async for command, data in packets(reader):
                answer = b""
                match command:
                    case b"O":
                        answer = packet(NEGOTIATE, struct.pack("!III", VERSION, ADD_HEADERS, STEPS))
                    case b"D":
                        words = data[1:].decode("utf-8", "replace").split("\0")
                        macros |= dict(zip(words[::2], words[1::2], strict=False))
                    case b"C":
                        client = _client(data)
                    case b"H":
                        client = [item for item in client if item[0] != "Helo"] + [("Helo", _word(data))]
                    case b"M":
                        self._let_go(seen)
                        seen = Passing([*client, ("From", _word(data))])
                    case b"R":
                        seen.said.append(("Rcpt", _word(data)))
                    case b"L":
                        name, value = data.split(b"\0")[:2]
                        self._hold(seen, name + b":" + value.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") + b"\r\n")
                    case b"N":
                        self._hold(seen, b"\r\n")
                    case b"B":
                        self._hold(seen, data)
                    case b"E":
                        self._hold(seen, data)
                        seen.said.append(("Queue-Id", macros.get("i", "")))
                        answer = await self._judged(seen) + packet(CONTINUE)
                        self._let_go(seen)
                        seen = Passing()
                    case b"A" | b"K":
                        self._let_go(seen)
                        seen = Passing()
                if answer:
                    writer.write(answer)
                    await writer.drain()
        finally:
            self._let_go(seen)

    def _hold(self, seen: Passing, part: bytes) -> None:
        if seen.over:
            return
        if seen.size + len(part) > LARGEST or self.held + len(part) > HELD:
            self._let_go(seen)
            seen.over = True
            return
        seen.parts.append(part)
        seen.size += len(part)
        self.held += len(part)

    def _let_go(self, seen: Passing) -> None:
        self.held -= seen.size
        seen.size, seen.parts = 0, []

    async def _judged(self, seen: Passing) -> bytes:
        """Packets that add what the filter says; none where it says nothing."""
        if seen.over or time.monotonic() < self._asks_from:
            return b""
        try:
            async with asyncio.timeout(SECONDS), self._turns:
                said = await self._ask(seen)
            self._slow = 0
            points, symbols = float(said["score"]), sorted(said.get("symbols", {}))
            level = stars(points, refused=said.get("action") == "reject")
        except TimeoutError:
            self._slow += 1
            if self._slow >= SLOW_AT_MOST:
                self._slow, self._asks_from = 0, time.monotonic() + PAUSE
            log.warning("a message passes unmarked: no answer within %.0f s", SECONDS)
            return b""
        except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, asyncio.LimitOverrunError) as error:
            log.warning("a message passes unmarked: %r", error)
            return b""
        headers = [(POINTS, f"{points:.1f}"), (SYMBOLS, ", ".join(symbols)[:2000] or "none")]
        if level:
            headers.append((LEVEL, level))
        return b"".join(packet(ADD_HEADER, f"{name}\0 {value}\0".encode()) for name, value in headers)

    async def _ask(self, seen: Passing) -> dict[str, Any]:
        reader, writer = await asyncio.open_unix_connection(self.socket, limit=LONGEST)
        try:
            head = [f"{name}: {value}" for name, value in seen.said if value]
            request = ["POST /checkv2 HTTP/1.1", "Host: localhost", f"Content-Length: {seen.size}", *head, "", ""]
            writer.write("\r\n".join(request).encode("utf-8", "replace"))
            for part in seen.parts:
                writer.write(part)
                await writer.drain()
            answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            status, *lines = answer.split("\r\n")
            headers = dict(line.split(": ", 1) for line in lines if ": " in line)
            length = int(headers["content-length"])
            if " 200 " not in f"{status} " or length > LONGEST:
                raise ValueError(status)
            said = json.loads(await reader.readexactly(length))
            if not isinstance(said, dict):
                raise TypeError(type(said))
            return said
        finally:
            writer.close()


def _client(data: bytes) -> list[tuple[str, str]]:
    """Host name, family, port and address of who is connected."""
    host, _nul, rest = data.partition(b"\0")
    if rest[:1] not in {b"4", b"6"}:
        return []
    address = rest[3:].partition(b"\0")[0].decode("ascii", "replace").lower().removeprefix("ipv6:")
    name = host.decode("ascii", "replace")
    return [("IP", address)] + ([("Hostname", name)] if not name.startswith("[") and name != "unknown" else [])


def _word(data: bytes) -> str:
    """The first argument of a command, fit for a header."""
    text = data.partition(b"\0")[0].decode("utf-8", "replace").strip("<>")
    return "".join(char for char in text if char.isprintable())
