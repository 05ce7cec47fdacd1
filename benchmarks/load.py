"""Forty people who use an installation at once: each opens a page, reads it for a while, opens the next."""

from __future__ import annotations

import http.client
import os
import random
import statistics
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from panel.actors import SYSTEM

THINKS = (1.0, 3.0)  # seconds between two pages, from and to


@dataclass(frozen=True, slots=True)
class Person:
    cookie: str
    paths: tuple[str, ...]
    big: bool  # of the customer that has most


@dataclass(frozen=True, slots=True)
class Opened:
    big: bool
    path: str
    status: int  # 0: no answer
    seconds: float


def set_up(environment: Mapping[str, str]) -> None:
    """Django, in a process of its own, as the installation's processes have it."""
    os.environ |= dict(environment)
    import django

    django.setup()


def people(environment: Mapping[str, str], small: int, big: int) -> list[Person]:
    """Signed in: as many owners of other customers, one each, and as many of the first customer's own people."""
    set_up(environment)
    from panel.models import Membership

    first = Membership.objects.filter(organization__code="large").select_related("user", "organization")
    others = Membership.objects.exclude(organization__code="large").filter(role="owner")
    others = others.order_by("organization").select_related("user", "organization")
    found = list(others[:small])
    found = [found[number % len(found)] for number in range(small)]
    return [_person(one, number, big=False) for number, one in enumerate(found)] + [
        _person(one, number, big=True) for number, one in enumerate(first.order_by("pk")[:big])
    ]


def _person(membership: object, number: int, *, big: bool) -> Person:
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from accounts.models import EmailAccount
    from panel.models import Membership, Role

    assert isinstance(membership, Membership)
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(membership.user_id)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = membership.user.get_session_auth_hash()
    session.create()
    service = membership.organization.services.get()
    domain = service.domains.select_related("name").order_by("pk")[number % 10]
    account = EmailAccount.objects.filter(service=service, state="active").order_by("pk")[number]
    home = f"/services/{service.name}/"
    may_configure = Role(membership.role).rank >= Role.TECHNICIAN.rank  # the form is refused to viewers
    return Person(
        f"{settings.SESSION_COOKIE_NAME}={session.session_key}",
        (
            "/",
            f"{home}domains/",
            f"{home}domains/?status=red",
            f"{home}domains/{domain.name.name}/",
            f"{home}domains/{domain.name.name}/history/",
            f"{home}accounts/",
            f"{home}accounts/?q=user0001",
            f"{home}accounts/{account.pk}/",
            f"{home}accounts/{account.pk}/configure/" if may_configure else f"{home}accounts/?state=active",
            f"{home}activity/",
            f"{home}activity/?verb=account.configured",
            "/red/",
            "/find/?q=kowal",
            f"/organizations/{membership.organization.code}/",
        ),
        big,
    )


def zone(environment: Mapping[str, str]) -> dict[str, str]:
    """What the domains publish, in one zone: everything that is asked of them."""
    set_up(environment)
    from accounts.large import domain_name, token
    from domains.demo_dns.zones import platform_zone
    from domains.facts import facts
    from domains.models import DkimKey, Domain
    from domains.records import DomainFacts, Mode, required_records

    key = DkimKey.objects.values_list("public_key", flat=True)[:1].get()
    _facts, platform = facts(Domain.objects.select_related("name", "platform", "service__organization")[:1].get())
    lines = [
        f"{record.name} {record.type} {value}"
        for number in range(Domain.objects.count())
        for record in required_records(
            DomainFacts(domain_name(number), Mode.AUTHORITATIVE, token=token(number), verified=True, dkim={"s1": key}),
            platform,
        )
        for value in record.values
    ]
    return {"example": "\n".join(lines), "mail.example": platform_zone()}


def begin_work(environment: Mapping[str, str], rows: int) -> int:
    """A sweep over every domain, and a run that configures as many accounts. Returns the run."""
    set_up(environment)
    from django.utils import timezone

    from accounts import tasks
    from accounts.large import domain_name
    from accounts.models import BulkRun
    from accounts.runs import engine, loading
    from diagnostics.models import CheckRun
    from diagnostics.tasks import sweep
    from panel.models import Service

    CheckRun.objects.update(next_at=timezone.now())
    sweep.delay()
    service = Service.objects.get(organization__code="large")
    lines = "".join(f"bench{number}@{domain_name(0)},Anna,Nowak {number}\n" for number in range(rows))
    run = loading.upload(service, f"email,first name,last name\n{lines}".encode(), "bench.csv", by=SYSTEM, owner=True)
    loading.begin_check(run, run.columns, "", BulkRun.Way.PASSWORDS)
    loading.check(run)
    engine.start(run)
    tasks.wake(run)
    return run.pk


def work_done(environment: Mapping[str, str], run: int) -> tuple[int, int]:
    """Rows that the run has done, and domains that the sweep has looked at."""
    set_up(environment)
    from accounts.models import BulkRow, BulkRun
    from diagnostics.models import CheckRun

    began = BulkRun.objects.get(pk=run).started_at
    done = BulkRow.objects.filter(run=run, state=BulkRow.State.DONE).count()
    return done, CheckRun.objects.filter(checked_at__gt=began).count()


def used(port: int, people: Sequence[Person], seconds: float) -> list[Opened]:
    """All of them use it for so long. What each opened, in any order."""
    opened: list[Opened] = []
    end = time.monotonic() + seconds
    threads = [
        threading.Thread(target=_use, args=(port, one, number, end, opened)) for number, one in enumerate(people)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return opened


def _use(port: int, person: Person, number: int, end: float, opened: list[Opened]) -> None:
    chance = random.Random(number)
    time.sleep(chance.uniform(0, THINKS[1]))  # they do not all come at once
    turn = number
    while time.monotonic() < end:
        path = person.paths[turn % len(person.paths)]
        turn += 1
        started = time.perf_counter()
        status = _status(port, path, person.cookie)
        opened.append(Opened(person.big, path, status, time.perf_counter() - started))
        time.sleep(chance.uniform(*THINKS))


def _status(port: int, path: str, cookie: str) -> int:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        client.request("GET", path, headers={"Cookie": cookie, "Host": f"localhost:{port}"})
        response = client.getresponse()
        response.read()
        return response.status
    except OSError:
        return 0
    finally:
        client.close()


def p95(opened: Sequence[Opened]) -> float:
    """Seconds within which 95 of 100 pages were there."""
    return statistics.quantiles([one.seconds for one in opened], n=20)[-1]
