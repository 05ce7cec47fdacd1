"""The engine: questions in, answers out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from ipaddress import ip_address, ip_network
from itertools import batched
from types import TracebackType
from typing import Self

from .. import wire
from ..answers import Answer, Failure, Question
from ..guard import may_connect
from .allowance import Allowance
from .batch import Batch
from .cache import Cache
from .config import Endpoint, EngineConfig
from .job import Callback, Job
from .server import Ceiling, Health, Server
from .sockets import RandomIds
from .stream import ask_by_stream
from .upstream import LEAST, Upstream
from .wheel import Wheel

STREAMS = 64  # TCP connections at once
STREAM_SECONDS = 4.0
AUTHORITATIVE_LIMIT = 64  # questions under way at one name server
NETWORK_SHARE = 2  # ceilings of one server that all of its /24 or /48 have together
AUTHORITATIVE_SERVERS = 2_000  # whose ceilings and counters are kept

Known = list[tuple[Question, Answer]]


class Asker:
    """Starts questions with the same options each time: what a look needs of an engine."""

    def __init__(self, engine: Engine, deadline: float | None, fresh: bool) -> None:
        self._engine = engine
        self._deadline = deadline
        self._fresh = fresh
        self.allowance = Allowance()

    def start(self, questions: Iterable[Question], callback: Callback, own: str | None = None) -> Known:
        return self._engine.start(questions, callback, own, self._deadline, fresh=self._fresh, allowance=self.allowance)


class Engine:
    """Asks the DNS. Use it as an async context manager, within one event loop."""

    def __init__(self, config: EngineConfig) -> None:
        self.config = config
        self.question_seconds = config.question_seconds
        self._cache = Cache(config.cache_size, config.cache_seconds)
        self._flying: dict[Question, Job] = {}
        self._flying_fresh: dict[Question, Job] = {}  # of those who want nothing that was asked before they came
        self._loose: set[Job] = set()
        self._batches: set[Batch] = set()
        self._servers: dict[Endpoint, Server] = {}
        self._authoritative: dict[Endpoint, Upstream] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._networks: dict[str, Ceiling] = {}
        self._ids = RandomIds()
        self._sharing = 1
        self._gone = False

    async def __aenter__(self) -> Self:
        self.loop = asyncio.get_running_loop()
        self.wheel = Wheel(self.loop)
        self._streams = asyncio.Semaphore(STREAMS)
        config = self.config
        self._resolvers = self._own_upstream(
            [await self._located(endpoint) for endpoint in config.resolvers], authoritative=False
        )
        self._stubs: dict[str, tuple[Upstream, Upstream]] = {}
        for zone, endpoint in config.stub_zones.items():
            located = [await self._located(endpoint)]
            self._stubs[zone] = (
                self._own_upstream(located, authoritative=False),
                self._own_upstream(located, authoritative=True),
            )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._gone = True
        for upstream in self._upstreams():
            upstream.waiting.clear()  # nobody's place is taken by the next in line
        for batch in list(self._batches):
            batch.close()
        for job in [*self._flying.values(), *self._flying_fresh.values(), *self._loose]:
            job.close()
        for task in self._tasks:
            task.cancel()
        self.wheel.close()
        for server in self._servers.values():
            server.close()

    async def ask(self, question: Question, deadline: float | None = None, *, fresh: bool = False) -> Answer:
        """The answer to one question; never raises for what the DNS does or fails to do.

        `deadline` is a time of the loop's clock, by which the answer is a failure at the latest; without it a question
        may take `question_seconds` from its first query. `fresh`: not from the cache. Who asks what somebody else is
        asking already shares the later of both deadlines.
        """
        future: asyncio.Future[Answer] = self.loop.create_future()

        def done(_: Question, answer: Answer) -> None:
            if not future.done():
                future.set_result(answer)

        for _, answer in self.start((question,), done, None, deadline, fresh=fresh):
            return answer
        return await future

    async def ask_many(
        self, questions: Iterable[Question], deadline: float | None = None, *, fresh: bool = False
    ) -> dict[Question, Answer]:
        """The answers to several questions, asked at once: one future for all of them."""
        answers: dict[Question, Answer] = {}
        asked = set(questions)
        future: asyncio.Future[None] = self.loop.create_future()

        def done(question: Question, answer: Answer) -> None:
            answers[question] = answer
            if len(answers) == len(asked) and not future.done():
                future.set_result(None)

        answers.update(self.start(asked, done, None, deadline, fresh=fresh))
        if len(answers) < len(asked):
            await future
        return answers

    def asker(self, deadline: float | None = None, *, fresh: bool = False) -> Asker:
        """The engine with the options of `ask` filled in."""
        return Asker(self, deadline, fresh)

    def start(
        self,
        questions: Iterable[Question],
        callback: Callback,
        own: str | None = None,
        deadline: float | None = None,
        *,
        fresh: bool = False,
        allowance: Allowance | None = None,
    ) -> Known:
        """Return the answers that are known at once; `callback` gets each of the others later, never before the return.

        `own`: a name whose answers, and those of all below it, nobody else will ask for: not kept.
        `allowance`: what may be sent to servers that are not configured; None: as much as is asked for.
        """
        if self._gone:
            return [(question, Answer(failure=Failure.TIMEOUT)) for question in questions]
        now = self.loop.time()
        known: Known = []
        its_own: list[Question] = []
        for question in questions:
            name, _, server, unchecked = question
            if own is not None and server is None and not unchecked and name.endswith(own):
                its_own.append(question)
                continue
            answer = self._cache.get(question, now) if server is None and not fresh else None
            if answer is None:
                answer = self._start(
                    question, callback, deadline, now, fresh=fresh, kept=server is None, allowance=allowance
                )
            if answer is not None:
                known.append((question, answer))
        if own is not None:
            for together in batched(its_own, LEAST):
                if not self._start_batch(together, callback, own, deadline):
                    for question in together:
                        answer = self._start(question, callback, deadline, now, fresh=fresh, kept=False)
                        if answer is not None:
                            known.append((question, answer))
        return known

    def _start(
        self,
        question: Question,
        callback: Callback,
        deadline: float | None,
        now: float,
        *,
        fresh: bool,
        kept: bool,
        allowance: Allowance | None = None,
    ) -> Answer | None:
        """Start one question; the answer where none needs to be asked."""
        flying = self._flying_fresh if fresh else self._flying
        job = flying.get(question)
        if job is not None:
            job.join(callback, deadline)
            return None
        upstream = self._upstream_for(question)
        if upstream is None:
            return Answer(failure=Failure.FORBIDDEN, detail=question.server or "")
        try:
            section = wire.question_section(question.name, question.type)
        except wire.WireError as error:
            return Answer(failure=Failure.OTHER, detail=str(error))
        server = question.server
        metered = allowance is not None and server is not None and not upstream.servers[0].configured
        if metered and allowance is not None and allowance.drops(server or ""):
            return Answer(failure=Failure.LIMIT, detail=server or "")
        flying[question] = job = Job(self, upstream, question, section, deadline, callback, flying, kept)
        if metered:
            job.allowance = allowance
        upstream.submit(job, now)
        return None

    def _start_batch(self, questions: Sequence[Question], callback: Callback, own: str, deadline: float | None) -> bool:
        """Send all these together, as soon as there is room for them. False: one of them cannot be sent."""
        if self._stubs:
            return False  # whose servers may be asked for some of them
        try:
            end = wire.name_to_wire(own)
            sections = [wire.section_below(question[0], question[1], own, end) for question in questions]
        except wire.WireError:
            return False
        upstream = self._resolvers
        batch = Batch(self, upstream, list(zip(questions, sections, strict=True)), deadline, callback)
        self._batches.add(batch)
        upstream.submit(batch, self.loop.time())
        return True

    def loose_job(
        self, upstream: Upstream, question: Question, section: bytes, limit: float | None, callback: Callback
    ) -> Job:
        """One that nobody else can join."""
        job = Job(self, upstream, question, section, limit, callback, None, False)
        self._loose.add(job)
        return job

    def batch_ended(self, batch: Batch) -> None:
        self._batches.discard(batch)
        self.wheel.unset(batch)

    def finished(self, job: Job, answer: Answer, now: float) -> None:
        """Hand an answer to everybody who waits for it."""
        question = job.question
        if job.among is None:
            self._loose.discard(job)
        else:
            del job.among[question]
        if job.kept:
            self._cache.put(question, answer, now)
        if job.allowance is not None:
            job.allowance.learn(question, answer.failure)
        if job.launched:
            job.upstream.leave(now)
        job.callback(question, answer)
        for callback in job.others:
            callback(question, answer)

    def ask_by_stream(self, job: Job, server: Server, query: bytes) -> None:
        """Ask over TCP; `job.on_stream` gets what it brings."""
        task = self.loop.create_task(self._stream(job, server, query))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _stream(self, job: Job, server: Server, query: bytes) -> None:
        data = None
        try:
            async with asyncio.timeout_at(min(job.deadline, self.loop.time() + STREAM_SECONDS)), self._streams:
                data = await ask_by_stream(server.endpoint, query)
        except (OSError, EOFError, TimeoutError):
            server.unreachable += 1
        job.on_stream(server, query, data)

    def health(self) -> tuple[Health, ...]:
        """How the configured resolvers (and the servers of stub zones) do."""
        upstreams = [self._resolvers, *(upstream for upstream, _ in self._stubs.values())]
        return tuple(server.health() for upstream in upstreams for server in upstream.servers)

    @property
    def sharing(self) -> int:
        """So many engines ask at once and keep to the ceilings together: this one has its part of them."""
        return self._sharing

    @sharing.setter
    def sharing(self, engines: int) -> None:
        for server in self._servers.values():
            server.interval *= engines / self._sharing
        for ceiling in self._networks.values():
            ceiling.interval *= engines / self._sharing
        self._sharing = engines

    @property
    def under_way(self) -> int:
        """Questions asked and not answered yet."""
        jobs = len(self._flying) + len(self._flying_fresh) + len(self._loose)
        return jobs + sum(batch.under_way for batch in self._batches)

    def _upstreams(self) -> Iterator[Upstream]:
        yield self._resolvers
        yield from self._authoritative.values()
        for pair in self._stubs.values():
            yield from pair

    def _own_upstream(self, endpoints: list[Endpoint], *, authoritative: bool) -> Upstream:
        """A lane to servers that the operator configured."""
        servers = [self._server(endpoint, self.config.own_resolver_rate, configured=True) for endpoint in endpoints]
        return Upstream(servers, self.config.concurrency, authoritative=authoritative)

    def _server(self, endpoint: Endpoint, rate: float | None, *, configured: bool) -> Server:
        server = self._servers.get(endpoint)
        if server is None:
            network = None if configured or not rate else self._network(endpoint[0], rate)
            server = Server(self.loop, endpoint, rate, self._ids, configured=configured, network=network)
            server.interval *= self._sharing
            self._servers[endpoint] = server
        return server

    def _network(self, address: str, rate: float) -> Ceiling:
        """The ceiling of the /24 or /48 that `address` is in."""
        length = 48 if ":" in address else 24
        name = str(ip_network(f"{address}/{length}", strict=False))
        ceiling = self._networks.get(name)
        if ceiling is None:
            ceiling = self._networks[name] = Ceiling(self._sharing / (rate * NETWORK_SHARE))
        return ceiling

    def _upstream_for(self, question: Question) -> Upstream | None:
        """Who is to be asked; None where that is not allowed."""
        if self._stubs:
            name = question.name
            while name:
                pair = self._stubs.get(name)
                if pair is not None:
                    return pair[question.server is not None]
                name = name.partition(".")[2]
        if question.server is None:
            return self._resolvers
        endpoint = question.server, self.config.authoritative_port
        upstream = self._authoritative.get(endpoint)
        if upstream is None:
            if not may_connect(question.server, self.config.allowed_networks, self.config.forbidden_networks):
                return None
            if len(self._authoritative) >= AUTHORITATIVE_SERVERS:
                self._forget_idle()
            server = self._server(endpoint, self.config.per_server_rate, configured=False)
            upstream = self._authoritative[endpoint] = Upstream([server], AUTHORITATIVE_LIMIT, authoritative=True)
        return upstream

    def _forget_idle(self) -> None:
        """Let go of name servers that nobody waits for: a sweep meets thousands of them."""
        for endpoint, upstream in list(self._authoritative.items()):
            if not upstream.flying and not upstream.waiting:
                del self._authoritative[endpoint]
                if not self._servers[endpoint].configured:
                    self._servers.pop(endpoint).close()
        used = {id(server.network) for server in self._servers.values()}
        self._networks = {name: ceiling for name, ceiling in self._networks.items() if id(ceiling) in used}

    async def _located(self, endpoint: Endpoint) -> Endpoint:
        """The endpoint with its host name, if it is one, resolved by the system."""
        host, port = endpoint
        try:
            ip_address(host)
        except ValueError:
            with suppress(OSError):  # then each query will try anew
                found = await self.loop.getaddrinfo(host, port)
                return str(found[0][4][0]), port
        return endpoint
