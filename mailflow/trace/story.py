"""Puts together what the logs say of one message: a story for each recipient. Pure.

Lines of a message are scattered over time: of one that waits for its target, over days. What is not over is kept in
`Stories` and written to a file together with the place up to which the logs were read (following.py); whatever is told
twice comes out the same.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from ..addresses import split
from .lines import Came, Event, Expired, Gone, HandedIn, Named, Queued, Stored, Tried, Turned

MOST_OPEN = 50_000  # messages; a machine whose queue is longer forgets the oldest
MOST_SESSIONS = 2_000
UNTRIED = timedelta(seconds=5)  # after which a message has a row that no server has been tried for
LONGEST_TALK = timedelta(hours=1)
LONGEST_QUEUED = timedelta(days=30)
FIRST_STEPS, LAST_STEPS = 10, 20  # of a message that is tried again and again

ACCEPTED, DELIVERED, RELAYED, PASSED_ON, KEPT = "accepted", "delivered", "relayed", "passed_on", "kept"
DEFERRED, REFUSED, BOUNCED, DELETED = "deferred", "refused", "bounced", "deleted"
OUT, IN, INSIDE = "out", "in", "inside"

type Step = list[str]  # when (ISO 8601), what (a state), the words


@dataclass
class TracedRecipient:
    written: str
    became: str
    state: str = ACCEPTED
    words: str = ""
    relay: str = ""
    steps: list[Step] = field(default_factory=list)
    changed: bool = True


@dataclass
class Message:
    """`login`: who has signed in to send it; `passed_on`: it left here under an address of ours."""

    queue_id: str
    at: str  # ISO 8601
    client: str = ""
    login: str = ""
    sender: str = ""
    message_id: str = ""
    size: int = 0
    passed_on: bool = False
    queued: bool = False
    placed: bool = False  # it has a row although nobody is known to whom it goes
    recipients: dict[str, TracedRecipient] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """A row: what one organization may know of a message to one recipient. `organization` is None for staff alone."""

    key: UUID
    organization: int | None
    service: int | None
    side: str
    at: datetime
    changed_at: datetime
    queue_id: str
    message_id: str
    sender: str
    recipient: str
    became: str  # empty where it stayed what it was
    state: str
    words: str
    relay: str
    client: str
    login: str
    size: int
    steps: tuple[tuple[str, str, str], ...]

    @property
    def at_the_door(self) -> bool:
        """Whether the message was never taken."""
        return len(self.steps) == 1 and self.state != ACCEPTED


type Owner = tuple[int, int]  # organization and service of a domain
type Owners = Callable[[str], Owner | None]


class Stories:
    """`machine`: its name, at which the servers' own addresses are."""

    def __init__(self, machine: str) -> None:
        self.machine = machine
        self._open: OrderedDict[str, Message] = OrderedDict()
        self._sessions: OrderedDict[str, str] = OrderedDict()
        self._delivered: OrderedDict[str, tuple[Message, TracedRecipient]] = OrderedDict()
        self._changed: dict[str, Message] = {}
        self._turned: list[tuple[str, datetime, Turned]] = []
        self._untried: dict[str, Message] = {}
        self._withdrawn: list[UUID] = []

    def hear(self, at: datetime, event: Event, place: str) -> None:
        """`place`: of the line, which no other line has."""
        match event:
            case Stored(session, folder):
                self._stored(session, folder)
            case Turned():
                message = self._open.get(event.queue_id)
                if message is not None and not event.login and message.login:
                    event = Turned(
                        event.queue_id, event.client, event.sender, event.recipient, message.login, event.words
                    )
                self._turned.append((place, at, event))
            case Gone(queue_id, deleted):
                self._gone(at, queue_id, deleted=deleted)
            case _:
                self._tell(self._message(event.queue_id, at), at, event)

    def _stored(self, session: str, folder: str) -> None:
        """Either of the two may be heard first. Only where Postfix was, and this process is killed before it hears
        Dovecot, the row stays without its folder."""
        told = self._delivered.pop(session, None)
        if told is not None:
            message, recipient = told
            recipient.words = recipient.steps[-1][2] = f"{recipient.words} → {folder}"
            recipient.changed = True
            self._changed[message.queue_id] = message
            return
        self._sessions[session] = folder
        if len(self._sessions) > MOST_SESSIONS:
            self._sessions.popitem(last=False)

    def _folder(self, message: Message, recipient: TracedRecipient, words: str) -> str:
        """Where Dovecot put it, which names its session last but one: `250 2.0.0 <address> session Saved`."""
        session = words.split()[-2] if words.endswith(" Saved") else ""
        if folder := self._sessions.pop(session, ""):
            return f"{words} → {folder}"
        if session:
            self._delivered[session] = (message, recipient)
            if len(self._delivered) > MOST_SESSIONS:
                self._delivered.popitem(last=False)
        return words

    def _message(self, queue_id: str, at: datetime) -> Message:
        message = self._open.get(queue_id)
        if message is None:
            message = self._open[queue_id] = Message(queue_id=queue_id, at=at.isoformat())
            if len(self._open) > MOST_OPEN:
                self._open.popitem(last=False)
        return message

    def _tell(self, message: Message, at: datetime, event: Event) -> None:
        match event:
            case Came(_id, client, login):
                if message.queued:  # the queue id of a message whose end was not heard
                    self._forget(message.queue_id)
                    message = self._message(message.queue_id, at)
                message.client, message.login = client, login
            case HandedIn(_id, sender):
                message.sender, message.passed_on = sender, True
            case Named(_id, message_id):
                message.message_id = message_id
            case Queued(_id, sender, size):
                message.sender, message.size, message.queued = sender, size, True
                if not message.recipients:
                    self._untried[message.queue_id] = message
            case Tried():
                self._tried(message, at, event)
            case Expired():
                for recipient in message.recipients.values():
                    if recipient.state == DEFERRED:
                        _step(recipient, at, BOUNCED, recipient.words)
                self._changed[message.queue_id] = message

    def _tried(self, message: Message, at: datetime, event: Tried) -> None:
        name = f"{event.written} {event.recipient}"
        recipient = message.recipients.setdefault(name, TracedRecipient(written=event.written, became=event.recipient))
        recipient.relay = event.relay
        words = event.words
        if event.status == "sent":
            state = _sent(event)
            words = self._folder(message, recipient, words)
        else:
            state = DEFERRED if event.status == "deferred" else BOUNCED
        _step(recipient, at, state, words)
        self._changed[message.queue_id] = message
        self._tried_once(message)

    def _tried_once(self, message: Message) -> None:
        self._untried.pop(message.queue_id, None)
        if message.placed:
            message.placed = False
            self._withdrawn.append(_key(self.machine, message.queue_id, message.at, ACCEPTED))

    def _gone(self, at: datetime, queue_id: str, *, deleted: bool) -> None:
        message = self._open.pop(queue_id, None)
        if message is None:
            return
        self._tried_once(message)
        for recipient in message.recipients.values():
            if deleted and recipient.state == DEFERRED:
                _step(recipient, at, DELETED, "")
        self._changed[queue_id] = message

    def _forget(self, queue_id: str) -> None:
        self._open.pop(queue_id, None)
        self._changed.pop(queue_id, None)
        self._untried.pop(queue_id, None)

    def take(self, owners: Owners, now: datetime) -> tuple[list[Record], list[UUID]]:
        """What has changed since the last time, as rows, and the keys of rows that are no more."""
        records = []
        for message in list(self._untried.values()):
            if now - datetime.fromisoformat(message.at) > UNTRIED:
                del self._untried[message.queue_id]
                found = accepted_of(self.machine, message, owners)
                message.placed = bool(found)
                records += found
        for message in self._changed.values():
            for recipient in message.recipients.values():
                if recipient.changed:
                    recipient.changed = False
                    records += records_of(self.machine, message, recipient, owners)
        for place, at, turned in self._turned:
            records += refusals_of(self.machine, place, at, turned, owners)
        withdrawn = self._withdrawn
        self._changed, self._turned, self._withdrawn = {}, [], []
        return records, withdrawn

    def tidy(self, now: datetime) -> None:
        """Forget what will never be over: conversations that broke off, messages whose end was not heard."""
        for message in list(self._open.values()):
            age = now - datetime.fromisoformat(message.at)
            if age > (LONGEST_QUEUED if message.queued else LONGEST_TALK):
                self._forget(message.queue_id)

    def domains(self) -> set[str]:
        """Of everybody in what `take` will give."""
        found = set()
        for message in self._changed.values():
            found |= {message.login, message.sender}
            for recipient in message.recipients.values():
                found |= {recipient.written, recipient.became}
        found |= {message.login or message.sender for message in self._untried.values()}
        for _place, _at, turned in self._turned:
            found |= {turned.login, turned.recipient}
        return {split(address).domain for address in found} - {""}

    def saved(self) -> dict[str, Any]:
        """What is not over, as JSON takes it."""
        return {"messages": [asdict(message) for message in self._open.values()], "sessions": dict(self._sessions)}

    def restore(self, saved: dict[str, Any]) -> None:
        for values in saved["messages"]:
            recipients = {name: TracedRecipient(**recipient) for name, recipient in values["recipients"].items()}
            message = Message(**{**values, "recipients": recipients})
            self._open[message.queue_id] = message
            if message.queued and not recipients and not message.placed:
                self._untried[message.queue_id] = message
        self._sessions.update(saved["sessions"])


