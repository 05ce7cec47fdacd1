"""The whole suite, on SQLite with the filesystem broker and again on PostgreSQL with Redis: `python -m tests`.

Arguments go to pytest. Without the two servers the second run is left out and that is said; with CI=true it is an
error.
"""

from __future__ import annotations

import os
import subprocess
import sys

from .servers.postgresql import PostgreSql
from .servers.redis import Redis

PARALLEL = ["-n", "2"]


def run(title: str, **environment: str) -> int:
    print(f"\n=== {title} ===", flush=True)
    arguments = sys.argv[1:] or PARALLEL
    return subprocess.run(
        [sys.executable, "-m", "pytest", *arguments], env=os.environ | environment, check=False
    ).returncode


def main() -> int:
    first = run("SQLite, filesystem broker", DATABASE_URL="", REDIS_URL="")
    missing = [server.package for server in (PostgreSql, Redis) if not server.installed()]
    if missing and os.environ.get("CI", "").lower() != "true":
        print(f"\nNot run on PostgreSQL with Redis: apt-get install {' '.join(missing)}", flush=True)
        return first
    with PostgreSql() as postgresql, Redis() as redis:
        second = run("PostgreSQL, Redis", DATABASE_URL=postgresql.url, REDIS_URL=redis.url)
    if first:
        print("\nThe first of the two runs, on SQLite, failed.", file=sys.stderr, flush=True)
    return first or second


if __name__ == "__main__":
    sys.exit(main())
