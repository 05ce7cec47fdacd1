"""A worker of gunicorn that no slow or greedy caller can stop: requests are read whole before a thread is asked.

One event loop reads all connections; the panel runs in `threads` threads, which only ever see requests that are
there. What bounds the work for strangers, per worker:

- a deadline for the head and one for the body, each in all, however steadily bytes drip;
- `Content-Length` is judged before anything of a body is read; a body without one is refused (RFC 9112 §6.3: 411);
- connections and bodies in memory are bounded in number and in sum: whoever has taken longest gives way;
- answers are buffered for readers that are slow, with a deadline; none of them keeps a thread for longer.

Bodies stay in memory: they hold passwords, and nothing here writes a file. One that is larger than a form's is read
only at an address that says it takes uploads (`panel.uploads.takes_upload`), and only when its view asks for it.
docs/decisions/0140-own-worker-of-gunicorn.md
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import ipaddress
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header
from gunicorn.http import wsgi
from gunicorn.http.body import ChunkedReader
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser
from gunicorn.workers.base import Worker as BaseWorker

from .uploads import UPLOAD_SECONDS, takes_upload_at

HEAD_SECONDS = 10  # for all of a request's head
IDLE_SECONDS = 15  # between two requests of one connection
BODY_SECONDS = 30  # for all of a body that is no upload
ANSWER_SECONDS = 60  # for a reader to take what is left of an answer
STALL_SECONDS = 20  # for a reader of a long answer to take the next piece
LINGER_SECONDS = 5  # what a refused caller still sends is thrown away for so long, so that it can read why

MAX_HEAD = 32 * 1024
MAX_CONNECTIONS = 400  # that wait for a head
MAX_BODIES = 32 * 1024 * 1024  # bytes of bodies that are being read or wait for a thread
MAX_ANSWERS = 64 * 1024 * 1024  # bytes of answers that wait for their readers
MAX_WAITING = 200  # requests that wait for a thread
ANSWER_BUFFER = 1024 * 1024  # bytes of one answer that a thread need not wait for
BUSY = "Too many people are asking at once. Try again in a moment."


class Room:
    """At most `size` in all: whoever has been inside for longest is sent away for whoever comes."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.used = 0
        self._weights: dict[Caller, int] = {}
        self._leaving: dict[Caller, None] = {}  # those that may be sent away, in the order in which they came

    @contextlib.contextmanager
    def entered(self, caller: Caller, weight: int = 0) -> Iterator[None]:
        self._weights[caller] = 0
        self._leaving[caller] = None
        self.grow(caller, weight)
        try:
            yield
        finally:
            self.settle(caller)
            self.used -= self._weights.pop(caller, 0)

    def settle(self, caller: Caller) -> None:
        """`caller` still counts, but is no longer sent away."""
        self._leaving.pop(caller, None)

    def grow(self, caller: Caller, by: int) -> bool:
        """Returns whether there is room: it is made while somebody else can be sent away."""
        if caller not in self._weights:
            return False
        self._weights[caller] += by
        self.used += by
        for other in [other for other in self._leaving if other is not caller]:
            if self.used <= self.size:
                break
            self.settle(other)
            self.used -= self._weights.pop(other)
            other.abort()
        return self.used <= self.size


class NotServable(Exception):  # noqa: N818 - an answer to the caller
    """A request that is answered here, in one line; with a `page` to people who would otherwise see that line."""

    def __init__(self, status: str, words: str = "", *, page: str = "") -> None:
        self.status = status
        self.words = words or status[4:]
        self.page = page


