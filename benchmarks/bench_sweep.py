"""A whole sweep on PostgreSQL: claim, ask, judge, store, with nothing changed since the last one.

Beside it what dnspython's asynchronous resolver needs only to ask the same questions.
"""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta

from tests.servers import Knot, PostgreSql

from .bench_engine import questions_of_a_look, with_asyncresolver
from .domains import KEY, PLATFORM, facts_of, zones
from .panel import panel
from .results import Measure, Ratio, Result
from .running import apart

DOMAINS = 5_000
FEW = 1_000  # of them, to see that the cost of one does not grow with their number
ASKED_ALONE = 1_000  # domains that the resolver library is measured with
SECONDS = 600.0


def attach(count: int) -> None:
    """As many verified domains of one service, each with its key."""
    from django.utils import timezone

    from domains.models import DkimKey, Domain, Name, Ownership
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
    names = Name.objects.bulk_create(Name(name=facts_of(number).name) for number in range(count))
    ownerships = Ownership.objects.bulk_create(
        Ownership(organization=service.organization, name=name, token=f"t{number}-check")
        for number, name in enumerate(names)
    )
    DkimKey.objects.bulk_create(
        DkimKey(ownership=ownership, name=name, selector="s1", private_key="of no use", public_key=KEY)
        for name, ownership in zip(names, ownerships, strict=True)
    )
    Domain.objects.bulk_create(
        Domain(
            service=service,
            platform=platform,
            name=name,
            ownership=ownership,
            mode=Domain.Mode.AUTHORITATIVE,
            state=Domain.State.VERIFIED,
            verified_at=timezone.now(),
            proof=Domain.Proof.OPERATOR,
        )
        for name, ownership in zip(names, ownerships, strict=True)
    )


def make_due(count: int) -> None:
    """So many are due, were looked at home today, and changed long ago."""
    from django.utils import timezone

    from diagnostics import schedule
    from diagnostics.models import Look

    now = timezone.now()
    while schedule.enter_missing(now):
        pass
    pks = list(Look.objects.order_by("pk").values_list("pk", flat=True)[:count])
    values = {"asked_at": None, "changed_at": None, "home_looked_at": now}
    Look.objects.update(next_at=now + timedelta(hours=1), **values)
    assert Look.objects.filter(pk__in=pks).update(next_at=now) == count


def worker(_number: int = 0) -> tuple[int, float]:
    """Sweep until nothing is due; how many domains that were, and the most memory that the process held, in MB."""
    from diagnostics.sweep import sweep

    return sweep(SECONDS), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


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


def bench() -> Iterator[Result]:
    with Knot(zones(DOMAINS)) as knot, PostgreSql() as postgresql:
        questions = questions_of_a_look(knot.endpoint)
        environment = {
            "DATABASE_URL": postgresql.url,
            "DNS_RESOLVERS": knot.host_port,
            "DNS_AUTHORITATIVE_PORT": str(knot.port),
            "DNS_RESOLVER_RATE": "1000000",
            "ALLOWED_NETWORKS": "127.0.0.0/8",
        }
        note = f"{len(questions)} questions a domain, {DOMAINS:,} domains"
        with panel(**environment):
            from diagnostics.models import Check

            attach(DOMAINS)
            seconds, _memory = swept(DOMAINS, 1)
            yield Measure("first sweep, every check written", DOMAINS / seconds, "domains/s", note)
            assert not Check.objects.exclude(status__in=["ok", "off"]).exists()
            few, _memory = swept(FEW, 1)
            many, memory = swept(DOMAINS, 1)
            yield Measure("nothing changed, one worker", DOMAINS / many, "domains/s", note)
            yield Measure("memory of that worker, at most", memory, "MB")
            growth = (many / DOMAINS) / (few / FEW)
            yield Measure("cost of a domain", growth, f"× that at {FEW:,} domains")
            both, _memory = swept(DOMAINS, 2)
            yield Measure("nothing changed, two workers", DOMAINS / both, "domains/s", note)
        alone = ASKED_ALONE / apart(with_asyncresolver, knot.endpoint, ASKED_ALONE, questions)
        yield Measure("dns.asyncresolver: ask", alone, "domains/s", "300 tasks")
    yield Ratio("sweep/asyncresolver", DOMAINS / both / alone, 6)
