"""Orders and selections of any size: in chunks, by workers that are killed, come late or are called twice."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from accounts import ordering, tasks, verbs
from accounts.batch import Placement
from accounts.models import BulkRow, BulkRun, EmailAccount, Order, Tally
from accounts.runs import engine, loading, selecting, slots
from accounts.runs.selecting import Selection
from panel.actors import SYSTEM
from panel.errors import Refused
from panel.models import Activity, Service
from tests.accounts.conftest import Clinic, make_clinic
from tests.accounts.test_list import fill
from tests.factories import make_domain, make_user
from tests.processes import ROOT, manage


def approved(clinic: Clinic, quantity: int) -> Order:
    order = ordering.place(clinic.service, quantity, by=clinic.technician)
    ordering.approve(order, by=SYSTEM)
    return order


def process(environment: dict[str, str], code: str) -> subprocess.Popen[bytes]:
    start = "import django; django.setup(); from accounts.models import *; from accounts.runs import selecting, slots; "
    return subprocess.Popen([sys.executable, "-c", start + code], cwd=ROOT, env=environment)


def killed_and_replaced(environment: dict[str, str], code: str, deaths: int, seconds: float) -> None:
    """Two workers at a time; one is killed every few moments and another takes its place."""
    workers = [process(environment, code) for _each in range(2)]
    for death in range(deaths):
        time.sleep(seconds)
        workers[death % 2].send_signal(signal.SIGKILL)
        workers[death % 2].wait()
        workers[death % 2] = process(environment, code)
    for worker in workers:
        assert worker.wait(timeout=120) == 0


def the_tally_is_right(clinic: Clinic) -> None:
    rows = EmailAccount.objects.filter(service=clinic.service, state="slot")
    assert Tally.of(clinic.service.pk)["slot"] == rows.count()


def test_a_small_order_is_there_at_once(clinic):
    order = approved(clinic, 40)
    assert order.is_finished
    assert Tally.of(clinic.service.pk)["slot"] == 50


def test_a_large_order_is_made_in_chunks_with_progress_in_the_page(clinic, monkeypatch):
    monkeypatch.setattr("accounts.ordering.CHUNK", 10)
    order = approved(clinic, 35)
    assert (order.carried_out, order.is_under_way) == (10, True)
    browser = Client()
    browser.force_login(clinic.technician)
    page = browser.get(reverse("accounts:list", args=[clinic.service.name])).content.decode()
    assert "Ordered accounts are being created: 10 of 35." in page
    assert '<progress class="w-100" max="35" value="10"' in page
    address = reverse("accounts:under_way", args=[clinic.service.name])
    assert "HX-Refresh" not in browser.get(address, headers={"HX-Request": "true"})
    assert not slots.carry_out(order.pk)
    order.refresh_from_db()
    assert (order.carried_out, order.is_finished) == (35, True)
    assert Tally.of(clinic.service.pk)["slot"] == 45
    assert browser.get(address, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    assert not ordering.work(order), "nothing is left"
    the_tally_is_right(clinic)


def test_an_approval_touches_a_chunk_whatever_the_quantity(clinic, django_assert_max_num_queries):
    order = ordering.place(clinic.service, 50_000, by=clinic.technician)
    with django_assert_max_num_queries(40):
        ordering.approve(order, by=SYSTEM)
    assert order.carried_out == 1000


def test_orders_that_nobody_works_on_are_found(clinic, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr("accounts.ordering.CHUNK", 10)
    called: list[int] = []
    monkeypatch.setattr("accounts.tasks.carry_out_order.delay", called.append)
    order = approved(clinic, 35)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.resume_runs()
    assert called == [order.pk]
    while called:
        with django_capture_on_commit_callbacks(execute=True):
            tasks.carry_out_order(called.pop())
    assert Tally.of(clinic.service.pk)["slot"] == 45


def test_an_order_of_a_suspended_service_waits_for_it(clinic, monkeypatch):
    monkeypatch.setattr("accounts.ordering.CHUNK", 10)
    order = approved(clinic, 35)
    clinic.service.suspend(actor=SYSTEM)
    assert not slots.carry_out(order.pk)
    assert not slots.unattended().exists()
    Service.objects.get(pk=clinic.service.pk).resume(actor=SYSTEM)
    assert list(slots.unattended()) == [order]
    slots.carry_out(order.pk)
    assert Tally.of(clinic.service.pk)["slot"] == 45


def test_a_cancellation_in_chunks_says_at_the_end_how_many_went(clinic, monkeypatch):
    monkeypatch.setattr("accounts.ordering.CHUNK", 3)
    order = ordering.give_back(clinic.service, 8, by=clinic.technician)
    assert order.is_under_way
    with pytest.raises(Refused, match="2 accounts are unused"):
        ordering.give_back(clinic.service, 3, by=clinic.technician)
    fill(clinic, *((f"user{i}", "A B") for i in range(4)))  # somebody configures some meanwhile
    slots.carry_out(order.pk)
    order.refresh_from_db()
    assert (order.is_finished, order.carried_out) == (True, 6)
    entry = Activity.objects.get(verb="slots.cancelled")
    assert (entry.target, entry.actor) == ("6", clinic.technician)
    the_tally_is_right(clinic)


def test_the_limit_counts_what_is_ordered(clinic):
    Service.objects.update(account_limit=20)
    clinic.service.refresh_from_db()
    ordering.place(clinic.service, 8, by=SYSTEM)
    with pytest.raises(Refused, match="more on order: 8"):
        ordering.place(clinic.service, 3, by=SYSTEM)
    ordering.place(clinic.service, 2, by=SYSTEM)


@pytest.mark.django_db(transaction=True)
def test_the_limit_holds_for_many_who_order_at_once(settings):
    settings.ORDERS_AT_ONCE = True
    clinic = make_clinic(slots=0)
    Service.objects.update(account_limit=2500)
    start = Barrier(6)

    def order(_number: int) -> str:
        try:
            start.wait()
            ordering.place(Service.objects.get(pk=clinic.service.pk), 1200, by=SYSTEM)
        except Refused as refusal:
            return refusal.code
        finally:
            connections.close_all()
        return "placed"

    with ThreadPoolExecutor(6) as pool:
        outcomes = sorted(pool.map(order, range(6)))
    assert outcomes == ["account-limit"] * 4 + ["placed"] * 2
    for placed in Order.objects.all():
        slots.carry_out(placed.pk)
    assert EmailAccount.objects.count() == 2400
    the_tally_is_right(clinic)


@pytest.mark.django_db(transaction=True)
def test_workers_killed_while_they_make_slots_make_each_once(process_environment):
    clinic = make_clinic(slots=0)
    order = approved(clinic, 12_000)
    killed_and_replaced(process_environment, f"slots.carry_out({order.pk})", deaths=2, seconds=1.2)
    order.refresh_from_db()
    assert (order.carried_out, order.is_finished) == (12_000, True)
    assert EmailAccount.objects.count() == 12_000
    the_tally_is_right(clinic)


@pytest.mark.django_db(transaction=True)
def test_the_command_makes_them_all_itself(process_environment):
    clinic = make_clinic(slots=0)
    done = manage("order_accounts", clinic.service.name, "2500", "--json", env=process_environment)
    assert done.returncode == 0, done.stderr
    assert Tally.of(clinic.service.pk)["slot"] == EmailAccount.objects.count() == 2500


@pytest.mark.django_db(transaction=True)
def test_a_service_created_with_many_slots_on_the_command_line_has_them_all(process_environment):
    clinic = make_clinic(slots=0)
    slug = clinic.service.platform.slug
    command = ["create_service", clinic.organization.code, "--platform", slug, "--slots", "1500"]
    done = manage(*command, env=process_environment)
    assert done.returncode == 0, done.stderr
    assert EmailAccount.objects.count() == 1500


# Selections.


def everything(clinic: Clinic, kind: str = "suspend", **options) -> BulkRun:
    return selecting.select(clinic.service, kind, Selection(question={}), by=clinic.technician, owner=False, **options)


def people(count: int) -> list[tuple[str, str]]:
    return [(f"user{i:04}", f"Anna Nr{i}") for i in range(count)]


def the_selection_is_sound(run: BulkRun, total: int) -> None:
    run.refresh_from_db()
    rows = BulkRow.objects.filter(run=run)
    assert (run.state, run.total) == ("preview", total)
    assert list(rows.values_list("number", flat=True)) == list(range(1, total + 1))
    assert len(set(rows.values_list("account", flat=True))) == total


def test_a_small_selection_waits_for_its_confirmation_at_once(clinic):
    fill(clinic, *people(5))
    run = everything(clinic)
    the_selection_is_sound(run, 10)
    assert (run.left, run.bad) == (5, 5)


def test_a_large_one_is_listed_by_a_worker_and_the_page_says_how_far_it_is(clinic, monkeypatch):
    monkeypatch.setattr(selecting, "BATCH", 4)
    fill(clinic, *people(10))
    browser = Client()
    browser.force_login(clinic.technician)
    called: list[int] = []
    monkeypatch.setattr("accounts.tasks.check_table.delay", called.append)
    address = reverse("accounts:select", args=[clinic.service.name])
    response = browser.post(address, {"everything": "1", "action": "suspend"}, follow=True)
    run = BulkRun.objects.get()
    assert (run.state, run.total) == ("checking", 4)
    assert "4 so far" in response.content.decode()
    tasks.check_table(run.pk)
    the_selection_is_sound(run, 10)
    tasks.check_table(run.pk)
    the_selection_is_sound(run, 10)


def test_an_account_whose_address_changes_meanwhile_is_listed_once(clinic, monkeypatch):
    monkeypatch.setattr(selecting, "BATCH", 4)
    accounts = fill(clinic, *people(10))
    run = everything(clinic)
    verbs.rename(accounts[0], Placement("zz", "aurora.example"), by=SYSTEM)
    selecting.fill(run)
    the_selection_is_sound(run, 10)


def test_two_who_list_at_once_list_each_account_once(clinic, monkeypatch):
    monkeypatch.setattr(selecting, "BATCH", 3)
    fill(clinic, *people(10))
    run = everything(clinic)
    other = BulkRun.objects.get(pk=run.pk)
    selecting.fill(run, chunks=1)
    selecting.fill(other, chunks=1)
    selecting.fill(run)
    selecting.fill(other)
    the_selection_is_sound(run, 10)


def test_a_move_in_chunks_gives_no_name_twice(clinic, monkeypatch):
    monkeypatch.setattr(selecting, "BATCH", 2)
    lab, target = make_domain(clinic.service, "lab.example"), make_domain(clinic.service, "target.example")
    fill(clinic, ("anna", "A B"), ("bo", "A B"), ("ewa", "A B"))
    fill(clinic, ("anna", "A B"), ("ewa", "A B"), domain=str(lab.name))
    clinic_run = everything(clinic, "move", target=target)
    for _chunk in range(6):
        selecting.fill(BulkRun.objects.get(pk=clinic_run.pk), chunks=1)  # each by another worker
    the_selection_is_sound(clinic_run, 10)
    good = BulkRow.objects.filter(run=clinic_run, state="good").values_list("address", flat=True)
    assert sorted(address.partition("@")[0] for address in good) == ["anna", "bo", "ewa"]


def test_an_undo_is_listed_in_chunks(clinic, monkeypatch):
    data = b"email\n" + b"".join(f"user{i}@aurora.example\n".encode() for i in range(8))
    run = loading.upload(clinic.service, data, "staff.csv", by=clinic.owner, owner=True)
    loading.begin_check(run, run.columns, "", "passwords")
    loading.check(run)
    engine.start(run)
    engine.work(run.pk)
    verbs.suspend(EmailAccount.objects.get(address_key="user3@aurora.example"), by=SYSTEM)
    monkeypatch.setattr(selecting, "BATCH", 3)
    undoing = selecting.undo(BulkRun.objects.get(pk=run.pk), by=clinic.owner, owner=True)
    assert undoing.state == "checking"
    selecting.fill(undoing)
    undoing.refresh_from_db()
    assert (undoing.state, undoing.total, undoing.bad) == ("preview", 8, 1)


@pytest.mark.django_db(transaction=True)
def test_workers_killed_while_they_list_lose_no_account_and_list_none_twice(process_environment):
    clinic = make_clinic(slots=0)
    order = approved(clinic, 12_000)
    slots.carry_out(order.pk)
    run = everything(clinic)
    assert (run.state, run.total) == ("checking", 500)
    code = f"import time; run = BulkRun.objects.get(pk={run.pk})\n"
    code += "while run.state == 'checking':\n selecting.fill(run); run.refresh_from_db()"
    killed_and_replaced(process_environment, code, deaths=2, seconds=1.2)
    the_selection_is_sound(run, 12_000)


def test_the_list_of_orders_is_paged(clinic):
    staff = Client()
    staff.force_login(make_user(staff=True))
    for number in range(120):
        Order.objects.create(service=clinic.service, quantity=number + 1)
    first = staff.get(reverse("accounts:orders"))
    assert len(first.context["waiting"]) == 50
    second = staff.get(reverse("accounts:orders") + f"?after={first.context['after']}")
    assert [order.quantity for order in second.context["waiting"]] == list(range(51, 101))
    third = staff.get(reverse("accounts:orders") + f"?after={second.context['after']}")
    assert len(third.context["waiting"]) == 20
    assert third.context["after"] is None
