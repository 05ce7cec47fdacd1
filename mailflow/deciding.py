"""The one decider of the mail servers: does this recipient get mail, and where is it passed on to?

Everything is decided from the views as they are at this moment, and where the rest of a domain lives elsewhere by
asking there. Answers are actions of Postfix's access(5).
"""

from __future__ import annotations

import ipaddress
import json
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from zlib import crc32

from .addresses import Address, network_of, printable, quoted, split, spoken, unquoted
from .asking import Asker, Guessing, Loop
from .limits import Limits
from .queries import Reader, Row
from .spf import Senders
from .standing_for import Standings

log = logging.getLogger(__name__)

OK = "OK"
RELAY_DENIED = "554 5.7.1 Relay access denied"
LATER = "451 4.3.0 The mail system cannot look this up now: try again later"
BLOCKED = (
    "550 5.7.1 This account is blocked from sending, because it wrote to far too many recipients. Change its password "
    "and ask your provider to unblock it"
)
ROLES = frozenset({"postmaster", "abuse"})  # RFC 2142: somebody reads them at every domain
NOBODY = "mailflow-nobody"  # local part of the sender of what came under somebody else's name
FORWARD, MEMBER = "mailflow-forward-", "mailflow-member-"  # and a number: what the agent passes on
RULE = "mailflow-rule-"  # and the number of an inbox rule and the place of its action
PARTS = "mailflow-part-"  # of a group: its number, and which part
OWN_USE = (FORWARD, MEMBER, RULE, PARTS)
PART = 200  # members
BOUNCES = "+bounces"  # detail of a group's address: what comes back from its members
ENTRANCE = ("]", "]:25")  # how a target ends on whose port mail from the world comes in, ours wherever a NAT has it
QUESTION = "mailflow-question"  # local part of the sender of our questions

REMEMBERED = 30.0  # seconds for which the queue manager keeps a resolution
PLATFORMS_KEPT = 1.0  # seconds; host names of platforms, not verdicts
MOST_HOPS = 5  # platforms of ours that one target leads through


@dataclass(frozen=True, slots=True)
class Platform:
    slug: str
    mx_hosts: tuple[str, ...]
    hosts: frozenset[str]  # MX, IMAP and SMTP
    outbound: frozenset[str]
    spf_include: str


@dataclass(frozen=True, slots=True)
class Found:
    """What the views say of an address at a domain of ours."""

    authoritative: bool
    target: str  # next hop; empty where authoritative
    here: bool  # it has a mailbox on this platform
    full: bool  # which takes no more
    elsewhere: str  # another of our platforms where it has one
    senders: str = ""  # who may write to it, of a group
    group: str = ""  # its number
    account: str = ""  # the own address of the account whose mailbox it is
    caught: bool = False  # only because that account takes what nobody has
    forwards: tuple[Row, ...] = ()  # whom its mail is passed on to
    unwanted: bool = False  # the domain blocks this sender


@dataclass
class Accepted:
    """Under which route each recipient was last accepted, for as long as the queue manager may remember it.

    `noted` is called before a recipient is accepted: see notebook.py.
    """

    clock: Callable[[], float] = time.monotonic
    noted: Callable[[Address, str, float], None] = lambda _address, _route, _at: None
    _routes: OrderedDict[Address, tuple[str, float]] = field(default_factory=OrderedDict)

    def agrees(self, address: Address, route: str) -> bool:
        """Whether the recipient may be accepted under `route` now; notes that it is."""
        now = self.clock()
        while self._routes:
            oldest = next(iter(self._routes))
            if self._routes[oldest][1] > now - REMEMBERED:
                break
            del self._routes[oldest]
        before = self._routes.get(address)
        if before is not None and before[0] != route:
            return False
        self.noted(address, route, now)
        self._routes[address] = (route, now)
        self._routes.move_to_end(address)
        return True

    def restore(self, address: Address, route: str, at: float) -> None:
        """What was accepted by an earlier process; in the order in which it was. Later than now: before a restart."""
        if self.clock() - REMEMBERED < at <= self.clock():
            self._routes[address] = (route, at)
            self._routes.move_to_end(address)

    def all(self) -> list[tuple[Address, str, float]]:
        return [(address, route, at) for address, (route, at) in self._routes.items()]


