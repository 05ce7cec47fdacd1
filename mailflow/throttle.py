"""Which secret opens what, and wrong passwords, counted for each account and network.

A network from which the account was opened within KNOWN_FOR stays open: wrong passwords from there only make the next
try wait. So nobody shuts an office or the webmail by typing one colleague's password wrong, and a stranger who guesses
shuts out only his own network, and only for this account.
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from accounts import aging, lockout

from . import journal
from .addresses import Address, network_of, split
from .journal import Journal, moment
from .pacing import Pace
from .queries import Reader

EVERYBODY = "*"  # in place of a network, where the service locks accounts for all
KNOWN_FOR = timedelta(days=30)
WAIT = 3  # seconds before each further try from a known network
REFUSED = -1
MOST = 50_000  # (account, network) in memory


@dataclass(frozen=True, slots=True)
class Lockout:
    """When wrong passwords lock, as the service's security policy says."""

    threshold: int = lockout.THRESHOLD  # 0: never
    reset: timedelta = timedelta(minutes=lockout.RESET)  # after the first of them they count no longer
    duration: timedelta = timedelta(minutes=lockout.DURATION)
    everybody: bool = False

    def reached(self, tries: Tries) -> bool:
        return bool(self.threshold) and tries.failures >= self.threshold


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret of an account: the password, whose `number` is 0, or a device's. With `web_only` it signs in from the
    webmail alone. One that must be changed or has expired opens only self-service, which is not asked for here."""

    password: str
    number: int = 0
    web_only: bool = False
    must_change: bool = False
    expires_at: datetime | None = None

    def opens(self, now: datetime, *, from_webmail: bool) -> bool:
        if self.must_change or (self.expires_at is not None and self.expires_at <= now):
            return False
        return from_webmail or not self.web_only

    def marks(self, now: datetime) -> set[str]:
        """What sessions are told by that this secret may have opened: by which secret, and from where."""
        return {_mark(self, from_webmail=where) for where in (False, True) if self.opens(now, from_webmail=where)}


@dataclass(frozen=True, slots=True)
class Login:
    """`secrets` by device. Nothing is known of an account that may not sign in."""

    secrets: dict[str, Credential] = field(default_factory=dict)
    mailbox: str = ""
    lockout: Lockout = Lockout()


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
    pace: Pace = field(default_factory=lambda: Pace(0))
    # Networks from which the webmail signs people in.
    webmail: tuple[str, ...] = ()
    # With which secrets a login's sessions were opened, and from where: see `Credential.marks`.
    opened: dict[str, set[str]] = field(default_factory=dict)
    _tries: OrderedDict[tuple[str, str], Tries] = field(default_factory=OrderedDict)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def judge(self, command: str, said: dict[str, Any]) -> int:
        """Dovecot's question before a password is checked, and its report after."""
        address = split(str(said.get("login", "")))
        user = str(said.get("user", "")).lower()  # of a device: what stood behind the star
        device = "" if user == str(address) else user
        network = network_of(str(said.get("remote", "")))
        from_webmail = self._is_webmail(str(said.get("real") or said.get("remote", "")))
        login = self._login(address)
        places = [network, EVERYBODY] if login.lockout.everybody else [network]
        tries = {place: await self._tries_of(login, str(address), place) for place in places}
        secret = login.secrets.get(device)
        if command == "allow":
            if secret is not None and not secret.opens(self.now(), from_webmail=from_webmail):
                return REFUSED  # before it is verified: nothing to guess here, and nothing to count
            status = min((self._allowed(login.lockout, *item) for item in tries.items()), key=_strictness)
            if status == REFUSED or secret is None:
                return status  # no password is verified
            return max(status, self.pace.wait())
        if said.get("policy_reject"):
            return 0
        if not said.get("success"):
            if said.get("fail_type") not in {"internal", "disabled"}:
                for place, item in tries.items():
                    self._failed(item, login, place)
        elif secret is not None:
            mark = _mark(secret, from_webmail=from_webmail)
            self.opened.setdefault(str(address), set()).add(mark)
            self._succeeded(tries, login, secret, network)
        return 0

    def current(self, login: str) -> set[str]:
        """Marks of the secrets that open an account now; empty where nobody may sign in."""
        return {mark for secret in self._login(split(login)).secrets.values() for mark in secret.marks(self.now())}

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

    def _login(self, address: Address) -> Login:
        values = {"platform": self.platform, "domain": address.domain, "local": address.local}
        rows = self.reader.rows("credentials", values)
        if not rows:
            return Login()
        mailbox, threshold, reset, duration, everybody = rows[0][2:7]
        limits = Lockout()
        if threshold is not None:
            limits = Lockout(threshold, timedelta(minutes=reset), timedelta(minutes=duration), bool(everybody))
        return Login({row[0]: _credential(*row[1:2], *row[7:]) for row in rows}, mailbox, limits)

    def _is_webmail(self, remote: str) -> bool:
        try:
            address = ipaddress.ip_address(remote)
        except ValueError:
            return False
        return any(address in ipaddress.ip_network(network) for network in self.webmail)

    async def _tries_of(self, login: Login, name: str, network: str) -> Tries:
        key = (login.mailbox or name, network)
        async with self._lock:
            if key not in self._tries:
                self._tries[key] = await self._stored(login, network)
                while len(self._tries) > MOST:
                    self._tries.popitem(last=False)
        self._tries.move_to_end(key)
        tries, now = self._tries[key], self.now()
        if tries.blocked_until is not None:
            over = tries.blocked_until <= now
        else:
            over = tries.first_at is not None and tries.first_at + login.lockout.reset < now
        if over:
            tries.failures, tries.first_at, tries.blocked_until = 0, None, None
        return tries

    async def _stored(self, login: Login, network: str) -> Tries:
        if not login.mailbox:
            return Tries()
        rows = await self.journal.read(journal.KNOWN, {"mailbox": login.mailbox, "network": network})
        if not rows:
            return Tries()
        failures, first_at, last_at, success_at = rows[0]
        tries = Tries(failures, moment(first_at), None, moment(success_at))
        last = moment(last_at)
        if login.lockout.reached(tries) and last is not None:
            tries.blocked_until = last + login.lockout.duration
        return tries

    def _allowed(self, limits: Lockout, network: str, tries: Tries) -> int:
        if self._known(network, tries):
            return WAIT if limits.reached(tries) else 0
        return REFUSED if limits.threshold and tries.blocked_until is not None else 0

    def _failed(self, tries: Tries, login: Login, network: str) -> None:
        now = self.now()
        tries.failures += 1
        tries.first_at = tries.first_at or now
        if login.lockout.reached(tries):
            tries.blocked_until = now + login.lockout.duration
        if not login.mailbox:
            return
        where = {"mailbox": login.mailbox, "network": network, "at": now}
        self.journal.write(journal.FAILED, {**where, "failures": tries.failures, "first_at": tries.first_at})
        if tries.blocked_until is not None and not self._known(network, tries):
            self.journal.write(journal.BLOCKED, {**where, "until": tries.blocked_until})

    def _known(self, network: str, tries: Tries) -> bool:
        """Whether the account was opened from there of late; a lock for everybody spares nobody."""
        return network != EVERYBODY and tries.success_at is not None and tries.success_at + KNOWN_FOR > self.now()

    def _succeeded(self, tries: dict[str, Tries], login: Login, secret: Credential, network: str) -> None:
        now = self.now()
        if secret.number:
            self.journal.write(journal.DEVICE_USED, {"number": secret.number, "at": now, "network": network})
        self.journal.write(journal.USED, {"mailbox": login.mailbox, "at": now})
        for place, item in tries.items():
            where = {"mailbox": login.mailbox, "network": place}
            self.journal.write(journal.SIGNED_IN, {**where, "at": now})
            if item.blocked_until is not None:
                self.journal.write(journal.UNBLOCKED, where)
            item.failures, item.first_at, item.blocked_until, item.success_at = 0, None, None, now


def _strictness(status: int) -> tuple[bool, int]:
    """A refusal first, then the longest wait."""
    return status >= 0, -status


def _credential(
    password: str, number: int, web_only: int, must_change: int, changed_at: Any, max_age: int, from_: Any
) -> Credential:
    return Credential(
        password,
        number=number,
        web_only=bool(web_only),
        must_change=bool(must_change),
        expires_at=aging.expires_at(moment(changed_at), max_age, moment(from_)),
    )


def _mark(secret: Credential, *, from_webmail: bool) -> str:
    digest = hashlib.sha256(secret.password.encode()).hexdigest()[:16]
    return f"{digest} from the webmail" if from_webmail else digest
