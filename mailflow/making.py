"""Makes the views, and takes them away while migrations alter the tables under them.

Neither database alters a table freely under a view: SQLite, where Django remakes the table, ends with "error in view",
PostgreSQL refuses to change a column's type. So `migrate` drops the views before it does anything to the tables and
makes them anew at its end, from the text that the program has then. Meanwhile mail is deferred, as with any database
that is away. See docs/decisions/0130-views-are-made-by-migrate.md.
"""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _
from psycopg import sql

from panel.errors import Refused

from .sql import APPS, FUNCTIONS, READER, VIEWS, WRITER, WRITTEN


def make(connection: BaseDatabaseWrapper) -> None:
    """Make all views; on PostgreSQL the servers' roles, where there are such, may use them again."""
    with connection.cursor() as cursor:
        for name, text in VIEWS.items():
            cursor.execute(f"CREATE VIEW {name} AS {text}")
            if connection.vendor == "postgresql":
                cursor.execute(f"COMMENT ON VIEW {name} IS '{_digest(text)}'")
        if connection.vendor == "postgresql":
            for name, text in FUNCTIONS.items():
                cursor.execute(f"CREATE FUNCTION {name} {text}")
                cursor.execute(f"COMMENT ON FUNCTION {name} IS '{_digest(text)}'")
            for role in (READER, WRITER):
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
                if cursor.fetchone():
                    for statement in grants(role):
                        cursor.execute(statement)


def drop(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        for name in reversed(VIEWS):
            cursor.execute(f"DROP VIEW IF EXISTS {name}")
        if connection.vendor == "postgresql":
            for name in FUNCTIONS:
                cursor.execute(f"DROP FUNCTION IF EXISTS {name}")


def made(connection: BaseDatabaseWrapper) -> bool:
    """Whether all views are there, and as the program has them now."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'view'")
            return (
                dict(cursor.fetchall()).items()
                >= {n: f"CREATE VIEW {n} AS {text}" for n, text in VIEWS.items()}.items()
            )
        cursor.execute(
            "SELECT relname, obj_description(oid, 'pg_class') FROM pg_class"
            " WHERE relkind = 'v' AND pg_table_is_visible(oid)"
            " UNION ALL SELECT CAST(CAST(oid AS regprocedure) AS text), obj_description(oid, 'pg_proc') FROM pg_proc"
            " WHERE pg_function_is_visible(oid) AND proname LIKE 'mailflow%'"
        )
        wanted = {name.replace(", ", ","): _digest(text) for name, text in (VIEWS | FUNCTIONS).items()}
        return dict(cursor.fetchall()).items() >= wanted.items()


def _digest(text: str) -> str:
    """PostgreSQL keeps a view in words of its own: what it was made from is told by its comment."""
    return hashlib.sha256(text.encode()).hexdigest()


def grants(role: str) -> list[str]:
    """What a role of the servers may do, as statements for PostgreSQL."""
    if role == READER:
        return [f"GRANT SELECT ON {', '.join(VIEWS)} TO {READER}"]
    sequences = ", ".join(f"{table}_id_seq" for table in WRITTEN)
    return [
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(WRITTEN)} TO {WRITER}",
        f"GRANT USAGE ON {sequences} TO {WRITER}",
    ]


def make_roles() -> list[str]:
    """The servers' roles with the passwords that MAIL_READER_URL and MAIL_WRITER_URL name. Raises Refused."""
    connection = connections["default"]
    if connection.vendor != "postgresql":
        raise Refused("no-roles", _("Only PostgreSQL has roles."))
    addresses = {READER: urlsplit(settings.MAIL_READER_URL), WRITER: urlsplit(settings.MAIL_WRITER_URL)}
    for role, address in addresses.items():
        if address.username != role or not address.password:
            raise Refused("no-password", _("No address names the role %(role)s and its password.") % {"role": role})
    with connection.cursor() as cursor:
        for role, address in addresses.items():
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
            if not cursor.fetchone():
                cursor.execute(f"CREATE ROLE {role} LOGIN")
            password = sql.Literal(unquote(address.password or ""))
            cursor.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), password))
            for statement in grants(role):
                cursor.execute(statement)
    return list(addresses)


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
    """Not while migrations of these apps are open, or were taken back: columns that the views read may be missing."""
    loader = MigrationLoader(connection)
    return all(leaf in loader.applied_migrations for app in APPS for leaf in loader.graph.leaf_nodes(app))
