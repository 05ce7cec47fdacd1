"""What runs beside the servers of one machine, as root and as the panel itself: it takes mail for the organizations'
inboxes, brings the queue into the database and acts on it, deletes mailboxes whose days are over, and says how the
machine is. `mailflow up` starts it; while it is away mail for inboxes waits in the queue."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connections
from django.utils import timezone

from panel.secrets import decrypt

from . import inbox, models, passing_on, queueing, sent_by_sieve
from .checking import findings
from .own_scripts import look, make_homes
from .protocols.lmtp import MOST_OCTETS, lmtp
from .purging import purge
from .queries import DatabaseAway, reader_of
from .rendering.plan import VMAIL
from .sent_by_sieve import Sieve
from .signing import Signer
from .teaching import teach

log = logging.getLogger(__name__)

TICK = 2.0  # seconds: so long a press on a button waits
QUEUE_EVERY = 10.0
PURGE_EVERY = 3600.0
CHECK_EVERY = 3600.0
CHECK_DAYS = 14
SCRIPTS_EVERY = 60.0
HOMES_EVERY = 10.0

type Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Machine:
    """What of policy.json concerns the agent."""

    directory: Path
    platform: str
    host: str
    inbox: Path
    spam: str  # folder of the spam filter's sockets; empty: there is none
    outgoing: Path | None = None  # where Dovecot hands over what Sieve sends

    @classmethod
    def of(cls, directory: Path) -> Machine:
        data = json.loads((directory / "policy.json").read_text(encoding="utf-8"))
        outgoing = Path(data["outgoing"]) if data.get("outgoing") else None
        spam = data.get("spam", "")
        return cls(directory, data["platform"], data["host"], Path(data["inbox"]), spam, outgoing)

    @property
    def mail(self) -> Path:
        return self.directory / "mail"

    @property
    def dovecot_conf(self) -> Path:
        return self.directory / "dovecot" / "dovecot.conf"

    @property
    def postfix(self) -> Path:
        return self.directory / "postfix"


class Agent:
    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._outflow = passing_on.Outflow(settings.MAIL_ACCOUNT_LIMIT, settings.MAIL_SERVICE_LIMIT)
        reader = reader_of(settings.MAIL_READER_URL or settings.DATABASE_URL)
        signer = Signer(reader, machine.platform, decrypt)
        self._sieve = Sieve(
            host=machine.host,
            postfix=machine.postfix,
            dovecot_conf=machine.dovecot_conf,
            outflow=self._outflow,
            signer=signer,
        )
        self._due = {"queue": 0.0, "purge": 0.0, "check": 0.0, "scripts": 0.0, "homes": 0.0}

    async def serve(self, ready: Callable[[], None]) -> None:
        """Until SIGTERM or SIGINT."""
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        servers = [await self._listen(self.machine.inbox, self._talk, pwd.getpwnam("postfix").pw_uid)]
        if self.machine.outgoing is not None:
            servers.append(await self._listen(self.machine.outgoing, self._send, VMAIL))
        ready()
        while not stop.is_set():
            await asyncio.to_thread(self._work)
            try:
                await asyncio.wait_for(stop.wait(), TICK)
            except TimeoutError:
                continue
        for server in servers:
            server.close()

    async def _listen(self, path: Path, talk: Talk, owner: int) -> asyncio.Server:
        """On a socket that its owner alone may open."""
        path.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(talk, path, limit=2**20)
        path.chmod(0o600)
        os.chown(path, owner, -1)
        return server

    async def _send(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """What Sieve sends: all that comes, then one line of answer."""
        try:
            handed = await _all_of(reader)
            answer = await asyncio.to_thread(self._sent, handed)
            writer.write(f"{answer}\n".encode("ascii", "replace"))
            await writer.drain()
        except (EOFError, OSError, ValueError) as error:
            log.info("what Sieve sends broke off: %r", error)
        finally:
            writer.close()

    def _sent(self, handed: bytes) -> str:
        close_old_connections()
        try:
            return self._sieve.take(handed)
        except (DatabaseError, DatabaseAway) as error:
            log.warning("cannot send for Sieve now: %s", error)
            connections.close_all()
            return sent_by_sieve.LATER

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await lmtp(self._deliver, self.machine.host, reader, writer)
        except (EOFError, OSError, ValueError) as error:
            log.info("a delivery broke off: %r", error)
        finally:
            writer.close()

    async def _deliver(self, recipient: str, sender: str, message: bytes) -> str:
        return await asyncio.to_thread(self._take, recipient, sender, message)

    def _take(self, recipient: str, sender: str, message: bytes) -> str:
        close_old_connections()
        try:
            passing = passing_on.passage(recipient, host=self.machine.host)
            if passing is None:
                return self._store(recipient, sender, message)
            return passing_on.pass_on(passing, sender, message, self.machine.postfix, self._outflow)
        except DatabaseError as error:
            log.warning("cannot look up who wants a message: %s", error)
            connections.close_all()
            return "451 4.3.0 The mail system cannot look this up now"

    def _store(self, recipient: str, sender: str, message: bytes) -> str:
        try:
            kept = inbox.deliver(self.machine.platform, recipient, sender, message)
        except DatabaseError as error:
            log.warning("cannot store a message now: %s", error)
            connections.close_all()
            return "451 4.3.0 The message cannot be stored now"
        return "250 2.0.0 Kept" if kept else "550 5.1.1 Nobody has this domain any more"

    def _work(self) -> None:
        """What is due. Nothing that fails once may end the agent."""
        close_old_connections()
        try:
            self._do_what_is_due()
        except (DatabaseError, OSError, subprocess.SubprocessError) as error:
            log.warning("later: %s", error)
            connections.close_all()

    def _do_what_is_due(self) -> None:
        machine = queueing.machine_of(self.machine.host, self.machine.platform)
        if machine is None:
            return
        filters = bool(self.machine.spam)
        if machine.filters_spam != filters:
            models.Machine.objects.filter(pk=machine.pk).update(filters_spam=filters)
        if filters:
            self._teach()
        if queueing.act(machine, self.machine.postfix):
            self._due["queue"] = 0.0
        if self._is_due("queue", QUEUE_EVERY):
            queueing.report(machine, self.machine.postfix)
        if self._is_due("purge", PURGE_EVERY):
            purge(self.machine.mail, self.machine.platform)
        if self._is_due("homes", HOMES_EVERY):
            make_homes(self.machine.mail)
        if self._is_due("scripts", SCRIPTS_EVERY):
            look(self.machine.mail)
        asked = machine.check_asked_at is not None
        if self._is_due("check", CHECK_EVERY) or asked:
            found = findings(self.machine.directory, days=CHECK_DAYS)
            models.Machine.objects.filter(pk=machine.pk).update(
                findings=[{"what": item.what, "ok": item.ok, "text": item.text} for item in found],
                checked_at=timezone.now(),
                check_asked_at=None,
            )

    def _teach(self) -> None:
        try:
            teach(self.machine.directory / "lessons", Path(self.machine.spam) / "controller")
        except (OSError, HTTPException) as error:  # they wait
            log.info("the spam filter cannot learn now: %s", error)

    def _is_due(self, what: str, every: float) -> bool:
        now = time.monotonic()
        if now < self._due[what]:
            return False
        self._due[what] = now + every
        return True


async def _all_of(reader: asyncio.StreamReader) -> bytes:
    """Until the other side has said all. Raises ValueError where it is longer than any message."""
    parts, octets = [], 0
    while part := await reader.read(2**16):
        octets += len(part)
        if octets > MOST_OCTETS:
            raise ValueError("a message that is too long")
        parts.append(part)
    return b"".join(parts)


def run(directory: Path, ready: Callable[[], None]) -> None:
    asyncio.run(Agent(Machine.of(directory)).serve(ready))
