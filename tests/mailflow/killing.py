"""Many messages while Postfix, Dovecot and the policy server are killed: what was accepted, and what arrived."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.installation import descendants
from tests.servers.process import program

from .machine import MailMachine

CONNECTIONS, EACH = 10, 10  # at once; messages of one connection
REPLY_SECONDS = 60
MESSAGE_ID = re.compile(rb"(?mi)^Message-ID: <(\S+)>")


@dataclass
class Outcome:
    accepted: set[str] = field(default_factory=set)  # Message-IDs
    under_way: int = 0  # deliveries at the kills, at most
    arrived: Counter[str] = field(default_factory=Counter)

    @property
    def lost(self) -> set[str]:
        return self.accepted - self.arrived.keys()

    @property
    def duplicates(self) -> int:
        return self.arrived.total() - len(self.arrived)


class Sending:
    """`count` messages, each once. `kills`: after so many of them; at each the deliveries under way are counted."""

    def __init__(self, machine: MailMachine, recipients: list[str], count: int, kills: dict[int, Callable[[], None]]):
        self.machine, self.recipients, self.kills = machine, recipients, dict(kills)
        self.waiting = list(range(count))
        self.sent = 0
        self.outcome = Outcome()

    async def run(self) -> None:
        await asyncio.gather(*(self._client() for _number in range(CONNECTIONS)))

    async def _client(self) -> None:
        while self.waiting:
            with contextlib.suppress(OSError, EOFError, TimeoutError, ValueError):  # it was killed: another connection
                await self._converse()
                continue
            await asyncio.sleep(0.2)

    async def _converse(self) -> None:
        async with asyncio.timeout(REPLY_SECONDS * 2):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.machine.smtp_port)
            try:
                await _reply(reader)
                await _say(reader, writer, "EHLO client.test")
                for _message in range(EACH):
                    if not self.waiting:
                        return
                    await self._message(reader, writer, self.waiting.pop())
            finally:
                writer.close()

    async def _message(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        self.sent += 1
        for after in [after for after in self.kills if after <= self.sent]:
            kill = self.kills.pop(after)
            self.outcome.under_way += await asyncio.to_thread(deliveries, self.machine)
            kill()
        recipient, identity = self.recipients[number % len(self.recipients)], f"{number}@outside.test"
        await _say(reader, writer, "MAIL FROM:<a@outside.test>")
        if await _say(reader, writer, f"RCPT TO:<{recipient}>") != 250:
            await _say(reader, writer, "RSET")
            return
        await _say(reader, writer, "DATA")
        headers = ("From: a@outside.test", f"To: {recipient}", f"Message-ID: <{identity}>", f"Subject: {number}")
        text = "\r\n".join((*headers, "", "hello", "."))
        if await _say(reader, writer, text) == 250:
            self.outcome.accepted.add(identity)


async def _say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, text: str) -> int:
    writer.write(text.encode() + b"\r\n")
    return await _reply(reader)


async def _reply(reader: asyncio.StreamReader) -> int:
    while (line := await reader.readuntil(b"\n"))[3:4] == b"-":
        continue
    return int(line[:3])


def deliveries(machine: MailMachine) -> int:
    """How many can be under way: each process of Postfix's lmtp has one at a time."""
    return sum(args.split()[:1] == ["lmtp"] for args in descendants(machine.pid).values())


def arrived(machine: MailMachine) -> Counter[str]:
    found: Counter[str] = Counter()
    for path in (machine.directory / "mail").glob("*/Maildir/[cn][ue][rw]/*"):
        if match := MESSAGE_ID.search(path.read_bytes()):  # of other tests' messages some have none
            found[match[1].decode()] += 1
    return found


def send_while_killed(machine: MailMachine, recipients: list[str], count: int, *, seconds: float) -> Outcome:
    """Each of the three is killed with SIGKILL in the middle; waits for what arrives, so many seconds at most."""

    def kill(words: str) -> Callable[[], None]:
        return lambda: os.killpg(machine.child(words), signal.SIGKILL)

    kills = {
        count // 5: machine.kill_policy_server,
        count * 2 // 5: kill("dovecot -F"),
        count * 3 // 5: kill("master -c"),
        count * 4 // 5: machine.kill_policy_server,
    }
    sending = Sending(machine, recipients, count, kills)
    asyncio.run(sending.run())
    outcome = sending.outcome
    flush = [program("postqueue", "postfix"), "-c", str(machine.directory / "postfix"), "-f"]
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        outcome.arrived = arrived(machine)
        if not outcome.lost and not _queued(machine):
            break
        subprocess.run(flush, capture_output=True, check=False)
        time.sleep(2)
    outcome.arrived = arrived(machine)
    return outcome


def _queued(machine: MailMachine) -> bool:
    """Whether a message waits. Postfix marks those that are whole as executable; the rest was never accepted."""
    spool = machine.directory / "spool"
    for name in ("incoming", "active", "deferred"):
        for path in (spool / name).rglob("*"):
            with contextlib.suppress(FileNotFoundError):
                if path.is_file() and path.stat().st_mode & 0o100:
                    return True
    return False
