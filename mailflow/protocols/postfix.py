"""Postfix's socketmap (socketmap_table(5)) and policy delegation (SMTPD_POLICY_README)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from ..deciding import LATER
from ..queries import DatabaseAway

log = logging.getLogger(__name__)

MOST_OCTETS = 100_000  # of one request

type Lookup = Callable[[str, str], Awaitable[str | None]]  # map, key
type Verdict = Callable[[Mapping[str, str]], Awaitable[str]]


async def socketmap(lookup: Lookup, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Netstrings: `map key` is answered by OK, NOTFOUND or TEMP. Postfix asks by the whole address only."""
    while True:
        size = (await reader.readuntil(b":"))[:-1]
        if not size.isdigit() or int(size) > MOST_OCTETS:
            return
        request = (await reader.readexactly(int(size) + 1))[:-1].decode("utf-8", "replace")
        name, _blank, key = request.partition(" ")
        try:
            found = await lookup(name, key)
            reply = "NOTFOUND " if found is None else f"OK {found}"
        except DatabaseAway as error:
            log.warning("no answer for %s: %s", key, error)
            reply = "TEMP the database is away"
        answer = reply.encode()
        writer.write(b"%d:%s," % (len(answer), answer))
        await writer.drain()


async def policy(verdict: Verdict, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Lines of name=value and an empty one, answered by `action=…` and an empty line."""
    while True:
        request = (await reader.readuntil(b"\n\n")).decode("utf-8", "replace")
        # By LF alone: whatever else Python takes for the end of a line, a stranger can write into an address.
        attributes = dict(line.partition("=")[::2] for line in request.split("\n") if line)
        try:
            action = await verdict(attributes)
        except DatabaseAway as error:
            log.warning("no verdict on %s: %s", attributes.get("recipient"), error)
            action = LATER
        except Exception:
            log.exception("no verdict on %s", attributes.get("recipient"))
            action = LATER
        writer.write(f"action={action}\n\n".encode())
        await writer.drain()