def _sent(event: Tried) -> str:
    if event.discarded:
        return DELETED
    if "/" not in event.relay:
        return RELAYED
    if event.words.startswith("250 2.0.0 Passed on"):
        return PASSED_ON
    return KEPT if event.words.startswith("250 2.0.0 Kept") else DELIVERED


def _step(recipient: TracedRecipient, at: datetime, state: str, words: str) -> None:
    recipient.state, recipient.words, recipient.changed = state, words, True
    recipient.steps.append([at.isoformat(), state, words])
    if len(recipient.steps) > FIRST_STEPS + LAST_STEPS:
        del recipient.steps[FIRST_STEPS]


# Who may know what. See docs/decisions/0394-what-each-side-knows-of-a-message.md.


def records_of(machine: str, message: Message, recipient: TracedRecipient, owners: Owners) -> list[Record]:
    """A row for each organization that has a part in it: who sends it signed in, who has the address that was written
    to, who has the one that it became."""
    sending = _owner(owners, message.login or (message.sender if message.passed_on else ""))
    written, became = _owner(owners, recipient.written), _owner(owners, recipient.became)
    place = became or written or sending  # who has the mailbox, or nobody of ours
    records, told = [], set()
    for part, owner in (("sends", sending), ("written to", written), ("became", became)):
        if owner is None or owner[0] in told:
            continue
        told.add(owner[0])
        mine = [other is not None and other[0] == owner[0] for other in (sending, written, became)]
        key = _key(machine, message.queue_id, message.at, recipient.written, recipient.became, part)
        records.append(
            _record(machine, message, recipient, owner, mine, key=key, here=place is not None and place[0] == owner[0])
        )
    return records


