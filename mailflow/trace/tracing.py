"""The process that follows the logs of one machine's servers: `mailflow up` starts it, as the panel's own user.

It stands beside the way of the mail: nobody waits for it. Where the database is away it reads no further. Its place in
the logs and the messages that are not over are in one file, written once the rows are: after a kill it reads some lines
again, to the same rows.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from ..queries import DatabaseAway, Reader, reader_of
from ..standing_by import wait_for_turn
from .following import LogFile
from .lines import read
from .story import Owner, Record, Stories, newest_of_each
from .writing import TraceWriter

log = logging.getLogger(__name__)

TICK = 1.0  # seconds
BUSY = 500  # lines at once, after which the next are read without a pause
KNOWN_FOR = 1.0  # seconds: whose a domain is; what comes after it was moved is the new owner's
MOST_KNOWN = 20_000
SAVED_SHARE = 0.05  # of the time may go into the file of what is not over
STRANGERS_A_MINUTE = 120  # refusals that are nobody's of ours: whoever tries out addresses fills no disk
EACH_A_MINUTE = 1200  # refusals at the domains of one organization
LOGS = ("dovecot.log", "postfix.log")


class Owners:
    """Whose a domain is, as the views say it."""

    def __init__(self, reader: Reader, platform: str) -> None:
        self._reader, self._platform = reader, platform
        self._known: dict[str, tuple[float, Owner]] = {}

    def __call__(self, domain: str) -> Owner | None:
        """Raises DatabaseAway."""
        now = time.monotonic()
        known = self._known.get(domain)
        if known is not None and now < known[0] + KNOWN_FOR:
            return known[1]
        rows = self._reader.rows("owner", {"platform": self._platform, "domain": domain})
        if not rows:
            return None  # it may be attached the next moment
        owner = (rows[0][0], rows[0][1])
        if len(self._known) > MOST_KNOWN:
            self._known.clear()
        self._known[domain] = (now, owner)
        return owner


class Bound:
    """Refusals of a minute, by organization."""

    def __init__(self) -> None:
        self._minute = 0
        self._count: dict[int | None, int] = {}
        self._left_out = 0

    def takes(self, record: Record) -> bool:
        if not record.at_the_door:
            return True
        minute = int(record.at.timestamp()) // 60
        if minute != self._minute:
            if self._left_out:
                log.warning("%d refusals within a minute have no row in the message trace", self._left_out)
            self._minute, self._count, self._left_out = minute, {}, 0
        count = self._count[record.organization] = self._count.get(record.organization, 0) + 1
        if count <= (STRANGERS_A_MINUTE if record.organization is None else EACH_A_MINUTE):
            return True
        self._left_out += 1
        return False


class Tracer:
    def __init__(self, directory: Path, *, reader_url: str, writer_url: str, days: int) -> None:
        data = json.loads((directory / "policy.json").read_text(encoding="utf-8"))
        self._state = directory / "trace" / "state.json"
        self._files = [LogFile(directory / "log" / name) for name in LOGS]
        self._stories = Stories(data["host"])
        self._reader = reader_of(reader_url)
        self._owners = Owners(self._reader, data["platform"])
        self._writer = TraceWriter(writer_url, data["host"])
        self._bound = Bound()
        self._days = timedelta(days=days)
        self._zone = ZoneInfo(settings.TIME_ZONE)
        self._unwritten: tuple[list[Record], list[Any]] = ([], [])
        self._pending, self._unsaved, self._save_at = False, False, 0.0
        self._tidy_at = 0.0

    def restore(self) -> None:
        try:
            saved = json.loads(self._state.read_text(encoding="utf-8"))
            self._stories.restore(saved["stories"])
            for file in self._files:
                file.restore(saved["files"][file.path.name])
        except FileNotFoundError:
            return
        except (ValueError, KeyError, TypeError) as error:
            log.warning("the trace begins anew, for its file cannot be read: %r", error)

    def work(self) -> int:
        """One chunk of each log. Returns how many lines that were. Raises DatabaseAway."""
        now = datetime.now(UTC)
        self._write(now)  # what could not be written before
        heard = 0
        for file in self._files:
            for name, line in file.read():
                heard, self._pending = heard + 1, True
                said = read(line, now, self._zone)
                if said is not None and now - said[0] < self._days:
                    self._stories.hear(said[0], said[1], f"{file.path.name} {name}")
        self._write(now)
        if time.monotonic() > self._tidy_at:
            self._stories.tidy(now)
            self._tidy_at = time.monotonic() + 60
        self._save(force=False)
        return heard

    def close(self) -> None:
        if not self._pending:
            self._save(force=True)
        self._writer.close()
        self._reader.close()

    def _write(self, now: datetime) -> None:
        """What was heard, as far as it makes rows."""
        if not any(self._unwritten):
            owners = {domain: self._owners(domain) for domain in self._stories.domains()}  # it may be away: before
            records, withdrawn = self._stories.take(owners.get, now)
            self._unwritten = ([record for record in newest_of_each(records) if self._bound.takes(record)], withdrawn)
        if any(self._unwritten):
            self._writer.write(*self._unwritten)
            self._unwritten, self._unsaved = ([], []), True
        self._unsaved, self._pending = self._unsaved or self._pending, False

    def _save(self, *, force: bool) -> None:
        """As often as it costs little: with many messages that wait it is a long file."""
        started = time.monotonic()
        if not self._unsaved or (started < self._save_at and not force):
            return
        saved = {
            "stories": self._stories.saved(),
            "files": {file.path.name: file.saved() for file in self._files},
        }
        draft = self._state.with_suffix(".new")
        draft.write_text(json.dumps(saved), encoding="utf-8")
        draft.chmod(0o600)
        draft.replace(self._state)
        self._unsaved = False
        self._save_at = time.monotonic() + (time.monotonic() - started) / SAVED_SHARE


def run(directory: Path, ready: Callable[[], None]) -> None:
    """Until SIGTERM or SIGINT."""
    stop = threading.Event()
    wait_for_turn(directory / "trace" / "lock")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    tracer = Tracer(
        directory,
        reader_url=settings.MAIL_READER_URL or settings.DATABASE_URL,
        writer_url=settings.MAIL_WRITER_URL or settings.DATABASE_URL,
        days=settings.TRACE_DAYS,
    )
    tracer.restore()
    os.nice(5)
    ready()
    while not stop.is_set():
        try:
            if tracer.work() > BUSY:
                continue
        except (DatabaseAway, OSError) as error:
            log.warning("later: %s", error)
        stop.wait(TICK)
    tracer.close()
