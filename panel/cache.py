"""The shared cache in Redis; while Redis is away each process has one of its own, and nobody notices but by speed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache

from . import redis_server

OWN_ENTRIES = 5_000  # of one process, while Redis is away


class FailsOpen(RedisCache):
    """Redis's cache, without its errors. What was in it is not there while it is away, like what has expired."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        seconds = {"socket_timeout": redis_server.SECONDS, "socket_connect_timeout": redis_server.SECONDS}
        super().__init__(server, {**params, "OPTIONS": {**seconds, **params.get("OPTIONS", {})}})
        self._own = LocMemCache(f"without {server}", {"MAX_ENTRIES": OWN_ENTRIES})


def _either(name: str) -> Callable[..., Any]:
    ask, ask_own = getattr(RedisCache, name), getattr(BaseCache, name, None)
    assert ask_own is not None, name

    def method(self: FailsOpen, *args: Any, **kwargs: Any) -> Any:
        if not redis_server.is_left_alone():
            try:
                found = ask(self, *args, **kwargs)
            except redis_server.ERRORS as error:
                redis_server.failed(error)
            else:
                redis_server.answered()
                return found
        return getattr(self._own, name)(*args, **kwargs)

    return method


for _name in (
    *("add", "get", "set", "touch", "delete", "has_key", "incr"),
    *("get_many", "set_many", "delete_many", "clear"),
):
    setattr(FailsOpen, _name, _either(_name))
