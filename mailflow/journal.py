"""What the policy server writes: in batches, in a thread and on a connection of its own.

What cannot be written now is tried again with the next batch; when too much waits, the oldest goes. Nothing that mail
depends on is kept here.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import psycopg

from .databases import for_postgres, sqlite_path
from .queries import SECONDS

log = logging.getLogger(__name__)

EVERY = 1.0  # seconds
MOST = 10_000  # statements that wait

# A statement is written for both databases; `:name` is SQLite's form of a value.
USED = """
INSERT INTO mailflow_use (mailbox, last_login) VALUES (:mailbox, :at)
    ON CONFLICT (mailbox) DO UPDATE SET last_login = excluded.last_login"""
DEVICE_USED = """
INSERT INTO mailflow_deviceuse (number, used_at, network) VALUES (:number, :at, :network)
    ON CONFLICT (number) DO UPDATE SET used_at = excluded.used_at, network = excluded.network"""
FILLED = """
INSERT INTO mailflow_use (mailbox, bytes, messages) VALUES (:mailbox, :bytes, :messages)
    ON CONFLICT (mailbox) DO UPDATE
       SET bytes = COALESCE(excluded.bytes, mailflow_use.bytes),
           messages = COALESCE(excluded.messages, mailflow_use.messages)"""
SIGNED_IN = """
INSERT INTO mailflow_failure (mailbox, network, failures, success_at) VALUES (:mailbox, :network, 0, :at)
    ON CONFLICT (mailbox, network) DO UPDATE SET failures = 0, first_at = NULL, success_at = excluded.success_at"""
FAILED = """
INSERT INTO mailflow_failure (mailbox, network, failures, first_at, last_at)
VALUES (:mailbox, :network, :failures, :first_at, :at)
    ON CONFLICT (mailbox, network) DO UPDATE
       SET failures = excluded.failures, first_at = excluded.first_at, last_at = excluded.last_at"""
BLOCKED = """
INSERT INTO mailflow_block (mailbox, kind, network, since, until) VALUES (:mailbox, 'passwords', :network, :at, :until)
    ON CONFLICT (mailbox, kind, network) DO UPDATE SET since = excluded.since, until = excluded.until"""
FLOODED = """
INSERT INTO mailflow_block (mailbox, kind, network, since) VALUES (:mailbox, 'flood', '', :at)
    ON CONFLICT (mailbox, kind, network) DO NOTHING"""
UNBLOCKED = "DELETE FROM mailflow_block WHERE mailbox = :mailbox AND kind = 'passwords' AND network = :network"
KNOWN = """
SELECT failures, first_at, last_at, success_at FROM mailflow_failure WHERE mailbox = :mailbox AND network = :network"""


class Journal:
    def __init__(self, url: str) -> None:
        self._url, self._path = url, sqlite_path(url)
        self._waiting: deque[tuple[str, dict[str, Any], Callable[[], None]]] = deque(maxlen=MOST)
        self._connection: Any = None
        self._lock = threading.Lock()  # one thread at the connection

    def write(self, statement: str, values: Mapping[str, Any], written: Callable[[], None] = lambda: None) -> None:
        """`written`: called once others can see it, in another thread."""
        self._waiting.append((statement, {name: self._value(value) for name, value in values.items()}, written))

    async def read(self, statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Rows; none where the database cannot say."""
        return await asyncio.to_thread(self._read, statement, dict(values))

    async def keep(self) -> None:
        """Write what waits, until cancelled; then a last time."""
        try:
            while True:
                await asyncio.sleep(EVERY)
                await asyncio.to_thread(self._flush)
        finally:
            self._flush()

    def _read(self, statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return [tuple(row) for row in self._run(statement, values).fetchall()]
        except (sqlite3.Error, psycopg.Error) as error:
            log.warning("cannot read what was written: %s", error)
            self._drop()
            return []

    def _flush(self) -> None:
        if not self._waiting:
            return
        batch = [self._waiting.popleft() for _item in range(len(self._waiting))]
        try:
            with self._lock:
                self._run("BEGIN IMMEDIATE" if self._path else "BEGIN", {})
                for statement, values, _written in batch:
                    self._run(statement, values)
                self._run("COMMIT", {})
        except (sqlite3.Error, psycopg.Error) as error:
            log.warning("cannot write now: %s", error)
            self._drop()
            self._waiting.extendleft(reversed(batch))
            return
        for _statement, _values, written in batch:
            written()

    def _run(self, statement: str, values: dict[str, Any]) -> Any:
        if self._connection is None:
            if self._path:
                self._connection = sqlite3.connect(
                    self._path, timeout=SECONDS, isolation_level=None, check_same_thread=False
                )
            else:
                self._connection = psycopg.connect(self._url, autocommit=True, connect_timeout=SECONDS)
        if self._path:
            return self._connection.execute(statement, values)
        return self._connection.execute(for_postgres(statement), values)

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _value(self, value: Any) -> Any:
        """Times in SQLite as Django writes them."""
        if isinstance(value, datetime) and self._path:
            return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
        return value


def moment(value: Any) -> datetime | None:
    """A time as either database gives it."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime) and value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    return value if isinstance(value, datetime) else None
