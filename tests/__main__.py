"""The whole suite on SQLite with the filesystem broker, then on PostgreSQL with Redis all that uses a database.

`python -m tests`; arguments go to pytest. Without the two servers the second run is left out and that is said; with
CI=true it is an error.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from .servers.postgresql import PostgreSql
from .servers.redis import Redis

PARALLEL = ["-n", "2", "--dist", "worksteal"]  # of neighbours, that share what a module starts


def run(title: str, *options: str, **environment: str) -> int:
    print(f"\n=== {title} ===", flush=True)
    arguments = sys.argv[1:] or PARALLEL
    return subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, *options], env=os.environ | environment, check=False
    ).returncode


def main() -> int:
    first = run("SQLite, filesystem broker", DATABASE_URL="", REDIS_URL="")
    missing = [server.package for server in (PostgreSql, Redis) if not server.installed()]
    if missing and os.environ.get("CI", "").lower() != "true":
        print(f"\nNot run on PostgreSQL with Redis: apt-get install {' '.join(missing)}", flush=True)
        return first
    with PostgreSql() as postgresql, Redis() as redis:
        second = run("PostgreSQL, Redis", "--database-only", DATABASE_URL=postgresql.url, REDIS_URL=redis.url)
    if first:
        print("\nThe first of the two runs, on SQLite, failed.", file=sys.stderr, flush=True)
    # Arguments may name tests of which none uses a database.
    return first or (0 if second == pytest.ExitCode.NO_TESTS_COLLECTED else second)


if __name__ == "__main__":
    sys.exit(main())