@dataclass
class Kept:
    """Role addresses that their domain's target refused when they were accepted: what is delivered later goes to the
    inbox too. Forgotten, a message would be offered to the target and come back to its sender."""

    most: int = 10_000
    noted: Callable[[Address, bool], None] = lambda _address, _kept: None
    _kept: OrderedDict[Address, None] = field(default_factory=OrderedDict)

    def note(self, address: Address, *, kept: bool) -> None:
        if kept != self.has(address):
            self.noted(address, kept)
        self._kept.pop(address, None)
        if kept:
            self._kept[address] = None
            if len(self._kept) > self.most:
                self._kept.popitem(last=False)

    def has(self, address: Address) -> bool:
        return address in self._kept

    def all(self) -> list[Address]:
        return list(self._kept)


@dataclass
class Decider:
    reader: Reader
    platform: str
    asker: Asker
    limits: Limits
    local: tuple[str, ...]  # the routes into mailboxes here, all the same
    inbox: str  # the route into the organizations' inboxes, for postmaster and abuse without a mailbox
    stop: Callable[[str, Callable[[], None]], None]  # a mailbox from sending; calls back once the views say so
    kept: Kept = field(default_factory=Kept)
    accepted: Accepted = field(default_factory=Accepted)
    spf: Senders = field(default_factory=Senders)
    standings: Standings = field(default_factory=Standings)
    _stopped: set[str] = field(default_factory=set)  # mailboxes, until the views say so
    _platforms: dict[str, Platform] = field(default_factory=dict)
    _platforms_at: float = -PLATFORMS_KEPT

    # What Postfix asks

    def route(self, recipient: str) -> str | None:
        """Where the queue manager hands a recipient to; None for what is not ours."""
        address = split(recipient)
        if address.domain == self.asker.helo and address.local.startswith((FORWARD, MEMBER, RULE)):
            return self.inbox
        if self._is_sink(address):
            return "discard:a bounce for whoever did not send the message"
        found = self._find(address)
        return None if found is None else self._route(found, address)

    def expand(self, recipient: str) -> str | None:
        """Whom a message is for, as Postfix asks once it has taken it: an alias stands for its account, and so does
        what nobody has where the domain has a catch-all. None: for the recipient alone."""
        address = split(recipient)
        if address.domain == self.asker.helo:
            return self._part(address)
        if not address.domain:
            return None
        if (known := self.standings.take(address)) is not None:
            return known.answer
        found = by_kind(self.reader.rows("expand", self._values(address)))
        if members := found.get("member"):
            return f"{NOBODY}@{self.asker.helo}" if address.detail == BOUNCES else self._members(members, 0)
        if "account" in found:
            return self._account(address, str(found["account"][0][0]), found.get("forward", []))
        for account, _outside, authoritative, *_rest in found.get("catch-all", []):
            if authoritative and address.base not in ROLES:
                return quoted(split(account))
        return None

    def _account(self, address: Address, account: str, forwards: Sequence[Row]) -> str | None:
        """Of an address by which an account is reached. What was just read of the account holds for its own address,
        too, which is asked next. `forwards`: target, outside, keep, number."""
        name = split(account)
        own = Address(name.local + address.detail, name.domain)
        targets = [self._passed_on(FORWARD, *row[:4]) for row in forwards]
        if not forwards or forwards[0][2]:
            targets.insert(0, quoted(own))
        if targets == [quoted(address)]:
            return None
        if own != address:
            self.standings.note(own, None)
        return ", ".join(targets)

    def _members(self, rows: Sequence[Row], part: int) -> str:
        """A part of a group, with the address of the next one: Postfix reads no answer of any length."""
        at = part * PART
        found = []
        for target, outside, keep, number, _group, plain in rows[at : at + PART]:
            found.append(self._passed_on(MEMBER, target, outside, keep, number))
            if plain:
                self.standings.note(split(target), None)
        if len(rows) > at + PART:
            found.append(f"{PARTS}{rows[0][4]}-{part + 1}@{self.asker.helo}")
        return ", ".join(found)

    def _part(self, address: Address) -> str | None:
        numbers = address.local.removeprefix(PARTS).split("-")
        if not address.local.startswith(PARTS) or len(numbers) != 2 or not all(map(str.isdigit, numbers)):
            return None
        rows = [tuple(row) for _kind, *row in self.reader.rows("members", {"group": numbers[0]})]
        return self._members(rows, int(numbers[1])) if rows else None

    def _passed_on(self, kind: str, target: str, outside: int, _keep: int, number: int) -> str:
        """Mail that leaves the platform goes by way of the agent, who writes its envelope anew: it was sent to us, so
        no SPF record of its sender's allows us to pass it on in his name."""
        return f"{kind}{number}@{self.asker.helo}" if outside else quoted(split(target))

    async def sender(self, address: str) -> str | None:
        """What stands in for the envelope's sender, who failed SPF or gave an address of our own use: bounces go
        nowhere then."""
        forged = is_of_own_use(split(address), self.asker.helo) or await self.spf.failed(address)
        return f"{NOBODY}@{self.asker.helo}" if forged else None

    async def inbound(self, attributes: Mapping[str, str]) -> str:
        """On a RCPT from anybody."""
        address, sender = unquoted(attributes.get("recipient", "")), unquoted(attributes.get("sender", ""))
        values = {**self._values(address, attributes.get("size", "")), **_written_by(sender)}
        rows = by_kind(self.reader.rows("route", values))
        return await self._verdict(attributes, address, found_in(rows, address), stranger=RELAY_DENIED)

    async def submission(self, attributes: Mapping[str, str]) -> str:
        """On a RCPT from somebody who has signed in."""
        login, sender = split(attributes.get("sasl_username", "")), unquoted(attributes.get("sender", ""))
        if not login.domain:
            return RELAY_DENIED
        address, written = unquoted(attributes.get("recipient", "")), sender if sender.domain else login
        values = {"sender_domain": written.domain, "sender_local": written.local, "sender_base": written.base}
        values |= self._values(address, attributes.get("size", ""))
        rows = by_kind(self.reader.rows("submission", values))
        mine = [(mailbox, service) for name, mailbox, service, *_rest in rows.get("sender", []) if name == str(login)]
        if not mine:
            if sender == login or not sender.domain or not self.senders(login):
                return self._silenced(login)
            return f"553 5.7.1 <{sender}> is not an address of {login}"
        mailbox, service = mine[0]
        if mailbox in self._stopped:
            return BLOCKED
        verdict = await self._verdict(attributes, address, found_in(rows, address), stranger=OK)
        if verdict == OK and (limit := self.limits.exceeded(mailbox, service, attributes.get("recipient", ""))):
            if not self.limits.floods(mailbox):
                return f"450 4.7.1 {limit}"
            log.warning("%s is blocked: it floods", login)
            self._stopped.add(mailbox)
            self.stop(mailbox, lambda: self._stopped.discard(mailbox))
            self.limits.start_anew(mailbox)
            return BLOCKED
        return verdict

    def _silenced(self, login: Address) -> str:
        """Why a login may send as nobody."""
        rows = self.reader.rows("blocked", self._values(login))
        return BLOCKED if rows and rows[0][0] else "421 4.7.0 This account cannot send mail now"

    def senders(self, address: Address) -> list[tuple[str, str, str]]:
        """Logins that may send as this address, each with its mailbox and service."""
        rows = self.reader.rows("senders", self._values(address))
        return [(login, mailbox, service) for login, mailbox, service in rows]

    def is_own_host(self, host: str) -> bool:
        return any(host in platform.hosts for platform in self.platforms().values())

    def platforms(self) -> dict[str, Platform]:
        if time.monotonic() > self._platforms_at + PLATFORMS_KEPT:
            rows = self.reader.rows("platforms", {})
            self._platforms = {row[0]: platform_of(row) for row in rows}
            self._platforms_at = time.monotonic()
        return self._platforms

    # How it is decided

    async def _verdict(
        self, attributes: Mapping[str, str], address: Address, found: Found | None, *, stranger: str
    ) -> str:
        recipient = attributes.get("recipient", "")
        self.standings.forget(address)
        if found is None:
            if is_of_own_use(address, self.asker.helo):
                return RELAY_DENIED
            if stranger == OK:
                self.standings.note(address, None)
            return OK if self._is_sink(address) else stranger
        if found.unwanted and address.base not in ROLES:
            return f"550 5.7.1 <{recipient}>: mail from you is not accepted here"
        if not found.here and not found.elsewhere:
            refusal = f"550 5.1.1 <{recipient}>: there is no such address"
            if not found.authoritative and address.local:
                refusal = await self._asked(recipient, address, found, attributes)
            if refusal and not self._keeps(address, found, refusal, attributes):
                return refusal
            if address.base in ROLES:
                self.kept.note(address, kept=bool(refusal))
        if found.group and (refusal := await self._closed(found, recipient, address, attributes)):
            return refusal
        if found.full:
            return f"552 5.2.2 <{recipient}>: the mailbox is full"
        route = self._route(found, address)
        passed_on = not found.authoritative or found.group or found.forwards
        if passed_on and not attributes.get("sasl_username"):
            # Whoever it is for may still refuse the message or be full: to whom would the bounce go?
            sender, helo = attributes.get("sender", ""), attributes.get("helo_name", "")
            self.spf.begin(attributes.get("client_address", ""), sender, helo)
        if not self.accepted.agrees(address, route):
            return "451 4.3.0 The way to this address has just been changed: try again in half a minute"
        if not found.group:
            self.standings.note(address, self._stands_for(found, address))
        return OK

    def _stands_for(self, found: Found, address: Address) -> str | None:
        if found.caught:
            return quoted(split(found.account))  # what that account passes on was not read
        return self._account(address, found.account, found.forwards) if found.account else None

    async def _asked(self, recipient: str, address: Address, found: Found, attributes: Mapping[str, str]) -> str:
        """Why the target's part of the domain does not take the recipient; empty where it does."""
        unknown = f"550 5.1.1 <{recipient}>: there is no such address"
        asked = spoken(recipient)
        if not asked or self._is_question(attributes):
            return unknown  # a question is never answered by another question
        loop = f"550 5.4.6 <{recipient}>: the server that has the other addresses leads back here"
        if self._platform_at(found.target) == self.platform and found.target.endswith(ENTRANCE):
            return loop  # our own MX, also where a NAT has it on another address; another port is another server
        target = self._last_target(address.domain, found.target)
        if target is None:
            return unknown
        client = attributes.get("client_address", "")
        from_target = client in await self.asker.addresses(target)
        if from_target and not _is_loopback(client):
            return f"550 5.4.6 <{recipient}>: there is no such address here, and you are the server that has the others"
        try:
            helo = attributes.get("helo_name", "")
            reply = await self.asker.ask(target, asked, network_of(client), helo=helo, from_target=from_target)
        except Loop:
            return loop
        except Guessing:
            return "421 4.7.1 Too many unknown recipients"
        if reply.accepted:
            return ""
        if reply.refused:
            return f"550 5.1.1 <{recipient}>: {target} said: {reply.code} {printable(reply.text)}"
        return f"450 4.4.1 <{recipient}>: {target} cannot say now: {printable(reply.text)}"

    async def _closed(self, found: Found, recipient: str, address: Address, attributes: Mapping[str, str]) -> str:
        """Why this sender may not write to a group; empty where he may. Accounts of ours are known by their login
        alone: anybody can write their addresses into an envelope."""
        if found.senders == "everyone" or address.detail == BOUNCES:
            return ""
        closed = f"550 5.7.1 <{recipient}>: you may not write to this group"
        login = attributes.get("sasl_username", "")
        sender = split(login or attributes.get("sender", ""))
        values = {
            "group": found.group,
            "login": login,
            "local": sender.local,
            "domain": sender.domain,
            "address": str(sender),
            "plain": f"{sender.base}@{sender.domain}",
        }
        if not sender.domain or not self.reader.rows("may_write", values):
            return closed
        if login:
            return ""
        rows = self.reader.rows("domain", {"platform": self.platform, "domain": sender.domain})
        if rows and rows[0][0] == "authoritative":
            return closed
        written = attributes.get("sender", "")
        self.spf.begin(attributes.get("client_address", ""), written, attributes.get("helo_name", ""))
        return closed if await self.spf.failed(written) else ""

    def _is_sink(self, address: Address) -> bool:
        """Senders of ours that read nothing. They exist, for targets that ask whether a sender does."""
        return address.local in {NOBODY, QUESTION} and address.domain == self.asker.helo

    def _is_question(self, attributes: Mapping[str, str]) -> bool:
        """Whether it is one of our own platforms that asks, told by sender and by how it greets."""
        sender, helo = split(attributes.get("sender", "")), attributes.get("helo_name", "").lower()
        return (sender.local == QUESTION and self.is_own_host(sender.domain)) or (
            helo == self.asker.helo and str(sender) == self.asker.sender
        )

    def _last_target(self, domain: str, target: str) -> str | None:
        """Where to ask: a target that is another of our platforms is asked in the database, and so on from there.

        None where no platform of ours passes the domain on to anybody else.
        """
        seen = {self.platform}
        for _hop in range(MOST_HOPS):
            other = self._platform_at(target)
            if other is None:
                return target
            if other == self.platform:
                # With a port it is told by address and port whether it is our own server; without, two of our
                # platforms point at each other.
                return None if target.endswith(ENTRANCE) else target
            rows = self.reader.rows("domain", {"platform": other, "domain": domain})
            if other in seen or not rows or not rows[0][1]:
                return None
            seen.add(other)
            target = rows[0][1]
        return None

    def _platform_at(self, target: str) -> str | None:
        host = target.removeprefix("[").partition("]")[0]
        return next((slug for slug, platform in self.platforms().items() if host in platform.hosts), None)

    def _find(self, address: Address) -> Found | None:
        """Whoever writes to it."""
        rows = self.reader.rows("route", {**self._values(address), **_written_by(split(""))})
        return found_in(by_kind(rows), address)

    def _keeps(self, address: Address, found: Found, refusal: str, attributes: Mapping[str, str]) -> bool:
        """Whether the organization itself reads what nobody else takes. RFC 2142: somebody must."""
        if address.base not in ROLES or not refusal.startswith("550"):
            return False
        return found.authoritative or not self._is_question(attributes)  # the asker keeps it

    def _route(self, found: Found, address: Address) -> str:
        """Unknown ones of an authoritative domain go to Dovecot, which refuses them: they were accepted earlier."""
        local = self.local[entrance_of(address.domain) % len(self.local)]
        if found.here:
            return local
        if address.base in ROLES and not found.elsewhere and (found.authoritative or self.kept.has(address)):
            return self.inbox
        if found.authoritative:
            return local
        if found.elsewhere and self._platform_at(found.target) != found.elsewhere:
            platform = self.platforms().get(found.elsewhere)
            if platform is not None and platform.mx_hosts:
                return f"relay:[{platform.mx_hosts[0]}]"
        return f"relay:{found.target}"

    def _values(self, address: Address, size: str = "") -> dict[str, str]:
        """`size`: of the message, where its sender has said it."""
        return {
            "platform": self.platform,
            "domain": address.domain,
            "local": address.local,
            "base": address.base,
            "size": size if size.isascii() and size.isdigit() and len(size) < 19 else "0",
        }


