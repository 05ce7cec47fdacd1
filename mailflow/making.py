"""Makes the views, and takes them away while migrations alter the tables under them.

Neither database alters a table freely under a view: SQLite, where Django remakes the table, ends with "error in view",
PostgreSQL refuses to change a column's type. So `migrate` drops the views before it does anything to the tables and
makes them anew at its end, from the text that the program has then. Meanwhile mail is deferred, as with any database
that is away. See docs/decisions/0130-views-are-made-by-migrate.md.
"""

from __future__ import annotations

from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from .sql import APPS, READER, VIEWS, WRITER, WRITTEN


def make(connection: BaseDatabaseWrapper) -> None:
    """Make all views; on PostgreSQL the servers' roles, where there are such, may use them again."""
    with connection.cursor() as cursor:
        for name, text in VIEWS.items():
            cursor.execute(f"CREATE VIEW {name} AS {text}")
        if connection.vendor == "postgresql":
            for role in (READER, WRITER):
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
                if cursor.fetchone():
                    for statement in grants(role):
                        cursor.execute(statement)


def drop(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        for name in reversed(VIEWS):
            cursor.execute(f"DROP VIEW IF EXISTS {name}")


def made(connection: BaseDatabaseWrapper) -> bool:
    """Whether all views are there."""
    with connection.cursor() as cursor:
        tables = connection.introspection.get_table_list(cursor)
    return {table.name for table in tables if table.type == "v"} >= VIEWS.keys()


def grants(role: str) -> list[str]:
    """What a role of the servers may do, as statements for PostgreSQL."""
    if role == READER:
        return [f"GRANT SELECT ON {', '.join(VIEWS)} TO {READER}"]
    sequences = ", ".join(f"{table}_id_seq" for table in WRITTEN)
    return [
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(WRITTEN)} TO {WRITER}",
        f"GRANT USAGE ON {sequences} TO {WRITER}",
    ]


def before_migrations(*, using: str, plan: list[tuple[Any, bool]], **kwargs: Any) -> None:
    if any(migration.app_label in APPS for migration, _backwards in plan):
        drop(connections[using])


def after_migrations(*, using: str, plan: list[tuple[Any, bool]] | None = None, **kwargs: Any) -> None:
    """Also after a flush (without a plan), which leaves them where they are."""
    connection = connections[using]
    if _tables_are_there(connection) and not made(connection):
        drop(connection)
        make(connection)


def _tables_are_there(connection: BaseDatabaseWrapper) -> bool:
    """Not when migrations went back to where these apps had none."""
    needed = {"mailflow_block", "accounts_emailaccount", "domains_dkimkey", "panel_platform"}
    return needed <= set(connection.introspection.table_names())
