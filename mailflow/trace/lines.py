"""What a line of the servers' logs says: of Postfix from 3.7, of Dovecot 2.3 and 2.4. Pure.

Lines hold what strangers chose: addresses, greetings, message ids, the words of other servers. Everything is read from
the left where Postfix wrote it itself, an address with the quotes of its local part (RFC 5321 §4.1.2), so that no part
of one passes for what follows it; every text is one line, printable and bounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

LONGEST = 4096  # characters of a line that are looked at
ADDRESS = 320
WORDS = 500
HOST = 255
MESSAGE_ID = 250

_QUEUE_ID = r"(?P<id>[0-9A-Za-z]{5,30}+)"
_ADDRESS = r'<((?:"(?:[^"\\]|\\.){0,512}+"|[^<>"]){0,512}+)>'
_TIME = (
    r"(?P<time>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d))"
)

_POSTFIX = re.compile(
    _TIME + r" \S{1,255} postfix(?P<service>(?:/[\w-]{1,40}){0,2}?)"
    r"/(?P<daemon>[a-z]{3,12})\[\d{1,10}\]: (?P<said>.*)",
    re.DOTALL,
)
_OF_MESSAGE = re.compile(_QUEUE_ID + r": (?P<said>.*)", re.DOTALL)
_CLIENT = re.compile(r"client=(?P<client>[^\s,]{1,300}+)(?P<more>.*)", re.DOTALL)
_LOGIN = re.compile(r", sasl_username=(\S+)")
_PICKUP = re.compile(r"uid=\d{1,10} from=" + _ADDRESS)
_QUEUED = re.compile(r"from=" + _ADDRESS + r", size=(\d{1,15}), nrcpt=(\d{1,9})")
_EXPIRED = re.compile(r"from=" + _ADDRESS + r", status=(?:force-)?expired, returned to sender")
_TRIED = re.compile(
    r"to=" + _ADDRESS + r"(?:, orig_to=" + _ADDRESS + r")?, relay=(?P<relay>[^\s,]{1,400}+),"
    r"(?: conn_use=\d+,)?(?: [a-z_]{3,20}=[\d./]+,){0,6} dsn=(?P<dsn>[\d.]+), status=(?P<status>[a-z]+) "
    r"\((?P<words>.*)\)",
    re.DOTALL,
)
_REFUSED = re.compile(
    r"(?:milter-)?reject: (?P<stage>[A-Z-]+) from (?P<client>[^\s:]{1,300}(?::[^\s:]{1,60})*+): (?P<words>[45].*)",
    re.DOTALL,
)
_TO_WHOM = re.compile(r"\d{3} \d\.\d{1,3}\.\d{1,3} " + _ADDRESS + r": (?:Recipient address rejected: )?", re.DOTALL)
_ENVELOPE = re.compile(
    r"; from=" + _ADDRESS + r"(?: to=" + _ADDRESS + r")? proto=[A-Z]{3,8}(?: helo=<[^<>\s]{0,255}+>)?"
    r"(?: sasl_method=\S{1,40}+)?(?: sasl_username=(?P<login>\S{1,320}+))?(?: sasl_sender=\S{1,320}+)?\Z"
)
_SAVED = re.compile(
    _TIME + r" lmtp\((?P<user>[^\s()]{1,320}+)\)<\d{1,10}><(?P<session>[^<>\s]{1,100}+)>: Info: (?P<said>.*)", re.DOTALL
)
_UNPRINTABLE = re.compile(
    r"[^\x20-\x7e\xa1-\u200d\u2010-\u2029\u202f-\u2065\u2070-\ud7ff\uf900-\ufffd\U00010000-\U000dffff]"
)
_PROVEN = ("5.1.1 ", "5.4.6 ", "5.2.2 ", "4.4.1 ", "4.7.1 ")
_FOLDERS = (": saved mail to ", ": stored mail into mailbox ")
_DELIVERING = frozenset({"smtp", "lmtp", "error", "retry", "discard", "local", "virtual", "pipe"})


@dataclass(frozen=True, slots=True)
class Came:
    """By SMTP. `login` is empty for whoever has not signed in."""

    queue_id: str
    client: str
    login: str


@dataclass(frozen=True, slots=True)
class HandedIn:
    """By a program of the machine: the agent, who passes it on as `sender`."""

    queue_id: str
    sender: str


@dataclass(frozen=True, slots=True)
class Named:
    queue_id: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Queued:
    queue_id: str
    sender: str
    size: int


@dataclass(frozen=True, slots=True)
class Tried:
    """A delivery. `written` is the address that the message came to, where it became another."""

    queue_id: str
    recipient: str
    written: str
    relay: str
    status: str  # sent, deferred, bounced, expired; of `discard` sent, too
    words: str
    discarded: bool


@dataclass(frozen=True, slots=True)
class Expired:
    queue_id: str


@dataclass(frozen=True, slots=True)
class Gone:
    """Out of the queue; `deleted`: by somebody's hand."""

    queue_id: str
    deleted: bool


@dataclass(frozen=True, slots=True)
class Turned:
    """Refused. The queue id is empty where the message never got one."""

    queue_id: str
    client: str
    sender: str
    recipient: str
    login: str
    words: str


@dataclass(frozen=True, slots=True)
class Stored:
    """Dovecot's word on where a message went. The session is named in its reply to Postfix."""

    session: str
    folder: str


type Event = Came | HandedIn | Named | Queued | Tried | Expired | Gone | Turned | Stored


