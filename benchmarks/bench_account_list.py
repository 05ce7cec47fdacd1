"""The list of accounts at 100,000 rows against the same pages at 100: SQLite and PostgreSQL, whole responses."""

from __future__ import annotations

import re
import statistics
import time
import uuid
from collections.abc import Iterator
from itertools import batched
from typing import TYPE_CHECKING

from tests.servers import PostgreSql

from .panel import panel
from .results import Measure, Ratio, Result
from .running import apart

if TYPE_CHECKING:
    from django.test import Client

SMALL, LARGE = 100, 100_000
REPEATS = 25
# Each of them shows as many rows of the small list as of the large one.
PAGES = ("", "?sort=name", "?sort=-address", "?state=suspended", "?q=user00004", "next")


def fill(count: int) -> str:
    """A service with so many accounts; returns the address of its list."""
    from django.urls import reverse

    from accounts.models import Address, EmailAccount, Tally
    from tests.factories import make_domain, make_service

    service = make_service()
    domain = make_domain(service)
    for numbers in batched(range(count), 2_000):
        addresses = Address.objects.bulk_create(
            Address(name=domain.name, local_part=f"user{number:06}") for number in numbers
        )
        accounts = []
        for address, number in zip(addresses, numbers, strict=True):
            account = EmailAccount(
                service=service,
                slot_token=f"{service.pk}-{number}",
                state="suspended" if number % 2 else "active",
                domain=domain,
                address=address,
                first_name="Anna",
                last_name=f"Nr {number}",
                display_name=f"Anna Nr {number}",
                password_hash="{ARGON2ID}!",
                mailbox_id=uuid.uuid4(),
            )
            account.set_keys(f"{address.local_part}@{domain.name.name}")
            accounts.append(account)
        EmailAccount.objects.bulk_create(accounts)
    Tally.shift(service.pk, {(domain.pk, "active"): count // 2, (domain.pk, "suspended"): count // 2})
    return reverse("accounts:list", args=[service.name])


def seconds_and_queries(database_url: str) -> list[tuple[float, int]]:
    """For the small and the large list: median seconds of all pages together, and their queries."""
    with panel(DATABASE_URL=database_url):
        from django.db import connection
        from django.test import Client
        from django.test.utils import CaptureQueriesContext

        from tests.factories import make_user

        client = Client(SERVER_NAME="localhost")
        client.force_login(make_user(staff=True))
        lists = [fill(SMALL), fill(LARGE)]
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        pages = [_pages(client, address) for address in lists]
        queries = []
        for each in pages:
            with CaptureQueriesContext(connection) as captured:
                for page in each:
                    client.get(page)
            queries.append(len(captured))
        times: list[list[float]] = [[], []]
        for _repeat in range(REPEATS):  # in turn, so that other load on the machine meets both
            for each, taken in zip(pages, times, strict=True):
                started = time.perf_counter()
                for page in each:
                    client.get(page)
                taken.append(time.perf_counter() - started)
        return [(statistics.median(taken), count) for taken, count in zip(times, queries, strict=True)]


def _pages(client: Client, address: str) -> list[str]:
    following = re.search(r'rel="next" href="([^"]+)"', client.get(address).content.decode())
    assert following
    return [address + (following[1] if page == "next" else page) for page in PAGES]


def bench() -> Iterator[Result]:
    ratios = []
    with PostgreSql() as server:
        for name, url in (("SQLite", ""), ("PostgreSQL", server.url)):
            (small, few), (large, many) = apart(seconds_and_queries, url)
            if few != many:
                raise RuntimeError(f"{few} queries at {SMALL} rows, {many} at {LARGE}")
            for count, seconds in ((SMALL, small), (LARGE, large)):
                yield Measure(f"list of {count:,} accounts, {name}", seconds / len(PAGES) * 1000, "ms", "a page")
            ratios.append(large / small)
    yield Ratio("list 100k/100", max(ratios), most=1.3)
