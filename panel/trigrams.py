"""Indexes that find what is inside names, on PostgreSQL: GIN over trigrams, made after every migration where missing.

Not by a migration: the extension `pg_trgm` may be withheld from the panel's role, and then searches are slower and find
the same. SQLite reads the few thousand names of its installations through in milliseconds.
"""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

log = logging.getLogger(__name__)


def ensure(connection: BaseDatabaseWrapper, index: str, table: str, expression: str) -> None:
    """Make one index. Raises DatabaseError where it cannot be had; one whose making broke off is made again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [index])
        found = cursor.fetchone()
        if found == (True,):
            return
        if found:
            cursor.execute(f"DROP INDEX {index}")
        with transaction.atomic(using=connection.alias):
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        concurrently = "" if connection.in_atomic_block else "CONCURRENTLY"
        cursor.execute(f"CREATE INDEX {concurrently} {index} ON {table} USING gin (({expression}) gin_trgm_ops)")


def ensure_all(using: str, **kwargs: Any) -> None:
    """Those that settings.TRIGRAM_INDEXES names, as far as their columns are there."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'")
        there = set(cursor.fetchall())
    for index, (table, column, expression) in settings.TRIGRAM_INDEXES.items():
        if (table, column) not in there:
            continue
        try:
            ensure(connection, index, table, expression)
        except DatabaseError as error:
            log.warning("No trigram index: searches read every name. %s", error)
            return
