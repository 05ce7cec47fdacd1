"""Redis, which nothing needs but speed: whoever asks it waits a second at most, and goes on without it.

A Redis that did not answer is left alone for some seconds, so that one that hangs slows a page down once and not with
every count and every key.
"""

from __future__ import annotations

import logging
import time
from functools import cache

import redis
from django.conf import settings

log = logging.getLogger(__name__)

SECONDS = 1  # for an answer
LEFT_ALONE = 5.0  # seconds after it did not answer
SAID_EVERY = 60.0  # seconds between two lines of the log

ERRORS = (redis.RedisError, OSError)

_failed_at = float("-inf")
_answers = True
_said_at = float("-inf")


@cache
def client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=SECONDS, socket_connect_timeout=SECONDS)


def is_left_alone() -> bool:
    """Whether it did not answer a moment ago, so that nobody should wait for it now."""
    return time.monotonic() - _failed_at < LEFT_ALONE


def answered() -> None:
    global _answers
    _answers = True


def failed(error: Exception) -> None:
    """It did not answer this process: leave it alone for a while, and say so once a minute."""
    global _answers, _failed_at, _said_at
    _answers, _failed_at = False, time.monotonic()
    if _failed_at - _said_at >= SAID_EVERY:
        _said_at = _failed_at
        log.warning("Redis does not answer, going on without it: %s", error)


def is_away() -> bool:
    """Whether it did not answer this process when it was last asked."""
    return bool(settings.REDIS_URL) and not _answers


def forget() -> None:
    """Nothing is known of it, as at the beginning."""
    global _answers, _failed_at, _said_at
    _answers, _failed_at, _said_at = True, float("-inf"), float("-inf")
    client.cache_clear()
