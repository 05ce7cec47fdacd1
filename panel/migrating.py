"""How migrations leave a running installation alone.

Rules, to which tests/upgrades/test_rules.py holds them: an index on a large table is made with
`panel.concurrently.AddIndex`; a new column has `db_default` or may be null, so that processes of the version before go
on writing; a column or table leaves the code in one release and the database in a later one; a step over data is a
migration of its own.
"""

from __future__ import annotations

from typing import Any

from django.db import connections
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
