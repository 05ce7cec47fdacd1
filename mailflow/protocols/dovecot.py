"""Dovecot's auth-policy (allow and report, HTTP on loopback), and the way of Postfix to Dovecot's SASL.

Postfix signs people in at Dovecot's auth socket, through here: so it is known which smtpd serves whom, and a session
can be ended when its account is suspended.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from ..queries import DatabaseAway

log = logging.getLogger(__name__)

MOST_OCTETS = 65_536

# The command, `allow` or `report`, and what Dovecot says of the sign-in; returns the status: 0 go on, above: wait so
# many seconds first, below: refused.
type Judge = Callable[[str, dict[str, Any]], Awaitable[int]]


async def auth_policy(judge: Judge, secret: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        request, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _colon, value in (line.partition(":") for line in lines)}
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MOST_OCTETS:
            return
        body = await reader.readexactly(int(length))
        if not hmac.compare_digest(headers.get("x-mailflow", "").encode(), secret.encode()):
            _answer(writer, "403 Forbidden", {})
            return
        command = "report" if "command=report" in request else "allow"
        status = 0
        try:
            said = json.loads(body.decode("utf-8", "replace"))
            if not isinstance(said, dict):
                raise ValueError(type(said))
            status = await judge(command, said)
        except (DatabaseAway, ValueError) as error:  # Dovecot itself will say that nobody can sign in now
            log.warning("%s: %s", command, error)
        _answer(writer, "200 OK", {"status": status, "msg": ""})
        await writer.drain()


def _answer(writer: asyncio.StreamWriter, status: str, data: dict[str, Any]) -> None:
    body = json.dumps(data).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)


@dataclass
class Submissions:
    """Which process of Postfix serves which login: pid → login."""

    logins: dict[int, str] = field(default_factory=dict)

    async def relay(self, socket: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass lines between Postfix and Dovecot's auth socket, and read along."""
        dovecot_reader, dovecot_writer = await asyncio.open_unix_connection(socket)
        pid = 0

        async def upwards() -> None:
            nonlocal pid
            while line := await reader.readline():
                words = line.rstrip(b"\n").split(b"\t")
                if words[0] == b"CPID":
                    pid = int(words[1])
                dovecot_writer.write(line)
                await dovecot_writer.drain()

        async def downwards() -> None:
            while line := await dovecot_reader.readline():
                words = line.rstrip(b"\n").split(b"\t")
                if words[0] == b"OK" and pid:
                    login = next((word[5:] for word in words if word.startswith(b"user=")), b"")
                    self.logins[pid] = login.decode("utf-8", "replace")
                writer.write(line)
                await writer.drain()

        tasks = [asyncio.ensure_future(upwards()), asyncio.ensure_future(downwards())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.logins.pop(pid, None)
            for task in tasks:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, OSError, EOFError, ValueError):
                    await task
            dovecot_writer.close()
