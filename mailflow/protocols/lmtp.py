"""LMTP (RFC 2033), as Postfix speaks it to somebody who takes every recipient."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable

MOST_OCTETS = 60 * 2**20  # above Postfix's own limit

# Recipient, sender and the message; returns the reply for this recipient.
type Deliver = Callable[[str, str, bytes], Awaitable[str]]

_PATH = re.compile(r"(?:MAIL FROM|RCPT TO):\s*<([^>]*)>", re.IGNORECASE)


async def lmtp(deliver: Deliver, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    def say(*lines: str) -> None:
        writer.write("".join(f"{line}\r\n" for line in lines).encode("ascii", "replace"))

    say(f"220 {host} LMTP")
    sender, recipients = "", list[str]()
    while line := await reader.readline():
        words = line.decode("utf-8", "replace").strip()
        verb = words[:4].upper()
        path = _PATH.match(words)
        if verb == "LHLO":
            say(f"250-{host}", "250-8BITMIME", "250-ENHANCEDSTATUSCODES", "250 PIPELINING")
        elif verb == "MAIL" and path:
            sender, recipients = path[1], []
            say("250 2.1.0 Ok")
        elif verb == "RCPT" and path:
            recipients.append(path[1])
            say("250 2.1.5 Ok")
        elif verb == "DATA" and recipients:
            say("354 Go on")
            await writer.drain()
            message = await _message(reader)
            say(*[await deliver(recipient, sender, message) for recipient in recipients])
            sender, recipients = "", []
        elif verb == "RSET":
            sender, recipients = "", []
            say("250 2.0.0 Ok")
        elif verb == "NOOP":
            say("250 2.0.0 Ok")
        elif verb == "QUIT":
            say("221 2.0.0 Bye")
            await writer.drain()
            return
        else:
            say("500 5.5.1 Not now")
        await writer.drain()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """Until the dot; what goes beyond MOST_OCTETS is read and dropped. Raises EOFError where it breaks off."""
    lines: list[bytes] = []
    octets = 0
    while (line := await reader.readline()) != b".\r\n":
        if not line.endswith(b"\n"):
            raise EOFError
        octets += len(line)
        if octets <= MOST_OCTETS:
            lines.append(line.removeprefix(b".") if line.startswith(b".") else line)
    return b"".join(lines)
