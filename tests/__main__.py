"""The whole suite on SQLite with the filesystem broker, then on PostgreSQL with Redis all that uses a database.

`python -m tests`; arguments go to pytest. Without the two servers the second run is left out and that is said; with
CI=true it is an error. A few that failed beside others are tried once more by themselves, which is said: see
docs/decisions/0411-what-failed-beside-others-is-tried-alone.md.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .servers.postgresql import PostgreSql
from .servers.redis import Redis

FEW = 5  # more than that is no race
PARALLEL = ["-n", "2", "--dist", "worksteal"]  # of neighbours, that share what a module starts


def run(title: str, *options: str, **environment: str) -> int:
    print(f"\n=== {title} ===", flush=True)
    code = tested(*(sys.argv[1:] or PARALLEL), *options, **environment)
    if sys.argv[1:] or code != pytest.ExitCode.TESTS_FAILED or not 0 < (count := len(failed())) <= FEW:
        return code
    print(f"\n=== {title}: the {count} that failed, once more and by themselves ===", flush=True)
    return tested("--last-failed", "-v", *options, **environment)


def tested(*arguments: str, **environment: str) -> int:
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(command, env=os.environ | environment, check=False).returncode


def failed() -> list[str]:
    """Tests that failed in the run before, as pytest keeps them."""
    try:
        return list(json.loads(Path(".pytest_cache/v/cache/lastfailed").read_text(encoding="utf-8")))
    except FileNotFoundError:
        return []


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
