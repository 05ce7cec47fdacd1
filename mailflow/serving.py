"""The policy server: one process that answers Postfix and Dovecot from the views, at every RCPT and sign-in."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import logging
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.timezone import get_default_timezone

from domains.lookup.guard import may_connect
from domains.reach import Unreachable, addresses_of
from domains.targets import literal
from panel.secrets import decrypt

from .addresses import split
from .asking import SMTP_PORT, Asker
from .deciding import QUESTION, Decider
from .journal import FILLED, FLOODED, Journal
from .limits import Limits
from .notebook import Notebook
from .pacing import Pace, rate_of
from .protocols.dict import scripts_of_mailboxes, use_of_mailboxes
from .protocols.dovecot import Submissions, auth_policy
from .protocols.milter import milter
from .protocols.postfix import policy, socketmap
from .protocols.screening import Screen
from .queries import DatabaseAway, Reader, reader_of
from .sieving import Scripts
from .signing import Signer
from .sorting import Sorting
from .standing_by import forked_again, wait_for_turn
from .throttle import Throttle

log = logging.getLogger(__name__)

PUBLIC_PORTS = (SMTP_PORT, 465, 587)  # on which the world reaches us, whatever a NAT makes of them

type Streams = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Setup:
    """policy.json, as `render` wrote it."""

    platform: str
    host: str
    sockets: Path
    use: Path  # folder of the socket that Dovecot tells the size of mailboxes
    dovecot_auth: str
    lmtp: tuple[str, ...]
    inbox: str
    addresses: tuple[str, ...]
    plain: tuple[int, ...]  # ports that greet before TLS
    wrapped: tuple[int, ...]  # ports that greet after it
    imap: int
    certificate: str
    native: bool
    auth_policy_port: int
    auth_policy_secret: str
    verifiers: int  # processes of Dovecot that verify passwords; 0: one on each core
    outgoing: str = ""  # the agent's socket, for what Sieve sends
    spam: str = ""  # folder of the spam filter's sockets; empty: there is none
    webmail: int = 0  # its port; 0: there is none
    webmail_from: tuple[str, ...] = ()  # networks from which webmails sign people in
    webmail_key: str = ""
    postmaster: str | None = None  # who reads mail to <postmaster>; empty: nobody; None: written before

    @classmethod
    def read(cls, path: Path) -> Setup:
        data = json.loads(path.read_text(encoding="utf-8"))
        data |= {
            "sockets": Path(data["sockets"]),
            "use": Path(data["use"]),
            "lmtp": (data["lmtp"],) if isinstance(data["lmtp"], str) else tuple(data["lmtp"]),  # one: written before
            "addresses": tuple(data["addresses"]),
            "plain": tuple(data["plain"]),
            "wrapped": tuple(data["wrapped"]),
            "webmail_from": tuple(data["webmail_from"]),
        }
        return cls(**data)

    @property
    def ports(self) -> frozenset[int]:
        """On which mail comes in."""
        return frozenset(self.plain + self.wrapped)


class Network:
    """Where targets are, and which of them are this machine."""

    def __init__(self, setup: Setup, reader: Reader) -> None:
        self._setup = setup
        self._reader = reader
        self.decider: Decider | None = None

    async def resolve(self, host: str) -> list[str]:
        """Addresses of a target. Raises OSError where there is none."""
        address = literal(host)
        if address is not None:
            found = [address]
        elif self._setup.native:
            loop = asyncio.get_running_loop()
            infos = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            found = [ipaddress.ip_address(str(info[4][0])) for info in infos]
        else:
            try:
                found = list(await asyncio.to_thread(addresses_of, host))
            except Unreachable as error:
                raise OSError(str(error)) from error
        return list(dict.fromkeys(map(str, found)))

    def may_connect(self, address: str) -> bool:
        """No private address on a customer's word."""
        return may_connect(address, settings.ALLOWED_NETWORKS, settings.FORBIDDEN_NETWORKS)

    def is_ours(self, address: str, port: int) -> bool:
        """Whether a connection to there would end at one of our own listeners."""
        public = self._public()
        if address in public:
            return port in PUBLIC_PORTS or port in self._setup.ports
        if port not in self._setup.ports:
            return False
        return address in self._setup.addresses if self._setup.addresses else _is_of_this_machine(address)

    def _public(self) -> frozenset[str]:
        """What the world calls us by: behind a NAT no interface has it."""
        if self.decider is None:
            return frozenset()
        platform = self.decider.platforms().get(self._setup.platform)
        return platform.outbound if platform else frozenset()


def _is_of_this_machine(address: str) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