@dataclass(eq=False)
class Caller:
    """A connection, as the loop sees it; `sendall` is what a thread sees."""

    worker: Worker
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    peer: Any
    here: Any
    unsaid: int = field(default=0, init=False)  # bytes given by the thread since it last waited

    @property
    def gone(self) -> bool:
        return self.writer.transport.is_closing()

    def abort(self) -> None:
        self.writer.transport.abort()

    def sendall(self, data: bytes) -> None:
        """In a thread: leave `data` to the loop, and wait where the reader is far behind."""
        if self.gone:
            raise BrokenPipeError
        self.worker.loop.call_soon_threadsafe(self.writer.write, data)
        self.unsaid += len(data)
        if self.unsaid >= ANSWER_BUFFER // 4:
            self.unsaid = 0
            asyncio.run_coroutine_threadsafe(self._taken(), self.worker.loop).result()

    async def _taken(self) -> None:
        """Return once less than ANSWER_BUFFER waits for the reader. Half of the threads may wait so."""
        try:
            with self.worker.stalled.entered(self, 1):
                async with asyncio.timeout(STALL_SECONDS):
                    await self.writer.drain()
        except TimeoutError:
            self.abort()
            raise BrokenPipeError from None

    async def flushed(self) -> None:
        """Return once the reader has everything; a slow one has ANSWER_SECONDS."""
        transport = self.writer.transport
        waiting = transport.get_write_buffer_size()
        if not waiting:
            return
        with self.worker.answers.entered(self, waiting):
            transport.set_write_buffer_limits(0)
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    await self.writer.drain()
            except TimeoutError:
                self.abort()
            finally:
                transport.set_write_buffer_limits(ANSWER_BUFFER)

    async def linger(self) -> None:
        """Throw away what still comes: closing upon unread bytes would reset the connection and lose the answer."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while await self.reader.read(65536):
                    pass


class LateBody(io.RawIOBase):
    """The body of an upload, read from a thread while its view asks for it; UPLOAD_SECONDS in all."""

    def __init__(self, caller: Caller, length: int, before: Callable[[], None]) -> None:
        self.caller = caller
        self.left = length
        self.before = before  # the first byte
        self.deadline = 0.0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        wanted = self.left if size < 0 else min(size, self.left)
        if not wanted:
            return b""
        return asyncio.run_coroutine_threadsafe(self._read(wanted), self.caller.worker.loop).result()

    async def _read(self, size: int) -> bytes:
        """At most `size` bytes, and at least one. Raises OSError where they do not come."""
        loop = asyncio.get_running_loop()
        if not self.deadline:
            self.before()
            self.deadline = loop.time() + UPLOAD_SECONDS
        async with asyncio.timeout_at(self.deadline):
            data = await self.caller.reader.read(size)
        if not data:
            raise ConnectionResetError
        self.left -= len(data)
        return data


class Worker(BaseWorker):
    """`worker_class` of panel/gunicorn.py."""

    loop: asyncio.AbstractEventLoop

    def run(self) -> None:
        self.threads = ThreadPoolExecutor(self.cfg.threads, thread_name_prefix="request")
        self.heads = Room(MAX_CONNECTIONS)
        self.bodies = Room(MAX_BODIES)
        self.answers = Room(MAX_ANSWERS)
        self.stalled = Room(max(1, self.cfg.threads // 2))
        self.waiting = 0
        self.callers: set[asyncio.Task[None]] = set()
        self.idle: set[Caller] = set()
        asyncio.run(self._serve())
        self.threads.shutdown(wait=False, cancel_futures=True)

    async def _serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.loop.add_signal_handler(signal.SIGTERM, self.handle_exit, signal.SIGTERM, None)
        servers = [
            await asyncio.start_server(self._accept, sock=listener.sock, limit=MAX_HEAD, backlog=self.cfg.backlog)
            for listener in self.sockets
        ]
        while self.alive:
            self.notify()
            if self.ppid != os.getppid():
                self.log.info("Parent changed, shutting down: %s", self)
                break
            await asyncio.sleep(0.25)
        for server in servers:
            server.close()
        for caller in list(self.idle):
            caller.abort()
        deadline = self.loop.time() + self.cfg.graceful_timeout
        while self.callers and self.loop.time() < deadline:
            self.notify()
            await asyncio.wait(self.callers, timeout=0.25)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.callers.add(task)
        peer, here = writer.get_extra_info("peername"), writer.get_extra_info("sockname")
        caller = Caller(self, reader, writer, peer[:2] if peer else ("", 0), here[:2] if here else ("", 0))
        try:
            writer.transport.set_write_buffer_limits(ANSWER_BUFFER)
            await self._talk(caller)
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            caller.abort()  # nobody to be told
        finally:
            self.callers.discard(task)
            writer.close()

    async def _talk(self, caller: Caller) -> None:
        """Request after request, until one of the two sides has enough."""
        try:
            while self.alive and await self._one(caller):
                await caller.flushed()
        except NotServable as refused:
            words = (refused.page or f"{refused.words}\n").encode()
            kind = "html" if refused.page else "plain"
            head = (
                f"HTTP/1.1 {refused.status}\r\nContent-Type: text/{kind}; charset=utf-8\r\n"
                f"Content-Length: {len(words)}\r\nConnection: close\r\n\r\n"
            )
            caller.writer.write(head.encode() + words)
            await caller.flushed()
            await caller.linger()
        else:
            await caller.flushed()

    async def _one(self, caller: Caller) -> bool:
        """One request. Returns whether another may follow. Raises `Refused`."""
        with self.heads.entered(caller, 1):
            head = await self._head(caller)
        request = self._parsed(head, caller)
        length = _length(request)
        if length <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return await self._with_body(caller, request, length)
        if request.method != "POST" or not takes_upload_at(request.path):
            raise NotServable("413 Content Too Large", page=_too_large(request))
        body = LateBody(caller, length, lambda: self._continue(caller, request))
        follows = await self._answer(caller, request, body)
        if body.left:
            await caller.flushed()
            await caller.linger()
        return follows and not body.left

    async def _head(self, caller: Caller) -> bytes:
        self.idle.add(caller)
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                first = await caller.reader.readexactly(1)
        finally:
            self.idle.discard(caller)
        try:
            async with asyncio.timeout(HEAD_SECONDS):
                return first + await caller.reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            raise NotServable("431 Request Header Fields Too Large") from None
        except TimeoutError:
            raise NotServable("408 Request Timeout") from None

    def _parsed(self, head: bytes, caller: Caller) -> Request:
        try:
            request = next(RequestParser(self.cfg, iter([head]), caller.peer))
        except LimitRequestLine:
            raise NotServable("414 URI Too Long") from None
        except LimitRequestHeaders:
            raise NotServable("431 Request Header Fields Too Large") from None
        except (ParseException, StopIteration, OSError, ipaddress.AddressValueError):
            raise NotServable("400 Bad Request") from None
        return request

    async def _with_body(self, caller: Caller, request: Request, length: int) -> bool:
        body = io.BytesIO()
        with self.bodies.entered(caller):
            if length:
                self._continue(caller, request)
            try:
                async with asyncio.timeout(BODY_SECONDS):
                    while body.tell() < length:
                        data = await caller.reader.read(length - body.tell())
                        if not data:
                            raise ConnectionResetError
                        body.write(data)
                        if not self.bodies.grow(caller, len(data)):
                            raise NotServable("503 Service Unavailable", BUSY)
            except TimeoutError:
                raise NotServable("408 Request Timeout") from None
            self.bodies.settle(caller)
            body.seek(0)
            return await self._answer(caller, request, body)

    @staticmethod
    def _continue(caller: Caller, request: Request) -> None:
        if request._expected_100_continue:
            caller.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    async def _answer(self, caller: Caller, request: Request, body: io.BytesIO | LateBody) -> bool:
        if self.waiting >= MAX_WAITING:
            raise NotServable("503 Service Unavailable", BUSY)
        self.waiting += 1
        try:
            return await self.loop.run_in_executor(self.threads, self._ask, caller, request, body)
        finally:
            self.waiting -= 1

    def _ask(self, caller: Caller, request: Request, body: io.BytesIO | LateBody) -> bool:
        """In a thread: have the panel answer. Returns whether the connection may be used again."""
        if caller.gone:
            return False
        begun = datetime.now(UTC)
        request._expected_100_continue = False
        response, environ = wsgi.create(request, caller, caller.peer, caller.here, self.cfg)
        environ |= {"wsgi.multithread": True, "wsgi.input": body}
        del environ["gunicorn.socket"], environ["wsgi.early_hints"]
        self.nr += 1
        if self.nr >= self.max_requests:
            self.alive = False  # another takes its place
        if not self.alive or isinstance(body, LateBody):
            response.force_close()
        try:
            answer = self.wsgi(environ, response.start_response)
            try:
                for part in answer:
                    response.write(part)
                response.close()
            finally:
                self.log.access(response, request, environ, datetime.now(UTC) - begun)
                if hasattr(answer, "close"):
                    answer.close()
        except OSError as error:
            if not caller.gone:
                self.log.exception("Error handling request %s", request.path)
                caller.abort()
            else:
                self.log.debug("The caller has gone: %s", error)
            return False
        except Exception:
            self.log.exception("Error handling request %s", request.path)
            if not response.headers_sent:
                raise NotServable("500 Internal Server Error") from None
            caller.abort()
            return False
        return not response.should_close()


def _length(request: Request) -> int:
    """Bytes of the body that follows, as a parser that refuses doubtful framing (RFC 9112 §6) read them."""
    if isinstance(request.body.reader, ChunkedReader):
        raise NotServable("411 Length Required")
    return int(next((value for name, value in request.headers if name == "CONTENT-LENGTH"), 0))


def _too_large(request: Request) -> str:
    """The page that says so, in the reader's language; empty for programs."""
    headers = {name.upper(): value for name, value in request.headers}
    if "text/html" not in headers.get("ACCEPT", ""):
        return ""
    wanted = (code for code, _weight in parse_accept_lang_header(headers.get("ACCEPT-LANGUAGE", "").lower()))
    spoken = dict(settings.LANGUAGES)
    language = next((code[:2] for code in wanted if code[:2] in spoken), settings.LANGUAGE_CODE)
    with translation.override(language):
        return render_to_string("panel/errors/413.html")
