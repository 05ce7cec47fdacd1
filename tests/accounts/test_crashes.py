"""Workers that are killed, that come late, that are called twice, that want the same slots."""

from __future__ import annotations

import csv
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from django.utils import timezone

from accounts import tasks
from accounts.models import Address, BulkRow, BulkRun, EmailAccount, Tally
from accounts.runs import engine, loading
from panel.models import Activity
from tests.accounts.conftest import Clinic, make_clinic
from tests.processes import ROOT, manage

pytestmark = pytest.mark.django_db(transaction=True)


def table_of(count: int, prefix: str = "user") -> bytes:
    return b"email,First name\n" + b"".join(
        f"{prefix}{i:04}@aurora.example,Żaneta {i}\n".encode() for i in range(count)
    )


def started(clinic: Clinic, data: bytes, *, all_or_nothing: bool = False) -> BulkRun:
    run = loading.upload(clinic.service, data, "staff.csv", by=clinic.owner, owner=True)
    loading.begin_check(run, run.columns, "", "passwords")
    loading.check(run)
    engine.start(run, all_or_nothing=all_or_nothing)
    return run


def worker(environment: dict[str, str], *runs: BulkRun) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.accounts.worker_process", *(str(run.pk) for run in runs)]
    return subprocess.Popen(command, cwd=ROOT, env=environment)


def finish(workers: Sequence[subprocess.Popen[bytes]], seconds: float = 240) -> None:
    for process in workers:
        assert process.wait(timeout=seconds) == 0


def harry(environment: dict[str, str], run: BulkRun, deaths: int) -> None:
    """Two workers, killed at random moments and replaced, then left in peace."""
    chance = random.Random()
    workers = [worker(environment, run) for _each in range(2)]
    for _death in range(deaths):
        time.sleep(chance.uniform(0.7, 1.6))
        victim = chance.randrange(2)
        workers[victim].send_signal(signal.SIGKILL)
        workers[victim].wait()
        workers[victim] = worker(environment, run)
    finish(workers)


def the_state_is_sound(clinic: Clinic, run: BulkRun, count: int) -> None:
    run.refresh_from_db()
    assert (run.state, run.done, run.refused) == ("done", count, 0)
    rows = BulkRow.objects.filter(run=run)
    assert set(rows.values_list("state", flat=True)) == {"done"}
    assert not rows.exclude(cells=b"").exists()
    assert len(set(rows.values_list("account_id", flat=True))) == count
    accounts = EmailAccount.objects.exclude(state="slot")
    expected = {f"user{i:04}@aurora.example": f"Żaneta {i}" for i in range(count)}
    assert dict(accounts.values_list("address_key", "first_name")) == expected
    assert Address.objects.count() == count
    assert Tally.of(clinic.service.pk)["active"] == count
    assert Activity.objects.filter(verb="run.configure").count() == 1


def test_workers_killed_anywhere_in_a_run_of_2000_rows_lose_nothing_and_do_nothing_twice(process_environment):
    clinic = make_clinic(slots=2050)
    run = started(clinic, table_of(2000))
    harry(process_environment, run, deaths=8)
    the_state_is_sound(clinic, run, 2000)


def test_workers_killed_in_an_all_or_nothing_run_place_all_at_the_end(process_environment):
    clinic = make_clinic(slots=600)
    run = started(clinic, table_of(600), all_or_nothing=True)
    harry(process_environment, run, deaths=3)
    the_state_is_sound(clinic, run, 600)


def test_two_runs_on_one_pool_use_no_slot_twice(process_environment):
    clinic = make_clinic(slots=300)
    runs = [started(clinic, table_of(200, prefix)) for prefix in ("anna", "bo")]
    finish([worker(process_environment, run) for run in (*runs, *runs)])
    for run in runs:
        run.refresh_from_db()
    assert sum(run.done for run in runs) == 300
    assert sum(run.refused for run in runs) == 100
    rows = BulkRow.objects.filter(run__in=runs)
    assert set(rows.filter(state="refused").values_list("faults__0__0", flat=True)) == {"no-slot"}
    used = list(rows.filter(state="done").values_list("account_id", flat=True))
    assert len(used) == len(set(used)) == 300
    assert Tally.of(clinic.service.pk) == {"slot": 0, "active": 300, "suspended": 0}