class PolicyServer:
    def __init__(self, setup: Setup, *, reader_url: str, writer_url: str) -> None:
        self.setup = setup
        self.reader = reader_of(reader_url)
        self.journal = Journal(writer_url)
        network = Network(setup, self.reader)
        asker = Asker(
            helo=setup.host,
            sender=f"{QUESTION}@{setup.host}",
            resolve=network.resolve,
            is_ours=network.is_ours,
            may_connect=network.may_connect,
        )
        limits = Limits(settings.MAIL_ACCOUNT_LIMIT, settings.MAIL_SERVICE_LIMIT)
        self.decider = Decider(
            reader=self.reader,
            platform=setup.platform,
            asker=asker,
            limits=limits,
            local=tuple(f"lmtp:unix:{path}" for path in setup.lmtp),
            inbox=f"lmtp:unix:{setup.inbox}",
            stop=self._stop,
        )
        network.decider = self.decider
        self.notebook = Notebook(setup.sockets / "accepted", self.decider.accepted, self.decider.kept)
        self.signer = Signer(self.reader, setup.platform, decrypt)
        pace = Pace(rate_of(setup.verifiers))
        self.throttle = Throttle(self.reader, setup.platform, self.journal, pace=pace, webmail=setup.webmail_from)
        self.submissions = Submissions()
        self.screen = Screen(f"{setup.spam}/scan")
        sorting = Sorting(self.reader, setup.platform, setup.host, get_default_timezone())
        self.scripts = Scripts(self.reader, setup.platform, sorting, spam=bool(setup.spam))

    def _stop(self, mailbox: str, stopped: Callable[[], None]) -> None:
        self.journal.write(FLOODED, {"mailbox": mailbox, "at": datetime.now(UTC)}, stopped)

    async def serve(self, ready: Callable[[], None]) -> None:
        """Until SIGTERM or SIGINT."""
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        self.notebook.open()
        servers = [
            await self._unix("socketmap", lambda r, w: socketmap(self._lookup, r, w)),
            await self._unix("verdict", lambda r, w: policy(self._verdict, r, w)),
            await self._unix("milter", lambda r, w: milter(self.decider, self.signer, r, w)),
            await self._unix("screen", self.screen.milter),
            await self._unix("sasl", lambda r, w: self.submissions.relay(self.setup.dovecot_auth, r, w)),
            await self._unix("sessions", self._sessions),
            await self._unix("use", lambda r, w: use_of_mailboxes(self._used, r, w), self.setup.use),
            await self._unix("sieve", lambda r, w: scripts_of_mailboxes(self.scripts.look_up, r, w), self.setup.use),
            await asyncio.start_server(
                _handled(lambda r, w: auth_policy(self.throttle.judge, self.setup.auth_policy_secret, r, w)),
                "127.0.0.1",
                self.setup.auth_policy_port,
            ),
        ]
        keeping = asyncio.ensure_future(self.journal.keep())
        ready()
        await stop.wait()
        for server in servers:
            server.close()
        keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeping
        self.reader.close()
        self.notebook.close()
        log.info("questions to the database: %s; to targets: %d", dict(self.reader.asked), self.decider.asker.asked)

    async def _lookup(self, name: str, key: str) -> str | None:
        if name == "route":
            return self.decider.route(key)
        if name == "expand":
            return self.decider.expand(key)
        return await self.decider.sender(key) if name == "sender" else None

    async def _verdict(self, attributes: Any) -> str:
        if attributes.get("policy_context") == "submission":
            return await self.decider.submission(attributes)
        return await self.decider.inbound(attributes)

    async def _sessions(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Told who has mailboxes open, says whose sessions to end, and which processes of submission."""
        while line := await reader.readline():
            opened = set(json.loads(line))
            submitting = dict(self.submissions.logins)
            answer: dict[str, list[Any]] = {"logins": [], "processes": [], "questions": list(self.reader.asked.items())}
            try:
                closed = {login for login in opened | set(submitting.values()) if self.throttle.closed(login)}
            except DatabaseAway:
                closed = set()
            answer["logins"] = sorted(closed & opened)
            answer["processes"] = [pid for pid, login in submitting.items() if login in closed]
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()

    def _used(self, user: str, octets: int | None, messages: int | None) -> None:
        """What Dovecot says of a mailbox that has changed. One that was renamed or reset meanwhile says it again."""
        address = split(user)
        values = {"platform": self.setup.platform, "domain": address.domain, "local": address.local}
        try:
            rows = self.reader.rows("mailbox", values)
        except DatabaseAway:
            return
        if rows and rows[0][0]:
            self.journal.write(FILLED, {"mailbox": rows[0][0], "bytes": octets, "messages": messages})

    async def _unix(self, name: str, handle: Streams, folder: Path | None = None) -> asyncio.Server:
        """`folder`: another than Postfix's, whose group may speak to it."""
        folder = folder or self.setup.sockets
        path = folder / name
        path.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(_handled(handle), path, limit=2**20)
        os.chmod(path, 0o660 if name != "sessions" else 0o600)
        if name != "sessions":
            os.chown(path, -1, folder.stat().st_gid)
        return server


def _handled(handle: Streams) -> Streams:
    """A conversation that may break off at any time, as conversations do."""

    async def handled(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handle(reader, writer)
        except (EOFError, OSError, ValueError, asyncio.LimitOverrunError) as error:
            if not isinstance(error, EOFError | ConnectionError):
                log.warning("a conversation ended: %r", error)
        finally:
            writer.close()

    return handled


def run(setup: Setup, ready: Callable[[], None]) -> None:
    server = PolicyServer(
        setup,
        reader_url=settings.MAIL_READER_URL or settings.DATABASE_URL,
        writer_url=settings.MAIL_WRITER_URL or settings.DATABASE_URL,
    )
    try:
        from uvloop import run as run_loop
    except ImportError:  # where there is no wheel of it
        run_loop = asyncio.run

    def serve() -> None:
        wait_for_turn(setup.sockets / "lock")
        run_loop(server.serve(ready))

    forked_again(serve)
