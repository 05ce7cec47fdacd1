"""How many requests a token may make. Counted in the shared cache, so for all processes together."""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from .problems import Problem

SECONDS = 60  # of one window


@dataclass(frozen=True, slots=True)
class Rate:
    limit: int
    left: int
    reset: int  # seconds

    @property
    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers has them."""
        return {
            "RateLimit-Policy": f'"minute";q={self.limit};w={SECONDS}',
            "RateLimit": f'"minute";r={self.left};t={self.reset}',
        }


def count(who: object, limit: int) -> Rate:
    """Count one request. Raises Problem (429) where it is one too many."""
    now = int(time.time())
    key, reset = f"api:{who}:{now // SECONDS}", SECONDS - now % SECONDS
    used = 1
    if not cache.add(key, 1, timeout=SECONDS + 1):
        try:
            used = cache.incr(key)
        except ValueError:  # it ran out between the two lines
            used = 1
    rate = Rate(limit, max(0, limit - used), reset)
    if used > limit:
        detail = _("Wait until the time in Retry-After is over.")
        raise Problem(429, "too-many-requests", detail, headers={"Retry-After": str(reset), **rate.headers})
    return rate


def of_token(token_id: int) -> Rate:
    return count(token_id, settings.API_RATE)


def of_stranger(address: str | None) -> Rate:
    """For requests without a token that works."""
    return count(address, settings.API_STRANGERS_RATE)
