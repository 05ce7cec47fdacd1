"""Searches inside local parts and names in a list of 500,000 accounts against one of 5,000: SQLite and PostgreSQL,
whole responses. BENCH_SIZES=small,medium takes 50,000, and less time."""

from __future__ import annotations

import os
import statistics
import time
import uuid
from collections.abc import Iterator
from itertools import batched

from tests.servers import PostgreSql

from .panel import panel
from .results import Measure, Ratio, Result
from .running import apart

SIZES = {"small": 5_000, "medium": 50_000, "large": 500_000}
MOST = {"PostgreSQL": 1.5, "SQLite": 3.0}
REPEATS = 15
SHARE = 60  # accounts of any size that are found: more than a page of the list has
# What they are found by: the middle of a name before the @, of a last and of a first name, the end of a name with its
# @; in each order of the list; nothing.
RARE = (
    "?q=gorzews",
    "?q=órzewsk",
    "?q=alin",
    "?q=zewska@",
    "?q=gorzews&sort=name",
    "?q=gorzews&sort=-configured",
    "?q=alin&state=suspended",
    "?q=qqqq",
)
COMMON = ("?q=nna+n", "?q=ser0&sort=-name")  # what nearly all accounts have


def fill(count: int) -> list[str]:
    """A service with so many accounts; returns the addresses of its list and of the find-anything box."""
    from django.urls import reverse
    from django.utils import timezone

    from accounts.models import Address, EmailAccount, Tally
    from tests.factories import make_domain, make_service

    service = make_service()
    domain = make_domain(service)
    states, now = ("active", "suspended"), timezone.now()
    for numbers in batched(range(count), 2_000):
        rare = {number for number in numbers if number % (count // SHARE) == 0}
        addresses = Address.objects.bulk_create(
            Address(name=domain.name, local_part=f"a{number:06}.gorzewska" if number in rare else f"user{number:06}")
            for number in numbers
        )
        accounts = []
        for address, number in zip(addresses, numbers, strict=True):
            first, last = ("Halina", "Górzewska") if number in rare else ("Anna", f"Nr {number}")
            account = EmailAccount(
                service=service,
                slot_token=f"{service.pk}-{number}",
                state=states[number % 7 == 0],
                domain=domain,
                address=address,
                first_name=first,
                last_name=last,
                display_name=f"{first} {last}",
                password_hash="{ARGON2ID}!",
                mailbox_id=uuid.uuid4(),
                configured_at=now,
            )
            account.set_keys(f"{address.local_part}@{domain.name.name}")
            accounts.append(account)
        EmailAccount.objects.bulk_create(accounts)
    suspended = len(range(0, count, 7))
    Tally.shift(service.pk, {(domain.pk, "active"): count - suspended, (domain.pk, "suspended"): suspended})
    return [reverse("accounts:list", args=[service.name]), reverse("panel:find")]


def seconds_and_queries(database_url: str, count: int) -> dict[str, tuple[float, int]]:
    """For rare and for common words: median seconds of a search, and the queries of all together."""
    with panel(DATABASE_URL=database_url):
        from django.db import connection
        from django.test import Client
        from django.test.utils import CaptureQueriesContext

        from tests.factories import make_user

        client = Client(SERVER_NAME="localhost")
        client.force_login(make_user(staff=True))
        pages = fill(count)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
        found = {}
        for what, searches in (("rare", RARE), ("common", COMMON)):
            addresses = [page + search for page in pages for search in searches]
            with CaptureQueriesContext(connection) as captured:
                for address in addresses:
                    if client.get(address).status_code != 200:
                        raise RuntimeError(f"{address} fails")
            medians = []
            for address in addresses:
                times = []
                for _repeat in range(REPEATS):
                    started = time.perf_counter()
                    client.get(address)
                    times.append(time.perf_counter() - started)
                medians.append(statistics.median(times))
            found[what] = statistics.mean(medians), len(captured)
        return found


def bench() -> Iterator[Result]:
    few, many = (SIZES[size] for size in os.environ.get("BENCH_SIZES", "small,large").split(","))
    ratios = []
    with PostgreSql() as server, server.database("few") as first, server.database("many") as second:
        for name, urls in (("SQLite", ("", "")), ("PostgreSQL", (first, second))):
            found = [apart(seconds_and_queries, url, count) for url, count in zip(urls, (few, many), strict=True)]
            for what in ("rare", "common"):
                (small, queries), (large, others) = (each[what] for each in found)
                if queries != others:
                    raise RuntimeError(f"{queries} queries at {few} accounts, {others} at {many}")
                for count, seconds in ((few, small), (many, large)):
                    yield Measure(f"search of {what} words, {count:,} accounts, {name}", seconds * 1000, "ms", "a page")
                most = MOST[name] if what == "rare" else None  # more matches take longer to find
                ratios.append(Ratio(f"{what} search {many:,}/{few:,}, {name}", large / small, most=most))
    yield from ratios