def accepted_of(machine: str, message: Message, owners: Owners) -> list[Record]:
    """Of a message that waits before any server was tried: whoever sends it knows that it was taken."""
    owner = _owner(owners, message.login or (message.sender if message.passed_on else ""))
    if owner is None:
        return []
    key = _key(machine, message.queue_id, message.at, ACCEPTED)
    nobody = TracedRecipient(written="", became="")
    return [_record(machine, message, nobody, owner, [True, False, False], key=key, here=True)]


def _record(
    machine: str, message: Message, recipient: TracedRecipient, owner: Owner, mine: list[bool], *, key: UUID, here: bool
) -> Record:
    sends, written, became = mine
    stayed = recipient.written.lower() == recipient.became.lower()
    shown = recipient.written if sends or written else recipient.became
    own = split(recipient.became).domain == machine  # the agent's, on the way to somewhere else
    steps = [[message.at, ACCEPTED, ""]]
    steps += (
        recipient.steps
        if here
        else [[at, _outside(state), words if _told(stayed, state) else ""] for at, state, words in recipient.steps]
    )
    return Record(
        key=key,
        organization=owner[0],
        service=owner[1],
        side=(INSIDE if written or became else OUT) if sends else IN,
        at=datetime.fromisoformat(message.at),
        changed_at=datetime.fromisoformat(recipient.steps[-1][0] if recipient.steps else message.at),
        queue_id=message.queue_id,
        message_id=message.message_id,
        sender=message.sender,
        recipient=shown,
        became=recipient.became if written and not stayed and not own else "",
        state=recipient.state if here else _outside(recipient.state),
        words=recipient.words if here or _told(stayed, recipient.state) else "",
        relay=_place(recipient.relay) if here else "",
        client=message.client if sends or not message.login else "",
        login=message.login if sends else "",
        size=message.size,
        steps=tuple((at, state, words) for at, state, words in steps),
    )


def _told(stayed: bool, state: str) -> bool:
    """A bounce tells the sender as much."""
    return stayed and state in {DEFERRED, BOUNCED}


def _outside(state: str) -> str:
    """What whoever has not the mailbox knows: that the other side took it."""
    return DELIVERED if state in {RELAYED, PASSED_ON, KEPT} else BOUNCED if state == DELETED else state


def _place(relay: str) -> str:
    """Another server; sockets of our own say nothing to people."""
    return "" if "/" in relay or relay == "none" else relay


def refusals_of(machine: str, place: str, at: datetime, turned: Turned, owners: Owners) -> list[Record]:
    """Whoever has signed in was told the words; whoever has the domain sees that somebody was refused. What is nobody's
    of ours is for staff."""
    sending, receiving = _owner(owners, turned.login), _owner(owners, turned.recipient)
    both = sending is not None and receiving is not None and sending[0] == receiving[0]
    sides: list[tuple[Owner | None, str]] = []
    if sending is not None:
        sides.append((sending, INSIDE if both else OUT))
    if receiving is not None and not both:
        sides.append((receiving, IN))
    records, later = [], turned.words.startswith("4")
    for owner, side in sides or [(None, IN)]:
        sends = side != IN
        records.append(
            Record(
                key=_key(machine, place, side),
                organization=owner[0] if owner else None,
                service=owner[1] if owner else None,
                side=side,
                at=at,
                changed_at=at,
                queue_id=turned.queue_id,
                message_id="",
                sender=turned.sender,
                recipient=turned.recipient,
                became="",
                state=DEFERRED if later else REFUSED,
                words=turned.words,
                relay="",
                client=turned.client if sends or not turned.login else "",
                login=turned.login if sends else "",
                size=0,
                steps=((at.isoformat(), DEFERRED if later else REFUSED, turned.words),),
            )
        )
    return records


def _owner(owners: Owners, address: str) -> Owner | None:
    domain = split(address).domain if address else ""
    return owners(domain) if domain else None


def _key(*parts: str) -> UUID:
    return UUID(bytes=hashlib.blake2b("\0".join(parts).encode(), digest_size=16).digest())


def newest_of_each(records: Iterable[Record]) -> list[Record]:
    """One row a key: a batch may tell of a message twice."""
    return list({record.key: record for record in records}.values())