def read(line: str, now: datetime, zone: ZoneInfo) -> tuple[datetime, Event] | None:
    """When it was and what happened; None for a line that says nothing of a message."""
    line = line[:LONGEST]
    if found := _POSTFIX.fullmatch(line):
        event = _postfix(found["daemon"], found["said"])
        if isinstance(event, Turned) and not event.login and "/submission" in found["service"]:
            event = replace(event, login=_signed_in(event))
    elif found := _SAVED.fullmatch(line):
        event = _stored(found["session"], found["said"])
    else:
        return None
    if event is None:
        return None
    at = moment(found["time"], now, zone)
    return None if at is None else (at, event)


def moment(text: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """A time as the servers write it: without a year, in their zone. It is the latest that is not to come."""
    try:
        if text[0].isdigit():
            return datetime.fromisoformat(text).astimezone(UTC)
        for year in (now.year + 1, now.year, now.year - 1, now.year - 2, now.year - 3, now.year - 4):
            try:
                local = datetime.strptime(f"{year} {text}", "%Y %b %d %H:%M:%S").replace(tzinfo=zone)
            except ValueError:
                continue  # 29 February
            for fold in (1, 0):  # the hour that is there twice in autumn
                at = local.replace(fold=fold).astimezone(UTC)
                if at <= now + timedelta(minutes=5):
                    return at
    except (ValueError, OverflowError):
        pass
    return None


def clean(text: str, most: int) -> str:
    """One line of printable characters, without those that turn the direction of text; with … where it was cut."""
    text = _UNPRINTABLE.sub("?", text)
    return text if len(text) <= most else text[: most - 1] + "…"


def _postfix(daemon: str, said: str) -> Event | None:
    if said.startswith("NOQUEUE: "):
        return _turned("", said.removeprefix("NOQUEUE: ")) if daemon == "smtpd" else None
    found = _OF_MESSAGE.fullmatch(said)
    if found is None:
        return None
    read = _READERS.get(daemon)
    if read is None:
        read = _tried_by(daemon) if daemon in _DELIVERING else None
    return read(found["id"], found["said"]) if read else None


def _smtpd(queue_id: str, said: str) -> Event | None:
    found = _CLIENT.fullmatch(said)
    if found is None:
        return _turned(queue_id, said)
    login = _LOGIN.search(found["more"])
    return Came(queue_id, clean(found["client"], HOST), clean(login[1], ADDRESS) if login else "")


def _cleanup(queue_id: str, said: str) -> Event | None:
    if said.startswith("message-id="):
        return Named(queue_id, clean(said.removeprefix("message-id=").strip("<> "), MESSAGE_ID))
    return _turned(queue_id, said)


def _qmgr(queue_id: str, said: str) -> Event | None:
    if said == "removed":
        return Gone(queue_id, deleted=False)
    if found := _QUEUED.match(said):
        return Queued(queue_id, clean(found[1], ADDRESS), int(found[2]))
    return Expired(queue_id) if _EXPIRED.match(said) else None


def _pickup(queue_id: str, said: str) -> Event | None:
    found = _PICKUP.match(said)
    return HandedIn(queue_id, clean(found[1], ADDRESS)) if found else None


def _postsuper(queue_id: str, said: str) -> Event | None:
    return Gone(queue_id, deleted=True) if said == "removed" else None


def _tried_by(daemon: str) -> Callable[[str, str], Event | None]:
    def tried(queue_id: str, said: str) -> Event | None:
        found = _TRIED.fullmatch(said)
        if found is None:
            return None
        return Tried(
            queue_id=queue_id,
            recipient=clean(found[1], ADDRESS),
            written=clean(found[2] or found[1], ADDRESS),
            relay=clean(found["relay"], HOST),
            status=found["status"],
            words=clean(found["words"], WORDS),
            discarded=daemon == "discard",
        )

    return tried


def _turned(queue_id: str, said: str) -> Event | None:
    """The recipient is the one that Postfix names before the words, where it does: what follows may be a stranger's."""
    found = _REFUSED.fullmatch(said)
    if found is None:
        return None
    words = found["words"]
    named = _TO_WHOM.match(words)
    at = words.find("; from=<")
    while at >= 0:
        envelope = _ENVELOPE.match(words, at)
        if envelope is not None and (named is None or envelope[2] in {None, named[1]}):
            text = words[:at] if named is None else words[: named.start(1) - 1] + words[named.end() : at]
            recipient = envelope[2] or (named[1] if named else "")
            return Turned(
                queue_id=queue_id,
                client=clean(found["client"], HOST),
                sender=clean(envelope[1], ADDRESS),
                recipient=clean(recipient, ADDRESS),
                login=clean(envelope["login"] or "", ADDRESS),
                words=clean(text, WORDS),
            )
        at = words.find("; from=<", at + 1)
    return None


def _signed_in(turned: Turned) -> str:
    """Who was refused on submission, where Postfix does not say it. The policy server has held the sender against the
    login before it says any of these words; of a sender who is not the login's it names the login last."""
    _sender, found, login = turned.words.rpartition(" is not an address of ")
    if turned.words.startswith("553 5.7.1 ") and found:
        return login
    proven = turned.words[4:].startswith(_PROVEN) or turned.words.endswith(": you may not write to this group")
    return turned.sender if proven else ""


def _stored(session: str, said: str) -> Event | None:
    """Of messages that Sieve discards or passes on it writes a stranger's Message-ID as well, and more after it."""
    for mark in _FOLDERS:
        head, found, folder = said.rpartition(mark)
        whole = folder.endswith("'") if mark == _FOLDERS[1] else not said.startswith("sieve: ")
        if found and whole and "msgid=" in head:
            return Stored(clean(session, HOST), clean(folder.strip("'"), HOST))
    return None


_READERS: dict[str, Callable[[str, str], Event | None]] = {
    "smtpd": _smtpd,
    "cleanup": _cleanup,
    "qmgr": _qmgr,
    "pickup": _pickup,
    "postsuper": _postsuper,
}
