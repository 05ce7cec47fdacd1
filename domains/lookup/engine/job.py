"""One question under way: sent again with back-off, to one server after another, until an answer can be believed.

An answer counts when it comes from the address that was asked (connected sockets see to that), under an id in use
there and with our question in it. Anything else is as if it had not arrived. What can be read but not used (SERVFAIL,
REFUSED, garbage behind the right id) is remembered, and named in the failure when nothing better comes in time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from .. import wire
from ..answers import Answer, Failure, Question, records_found
from .reading import MAX_CHAIN, Chain, Onward, interpret
from .sockets import Channel

if TYPE_CHECKING:
    from .allowance import Allowance
    from .asking import Engine
    from .server import Server
    from .upstream import Upstream

# Seconds to wait for an answer before the question is sent again, by the number of queries sent so far.
PATIENCE = (0.4, 0.6, 0.9, 1.3, 1.8, 2.0)
MAX_TRIES = len(PATIENCE) + 1
# Seconds before asking again after an answer of no use, by the number of those.
PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
BOGUS_TRIES = 3  # a validator that says so three times means it
# Where several things went wrong, the failure that tells people most.
TELLING = (
    Failure.BOGUS,
    Failure.LAME,
    Failure.SERVFAIL,
    Failure.REFUSED,
    Failure.TRUNCATED,
    Failure.MALFORMED,
    Failure.OTHER,
    Failure.UNREACHABLE,
    Failure.LIMIT,
    Failure.TIMEOUT,
)

Callback = Callable[[Question, Answer], object]


class Job:
    """What most questions never touch stands here, so that making one costs little."""

    size = 1  # question
    tick = 0  # of the wheel
    done = False
    launched = False
    deadline = 0.0
    others: Sequence[Callback] = ()  # of those who asked the same later
    alias: str | None = None  # the target that is asked for now, once a chain was followed
    chain: Chain = ()  # aliases at whose ends other servers' zones began
    dname = False
    ttl: int | None = None  # of those aliases
    # since the name (or an alias' target) was first asked for:
    channel: Channel | None = None  # where an answer to the last query may still come from …
    id = 0  # … and under which id
    earlier: tuple[tuple[Channel, int], ...] = ()  # the same of queries before it
    edns = True
    tries = 0  # queries sent
    useless = 0  # answers of no use
    bogus = 0
    streams = 0  # TCP connections at work
    reserved = False  # waiting for a place below the server's ceiling
    patient = False  # the timer ends the wait for an answer that should have come
    noted: dict[Failure, Answer | None] | None = None
    allowance: Allowance | None = None  # of the check run that asks, for servers of a customer's naming

    def __init__(
        self,
        engine: Engine,
        upstream: Upstream,
        question: Question,
        section: bytes,
        limit: float | None,
        callback: Callback,
        among: dict[Question, Job] | None,
        kept: bool,
    ) -> None:
        self.engine = engine
        self.upstream = upstream
        self.question = question
        self.section = section
        self.limit = limit  # the asker's deadline, by the loop's clock
        self.callback = callback
        self.among = among  # questions under way, of which this is one; None: nobody can join it
        self.kept = kept  # for others who will ask the same
        self.tail = wire.query_tail(section, recursion=not upstream.authoritative, unchecked=question[3])
        self.first = upstream.turn = upstream.turn + 1

    def wait_in_line(self) -> None:
        """Not launched yet; but whoever asked does not wait for ever."""
        if self.limit is not None:
            self.engine.wheel.set(self, self.limit)

    def join(self, callback: Callback, limit: float | None) -> None:
        """Somebody else asks the same. The later of their deadlines is the question's."""
        self.others = (*self.others, callback)
        if self.limit is not None:
            self.limit = None if limit is None else max(limit, self.limit)
            if self.launched:
                self.deadline = self.launched_at + self.engine.question_seconds
                if self.limit is not None:
                    self.deadline = min(self.deadline, self.limit)
            else:
                self.wait_in_line()

    def launch(self, now: float) -> None:
        self._begin(now)
        self._next_try(now)

    def resume(self, channel: Channel, id_: int, sent_at: float) -> None:
        """Go on where a first query was sent already."""
        self._begin(sent_at)
        self.server = channel.server
        self.first = self.upstream.servers.index(channel.server)
        self.sent_at = sent_at
        self.tries = 1
        self.channel, self.id = channel, id_
        channel.pending[id_] = self
        self._set_timer(sent_at + PATIENCE[0], patient=True)

    def _begin(self, now: float) -> None:
        self.launched = True
        self.launched_at = now
        self.deadline = now + self.engine.question_seconds
        if self.limit is not None and self.limit < self.deadline:
            self.deadline = self.limit

    def on_timer(self, now: float) -> None:
        if not self.launched:
            if self.limit is not None:  # nobody joined who would wait for longer
                self._give_up()
        elif now >= self.deadline:
            self._give_up()
        elif self.reserved:
            self._transmit(self.server, now)
        else:
            if self.patient:
                self.server.kept_silent()
                if self.tries == 1:
                    self.upstream.lose(now)
            self._next_try(now)

    def _next_try(self, now: float) -> None:
        """Send the question to the next server, as soon as its ceiling allows."""
        if self.tries >= MAX_TRIES:
            self._set_timer(self.deadline, patient=False)
            return
        upstream = self.upstream
        server = upstream.servers[0] if upstream.alone else upstream.server(self.tries, self.first, now)
        if server.interval and (wait := server.reserve(now)) > 0:
            self.server = server
            self.reserved = True
            if self.tries == 0 and self.limit is None:
                self.launched_at = now + wait
                self.deadline = self.launched_at + self.engine.question_seconds
            self._set_timer(now + wait, patient=False)
        else:
            self._transmit(server, now)

    def _transmit(self, server: Server, now: float) -> None:
        self.server = server
        if self.allowance is not None and not self._allowed(self.allowance, server, now):
            return
        self.reserved = False
        self.sent_at = now
        self.tries = tries = self.tries + 1
        if self.channel is not None:
            self.earlier = (*self.earlier, (self.channel, self.id))
            self.channel = None
        try:
            self.channel, self.id = server.transmit(self.tail, self)
        except OSError:
            server.unreachable += 1
            self._useless(Failure.UNREACHABLE, now)
            return
        self._set_timer(now + PATIENCE[tries - 1] if tries < MAX_TRIES else self.deadline, patient=True)

    def _allowed(self, allowance: Allowance, server: Server, now: float) -> bool:
        """Whether the run may send this; else it is tried again in a moment, or given up."""
        address = server.endpoint[0]
        wait = allowance.wait(address, now)
        if wait == 0:
            allowance.count(address)
            return True
        if wait is None:
            self._note(Failure.LIMIT)
            self._give_up()
        else:
            self.reserved = True
            self._set_timer(now + wait, patient=False)
        return False

    def on_unreachable(self, channel: Channel, id_: int) -> None:
        channel.server.unreachable += 1
        self._forget(channel, id_)
        self._useless(Failure.UNREACHABLE, self.engine.loop.time())

    def on_datagram(self, channel: Channel, id_: int, data: bytes, now: float) -> None:
        flags = data[2]
        if not flags & 0x80 or not (data.startswith(self.section, 12) or self._is_ours(data)):
            return
        server = channel.server
        server.replied(now - self.sent_at)
        if flags & 0x02:  # TC
            self._forget(channel, id_)
            self._note(Failure.TRUNCATED)
            self.reserved = False
            self.streams += 1
            self.engine.ask_by_stream(self, server, id_.to_bytes(2) + self.tail)
            self._set_timer(self.deadline, patient=False)
        else:
            self._take(data, now, server, channel, id_)

    def on_stream(self, server: Server, query: bytes, data: bytes | None) -> None:
        """What TCP brought; None where it failed."""
        if self.done or not query.startswith(self.section, 12):  # an alias leads elsewhere meanwhile
            return
        self.streams -= 1
        now = self.engine.loop.time()
        if data is None or len(data) < 12 or data[2] & 0x82 != 0x80 or not self._is_ours(data):
            self._useless(Failure.TRUNCATED, now)
        else:
            self._take(data, now, server, None, 0)

    def _is_ours(self, data: bytes) -> bool:
        """Whether our question came back, in whatever case; some old servers leave it out of an error."""
        section = self.section
        if data[12 : 12 + len(section)].lower() == section.lower():
            return True
        return data[4:6] == b"\0\0" and data[3] & 0x0F not in (wire.NOERROR, wire.NXDOMAIN)

    def _take(self, data: bytes, now: float, server: Server, channel: Channel | None, id_: int) -> None:
        """Judge a message that is about our question. `channel`: where it came from, unless by TCP."""
        authoritative = self.upstream.authoritative
        if data[2] & 0x04 or (data[3] & 0x80 and not authoritative):
            plainest = wire.read_values(data, 12 + len(self.section), self.question.type)
            if plainest is not None:
                self._finish(records_found(*plainest), now)
                return
        try:
            message = wire.read(data)
        except wire.WireError:
            server.malformed += 1
            if channel is None:
                self._useless(Failure.MALFORMED, now)
            else:  # it might be a forgery that guessed well: the true answer may still come under this id
                self._note(Failure.MALFORMED)
            return
        if channel is not None:
            self._forget(channel, id_)
        rcode = message.rcode
        if self.edns and rcode in (wire.FORMERR, wire.NOTIMP, wire.BADVERS):
            self._note(Failure.OTHER, Answer(failure=Failure.OTHER, detail=f"rcode {rcode}"))
            self.edns = False
            self._write_query()
            self._transmit(server, now)
            return
        outcome = interpret(message, self.alias or self.question.name, self.question.type, authoritative=authoritative)
        if isinstance(outcome, Onward):
            self._go_on(outcome, now)
        elif self._is_final(outcome):
            self._finish(outcome, now)
        else:
            server.failures += 1
            self._useless(outcome.failure or Failure.OTHER, now, outcome)

    def _is_final(self, answer: Answer) -> bool:
        """Whether asking again could bring nothing better."""
        failure = answer.failure
        if failure is None or failure is Failure.CHAIN:
            return True
        return (
            failure is Failure.LAME and self.upstream.authoritative
        )  # it does not hold the zone, and will say so each time

    def _note(self, failure: Failure, answer: Answer | None = None) -> None:
        if self.noted is None:
            self.noted = {}
        if answer is not None or failure not in self.noted:
            self.noted[failure] = answer

    def _useless(self, failure: Failure, now: float, answer: Answer | None = None) -> None:
        """Remember why this was no answer, and ask again: at once where a server was not asked yet, else in a while."""
        if self.done:
            return
        self._note(failure, answer)
        self.useless += 1
        self.bogus += failure is Failure.BOGUS
        if self.bogus >= BOGUS_TRIES or (
            self.tries >= MAX_TRIES and self.channel is None and not self.earlier and not self.streams
        ):
            self._give_up()
            return
        if self.reserved:
            return
        pause = PAUSES[min(self.useless, len(PAUSES)) - 1]
        if self.tries < len(self.upstream.servers):
            pause = 0.0
        self._set_timer(now + pause, patient=False)

    def _set_timer(self, when: float, *, patient: bool) -> None:
        self.patient = patient
        self.engine.wheel.set(self, when if when < self.deadline else self.deadline)

    def _write_query(self) -> None:
        self.tail = wire.query_tail(
            self.section, recursion=not self.upstream.authoritative, unchecked=self.question.unchecked, edns=self.edns
        )

    def _go_on(self, onward: Onward, now: float) -> None:
        """Ask for the target of an alias at which the server stopped."""
        self.chain += onward.chain
        self.dname = self.dname or onward.dname
        self.ttl = onward.ttl if self.ttl is None else min(self.ttl, onward.ttl)
        owners = [owner for owner, _ in self.chain]
        if onward.target in owners or len(self.chain) > MAX_CHAIN:
            self._finish(Answer(failure=Failure.CHAIN), now)
            return
        self._forget_all()
        self.alias = onward.target
        try:
            self.section = wire.question_section(self.alias, self.question.type)
        except wire.WireError:
            self._finish(Answer(failure=Failure.OTHER, detail=self.alias), now)
            return
        self.edns = True
        self.tries = self.useless = self.bogus = self.streams = 0
        self.noted = None
        self._write_query()
        self._next_try(now)

    def _give_up(self) -> None:
        noted = self.noted or {}
        failure = next((kind for kind in TELLING if kind in noted), Failure.TIMEOUT)
        answer = noted.get(failure) or Answer(failure=failure)
        detail = " ".join(filter(None, [answer.detail, self.upstream.addresses]))
        self._finish(answer._replace(detail=detail), self.engine.loop.time())

    def _finish(self, answer: Answer, now: float) -> None:
        if self.done:
            return
        if self.chain:
            answer = self._with_chain(answer)
        self.done = True
        self.engine.wheel.unset(self)
        self._forget_all()
        self.engine.finished(self, answer, now)

    def _with_chain(self, answer: Answer) -> Answer:
        """The answer about the target, as an answer about the alias that was asked for."""
        chain = self.chain + answer.chain
        if len({owner for owner, _ in chain}) < len(chain) or len(chain) > MAX_CHAIN:
            return Answer(failure=Failure.CHAIN, chain=chain)
        ttl = min(self.ttl or 0, answer.ttl) if answer.values else answer.ttl
        return answer._replace(ttl=ttl, chain=chain, dname=self.dname or answer.dname)

    def close(self) -> None:
        """The engine goes: whoever waits learns that there is no answer."""
        self._give_up()

    def _forget(self, channel: Channel, id_: int) -> None:
        channel.forget(id_)
        if channel is self.channel and id_ == self.id:
            self.channel = None
        else:
            self.earlier = tuple(sent for sent in self.earlier if sent != (channel, id_))

    def _forget_all(self) -> None:
        if self.channel is not None:
            self.channel.forget(self.id)
            self.channel = None
        for channel, id_ in self.earlier:
            channel.forget(id_)
        self.earlier = ()
