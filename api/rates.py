"""How many requests a token may make, counted for all processes together."""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from panel.limits import counted, network_of

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
    reset = SECONDS - now % SECONDS
    used = counted("api", f"{who} {now // SECONDS}", seconds=SECONDS + 1)
    rate = Rate(limit, max(0, limit - used), reset)
    if used > limit:
        detail = _("Wait until the time in Retry-After is over.")
        raise Problem(429, "too-many-requests", detail, headers={"Retry-After": str(reset), **rate.headers})
    return rate


def of_token(token_id: int) -> Rate:
    return count(token_id, settings.API_RATE)


def of_stranger(request: HttpRequest) -> Rate:
    """For requests without a token that works."""
    return count(network_of(request), settings.API_STRANGERS_RATE)
