"""Addresses of databases, and statements that either takes. Pure."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

GRACE_MIB = 10  # by which a message may pass the limit of a mailbox that is not full


def for_postgres(statement: str) -> str:
    """`:name`, SQLite's form of a value, as psycopg wants it."""
    return re.sub(r":(\w+)", r"%(\1)s", statement)


def numbered(statement: str) -> tuple[str, tuple[str, ...]]:
    """The statement with `$1`, `$2`, … for its values, as PostgreSQL prepares it, and their names in that order."""
    names: list[str] = []

    def number(found: re.Match[str]) -> str:
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    return re.sub(r":(\w+)", number, statement), tuple(names)


def sqlite_path(url: str) -> str | None:
    """The file of a `sqlite:///path` address; None where it names a server."""
    parts = urlsplit(url)
    return unquote(parts.path[1:]) if parts.scheme == "sqlite" else None
