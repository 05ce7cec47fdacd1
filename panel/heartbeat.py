"""Heartbeats: every worker and beat say themselves, and nobody for them, that they are alive.

A worker writes one for each queue it takes from, from a thread of its own: so that a queue's heartbeat stops when the
last worker of that queue stops, whatever beat and the other workers do. One that lives and cannot reach its broker says
that instead: nobody can wake it. Beat writes one from its own loop.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from celery import beat, signals
from django.db import Error, connection

INTERVAL = 5  # seconds; see Heartbeat.FRESH for how long one counts

log = logging.getLogger(__name__)


def write(names: list[str]) -> None:
    """Say that they are alive. A database that is away for a moment is no reason to die."""
    from .models import Heartbeat

    try:
        for name in names:
            Heartbeat.beat(name)
    except Error as error:
        log.warning("heartbeat not written: %s", error)


def forget(names: list[str]) -> None:
    """Say that they have stopped, so that nobody has to wait to find out."""
    from .models import Heartbeat

    try:
        Heartbeat.objects.filter(name__in=names).delete()
    except Error as error:
        log.warning("heartbeat not removed: %s", error)


def _watch() -> None:
    from .watch import soon

    soon()


class Pulse(threading.Thread):
    """Writes the heartbeats of one worker until told to stop."""

    def __init__(self, queues: list[str]) -> None:
        super().__init__(name="heartbeat", daemon=True)
        self.names = [f"worker:{queue}" for queue in queues]
        self.cut_off = [f"cut-off:{queue}" for queue in queues]
        self.stopped = threading.Event()

    def run(self) -> None:
        from .health import broker  # needs the models

        while not self.stopped.is_set():
            write(self.names if broker().ok else self.cut_off)
            connection.close()
            _watch()
            self.stopped.wait(INTERVAL)
        forget([*self.names, *self.cut_off])
        connection.close()

    def stop(self) -> None:
        self.stopped.set()
        self.join(INTERVAL)


_pulses: list[Pulse] = []


@signals.worker_ready.connect
def _worker_ready(sender: Any, **_: object) -> None:
    pulse = Pulse(sorted(sender.app.amqp.queues.consume_from))
    _pulses.append(pulse)
    pulse.start()


@signals.worker_shutdown.connect
def _worker_shutdown(**_: object) -> None:
    while _pulses:
        _pulses.pop().stop()


class Scheduler(beat.Scheduler):
    """Beat without a file: what is due is in the database, so nothing is lost that a schedule's file would keep."""

    next_heartbeat = 0.0

    def tick(self, *args: Any, **kwargs: Any) -> float:
        now = time.monotonic()
        if now >= self.next_heartbeat:
            write(["beat"])
            _watch()
            self.next_heartbeat = now + INTERVAL
        return min(super().tick(*args, **kwargs), INTERVAL)

    def close(self) -> None:
        forget(["beat"])
        super().close()