def test_two_services_that_share_a_name_never_share_an_address(process_environment):
    first, second = make_clinic(slots=100), make_clinic(slots=100, domain="other.example")
    from tests.factories import make_domain

    runs = []
    for clinic in (first, second):
        make_domain(clinic.service, "split.example", target="mx.example")
        data = b"email\n" + b"".join(f"u{i}@split.example\n".encode() for i in range(100))
        runs.append(started(clinic, data))
    finish([worker(process_environment, run) for run in runs])
    assert Address.objects.count() == 100
    for run in runs:
        run.refresh_from_db()
    assert (sum(run.done for run in runs), sum(run.refused for run in runs)) == (100, 100)


def test_a_run_delivered_again_does_nothing_twice(monkeypatch):
    clinic = make_clinic(slots=12)
    run = started(clinic, table_of(10))
    monkeypatch.setattr("accounts.tasks.work_on_run.delay", lambda run_id: None)
    tasks.work_on_run(run.pk)
    before = list(EmailAccount.objects.order_by("pk").values())
    tasks.work_on_run(run.pk)
    tasks.resume_runs()
    assert list(EmailAccount.objects.order_by("pk").values()) == before
    the_state_is_sound(clinic, run, 10)


def test_a_worker_that_comes_back_after_its_lease_was_taken_over_changes_nothing(monkeypatch):
    clinic = make_clinic(slots=12)
    run = started(clinic, table_of(5))
    real = engine._commit
    late: list[bool] = []

    def slow(run, lease, prepared):
        if not late:
            late.append(True)
            BulkRow.objects.update(lease_until=timezone.now())
            time.sleep(0.01)
            engine.work(run.pk)  # somebody else does it all meanwhile
        return real(run, lease, prepared)

    monkeypatch.setattr(engine, "_commit", slow)
    engine.work(run.pk)
    the_state_is_sound(clinic, run, 5)


def test_a_dead_workers_rows_are_taken_over_within_a_minute(settings):
    looked_for_every = settings.CELERY_BEAT_SCHEDULE["accounts: unfinished runs"]["schedule"]
    assert (engine.LEASE + looked_for_every).total_seconds() < 60


def test_an_abandoned_run_is_found(monkeypatch):
    clinic = make_clinic(slots=12)
    run = started(clinic, table_of(5))
    called: list[int] = []
    monkeypatch.setattr("accounts.tasks.work_on_run.delay", called.append)
    BulkRow.objects.update(lease_until=timezone.now() + engine.LEASE)
    tasks.resume_runs()
    assert called == [], "somebody is at it"
    BulkRow.objects.update(lease_until=timezone.now())
    tasks.resume_runs()
    assert called == [run.pk]


def test_the_command_killed_anywhere_and_run_again_configures_every_good_row_once(process_environment, tmp_path: Path):
    clinic = make_clinic(slots=200)
    good = [f"user{i:04}@aurora.example" for i in range(120)]
    lines = [*good[:50], "x@aurora.example", *good[50:], "USER0001@aurora.example"]
    file, out = tmp_path / "staff.csv", tmp_path / "out.csv"
    file.write_text("email\n" + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    command = ["configure_accounts", clinic.service.name, str(file), "--results", str(out)]
    chance = random.Random()
    for _death in range(4):
        process = subprocess.Popen(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=process_environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(chance.uniform(0.3, 2.5))
        process.send_signal(signal.SIGKILL)
        process.wait()
    done = manage(*command, env=process_environment, timeout=240)
    assert done.returncode == 1, done.stderr
    assert "line 52" in done.stdout
    assert "line 123" in done.stdout
    accounts = EmailAccount.objects.exclude(state="slot")
    assert sorted(accounts.values_list("address_key", flat=True)) == good
    assert Address.objects.count() == len(good)
    with out.open(encoding="utf-8-sig", newline="") as results:
        rows = list(csv.DictReader(results))
    assert [row["Line"] for row in rows] == [str(number) for number in range(2, 124)]
    assert sum(bool(row["Password"]) for row in rows) == len(good)


def test_two_commands_with_one_file_share_the_work(process_environment, tmp_path: Path):
    clinic = make_clinic(slots=100)
    file = tmp_path / "staff.csv"
    file.write_text("email\n" + "".join(f"user{i:04}@aurora.example\n" for i in range(60)), encoding="utf-8")
    command = [sys.executable, "manage.py", "configure_accounts", clinic.service.name, str(file)]
    both = [subprocess.Popen(command, cwd=ROOT, env=process_environment) for _each in range(2)]
    finish(both)
    assert BulkRun.objects.count() == 1
    assert EmailAccount.objects.exclude(state="slot").count() == 60
