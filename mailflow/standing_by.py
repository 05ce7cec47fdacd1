"""The policy server is back at once when it was killed: another one, with all modules loaded, takes its place.

Each `mailflow serve` is a parent that has loaded everything and a child that serves, forked anew when it dies. Of
several in one folder, one serves; the others wait for its lock, of which the kernel lets go however it ended.
"""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from panel.supervisor import end_with_parent

log = logging.getLogger(__name__)

STEADY = 1.0  # a child that lived this long is followed at once
_STOP = (signal.SIGTERM, signal.SIGINT)


def forked_again(serve: Callable[[], None]) -> None:
    """Have a child run `serve`, and another whenever one dies, until SIGTERM or SIGINT."""
    child = 0
    stopping = False

    def stop(number: int, frame: object) -> None:
        nonlocal stopping
        stopping = True
        if child:
            os.kill(child, signal.SIGTERM)

    previous = {number: signal.signal(number, stop) for number in _STOP}
    parent = os.getpid()
    while not stopping:
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOP)  # none gets lost between looking and forking
        child = os.fork()
        if not child:
            _run(serve, parent)
        started = time.monotonic()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP)
        os.waitpid(child, 0)
        child = 0
        if not stopping and time.monotonic() < started + STEADY:
            time.sleep(STEADY)
    for number, handler in previous.items():
        signal.signal(number, handler)


def _run(serve: Callable[[], None], parent: int) -> None:
    status = 1
    try:
        for number in _STOP:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP)
        end_with_parent()
        if os.getppid() == parent:
            serve()
            status = 0
    except Exception:
        log.exception("the policy server ended")
    finally:
        os._exit(status)


def wait_for_turn(path: Path) -> int:
    """Until nobody else holds the lock `path`, which then has this process's id. Held until the process ends."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    os.ftruncate(descriptor, 0)
    os.write(descriptor, b"%d\n" % os.getpid())
    return descriptor
