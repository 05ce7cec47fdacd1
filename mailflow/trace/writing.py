"""Rows of the message trace, in batches, under the role that writes the policy server's tables; without Django.

A row has a key that is made of what it tells of: what is written twice stays one row.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg

from ..addresses import split
from ..databases import for_postgres, sqlite_path
from ..queries import SECONDS, DatabaseAway
from .lines import ADDRESS, HOST
from .story import Record

log = logging.getLogger(__name__)

BATCH = 500  # rows of one transaction: on SQLite others wait for it
# What may be learned of a message later on.
LEARNED = ("changed_at", "state", "sender", "sender_domain", "message_id", "words", "relay", "size", "steps")
COLUMNS = (
    *("key", "organization_id", "service_id", "at", "changed_at", "side", "state", "sender", "sender_domain"),
    *("recipient", "recipient_domain", "became", "became_domain", "message_id", "queue_id", "machine", "words"),
    *("relay", "client", "login", "size", "steps"),
)
_UPSERT = f"""
INSERT INTO mailflow_trace ({", ".join(COLUMNS)}) VALUES ({", ".join(f":{name}" for name in COLUMNS)})
    ON CONFLICT (key) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in LEARNED)}"""  # noqa: S608
_REFUSED = (psycopg.DataError, psycopg.IntegrityError, sqlite3.DataError, sqlite3.IntegrityError, OverflowError)
_DELETE = "DELETE FROM mailflow_trace WHERE key = :key"


class TraceWriter:
    def __init__(self, url: str, machine: str) -> None:
        self._url, self._path, self._machine = url, sqlite_path(url), machine
        self._connection: Any = None

    def write(self, records: Sequence[Record], withdrawn: Sequence[UUID]) -> None:
        """Raises DatabaseAway; then all of it may be written again."""
        rows = [self._values(record) for record in records]
        try:
            for at in range(0, len(rows), BATCH):
                self._together(_UPSERT, rows[at : at + BATCH])
            if withdrawn:
                self._together(_DELETE, [{"key": self._key(key)} for key in withdrawn])
        except (sqlite3.Error, psycopg.Error) as error:
            self.close()
            raise DatabaseAway(str(error)) from error

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _together(self, statement: str, rows: list[dict[str, Any]]) -> None:
        try:
            self._transaction(statement, rows)
        except _REFUSED as error:
            self.close()
            if len(rows) == 1:  # it would keep all others from being written
                log.error("a row of the message trace is left out: %s", error)
                return
            for row in rows:
                self._together(statement, [row])

    def _transaction(self, statement: str, rows: list[dict[str, Any]]) -> None:
        if self._connection is None:
            self._connection = self._connect()
        if self._path:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(statement, rows)
            self._connection.execute("COMMIT")
        else:
            with self._connection.transaction(), self._connection.cursor() as cursor:
                cursor.executemany(for_postgres(statement), rows)

    def _connect(self) -> Any:
        if self._path:
            return sqlite3.connect(self._path, timeout=SECONDS, isolation_level=None)
        return psycopg.connect(self._url, autocommit=True, connect_timeout=SECONDS)

    def _values(self, record: Record) -> dict[str, Any]:
        moment: Callable[[datetime], Any] = _as_django_writes_it if self._path else _same
        became = _domain(record.became)
        recipient = _domain(record.recipient)
        return {
            "key": self._key(record.key),
            "organization_id": record.organization,
            "service_id": record.service,
            "at": moment(record.at),
            "changed_at": moment(record.changed_at),
            "side": record.side,
            "state": record.state,
            "sender": record.sender.lower()[:ADDRESS],
            "sender_domain": _domain(record.sender),
            "recipient": record.recipient.lower()[:ADDRESS],
            "recipient_domain": recipient,
            "became": record.became.lower()[:ADDRESS],
            "became_domain": "" if became == recipient else became,
            "message_id": record.message_id,
            "queue_id": record.queue_id,
            "machine": self._machine,
            "words": record.words,
            "relay": record.relay,
            "client": record.client,
            "login": record.login,
            "size": record.size,
            "steps": json.dumps(record.steps, ensure_ascii=False),
        }

    def _key(self, key: UUID) -> str:
        return key.hex


def _domain(address: str) -> str:
    return split(address).domain[:HOST] if "@" in address else ""


def _same(at: datetime) -> datetime:
    return at


def _as_django_writes_it(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
