"""How migrations leave a running installation alone.

Rules, to which tests/upgrades/test_rules.py holds them: an index on a large table is made with the operation below; a
new column has `db_default` or may be null, so that processes of the version before go on writing; a column or table
leaves the code in one release and the database in a later one; a step over data is a migration of its own.
"""

from __future__ import annotations

from typing import Any

from django.contrib.postgres import operations
from django.db import connections, migrations
from django.db.models.signals import post_migrate, pre_migrate

LOCK_SECONDS = 10


def wait_briefly(using: str, **kwargs: Any) -> None:
    """A migration that does not get its lock fails and can be run again; meanwhile everybody would wait behind it."""
    _set(using, f"{LOCK_SECONDS}s")


def wait_as_ever(using: str, **kwargs: Any) -> None:
    _set(using, "0")


def _set(using: str, timeout: str) -> None:
    connection = connections[using]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [timeout])


def connect() -> None:
    pre_migrate.connect(wait_briefly, dispatch_uid="panel.migrating")
    post_migrate.connect(wait_as_ever, dispatch_uid="panel.migrating")


class AddIndexConcurrently(operations.AddIndexConcurrently):
    """Writers go on while PostgreSQL makes the index; elsewhere as AddIndex. The migration is `atomic = False`.

    What an interrupted attempt left behind, an index that PostgreSQL does not use, is dropped first. It waits for old
    transactions, not in anybody's way, for as long as they take.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            migrations.AddIndex.database_forwards(self, app_label, schema_editor, from_state, to_state)
            return
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('lock_timeout')")
            before = cursor.fetchone()[0]
            cursor.execute("SELECT set_config('lock_timeout', '0', false)")
            name = schema_editor.connection.ops.quote_name(self.index.name)
            cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [before])

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            migrations.AddIndex.database_backwards(self, app_label, schema_editor, from_state, to_state)
            return
        super().database_backwards(app_label, schema_editor, from_state, to_state)
