"""Wrong passwords, counted for each account and network.

A network from which the account was opened within KNOWN_FOR stays open: wrong passwords from there only make the next
try wait. So nobody shuts an office or the webmail by typing one colleague's password wrong, and a stranger who guesses
shuts out only his own network, and only for this account.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from . import journal
from .addresses import Address, network_of, split
from .journal import Journal, moment
from .queries import Reader

THRESHOLD = 10  # wrong passwords
RESET = timedelta(minutes=15)  # after the first of them they count no longer
DURATION = timedelta(minutes=15)  # for which the network is refused
KNOWN_FOR = timedelta(days=30)
WAIT = 3  # seconds before each further try from a known network
REFUSED = -1
MOST = 50_000  # (account, network) in memory


@dataclass
class Tries:
    failures: int = 0
    first_at: datetime | None = None
    blocked_until: datetime | None = None
    success_at: datetime | None = None


@dataclass
class Throttle:
    reader: Reader
    platform: str
    journal: Journal
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    threshold: int = THRESHOLD
    # What a login's secret was when a session of it was opened, told apart by digest.
    opened: dict[str, set[str]] = field(default_factory=dict)
    _tries: OrderedDict[tuple[str, str], Tries] = field(default_factory=OrderedDict)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def judge(self, command: str, said: dict[str, Any]) -> int:
        """Dovecot's question before a password is checked, and its report after."""
        address = split(str(said.get("login", "")))
        user = str(said.get("user", "")).lower()  # of a device: what stood behind the star
        device = "" if user == str(address) else user
        network = network_of(str(said.get("remote", "")))
        credentials = self._credentials(address)
        mailbox = next(iter(credentials.values()))[1] if credentials else ""
        tries = await self._tries_of(mailbox, str(address), network)
        if command == "allow":
            return self._allowed(tries)
        if said.get("policy_reject"):
            return 0
        if not said.get("success"):
            if said.get("fail_type") not in {"internal", "disabled"}:
                self._failed(tries, mailbox, network)
        elif device in credentials:
            self._succeeded(tries, address, mailbox, network, credentials[device][0])
        return 0

    def current(self, login: str) -> set[str]:
        """Digests of the secrets that open an account now; empty where nobody may sign in."""
        return {digest(password) for password, _mailbox in self._credentials(split(login)).values()}

    def closed(self, login: str) -> bool:
        """Whether a session of this login may not go on: it was opened with a secret that does not open it now."""
        current = self.current(login)
        opened = self.opened.get(login)
        if opened is None:  # since before this process
            self.opened[login] = current
            return not current
        if opened <= current:
            return False
        self.opened[login] = opened & current
        return True

    def _credentials(self, address: Address) -> dict[str, tuple[str, str]]:
        values = {"platform": self.platform, "domain": address.domain, "local": address.local}
        rows = self.reader.rows("credentials", values)
        return {device: (password, mailbox) for device, password, mailbox in rows}

    async def _tries_of(self, mailbox: str, login: str, network: str) -> Tries:
        key = (mailbox or login, network)
        async with self._lock:
            if key not in self._tries:
                self._tries[key] = await self._stored(mailbox, network)
                while len(self._tries) > MOST:
                    self._tries.popitem(last=False)
        self._tries.move_to_end(key)
        tries = self._tries[key]
        if tries.first_at is not None and tries.first_at + RESET < self.now():
            tries.failures, tries.first_at = 0, None
        return tries

    async def _stored(self, mailbox: str, network: str) -> Tries:
        if not mailbox:
            return Tries()
        rows = await self.journal.read(journal.KNOWN, {"mailbox": mailbox, "network": network})
        if not rows:
            return Tries()
        failures, first_at, success_at = rows[0]
        tries = Tries(failures, moment(first_at), None, moment(success_at))
        if tries.failures >= self.threshold and tries.first_at is not None:
            tries.blocked_until = tries.first_at + DURATION
        return tries

    def _allowed(self, tries: Tries) -> int:
        if self._known(tries):
            return WAIT if tries.failures >= self.threshold else 0
        blocked = tries.blocked_until is not None and tries.blocked_until > self.now()
        return REFUSED if blocked else 0

    def _failed(self, tries: Tries, mailbox: str, network: str) -> None:
        now = self.now()
        tries.failures += 1
        tries.first_at = tries.first_at or now
        if tries.failures >= self.threshold:
            tries.blocked_until = now + DURATION
        if not mailbox:
            return
        where = {"mailbox": mailbox, "network": network, "at": now}
        self.journal.write(journal.FAILED, {**where, "failures": tries.failures, "first_at": tries.first_at})
        if tries.blocked_until is not None and not self._known(tries):
            self.journal.write(journal.BLOCKED, {**where, "until": tries.blocked_until})

    def _known(self, tries: Tries) -> bool:
        return tries.success_at is not None and tries.success_at + KNOWN_FOR > self.now()

    def _succeeded(self, tries: Tries, address: Address, mailbox: str, network: str, password: str) -> None:
        now = self.now()
        was_blocked = tries.blocked_until is not None
        tries.failures, tries.first_at, tries.blocked_until, tries.success_at = 0, None, None, now
        self.opened.setdefault(str(address), set()).add(digest(password))
        self.journal.write(journal.USED, {"mailbox": mailbox, "at": now})
        where = {"mailbox": mailbox, "network": network}
        self.journal.write(journal.SIGNED_IN, {**where, "at": now})
        if was_blocked:
            self.journal.write(journal.UNBLOCKED, where)


def digest(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()[:16]
