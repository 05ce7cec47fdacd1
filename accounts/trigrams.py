"""The index that finds text inside words: pg_trgm on PostgreSQL, an FTS5 table with the trigram tokenizer on SQLite.

Where neither can be had (PostgreSQL whose administrator does not allow the extension, an old SQLite) searches find the
beginnings of addresses and names only, and the list says so. `ensure` is called after every migration: it makes what
is missing, so an extension that is allowed later is used after the next `migrate`, and a table that SQLite's
migrations rebuilt gets its triggers back.
"""

# ruff: noqa: S608 - statements are made of names of ours
from __future__ import annotations

import logging
from typing import Any

from django.db import DatabaseError, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from panel import trigrams

from .fields import HeldTextField

TABLE = "accounts_emailaccount"
INDEX = "account_by_trigrams"  # on SQLite the name of the FTS5 table
SHORTEST = 3  # characters that an index of trigrams finds

_KNOWN: set[str] = set()  # databases that have it
log = logging.getLogger(__name__)


@HeldTextField.register_lookup
class Holds(models.Lookup):
    """Rows whose text holds these characters anywhere, found by the index."""

    lookup_name = "holds"

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper) -> tuple[str, tuple[str | int, ...]]:
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} LIKE %s", (*parameters, f"%{connection.ops.prep_for_like_query(str(self.rhs))}%")

    def as_sqlite(self, compiler: Any, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        phrase = '"' + str(self.rhs).replace('"', '""') + '"'
        key = connection.ops.quote_name(self.lhs.alias) + ".id"
        return f"{key} IN (SELECT rowid FROM {INDEX} WHERE {INDEX} MATCH %s)", [phrase]


def available(alias: str = "default") -> bool:
    """Whether this database has the index. Asked once in a process, until it says yes."""
    if alias in _KNOWN:
        return True
    connection = connections[alias]
    query = (
        "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(%s) AND indisvalid"
        if connection.vendor == "postgresql"
        else "SELECT 1 FROM sqlite_master WHERE name = %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [INDEX])
        there = cursor.fetchone() is not None
    if there:
        _KNOWN.add(alias)
    return there


def is_migrated(alias: str = "default") -> bool:
    """Whether the column is there: somebody may migrate back to before it."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        if TABLE not in connection.introspection.table_names(cursor):
            return False
        return "search_key" in {column.name for column in connection.introspection.get_table_description(cursor, TABLE)}


def ensure(alias: str = "default") -> bool:
    """Make the index where it is missing. False where this database cannot have it."""
    connection = connections[alias]
    try:
        return _ensure_postgresql(connection) if connection.vendor == "postgresql" else _ensure_sqlite(connection)
    except DatabaseError as error:
        log.warning("No trigram index: accounts are found by the beginning of address and names only. %s", error)
        return False


def drop(alias: str = "default") -> None:
    """Take the index away, for a migration back to before it."""
    connection = connections[alias]
    _KNOWN.discard(alias)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"DROP INDEX IF EXISTS {INDEX}")
            return
        for name in SQLITE:
            cursor.execute(f"DROP TRIGGER IF EXISTS {INDEX}_{name}")
        cursor.execute(f"DROP TABLE IF EXISTS {INDEX}")


def _ensure_postgresql(connection: BaseDatabaseWrapper) -> bool:
    trigrams.ensure(connection, INDEX, TABLE, "search_key")
    return True


# The table holds the index alone, the texts stay where they are. Accounts to configure have no text: they cost nothing.
SQLITE = {
    "insert": f"AFTER INSERT ON {TABLE} WHEN new.search_key <> '' BEGIN"
    f" INSERT INTO {INDEX} (rowid, search_key) VALUES (new.id, new.search_key); END",
    "delete": f"AFTER DELETE ON {TABLE} WHEN old.search_key <> '' BEGIN"
    f" INSERT INTO {INDEX} ({INDEX}, rowid, search_key) VALUES ('delete', old.id, old.search_key); END",
    "update": f"AFTER UPDATE OF search_key ON {TABLE} WHEN old.search_key <> new.search_key BEGIN"
    f" INSERT INTO {INDEX} ({INDEX}, rowid, search_key)"
    " SELECT 'delete', old.id, old.search_key WHERE old.search_key <> '';"
    f" INSERT INTO {INDEX} (rowid, search_key) SELECT new.id, new.search_key WHERE new.search_key <> ''; END",
}


def _ensure_sqlite(connection: BaseDatabaseWrapper) -> bool:
    names = {f"{INDEX}_{name}" for name in SQLITE}
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE name LIKE %s", [f"{INDEX}%"])
        there = {name for (name,) in cursor.fetchall()}
        if names | {INDEX} <= there:
            return True
        with transaction.atomic(using=connection.alias):
            cursor.execute(f"DROP TABLE IF EXISTS {INDEX}")
            cursor.execute(
                f"CREATE VIRTUAL TABLE {INDEX} USING fts5 (search_key, content='', tokenize='trigram', columnsize=0)"
            )
            cursor.execute(
                f"INSERT INTO {INDEX} (rowid, search_key) SELECT id, search_key FROM {TABLE} WHERE search_key <> ''"
            )
            for name, body in SQLITE.items():
                cursor.execute(f"DROP TRIGGER IF EXISTS {INDEX}_{name}")
                cursor.execute(f"CREATE TRIGGER {INDEX}_{name} {body}")
    return True
