"""A worker as a process of its own, for tests that kill it: `python -m tests.accounts.worker_process RUN…`.

It works like the real one, but hashes cheaply and gives leases of a second, so that a thousand rows and a dozen
deaths take seconds.
"""

from __future__ import annotations

import sys
import time
from datetime import timedelta

import django

django.setup()

from accounts.runs import engine  # noqa: E402


def cheap_hash(password: str) -> str:
    time.sleep(0.001)
    return "{ARGON2ID}cheap"


def main(runs: list[int]) -> None:
    engine.LEASE = timedelta(seconds=1)
    engine.CHUNK_SECONDS = 0.05
    engine.hash_password = cheap_hash
    while any(engine.work(run, seconds=0.5) is not engine.Progress.OVER for run in runs):
        time.sleep(0.05)


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]])
