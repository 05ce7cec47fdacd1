"""The preview of a table in the page: suggestions, edits, rows left out, pages; and runs that were stopped."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts import hashing
from accounts.models import BulkRow, BulkRun, EmailAccount
from accounts.runs import engine, retention
from panel.actors import SYSTEM
from panel.models import Service
from tests.accounts.conftest import Clinic
from tests.accounts.test_bulk_pages import HEAD, apply, configured, confirm_columns, content, records, upload, url


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch):
    monkeypatch.setattr("accounts.tasks.work_on_run.delay", lambda run_id: None)
    monkeypatch.setattr("accounts.tasks.check_table.delay", lambda run_id: None)


@pytest.fixture
def browser(clinic: Clinic) -> Client:
    client = Client()
    client.force_login(clinic.technician)
    return client


def previewed(browser: Client, clinic: Clinic, *lines: str, **choices: object) -> BulkRun:
    return confirm_columns(browser, clinic, upload(browser, clinic, *lines), **choices)


def page(browser: Client, clinic: Clinic, run: BulkRun, query: str = "") -> str:
    text: str = browser.get(url("run", clinic, run.pk) + query).content.decode()
    return text


def test_all_suggestions_are_accepted_at_one_press_after_a_list_of_what_that_does(clinic, browser):
    lines = ["email;Imię", *(f"mailto:user{i}@aurora.example;A{i}" for i in range(5)), "иван@aurora.example;I"]
    run = previewed(browser, clinic, *lines, "ok@aurora.example;E\u200ewa")
    assert "Accept all 6 suggestions" in page(browser, clinic, run)
    listed = browser.get(url("suggestions", clinic, run.pk)).content.decode()
    assert "mailto:user3@aurora.example" in listed
    assert "user3@aurora.example" in listed
    page_after = browser.post(url("suggestions", clinic, run.pk), follow=True).content.decode()
    assert "6 suggestions were accepted" in page_after
    run.refresh_from_db()
    assert (run.left, run.bad) == (6, 1)
    apply(browser, clinic, run)
    assert configured() == {*(f"user{i}@aurora.example" for i in range(5)), "ok@aurora.example"}
    assert EmailAccount.objects.get(address_key="ok@aurora.example").first_name == "Ewa"


def test_two_rows_that_mean_one_address_are_not_both_good_after_accepting(clinic, browser):
    run = previewed(browser, clinic, "email", "mailto:jan@aurora.example", "<jan@aurora.example>")
    browser.post(url("suggestions", clinic, run.pk))
    run.refresh_from_db()
    assert (run.left, run.bad) == (1, 1)
    assert run.rows.get(state="bad").faults[0][0] == "address-duplicate"


def test_the_preview_says_where_each_password_comes_from_and_how_many_in_all(clinic, browser):
    run = previewed(
        browser,
        clinic,
        HEAD,
        "Anna,Sowa,anna@aurora.example,Kwietny7Ogrod,",
        "Jan,Lis,jan@aurora.example,****,",
        "Ewa,Lis,ewa@aurora.example,,",
    )
    shown = page(browser, clinic, run)
    assert "<strong>1</strong> from the file" in shown
    assert "<strong>2</strong> generated" in shown
    assert "Sowa" in shown
    assert "Kwietny7Ogrod" not in shown
    assert list(run.rows.values_list("password_from", flat=True)) == ["file", "generated", "generated"]
    slips = previewed(browser, clinic, HEAD, "Iga,Sowa,iga@aurora.example,Kwietny7Ogrod,", way="slips")
    assert "<strong>1</strong> set by link" in page(browser, clinic, slips)


def test_rows_are_left_out_and_taken_in_again(clinic, browser):
    run = previewed(browser, clinic, "email", "jan@aurora.example", "jan@aurora.example", "x@aurora.example")
    assert (run.left, run.bad) == (1, 2)
    assert "Not available while 2 rows are refused" in page(browser, clinic, run)
    browser.post(url("leave_out", clinic, run.pk, 2), {"out": "1"})
    run.refresh_from_db()
    assert (run.left, run.bad, run.left_out) == (1, 1, 1), "the second one of an address counts now"
    browser.post(url("leave_out", clinic, run.pk, 4), {"out": "1"})
    browser.post(url("leave_out", clinic, run.pk, 2), {"out": "0"})
    run.refresh_from_db()
    assert (run.left, run.bad, run.left_out) == (1, 1, 1)
    browser.post(url("again", clinic, run.pk))
    run.refresh_from_db()
    assert run.left_out == 1, "checking again takes nothing in"
    browser.post(url("leave_out", clinic, run.pk, 3), {"out": "1"})
    assert "Take in again" in page(browser, clinic, run, "?rows=out")
    apply(browser, clinic, BulkRun.objects.get(pk=run.pk), how="all")
    run.refresh_from_db()
    assert (run.state, run.done, run.left) == ("done", 1, 0)
    assert configured() == {"jan@aurora.example"}
    assert "2 rows were left out" in page(browser, clinic, run)
    rows = content(browser.get(url("reasons", clinic, run.pk)))
    assert "x@aurora.example" not in rows


def test_a_good_row_is_edited_and_its_password_stays_unless_it_is_taken_out(clinic, browser):
    run = previewed(browser, clinic, HEAD, "Anna,Sowa,anna@aurora.example,Kwietny7Ogrod,")
    form = browser.get(url("row", clinic, run.pk, 2)).content.decode()
    assert "Kwietny7Ogrod" not in form
    assert "Now: from the file" in form
    typed = {"address": "ania@aurora.example", "first_name": "Ania", "last_name": "Sowa", "password": "", "contact": ""}
    browser.post(url("row", clinic, run.pk, 2), typed)
    row = run.rows.get()
    assert (row.address, row.display_name, row.password_from) == ("ania@aurora.example", "Ania Sowa", "file")
    browser.post(url("row", clinic, run.pk, 2), {**typed, "password": "Jesienny9Plot"})
    apply(browser, clinic, run)
    assert hashing.verify(EmailAccount.objects.get(address_key="ania@aurora.example").password_hash, "Jesienny9Plot")
    other = previewed(browser, clinic, HEAD, "Ewa,Sowa,ewa@aurora.example,Kwietny7Ogrod,")
    browser.post(url("row", clinic, other.pk, 2), {"password": "", "no_password": "1"})
    assert other.rows.get().password_from == "generated"


def test_a_row_of_a_run_that_has_begun_is_not_edited(clinic, browser):
    run = previewed(browser, clinic, "email", "jan@aurora.example")
    browser.post(url("start", clinic, run.pk), {"how": "good"})
    assert browser.post(url("row", clinic, run.pk, 2), {"address": "ewa@aurora.example"}).status_code == 302
    browser.post(url("leave_out", clinic, run.pk, 2), {"out": "1"})
    assert run.rows.get().state == "good"
    assert run.rows.get().address == "jan@aurora.example"


def test_pages_are_jumped_to_by_number_and_by_row(clinic, browser):
    clinic.add_slots(200)
    run = previewed(browser, clinic, "email", *(f"user{i:03}@aurora.example" for i in range(180)))
    assert "user000@" in page(browser, clinic, run)
    assert "Page 1 of 4" in page(browser, clinic, run)
    third = page(browser, clinic, run, "?page=3")
    assert ("user100@" in third, "user150@" in third, "user099@" in third) == (True, False, False)
    at_row = page(browser, clinic, run, "?page=1&row=162")
    assert "user160@" in at_row
    assert "Page 4 of 4" in at_row
    for nonsense in ("?page=999999999999", "?page=-1", "?page=x", "?row=99999", "?rows=nonsense"):
        assert browser.get(url("run", clinic, run.pk) + nonsense).status_code == 200


def test_the_faulty_cell_is_edited_in_its_own_column(clinic, browser):
    lines = ["email,First name,Display name,Password", f"jan@aurora.example,{'x' * 65},Jan,kort"]
    run = previewed(browser, clinic, *lines)
    (shown,) = browser.get(url("run", clinic, run.pk)).context["rows"]
    assert [[each.field for each in cell.inputs] for cell in shown.cells] == [[], ["first_name"], [], [], ["password"]]
    assert shown.cells[0].text == "jan@aurora.example"


def test_same_people_with_other_passwords_are_said_and_changed_at_one_press(clinic, browser):
    apply(browser, clinic, previewed(browser, clinic, HEAD, "Anna,Sowa,anna@aurora.example,Kwietny7Ogrod,"))
    run = previewed(browser, clinic, HEAD, "Anna,Sowa,anna@aurora.example,Jesienny9Plot,")
    assert "1 row has a password for an account that is there already" in page(browser, clinic, run)
    browser.post(url("change_passwords", clinic, run.pk))
    run.refresh_from_db()
    assert (run.left, run.already) == (1, 0)
    assert "Password: another one" in page(browser, clinic, run)
    apply(browser, clinic, run)
    assert hashing.verify(EmailAccount.objects.get(address_key="anna@aurora.example").password_hash, "Jesienny9Plot")


def test_an_update_is_chosen_with_the_columns_and_previewed_with_old_and_new(clinic, browser):
    apply(browser, clinic, previewed(browser, clinic, HEAD, "Anna,Sowa,anna@aurora.example,Kwietny7Ogrod,"))
    run = upload(browser, clinic, "email,Nazwisko", "anna@aurora.example,Wilk", "ewa@aurora.example,Nowa")
    assert "What the table is for" in page(browser, clinic, run)
    confirm_columns(browser, clinic, run, mode="update")
    shown = page(browser, clinic, run, "?rows=all")
    assert "Last name: Sowa → Wilk" in shown
    assert "there is nothing to update" in shown
    assert "Update 1 account" in shown
    apply(browser, clinic, run)
    account = EmailAccount.objects.get(address_key="anna@aurora.example")
    assert (account.last_name, hashing.verify(account.password_hash, "Kwietny7Ogrod")) == ("Wilk", True)
    assert "Undo this run" not in page(browser, clinic, run)


def stopped(browser: Client, clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> BulkRun:
    """A run of five that was stopped by a person after some."""
    monkeypatch.setattr(engine, "FIRST_CHUNK", 1)
    monkeypatch.setattr(engine, "LARGEST_CHUNK", 1)
    run = previewed(browser, clinic, "email", *(f"user{i}@aurora.example" for i in range(5)))
    browser.post(url("start", clinic, run.pk), {"how": "good"})

    def stop_after_two(at: BulkRun) -> None:
        if at.done == 2:
            browser.post(url("stop", clinic, run.pk))

    engine.work(run.pk, told=stop_after_two)
    run.refresh_from_db()
    return run


def test_a_stopped_run_says_who_stopped_it_and_gives_its_passwords_at_once(clinic, browser, monkeypatch):
    run = stopped(browser, clinic, monkeypatch)
    assert run.state == "stopped"
    shown = page(browser, clinic, run)
    assert "The run was stopped by hand." in shown
    assert clinic.technician.email in shown
    first = {row["Address"]: row["Password"] for row in records(browser.post(url("results", clinic, run.pk)))}
    made = {address: password for address, password in first.items() if password}
    assert made.keys() == configured()
    for address, password in made.items():
        assert hashing.verify(EmailAccount.objects.get(address_key=address).password_hash, password)
    browser.post(url("resume_run", clinic, run.pk))
    engine.work(run.pk)
    run.refresh_from_db()
    assert (run.state, run.done, run.stop_code) == ("done", 5, "")
    later = {row["Address"]: row["Password"] for row in records(browser.post(url("results", clinic, run.pk)))}
    assert later | made == later
    assert all(later.values())


def test_discarding_what_a_stopped_run_made_lets_it_go_on(clinic, browser, monkeypatch):
    run = stopped(browser, clinic, monkeypatch)
    browser.post(url("forget", clinic, run.pk))
    assert browser.post(url("results", clinic, run.pk)).status_code == 302
    browser.post(url("resume_run", clinic, run.pk))
    engine.work(run.pk)
    run.refresh_from_db()
    assert (run.state, run.done) == ("done", 5)
    passwords = [row["Password"] for row in records(browser.post(url("results", clinic, run.pk)))]
    assert sum(map(bool, passwords)) == 5 - run.started_with


def test_a_run_that_the_service_stopped_says_so(clinic, browser):
    run = previewed(browser, clinic, "email", "jan@aurora.example")
    browser.post(url("start", clinic, run.pk), {"how": "good"})
    Service.objects.get(pk=clinic.service.pk).suspend(actor=SYSTEM)
    engine.work(run.pk)
    run.refresh_from_db()
    assert (run.state, run.stop_code) == ("stopped", "service-not-active")
    assert "suspended or has ended in the meantime" in page(browser, clinic, run)


def test_what_a_stopped_run_made_is_gone_after_a_day(clinic, browser, monkeypatch):
    run = stopped(browser, clinic, monkeypatch)
    BulkRun.objects.update(touched_at=timezone.now() - timedelta(hours=25))
    retention.forget()
    run.refresh_from_db()
    assert (run.state, run.key) == ("done", "")
    assert not BulkRow.objects.exclude(secret=b"").exists()


def test_the_reasons_file_of_an_update_says_what_changed(clinic, browser):
    apply(browser, clinic, previewed(browser, clinic, HEAD, "Anna,Sowa,anna@aurora.example,,"))
    run = previewed(browser, clinic, "email,Nazwisko", "anna@aurora.example,Wilk", mode="update")
    text = content(browser.get(url("reasons", clinic, run.pk))).lstrip("\ufeff")
    (row,) = csv.DictReader(io.StringIO(text))
    assert "Sowa → Wilk" in row["Reason"]


def test_the_address_stands_beside_the_part_of_it_that_is_edited(clinic, browser):
    run = previewed(browser, clinic, "account name;domain;first name", "anna;elsewhere.example;Anna")

    text = page(browser, clinic, run)

    assert '<div class="mono sub">anna@elsewhere.example</div>' in text
    assert 'name="value" value="elsewhere.example" aria-label="Domain in row 2"' in text
    assert "Account name in row 2" not in text
