"""Workers say how they see the resolvers, and keep to the ceilings together."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import Error
from django.test import Client
from django.utils import timezone

from diagnostics import reports
from diagnostics.models import CheckRun, EngineReport
from diagnostics.sweep import schedule, sweep
from domains.lookup.engine import EngineConfig
from panel.models import Heartbeat, Platform, Service
from tests.factories import make_domain, make_service, make_user
from tests.servers import Knot

pytestmark = pytest.mark.django_db

LOOKS = EngineReport.Work.LOOKS


def at_work(name: str, **fields: Any) -> EngineReport:
    now = timezone.now()
    return EngineReport.objects.create(worker=name, work="sweep", **{"began_at": now, "at": now, **fields})


def words_of(page: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).replace("\xa0", " ").split())


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(make_user(staff=True))
    return client


def test_a_sweep_leaves_its_report_with_what_each_resolver_did(asked_at_knot: Knot, platform: Platform) -> None:
    schedule.enter([make_domain(make_service(platform=platform), "shop.example")], timezone.now())
    assert sweep.sweep() == 1
    report = EngineReport.objects.get()
    assert (report.work, report.check_runs, report.sharing) == ("sweep", 1, 1)
    assert report.ended_at is not None
    (server,) = report.servers
    assert (server["address"], server["port"]) == asked_at_knot.endpoint
    assert server["answered"] == server["sent"] > 5
    assert not server["resting"]


def test_a_sweep_with_nothing_due_writes_nothing(platform: Platform) -> None:
    assert sweep.sweep() == 0
    assert not EngineReport.objects.exists()


def test_engines_at_work_share_the_ceilings_and_the_dead_and_the_done_do_not(
    asked_at_knot: Knot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "EVERY", 0.0)
    now = timezone.now()
    at_work("another")
    at_work("done", ended_at=now)
    at_work("killed", at=now - EngineReport.FRESH)
    at_work("long ago", at=now - EngineReport.KEPT - timedelta(minutes=1))
    with sweep.CheckRunner(sweep.engine_config(), LOOKS) as runner:
        assert runner._engine.sharing == 2
        EngineReport.objects.filter(worker="another").update(ended_at=now)
        runner.finished(0, 0)
        assert runner._engine.sharing == 1
        at_work("a third")
        runner.finished(0, 0)
        assert runner._engine.sharing == 2
    assert not EngineReport.objects.filter(worker="long ago").exists()


def test_looks_under_way_end_before_their_engine_slows_down(
    asked_at_knot: Knot, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "EVERY", 0.0)
    service = make_service(platform=platform)
    domains = [make_domain(service) for _ in range(60)]
    schedule.enter(domains, timezone.now())
    with sweep.CheckRunner(EngineConfig((asked_at_knot.endpoint,), own_resolver_rate=300), LOOKS) as runner:
        runner.start(sweep.claimed([domain.pk for domain in domains]))
        at_work("another")
        at_work("a third")
        runner.finished(1, 5)
        assert runner.under_way > runner.affordable == 33
        assert runner._engine.sharing == 1
        while runner.under_way > runner.affordable:
            runner.finished(1, 1)
        assert runner._engine.sharing == 3


def test_fewer_looks_are_under_way_where_the_ceiling_is_shared() -> None:
    config = EngineConfig((("192.0.2.53", 53),) * 2, own_resolver_rate=300)
    assert [sweep.runs_at_once(config, sharing) for sharing in (1, 2, 4, 100)] == [200, 100, 50, 20]


def test_a_report_that_cannot_be_written_stops_no_look(
    asked_at_knot: Knot, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise Error("away")

    monkeypatch.setattr(EngineReport.objects, "bulk_create", away)
    schedule.enter([make_domain(make_service(platform=platform), "shop.example")], timezone.now())
    assert sweep.sweep() == 1


HEALTH = {
    "address": "192.0.2.53",
    "port": 53,
    "sent": 100,
    "answered": 97,
    "timeouts": 2,
    "failures": 1,
    "malformed": 0,
    "unreachable": 0,
    "seconds": 0.0123,
    "resting": False,
}


def test_the_operator_sees_each_resolver_once_and_how_each_worker_sees_it_and_how_old_that_is(staff: Client) -> None:
    now = timezone.now()
    Heartbeat.beat("worker:background")
    Heartbeat.beat("worker:interactive")
    at_work("host 7/8", at=now - timedelta(seconds=12), sharing=3, check_runs=41, servers=[HEALTH])
    resting = HEALTH | {"address": "2001:db8::53", "resting": True}
    at_work("host 7/9", at=now - timedelta(seconds=9), servers=[resting, HEALTH | {"seconds": 0.0223}])
    at_work("host 7/10", at=now - timedelta(minutes=9), servers=[HEALTH | {"address": "192.0.2.99"}])
    words = words_of(staff.get("/staff/diagnostics/"))
    seen = "host 7/8 ( sweep , 1/3 of the ceilings ): 41 checks , 97 of 100 answered , 12.3 ms , 12 seconds ago"
    assert seen.replace(" ", "") in words.replace(" ", "")
    assert "answers 200 194 4 2 17.3 ms 12.3 to 22.3" in words
    assert words.count("[2001:db8::53]:53") == 1
    assert "silent: workers that do not use it: 1 of 1" in words
    assert "192.0.2.99" not in words  # its process died
    assert "No worker sweeps now" not in words


def test_the_operator_sees_that_no_worker_runs(staff: Client) -> None:
    gone = timezone.now() - timedelta(hours=2)
    at_work("host 7/8", at=gone, ended_at=gone, servers=[HEALTH])
    words = words_of(staff.get("/staff/diagnostics/"))
    assert "No worker sweeps now" in words
    assert "No worker has checked a domain in the last ten minutes" in words


@pytest.mark.usefixtures("readings_at_once")
def test_a_worker_asks_the_resolvers_only_when_told_to(asked_at_knot: Knot, platform: Platform, staff: Client) -> None:
    assert "by a worker." not in words_of(staff.get("/staff/diagnostics/"))
    words = words_of(staff.get("/staff/diagnostics/?ask=1"))
    assert f"{asked_at_knot.host_port} answers" in words


def test_what_has_ended_is_neither_due_nor_the_oldest(staff: Client, platform: Platform) -> None:
    service = make_service(platform=platform)
    now = timezone.now()
    CheckRun.objects.update_or_create(
        domain=make_domain(service),
        defaults={
            "organization": service.organization,
            "next_at": now - timedelta(days=1),
            "checked_at": now - timedelta(days=90),
        },
    )
    assert "2 months" in words_of(staff.get("/staff/diagnostics/"))
    Service.objects.update(state=Service.State.ENDED)
    words = words_of(staff.get("/staff/diagnostics/"))
    assert "months" not in words
    assert "0 due now" in words
