"""Due domains are claimed once, fairly, and by nobody for ever."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from diagnostics.models import CheckRun
from diagnostics.sweep import schedule, sweep
from domains import signals
from domains.models import Domain
from panel.actors import COMMAND_LINE
from panel.models import Platform, Service
from tests.factories import make_domain, make_organization, make_service
from tests.processes import ROOT
from tests.servers import Knot

SWEEP = """
import django
django.setup()
from diagnostics.sweep import schedule, sweep
claim = schedule.claim
def told(pks, now):
    claimed = claim(pks, now)
    print(*(check_run.pk for check_run in claimed), flush=True)
    return claimed
schedule.claim = told
sweep.sweep(under_way=10)
"""


def due(service: Service, count: int, **fields: Any) -> list[Domain]:
    domains = [make_domain(service) for _ in range(count)]
    schedule.enter(domains, timezone.now())
    return domains


@pytest.mark.django_db
def test_what_is_claimed_is_not_claimed_again_until_the_lease_ends(platform: Platform) -> None:
    pks = [domain.pk for domain in due(make_service(platform=platform), 5)]
    now = timezone.now()
    first = schedule.claim(pks[:3], now)
    second = schedule.claim(pks, now)
    assert {look.pk for look in first} == set(pks[:3])
    assert {look.pk for look in second} == set(pks[3:])
    assert schedule.claim(pks, now) == []
    later = schedule.claim(pks, now + schedule.LEASE + timedelta(seconds=1))
    assert {look.pk for look in later} == set(pks)
    assert len({look.lease for look in later} & {look.lease for look in [*first, *second]}) == 0


@pytest.mark.django_db
def test_an_organization_with_many_due_domains_does_not_starve_one_with_few(platform: Platform) -> None:
    big = make_service(make_organization(), platform)
    small = make_service(make_organization(), platform)
    due(big, 40)
    few = due(small, 3)
    order = schedule.fair_order(timezone.now(), 100)
    assert len(order) == 43
    assert {domain.pk for domain in few} <= set(order[:6])


@pytest.mark.django_db
def test_who_asks_for_one_domain_after_asking_for_all_waits_for_that_one_only(platform: Platform) -> None:
    big = make_service(make_organization(), platform)
    due(big, 30)
    schedule.soon_all(Domain.objects.all())
    one = Domain.objects.order_by("pk")[20]
    schedule.soon(one)
    few = due(make_service(make_organization(), platform), 2)
    for domain in few:
        schedule.soon(domain)
    assert {one.pk, few[1].pk} == set(schedule.waited_for(timezone.now(), 2))


@pytest.mark.django_db
def test_a_look_whose_lease_somebody_else_has_by_now_is_not_written(look: Any, platform: Platform) -> None:
    domain = make_domain(make_service(platform=platform), "shop.example")
    schedule.enter([domain], timezone.now())
    works = sweep.claimed([domain.pk])
    CheckRun.objects.filter(pk=domain.pk).update(lease="somebody-else", checked_at=None)
    with sweep.CheckRunner(sweep.engine_config(), "looks") as runner:
        runner.start(works)
        seen = runner.finished(1, 20)
    sweep.keep(seen, sweep.GreenTally())
    assert not domain.checks.exists()
    assert CheckRun.objects.get(pk=domain.pk).lease == "somebody-else"


@pytest.mark.django_db
def test_who_asks_during_a_look_gets_another_one(asked_at_knot: Knot, platform: Platform) -> None:
    domain = make_domain(make_service(platform=platform), "shop.example")
    schedule.soon(domain)
    works = sweep.claimed([domain.pk])
    schedule.soon(domain)
    with sweep.CheckRunner(sweep.engine_config(), "looks") as runner:
        runner.start(works)
        seen = runner.finished(1, 20)
    sweep.keep(seen, sweep.GreenTally())
    row = CheckRun.objects.get(pk=domain.pk)
    assert row.pending
    assert row.next_at <= timezone.now()
    assert sweep.check_domains([domain.pk]) == 1
    assert not CheckRun.objects.get(pk=domain.pk).pending


@pytest.mark.django_db
def test_a_change_of_the_domain_or_its_zone_is_looked_at_at_once(platform: Platform) -> None:
    domain = make_domain(make_service(platform=platform))
    for send in (
        lambda: signals.domain_changed.send(sender=Domain, domain=domain, what=signals.ATTACHED),
        lambda: signals.zone_changed.send(sender=Domain, domain=domain),
    ):
        CheckRun.objects.all().delete()
        send()
        row = CheckRun.objects.get(pk=domain.pk)
        assert row.pending
        assert row.changed_at is not None


@pytest.mark.django_db
def test_domains_of_a_platform_whose_hosts_changed_are_looked_at_again(
    platform: Platform, django_capture_on_commit_callbacks: Any
) -> None:
    domain = make_domain(make_service(platform=platform))
    schedule.enter([domain], timezone.now())
    CheckRun.objects.update(next_at=timezone.now() + timedelta(hours=5))
    with django_capture_on_commit_callbacks(execute=True):
        platform.change(actor=COMMAND_LINE, mx_hosts=["mx9.pro7.mail.example"], previous_until=timezone.localdate())
    assert CheckRun.objects.get().next_at <= timezone.now()


@pytest.mark.django_db
def test_domains_of_services_that_have_ended_are_left_alone(asked_at_knot: Knot, platform: Platform) -> None:
    service = make_service(platform=platform)
    domain = make_domain(service, "shop.example")
    Service.objects.filter(pk=service.pk).update(state=Service.State.ENDED)
    assert sweep.sweep() == 0
    assert not domain.checks.exists()
    assert CheckRun.objects.get(pk=domain.pk).next_at > timezone.now() + timedelta(hours=12)


def start_sweep(environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", SWEEP], env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def claimed_by(process: subprocess.Popen[str]) -> list[int]:
    out, _errors = process.communicate(timeout=120)
    return [int(pk) for pk in out.split()]


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_one_killed_no_domain_is_lost_and_none_taken_twice(
    asked_at_knot: Knot, platform: Platform, process_environment: dict[str, str]
) -> None:
    service = make_service(platform=platform)
    domains = due(service, 60)
    CheckRun.objects.update(changed_at=None)  # or they were due again while the test runs
    asked_at_knot.add_zones({domain.name.name: "" for domain in domains})
    environment = process_environment | {
        "DNS_RESOLVERS": asked_at_knot.host_port,
        "DNS_AUTHORITATIVE_PORT": str(asked_at_knot.port),
        "ALLOWED_NETWORKS": "127.0.0.0/8",
        "SWEEP_BATCH": "10",
    }
    victim, other = start_sweep(environment), start_sweep(environment)
    deadline = time.monotonic() + 60
    while not CheckRun.objects.exclude(checked_at=None).exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(victim.pid, signal.SIGKILL)
    by_victim, by_other = claimed_by(victim), claimed_by(other)
    assert len(by_victim) == len(set(by_victim))
    assert not set(by_victim) & set(by_other)
    # What the victim held is nobody's when its leases have run out.
    CheckRun.objects.exclude(lease_until=None).update(lease_until=timezone.now() - timedelta(seconds=1))
    by_third = claimed_by(start_sweep(environment))
    assert set(by_other) | set(by_victim) | set(by_third) == {domain.pk for domain in domains}
    assert not set(by_third) & set(by_other)
    assert not CheckRun.objects.filter(checked_at=None).exists()
    assert all(domain.checks.count() == 8 for domain in domains)


@pytest.mark.django_db
def test_whoever_waits_for_a_look_is_not_held_up_by_silent_name_servers(
    asked_at_knot: Knot, platform: Platform
) -> None:
    service = make_service(platform=platform)
    silent, quick = make_domain(service, "silent.example"), make_domain(service, "shop.example")
    # Its name server is delegated to, and nobody is there.
    asked_at_knot.add_zone("silent.example", "@ NS ns9\nns9 A 127.0.0.9")
    schedule.soon(silent)
    schedule.soon(quick)
    assert sweep.check_domains([silent.pk]) == 2
    assert quick.checks.count() == silent.checks.count() == 8
    assert not silent.checks.filter(status__in=["wrong", "missing"], level="required").exists()


@pytest.mark.django_db
def test_a_look_that_a_fault_of_the_program_ends_is_given_back_and_the_others_go_on(
    asked_at_knot: Knot, platform: Platform, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    service = make_service(platform=platform)
    bad, good = make_domain(service, "silent.example"), make_domain(service, "shop.example")
    real = sweep.check_run

    async def check_run(case: Any, *rest: Any) -> Any:
        if case.domain.name == "silent.example":
            raise ZeroDivisionError
        return await real(case, *rest)

    monkeypatch.setattr(sweep, "check_run", check_run)
    schedule.enter([bad, good], timezone.now())
    assert sweep.sweep() == 1
    assert good.checks.count() == 8
    row = CheckRun.objects.get(pk=bad.pk)
    assert (row.lease, row.lease_until) == ("", None)
    assert row.next_at > timezone.now() + timedelta(minutes=50)
    assert "failed" in caplog.text


def test_a_clock_that_ran_ahead_and_was_set_back_leaves_nobody_out(asked_at_knot: Knot, platform: Platform) -> None:
    domain, other = (make_domain(make_service(platform=platform)) for _ in range(2))
    now = timezone.now()
    schedule.enter([domain, other], now)
    ahead, soon = now + timedelta(days=400), now + timedelta(hours=6)
    CheckRun.objects.filter(pk=domain.pk).update(next_at=ahead, checked_at=ahead, authoritative_at=ahead)
    CheckRun.objects.filter(pk=other.pk).update(next_at=soon)
    assert sweep.sweep() == 1
    assert CheckRun.objects.get(pk=domain.pk).next_at < now + timedelta(days=1)
    assert CheckRun.objects.get(pk=other.pk).next_at == soon
