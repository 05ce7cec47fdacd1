"""How often one caller may ask for something. Counted in the shared cache, so for all processes together."""

from __future__ import annotations

import time

from django.core.cache import cache


def allowed(what: str, who: object, *, times: int, seconds: int) -> bool:
    """Whether `who` may do `what` once more: at most `times` in each window of `seconds`. Counts this time."""
    window = int(time.time()) // seconds
    key = f"limit:{what}:{who}:{window}"
    if cache.add(key, 1, timeout=seconds + 1):
        return True
    try:
        return cache.incr(key) <= times
    except ValueError:  # it ran out between the two lines
        return True
