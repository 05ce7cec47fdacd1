"""How often one caller may ask for something, counted for all processes together, for exactly as long as it says.

Redis counts where there is one; without it, or while it is away, a table does. The shared cache counts nothing: its
database form reads, adds and writes, forgets the time that a count was to last, and throws entries out when it is full.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from . import redis_server
from .models import Attempts

BATCH = 500  # counts that are forgotten in one statement


def allowed(what: str, who: object, *, times: int, seconds: int) -> bool:
    """Whether `who` may do `what` once more: at most `times` within `seconds` of the first. Counts this time."""
    return counted(what, who, seconds=seconds) <= times


def counted(what: str, who: object, *, seconds: int) -> int:
    """How often `who` has done `what` within `seconds` of the first time, this time included."""
    key = _key(what, who)
    return _counted(lambda: _add_in_redis(key, seconds), lambda: _add_in_table(key, seconds))


def give_back(what: str, who: object) -> None:
    """This time did not count."""
    key = _key(what, who)
    _counted(lambda: int(redis_server.client().eval(TAKE, 1, f"limit:{key}") or 0), lambda: _take_in_table(key))


def network_of(request: HttpRequest, *, ipv4_prefix: int = 32) -> str:
    """Who asks, as far as an address says it: whoever has one address of IPv6 has all of its /64."""
    return network(request.META.get("REMOTE_ADDR") or "", ipv4_prefix=ipv4_prefix)


def network(address: str, *, ipv4_prefix: int = 32) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    prefix = ipv4_prefix if parsed.version == 4 else 64
    return str(ipaddress.ip_network((parsed, prefix), strict=False))


def _key(what: str, who: object) -> str:
    return hashlib.sha256(f"{what}\0{who}".encode()).hexdigest()


def _counted(in_redis: Callable[[], int], in_table: Callable[[], int]) -> int:
    if settings.REDIS_URL and not redis_server.is_left_alone():
        try:
            count = in_redis()
        except redis_server.ERRORS as error:
            redis_server.failed(error)
        else:
            redis_server.answered()
            return count
    return in_table()


# One statement each: two callers at the same moment are two.
TAKE = "return redis.call('exists', KEYS[1]) == 1 and redis.call('decr', KEYS[1]) or 0"
ADD = """
INSERT INTO panel_attempts (key, count, ends_at) VALUES (%(key)s, 1, %(ends)s)
ON CONFLICT (key) DO UPDATE SET
    count = CASE WHEN panel_attempts.ends_at <= %(now)s THEN 1 ELSE panel_attempts.count + 1 END,
    ends_at = CASE WHEN panel_attempts.ends_at <= %(now)s THEN %(ends)s ELSE panel_attempts.ends_at END
RETURNING count
"""


def _add_in_redis(key: str, seconds: int) -> int:
    with redis_server.client().pipeline(transaction=True) as pipeline:
        pipeline.set(f"limit:{key}", 0, ex=seconds, nx=True)
        pipeline.incr(f"limit:{key}")
        return int(pipeline.execute()[1])


def _add_in_table(key: str, seconds: int) -> int:
    now = timezone.now()
    times = Attempts._meta.get_field("ends_at")
    moments = {"now": now, "ends": now + timedelta(seconds=seconds)}
    prepared = {name: times.get_db_prep_value(moment, connection) for name, moment in moments.items()}
    with connection.cursor() as cursor:
        cursor.execute(ADD, {"key": key, **prepared})
        return int(cursor.fetchone()[0])


def _take_in_table(key: str) -> int:
    return Attempts.objects.filter(key=key, count__gt=0, ends_at__gt=timezone.now()).update(count=F("count") - 1)


def forget() -> None:
    """Counts of windows that are over, in bounded batches."""
    over = Attempts.objects.filter(ends_at__lt=timezone.now())
    while keys := list(over.values_list("pk", flat=True)[:BATCH]):
        Attempts.objects.filter(pk__in=keys).delete()
