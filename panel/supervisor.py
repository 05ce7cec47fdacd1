"""Starts the processes of a one-machine installation, starts again what dies, and leaves none behind.

Each child leads a process group of its own: a Ctrl-C at the terminal reaches only the supervisor, which then ends
them all in order, and what a dead child leaves in its group is ended before the child is started again. On Linux the
kernel tells each child when the supervisor itself is gone, however that happened.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

STOP_SECONDS = 12  # then a group is killed; longer than the web server's graceful_timeout
STEADY_SECONDS = 10  # a child that lived this long starts again at once
LONGEST_PAUSE = 30
TICK_SECONDS = 0.2
PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Have the kernel send this process SIGTERM when its parent is gone. Linux only; elsewhere it does nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    pass_fds: Sequence[int] = ()
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    failures: int = 0

    def start(self) -> None:
        supervisor = os.getpid()

        def before_exec() -> None:
            end_with_parent()
            if os.getppid() != supervisor:  # it died before the kernel was asked
                os._exit(1)

        self.process = subprocess.Popen(  # noqa: S603 - commands are the program's own
            self.command,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=self.pass_fds,
            preexec_fn=before_exec,
        )
        self.started_at = time.monotonic()

    def signal(self, number: int) -> None:
        """To the child and everything it started."""
        if self.process is not None:
            try:
                os.killpg(self.process.pid, number)
            except ProcessLookupError:
                return
            except PermissionError:  # what macOS says of a group of zombies
                return

    def group_lives(self) -> bool:
        if self.process is None:
            return False
        self.process.poll()
        try:
            os.killpg(self.process.pid, 0)
        except (ProcessLookupError, PermissionError):
            return False
        return True


@dataclass
class Supervisor:
    """`children` run until a signal says stop. `say` gets a line for each that died."""

    children: list[Child]
    say: Callable[[str], None]
    stopping: bool = field(default=False, init=False)
    hurry: bool = field(default=False, init=False)

    def run(self, until_ready: Callable[[], bool], ready: Callable[[], None]) -> None:
        """Start all; call `ready` once when `until_ready` first says so; return when all have ended."""
        previous = {number: signal.signal(number, self._on_signal) for number in _STOP_SIGNALS}
        announced = False
        try:
            while not self.stopping:
                self._start_what_is_due()
                if not announced and until_ready():
                    announced = True
                    ready()
                time.sleep(TICK_SECONDS)
        finally:
            self._stop_all()
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, frame: object) -> None:
        self.hurry = self.stopping and number == signal.SIGINT
        self.stopping = True

    def _start_what_is_due(self) -> None:
        now = time.monotonic()
        for child in self.children:
            if child.process is not None and child.process.poll() is not None:
                self._bury(child, now)
            if child.process is None and now >= child.start_at and not self.stopping:
                child.start()

    def _bury(self, child: Child, now: float) -> None:
        child.signal(signal.SIGKILL)
        steady = now - child.started_at >= STEADY_SECONDS
        child.failures = 0 if steady else child.failures + 1
        pause = min(2 ** (child.failures - 1), LONGEST_PAUSE) if child.failures else 0
        child.start_at = now + pause
        ended = child.process.returncode if child.process else None
        self.say(f"{child.name} ended with status {ended}; it starts again{f' in {pause} s' if pause else ''}")
        child.process = None

    def _stop_all(self) -> None:
        _tell(self.children, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while any(child.group_lives() for child in self.children) and time.monotonic() < deadline and not self.hurry:
            time.sleep(TICK_SECONDS / 4)
        _tell(self.children, signal.SIGKILL)
        for child in self.children:
            if child.process is not None:
                child.process.wait()


_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _tell(children: Iterable[Child], number: int) -> None:
    for child in children:
        child.signal(number)
