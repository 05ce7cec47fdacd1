"""Deadlines of calls to servers that customers name: in all, however their bytes drip.

The timeout of a socket is one of each wait: whoever sends a byte now and then holds for ever whoever reads. Here a
timer shuts the socket when the call's time is over, whatever its reader waits for. A job of many calls has one, too.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from .base import ProviderError

CALL_SECONDS = 20.0
JOB_SECONDS = 60.0

_job_ends: ContextVar[float] = ContextVar("job_ends", default=float("inf"))
_call: ContextVar[Call | None] = ContextVar("call", default=None)


@contextmanager
def job(seconds: float = JOB_SECONDS) -> Iterator[None]:
    """All calls herein have so long together."""
    with until(min(_job_ends.get(), time.monotonic() + seconds)):
        yield


@contextmanager
def until(ends: float) -> Iterator[None]:
    """The deadline of another thread's job, for a thread that helps with it."""
    token = _job_ends.set(ends)
    try:
        yield
    finally:
        _job_ends.reset(token)


def job_ends() -> float:
    return _job_ends.get()


def left(most: float = CALL_SECONDS) -> float:
    """Seconds that a call may take. Raises ProviderError where the job's time is over."""
    seconds = min(most, _job_ends.get() - time.monotonic())
    if seconds <= 0:
        raise ProviderError("timeout")
    return seconds


class Call:
    """One call under way. `over`: its sockets were shut."""

    def __init__(self, seconds: float) -> None:
        self.over = False
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._shut)
        self._timer.daemon = True
        self._timer.start()

    def watch(self, fileno: int) -> None:
        """By a second descriptor of the same socket: TLS takes the first for itself."""
        with self._lock:
            self._sockets.append(socket.socket(fileno=os.dup(fileno)))
            if self.over:
                self._shut_all()

    def end(self) -> None:
        self._timer.cancel()
        with self._lock:
            for watched in self._sockets:
                watched.close()
            self._sockets.clear()

    def _shut(self) -> None:
        with self._lock:
            self.over = True
            self._shut_all()

    def _shut_all(self) -> None:
        for watched in self._sockets:
            with contextlib.suppress(OSError):
                watched.shutdown(socket.SHUT_RDWR)


@contextmanager
def call(most: float = CALL_SECONDS) -> Iterator[Call]:
    """One call, with all the sockets that it opens and says so by `watch`. Raises ProviderError when time is over."""
    running = Call(left(most))
    token = _call.set(running)
    try:
        yield running
    except Exception as error:
        if running.over:
            raise ProviderError("timeout") from error
        raise
    finally:
        _call.reset(token)
        running.end()
    if running.over:  # what was read is not all
        raise ProviderError("timeout")


def watch(fileno: int) -> None:
    """A socket of the call under way, if one is."""
    running = _call.get()
    if running is not None:
        running.watch(fileno)
