"""What the engines of all workers say of themselves while they are at work.

Who reads it: the operator's page, and each engine, which keeps to its part of the ceilings: they are the
installation's, however many ask.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from dataclasses import asdict

from django.db import Error
from django.utils import timezone

from domains.lookup.engine import Engine

from .models import EngineReport

EVERY = 5.0  # seconds

WRITTEN = ("work", "began_at", "at", "ended_at", "check_runs", "sharing", "servers")

log = logging.getLogger(__name__)


class Reporter:
    """Writes the report of one engine. `sharing`: how many engines were at work when it last did, itself included."""

    def __init__(self, engine: Engine, work: str) -> None:
        now = timezone.now()
        self._engine = engine
        self._report = EngineReport(worker=_worker(), work=work, began_at=now, at=now)
        self._next = 0.0
        self.sharing = 1
        self.check_runs = 0

    def begin(self) -> None:
        """Say that it is at work, and forget those of long ago."""
        self._write()
        self._read(forget=True)

    def renew(self) -> None:
        """Say so again, where it is time."""
        if time.monotonic() >= self._next:
            self._write()
            self._read()

    def end(self) -> None:
        self._report.ended_at = timezone.now()
        self._write()

    def _write(self) -> None:
        """A database that is away for a moment is no reason to stop looking."""
        self._next = time.monotonic() + EVERY
        report = self._report
        report.at, report.check_runs, report.sharing = timezone.now(), self.check_runs, self._engine.sharing
        report.servers = [asdict(health) for health in dict.fromkeys(self._engine.health())]
        try:
            EngineReport.objects.bulk_create(
                [report], update_conflicts=True, unique_fields=["worker"], update_fields=WRITTEN
            )
        except Error as error:
            log.warning("report of an engine not written: %s", error)

    def _read(self, *, forget: bool = False) -> None:
        now = timezone.now()
        try:
            self.sharing = max(1, EngineReport.at_work(now).count())
            if forget:
                EngineReport.objects.filter(at__lt=now - EngineReport.KEPT).delete()
        except Error as error:
            log.warning("reports of engines not read: %s", error)


def _worker() -> str:
    return f"{socket.gethostname()[:60]} {os.getpid()}/{threading.get_native_id()}"
