"""Whole sweeps on PostgreSQL: claim, ask, judge, store, with nothing changed since the last one; 100,000 domains.

Beside it what dnspython's asynchronous resolver needs only to ask the same questions; and one sweep by two workers, of
which one is killed in the middle.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import statistics
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING

from tests.servers import Knot, PostgreSql

from .bench_engine import questions_of_a_look, with_asyncresolver
from .domains import KEY, PLATFORM, facts_of, zones
from .panel import panel
from .results import Measure, Ratio, Result
from .running import apart

if TYPE_CHECKING:
    from panel.models import Service

DOMAINS = 100_000
FEW = 1_000  # of them, to see that the cost of one does not grow with their number
TIMES = 5  # that the few are swept before the many, and behind them
ASKED_ALONE = 2_000  # domains that the resolver library is measured with
KILLED_AT = 0.3  # of the domains done
SECONDS = 600.0
BATCH = 5_000


def attach(count: int) -> None:
    """As many verified domains of one service, each with its key."""
    from panel.models import Organization, Platform, Service

    hosts = PLATFORM.hosts
    platform = Platform.objects.create(
        slug=PLATFORM.slug,
        is_default=True,
        mx_hosts=list(hosts.mx),
        imap_host=hosts.imap,
        smtp_host=hosts.smtp,
        autodiscover_host=hosts.autodiscover,
        webmail_host=hosts.imap,
        verification_host=hosts.verification,
        spf_include=hosts.spf_include,
        outbound_addresses=list(PLATFORM.outbound),
    )
    service = Service.create(Organization.objects.create(code="bench", name="Bench"), platform)
    for numbers in batched(range(count), BATCH):
        attach_some(numbers, service)


def attach_some(numbers: Sequence[int], service: Service) -> None:
    from django.utils import timezone

    from domains.models import DkimKey, Domain, Name, Ownership

    names = Name.objects.bulk_create(Name(name=facts_of(number).name) for number in numbers)
    ownerships = Ownership.objects.bulk_create(
        Ownership(organization=service.organization, name=name, token=f"t{number}-check")
        for number, name in zip(numbers, names, strict=True)
    )
    DkimKey.objects.bulk_create(
        DkimKey(ownership=ownership, name=name, selector="s1", private_key="of no use", public_key=KEY)
        for name, ownership in zip(names, ownerships, strict=True)
    )
    Domain.objects.bulk_create(
        Domain(
            service=service,
            platform=service.platform,
            name=name,
            ownership=ownership,
            mode=Domain.Mode.AUTHORITATIVE,
            state=Domain.State.VERIFIED,
            verified_at=timezone.now(),
            proof=Domain.Proof.OPERATOR,
        )
        for name, ownership in zip(names, ownerships, strict=True)
    )


def make_due(count: int) -> datetime:
    """So many are due, were looked at home today, and changed long ago. Returns since when they are."""
    from django.db import connection
    from django.utils import timezone

    from diagnostics.models import CheckRun
    from diagnostics.sweep import schedule

    now = timezone.now()
    while schedule.enter_missing(now):
        pass
    first = CheckRun.objects.order_by("pk")[:1].get().pk
    values = {"asked_at": None, "changed_at": None, "authoritative_at": now}
    CheckRun.objects.update(next_at=now + timedelta(hours=1), **values)
    assert CheckRun.objects.filter(pk__lt=first + count).update(next_at=now) == count
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE diagnostics_look")  # as the server does by itself between sweeps
    return now


def worker(_number: int = 0) -> tuple[int, float]:
    """Sweep until nothing is due; how many domains that were, and the most memory that the process held, in MB."""
    from diagnostics.sweep.sweep import sweep

    return sweep(SECONDS), most_memory()


def most_memory() -> float:
    """The most that this process ever held, in MB. (`getrusage` would count the process that it was forked from.)"""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def warm(seconds: float) -> None:
    """Set Django up, and keep the process busy while the other one does the same."""
    import django

    django.setup()
    time.sleep(seconds)


def swept(count: int, workers: int) -> tuple[float, float]:
    """The seconds that so many processes took, and the most memory that one of them held, in MB."""
    make_due(count)
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        list(pool.map(warm, [3.0] * workers))
        started = time.perf_counter()
        results = list(pool.map(worker, range(workers)))
        seconds = time.perf_counter() - started
    done = sum(count for count, _memory in results)
    assert done == count, f"{done} of {count} were looked at"
    return seconds, max(memory for _count, memory in results)


def one_is_killed() -> int:
    """Two workers sweep, one of them is killed in the middle. Returns how many domains the dead one held; the others
    were each taken once, and in the end nobody waits."""
    from django.db import connection

    from diagnostics.models import CheckRun

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE claims (domain bigint)")
        cursor.execute(
            "CREATE FUNCTION note_claim() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN INSERT INTO claims VALUES (NEW.domain_id); RETURN NULL; END'"
        )
        cursor.execute(
            "CREATE TRIGGER note_claim AFTER UPDATE OF lease ON diagnostics_look FOR EACH ROW "
            "WHEN (NEW.lease <> '' AND NEW.lease <> OLD.lease) EXECUTE FUNCTION note_claim()"
        )
    since = make_due(DOMAINS)
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=whole_worker) for _ in range(2)]
    for process in workers:
        process.start()
    done = CheckRun.objects.filter(checked_at__gte=since)
    while done.count() < DOMAINS * KILLED_AT:
        assert all(process.is_alive() for process in workers)
        time.sleep(0.2)
    os.kill(workers[0].pid or 0, signal.SIGKILL)
    for process in workers:
        process.join()
    assert [process.exitcode for process in workers] == [-signal.SIGKILL, 0]
    held = set(CheckRun.objects.exclude(lease="").values_list("pk", flat=True))
    assert held == set(CheckRun.objects.filter(checked_at__lt=since).values_list("pk", flat=True)), (
        "lost, or looked at twice"
    )
    CheckRun.objects.exclude(lease="").update(lease_until=since)  # their time is over
    assert apart(whole_worker) == len(held)
    assert not CheckRun.objects.filter(checked_at__lt=since).exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT domain, count(*) FROM claims GROUP BY domain")
        taken = dict(cursor.fetchall())
    assert len(taken) == DOMAINS
    assert {domain for domain, times in taken.items() if times > 1} == held
    return len(held)


def whole_worker() -> int:
    """In a process that knows nothing of Django yet."""
    warm(0)
    return worker()[0]


def bench() -> Iterator[Result]:
    with Knot(zones(DOMAINS)) as knot, PostgreSql() as postgresql:
        questions = questions_of_a_look(knot.endpoint)
        environment = {
            "DATABASE_URL": postgresql.url,
            "DNS_RESOLVERS": knot.host_port,
            "DNS_AUTHORITATIVE_PORT": str(knot.port),
            "DNS_RESOLVER_RATE": "0",
            "ALLOWED_NETWORKS": "127.0.0.0/8",
        }
        note = f"{len(questions)} questions a domain, {DOMAINS:,} domains"
        with panel(**environment):
            from diagnostics.models import Check

            attach(DOMAINS)
            seconds, _memory = swept(DOMAINS, 2)
            yield Measure("first sweep, every check written, two workers", DOMAINS / seconds, "domains/s", note)
            assert not Check.objects.exclude(status__in=["ok", "off"]).exists()
            few = [swept(FEW, 1)[0] for _ in range(TIMES)]
            many, memory = swept(DOMAINS, 1)
            few += [swept(FEW, 1)[0] for _ in range(TIMES)]
            yield Measure("nothing changed, one worker", DOMAINS / many, "domains/s", note)
            yield Measure("memory of that worker, at most", memory, "MB")
            growth = (many / DOMAINS) / (statistics.median(few) / FEW)
            yield Measure("cost of a domain", growth, f"× that at {FEW:,} domains")
            both, _memory = swept(DOMAINS, 2)
            yield Measure("nothing changed, two workers", DOMAINS / both, "domains/s", note)
            held = one_is_killed()
            yield Measure("one of two workers killed: taken over", held, "domains", "none lost, no other taken twice")
        alone = ASKED_ALONE / apart(with_asyncresolver, knot.endpoint, ASKED_ALONE, questions)
        yield Measure("dns.asyncresolver: ask", alone, "domains/s", "300 tasks")
    yield Ratio("sweep/asyncresolver", DOMAINS / both / alone, 6)
