"""Asks a target server, in the middle of a conversation of ours, whether it takes a recipient.

Nothing is remembered: the target's answer is asked for each time. What is bounded is how much strangers can make us
ask: conversations at once with one target and for one client's network, and how many of its questions may end in a
refusal before that network is not asked for any more.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from .addresses import printable

log = logging.getLogger(__name__)

SECONDS = 9.0  # for one question, waiting for its turn included: the client has an answer within ten
PER_TARGET = 8  # conversations at once
PER_CLIENT = 20
REFUSALS = 100  # of one client's network within REFUSALS_WITHIN: then it is guessing
REFUSALS_WITHIN = 600.0
PATIENCE = 4.0  # seconds for which a question from the target's own address waits for the target's answer
MOST_NAMES = 1000  # of targets, under which they greeted
SMTP_PORT = 25
MAX_LINES = 100  # of one reply


@dataclass(frozen=True, slots=True)
class Reply:
    """`code` 250: the target takes it; 5xx: it does not, and `text` says why; anything else: it cannot say."""

    code: int
    text: str

    @property
    def accepted(self) -> bool:
        return 200 <= self.code < 300

    @property
    def refused(self) -> bool:
        return 500 <= self.code < 600


class Loop(Exception):  # noqa: N818 - an answer
    """The target leads back to us."""


class Guessing(Exception):  # noqa: N818 - an answer
    """This client has tried too many recipients that targets refused."""


# A host's addresses, in order; raises OSError where there is none.
type Resolve = Callable[[str], Awaitable[list[str]]]
type IsOurs = Callable[[str, int], bool]


@dataclass
class Asker:
    """`helo` and `sender` are how a question of ours is told when it comes back."""

    helo: str
    sender: str
    resolve: Resolve
    is_ours: IsOurs
    may_connect: Callable[[str], bool]
    seconds: float = SECONDS
    asked: int = 0
    _turns: dict[str, asyncio.Semaphore] = field(default_factory=dict)
    _at_target: Counter[str] = field(default_factory=Counter)
    _under_way: dict[tuple[str, str], asyncio.Task[Reply]] = field(default_factory=dict)
    _clients: Counter[str] = field(default_factory=Counter)
    _refusals: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)
    _names: OrderedDict[str, frozenset[str]] = field(default_factory=OrderedDict)
    _put: set[tuple[str, str]] = field(default_factory=set)  # questions that the target has heard

    async def ask(self, target: str, address: str, client: str, *, helo: str = "", from_target: bool = False) -> Reply:
        """What `target` (as the views have it: `[host]` or `[host]:port`) says to `address`.

        One question at a time is asked about one address: whoever asks meanwhile hears the same answer.
        Where the target itself asks us before it answers, it would wait for itself: that is a loop. It is told by how
        it greets (`helo`), or, `from_target`, by its address; others may have that one too, so it waits for a while.
        Raises Loop and Guessing.
        """
        if self._is_guessing(client):
            raise Guessing
        if self._clients[client] >= PER_CLIENT:
            return Reply(450, "too many questions at once for your network")
        key = (target, address)
        task = self._under_way.get(key)
        joins = task is not None
        if task is None:
            task = asyncio.ensure_future(self._ask(target, address))
            self._under_way[key] = task
            task.add_done_callback(lambda _done: self._under_way.pop(key, None))
        self._clients[client] += 1
        try:
            if joins and self._greets_as(target, helo) and key in self._put:
                raise Loop
            if joins and from_target:
                await asyncio.wait([task], timeout=PATIENCE)
                if key in self._put:
                    raise Loop
            reply = await asyncio.shield(task)
        finally:
            self._clients[client] -= 1
            if not self._clients[client]:
                del self._clients[client]
        if reply.refused:
            self._note_refusal(client)
        return reply

    async def addresses(self, target: str) -> list[str]:
        """Of a target, for telling whether a client is one; empty where they are not known."""
        try:
            return await self.resolve(_host_and_port(target)[0])
        except OSError:
            return []

    def _greets_as(self, target: str, helo: str) -> bool:
        return helo.lower().rstrip(".") in self._names.get(target, ())

    def _note_names(self, target: str, *replies: Reply) -> None:
        names = (reply.text.partition(" ")[0].lower().rstrip(".") for reply in replies)
        self._names[target] = frozenset(name for name in names if "." in name)
        self._names.move_to_end(target)
        while len(self._names) > MOST_NAMES:
            self._names.popitem(last=False)

    def _is_guessing(self, client: str) -> bool:
        times = self._refusals.get(client)
        if times is None:
            return False
        while times and times[0] < time.monotonic() - REFUSALS_WITHIN:
            times.popleft()
        return len(times) >= REFUSALS

    def _note_refusal(self, client: str) -> None:
        self._refusals.setdefault(client, deque(maxlen=REFUSALS)).append(time.monotonic())
        self._refusals.move_to_end(client)
        while len(self._refusals) > 10_000:
            self._refusals.popitem(last=False)

    async def _ask(self, target: str, address: str) -> Reply:
        turn = self._turns.setdefault(target, asyncio.Semaphore(PER_TARGET))
        self._at_target[target] += 1
        try:
            async with asyncio.timeout(self.seconds), turn:
                return await self._converse(target, address)
        except TimeoutError:
            return Reply(450, "it does not answer in time")
        except OSError as error:
            return Reply(450, f"it cannot be reached ({printable(str(error.strerror or error), 100)})")
        except (ValueError, EOFError, asyncio.LimitOverrunError):
            return Reply(450, "it broke off the conversation")
        finally:
            self._at_target[target] -= 1
            if not self._at_target[target]:
                del self._at_target[target], self._turns[target]

    async def _converse(self, target: str, address: str) -> Reply:
        host, port = _host_and_port(target)
        addresses = await self.resolve(host)
        if any(self.is_ours(item, port) for item in addresses):
            raise Loop
        self.asked += 1
        reader, writer = await _connect([item for item in addresses if self.may_connect(item)], port)
        try:
            banner = reply = await _reply(reader)
            if reply.code != 220:  # it turns us away, not this recipient
                return _later(reply)
            reply = await _command(reader, writer, f"EHLO {self.helo}")
            if not reply.accepted:
                reply = await _command(reader, writer, f"HELO {self.helo}")
            if reply.accepted:
                self._note_names(target, banner, reply)
                reply = await _command(reader, writer, f"MAIL FROM:<{self.sender}>")
            if not reply.accepted:
                return _later(reply)
            self._put.add((target, address))
            reply = await _command(reader, writer, f"RCPT TO:<{address}>")
            writer.write(b"QUIT\r\n")
            return reply if reply.accepted or reply.refused else _later(reply)
        finally:
            self._put.discard((target, address))
            writer.close()


def _later(reply: Reply) -> Reply:
    return Reply(450, f"{reply.code} {reply.text}")


def _host_and_port(target: str) -> tuple[str, int]:
    host, _bracket, port = target.removeprefix("[").partition("]")
    return host, int(port.removeprefix(":") or SMTP_PORT)


async def _connect(addresses: list[str], port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """With the first of the addresses that answers."""
    failure: OSError = OSError("it has no address that may be connected to")
    for address in addresses:
        try:
            return await asyncio.open_connection(address, port, limit=4096)
        except OSError as error:
            failure = error
    raise failure


async def _command(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: str) -> Reply:
    writer.write(f"{line}\r\n".encode("ascii"))
    await writer.drain()
    return await _reply(reader)


async def _reply(reader: asyncio.StreamReader) -> Reply:
    """RFC 5321 §4.2."""
    texts: list[str] = []
    for _line in range(MAX_LINES):
        line = (await reader.readuntil(b"\n")).decode("ascii", "replace").rstrip("\r\n")
        code, texts = int(line[:3]), [*texts, line[4:]]
        if line[3:4] != "-":
            return Reply(code, " ".join(texts)[:500])
    raise ValueError("a reply without end")