def is_of_own_use(address: Address, host: str) -> bool:
    """What stands for a forward, a rule or a part of a group on this machine: only the machine itself sends to it."""
    return address.domain == host and address.local.startswith(OWN_USE)


def by_kind(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Rows of a question whose first column says what each is."""
    found: dict[str, list[Row]] = {}
    for kind, *row in rows:
        found.setdefault(kind, []).append(tuple(row))
    return found


def found_in(rows: Mapping[str, Sequence[Row]], address: Address) -> Found | None:
    """What the answer to `route` says of an address; None for what is not ours."""
    if "domain" not in rows:
        return None
    mode, target, here, elsewhere, catch_all, group, listed, *_rest = rows["domain"][0]
    # As the answer to `expand` has them: target, outside, keep, number.
    forwards = tuple((row[0], *row[-3:]) for row in rows.get("forward", []))
    senders, _colon, number = (group or "").partition(":")
    state, _blank, account = (here or "").partition(" ")
    caught = False
    if number or (state and forwards and not forwards[0][2]):
        state = "here"  # nothing of it goes into the mailbox of that name
    elif not state and mode == "authoritative" and address.local and address.base not in ROLES:
        state, _blank, account = (catch_all or "").partition(" ")
        caught = bool(state)
    return Found(
        authoritative=mode == "authoritative",
        target=target,
        here=bool(state),
        full=state == "full",
        elsewhere="" if mode == "authoritative" else elsewhere or "",
        senders=senders,
        group=number,
        account=account,
        caught=caught,
        forwards=forwards,
        unwanted=listed == "block",  # an entry that allows it comes first
    )


def _written_by(sender: Address) -> dict[str, str]:
    return {"sender": str(sender), "sender_domain": sender.domain}


def platform_of(row: tuple[str, ...]) -> Platform:
    slug, mx_hosts, imap_host, smtp_host, outbound, spf_include = row
    mx = tuple(json.loads(mx_hosts))
    hosts = frozenset({*mx, imap_host, smtp_host} - {""})
    return Platform(slug, mx, hosts, frozenset(json.loads(outbound)), spf_include)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return True  # a unix socket


def entrance_of(domain: str) -> int:
    """Modulo the number of entrances: by which its mail gets to Dovecot, so that no domain waits long for another."""
    return crc32(domain.encode())
