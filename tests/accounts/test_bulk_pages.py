"""Many accounts, through the pages; the workers' part is called directly."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import hashing, verbs
from accounts.models import BulkRow, BulkRun, EmailAccount, PasswordLink, PasswordPolicy, Tally
from accounts.runs import engine, mailing, retention
from panel.actors import SYSTEM
from panel.models import Activity, Letter
from tests.accounts.conftest import Clinic, make_clinic, ods, ods_row, xlsx, xlsx_row
from tests.factories import make_domain
from tests.letters import delivered

HEAD = "First Name [Required],Last Name [Required],Email Address [Required],Password [Required],Recovery Email"


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch):
    """Nobody is called: tests work on the run themselves."""
    monkeypatch.setattr("accounts.tasks.work_on_run.delay", lambda run_id: None)
    monkeypatch.setattr("accounts.tasks.check_table.delay", lambda run_id: None)


@pytest.fixture
def browser(clinic: Clinic) -> Client:
    client = Client()
    client.force_login(clinic.technician)
    return client


def url(name: str, clinic: Clinic, *arguments: object) -> str:
    return reverse(f"accounts:{name}", args=[clinic.service.name, *arguments])


def upload(browser: Client, clinic: Clinic, *lines: str, name: str = "staff.csv", data: bytes = b"") -> BulkRun:
    file = SimpleUploadedFile(name, data or "".join(f"{line}\n" for line in lines).encode())
    browser.post(url("upload", clinic), {"file": file})
    return BulkRun.objects.latest("id")


def confirm_columns(browser: Client, clinic: Clinic, run: BulkRun, **choices: object) -> BulkRun:
    run.refresh_from_db()
    browser.post(url("columns", clinic, run.pk), {"column": run.columns, "way": "passwords", **choices})
    run.refresh_from_db()
    return run


def apply(browser: Client, clinic: Clinic, run: BulkRun, how: str = "good") -> BulkRun:
    browser.post(url("start", clinic, run.pk), {"how": how})
    engine.work(run.pk)
    run.refresh_from_db()
    return run


def content(response: Any) -> str:
    return b"".join(response.streaming_content).decode()


def records(response: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content(response).lstrip("\ufeff"))))


def configured() -> set[str]:
    return set(EmailAccount.objects.exclude(state="slot").values_list("address_key", flat=True))


def test_upload_columns_preview_mend_apply_download(clinic, browser):
    run = upload(
        browser,
        clinic,
        HEAD,
        "Anna,Kowalska,anna@aurora.example,****,",
        "Zoë,Smith,x@aurora.example,Hemlig4Sak,",
        "Łukasz,Żółć,żółw@aurora.example,,",
    )
    page = browser.get(url("run", clinic, run.pk)).content.decode()
    assert "utf-8-sig" in page
    assert "Hemlig4Sak" not in page, "the columns page does not show passwords"
    confirm_columns(browser, clinic, run)
    page = browser.get(url("run", clinic, run.pk)).content.decode()
    assert "at least 2 characters" in page
    assert "use zolw" in page
    assert configured() == set()
    browser.post(url("mend", clinic, run.pk), {"row": 3, "field": "address", "value": "zoe@aurora.example"})
    page = browser.post(
        url("mend", clinic, run.pk),
        {"row": 4, "field": "address", "value": "zolw@aurora.example"},
        headers={"HX-Request": "true"},
    ).content.decode()
    assert "Configure 3 accounts" in page
    apply(browser, clinic, run)
    assert configured() == {"anna@aurora.example", "zoe@aurora.example", "zolw@aurora.example"}
    assert hashing.verify(EmailAccount.objects.get(address_key="zoe@aurora.example").password_hash, "Hemlig4Sak")
    rows = records(browser.post(url("results", clinic, run.pk)))
    for row in rows:
        account = EmailAccount.objects.get(address_key=row["Address"])
        assert row["Password"] == "" or hashing.verify(account.password_hash, row["Password"])
    assert [bool(row["Password"]) for row in rows] == [True, False, True]
    assert Activity.objects.filter(verb="run.configure").count() == 1


def test_generated_passwords_are_offered_to_whoever_ran_it_until_they_are_discarded(clinic, browser):
    run = confirm_columns(browser, clinic, upload(browser, clinic, "email", "anna@aurora.example"))
    apply(browser, clinic, run)
    other = Client()
    other.force_login(clinic.owner)
    assert other.post(url("results", clinic, run.pk)).status_code == 302
    other.post(url("forget", clinic, run.pk))
    first, second = (records(browser.post(url("results", clinic, run.pk))) for _again in range(2))
    assert first == second
    assert first[0]["Password"]
    browser.post(url("forget", clinic, run.pk))
    assert browser.post(url("results", clinic, run.pk)).status_code == 302
    run.refresh_from_db()
    assert run.key == ""
    assert not BulkRow.objects.exclude(secret=b"").exists()


def test_generated_passwords_are_gone_after_a_day(clinic, browser):
    run = confirm_columns(browser, clinic, upload(browser, clinic, "email", "anna@aurora.example"))
    apply(browser, clinic, run)
    BulkRun.objects.update(finished_at=timezone.now() - timedelta(hours=25))
    retention.forget()
    run.refresh_from_db()
    assert run.key == ""
    assert browser.post(url("results", clinic, run.pk)).status_code == 302


def test_a_table_that_nobody_applies_is_gone_after_a_day(clinic, browser):
    confirm_columns(browser, clinic, upload(browser, clinic, "email", "anna@aurora.example"))
    BulkRun.objects.update(touched_at=timezone.now() - timedelta(hours=25))
    retention.forget()
    assert not BulkRun.objects.exists()
    assert not BulkRow.objects.exists()


def test_all_or_nothing_does_all(clinic, browser):
    lines = ["email", *(f"user{i}@aurora.example" for i in range(9))]
    run = apply(browser, clinic, confirm_columns(browser, clinic, upload(browser, clinic, *lines)), how="all")
    assert (run.state, run.done) == ("done", 9)
    assert len(records(browser.post(url("results", clinic, run.pk)))) == 9
    assert not BulkRow.objects.exclude(password_hash="").exists()


def test_all_or_nothing_does_nothing_when_one_row_fails_at_the_end(clinic, browser):
    run = confirm_columns(browser, clinic, upload(browser, clinic, "email", "anna@aurora.example", "bo@aurora.example"))
    rival = confirm_columns(browser, clinic, upload(browser, clinic, "email,first name", "bo@aurora.example,Bo"))
    apply(browser, clinic, rival)
    apply(browser, clinic, run, how="all")
    assert (run.state, run.done) == ("nothing", 0)
    assert configured() == {"bo@aurora.example"}
    assert "anna@aurora.example" not in configured()
    refused = BulkRow.objects.get(run=run, state="refused")
    assert refused.faults[0][0] == "address-taken"
    assert not BulkRow.objects.filter(run=run).exclude(password_hash="").exists()


def test_all_or_nothing_is_refused_while_rows_need_mending(clinic, browser):
    run = confirm_columns(browser, clinic, upload(browser, clinic, "email", "anna@aurora.example", "x@aurora.example"))
    apply(browser, clinic, run, how="all")
    assert run.state == "preview"


def test_the_table_comes_back_with_reasons_ready_to_upload_again(clinic, browser):
    lines = [
        "Imię;Nazwisko;Adres e-mail;Hasło",
        "=Ann;B;x@aurora.example;-Hemlig4Sak",
        "Jan;C;jan@aurora.example;Hemlig4Sak",
    ]
    run = confirm_columns(browser, clinic, upload(browser, clinic, *lines))
    text = content(browser.get(url("reasons", clinic, run.pk)))
    assert "'\u00a0=Ann;B;x@aurora.example;'\u00a0-Hemlig4Sak;needs fixing;" in text
    mended = text.replace("x@aurora.example", "xena@aurora.example")
    again = upload(browser, clinic, data=mended.encode(), name="again.csv")
    apply(browser, clinic, confirm_columns(browser, clinic, again))
    xena = EmailAccount.objects.get(address_key="xena@aurora.example")
    assert xena.first_name == "=Ann"
    assert hashing.verify(xena.password_hash, "-Hemlig4Sak")


def test_another_technician_gets_the_table_without_its_passwords(clinic, browser):
    run = confirm_columns(browser, clinic, upload(browser, clinic, HEAD, "A,B,x@aurora.example,Hemlig4Sak,"))
    other = Client()
    other.force_login(clinic.owner)
    assert "Hemlig4Sak" not in content(other.get(url("reasons", clinic, run.pk)))
    assert "Hemlig4Sak" in content(browser.get(url("reasons", clinic, run.pk)))


def test_links_are_mailed_to_the_contact_address_and_work_once(clinic, browser):
    lines = [HEAD, "Anna,B,anna@aurora.example,Hemlig4Sak,anna@home.example", "No,Contact,no@aurora.example,,"]
    run = confirm_columns(browser, clinic, upload(browser, clinic, *lines), way="mail")
    assert run.bad == 1
    apply(browser, clinic, run)
    assert mailing.mail_links(run.pk) == 1
    assert mailing.mail_links(run.pk) == 0
    (message,) = delivered()
    assert message.to == ["anna@home.example"]
    (link,) = re.findall(r"http://\S+", str(message.body))
    account = EmailAccount.objects.get(address_key="anna@aurora.example")
    assert not hashing.verify(account.password_hash, "Hemlig4Sak")
    Client().post(link, {"password": "Lugnt5Byte!", "again": "Lugnt5Byte!"})
    account.refresh_from_db()
    assert hashing.verify(account.password_hash, "Lugnt5Byte!")
    assert Client().get(link).status_code == 410


def test_a_link_goes_to_the_outbox_once_and_its_secret_leaves_the_row(clinic, browser):
    run = confirm_columns(
        browser, clinic, upload(browser, clinic, HEAD, "A,B,anna@aurora.example,,a@home.example"), way="mail"
    )
    apply(browser, clinic, run)
    assert (mailing.mail_links(run.pk), mailing.mail_links(run.pk)) == (1, 0)
    letter, row = Letter.objects.get(), BulkRow.objects.get(run=run)
    assert (letter.recipient, letter.organization) == ("a@home.example", clinic.organization)
    assert bytes(row.secret) == b""
    assert row.mailed_at


def test_beyond_the_quota_links_wait_under_the_runs_key(clinic, browser, settings):
    people = [f"A,B,user{i}@aurora.example,,user{i}@home.example" for i in range(5)]
    run = confirm_columns(browser, clinic, upload(browser, clinic, HEAD, *people), way="mail")
    apply(browser, clinic, run)
    settings.MAIL_QUOTA = 3
    assert (mailing.mail_links(run.pk), mailing.mail_links(run.pk)) == (3, 0)
    assert BulkRow.objects.filter(run=run, mailed_at=None).exclude(secret=b"").count() == 2
    settings.MAIL_QUOTA = 10
    assert mailing.mail_links(run.pk) == 2
    assert sorted(letter.recipient for letter in Letter.objects.all()) == [f"user{i}@home.example" for i in range(5)]


def test_slips_show_a_link_for_each_account_until_they_are_discarded(clinic, browser):
    run = confirm_columns(
        browser, clinic, upload(browser, clinic, "email", "anna@aurora.example", "bo@aurora.example"), way="slips"
    )
    apply(browser, clinic, run)
    page = browser.post(url("slips", clinic, run.pk)).content.decode()
    assert page.count("/set-password/") == 2
    assert PasswordLink.objects.count() == 2
    browser.post(url("forget", clinic, run.pk))
    assert browser.post(url("slips", clinic, run.pk)).status_code == 302


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_workbooks_are_read(clinic, browser, kind):
    cells = ("User principal name", "First name", "Last name", "Display name")
    person = ("anna@aurora.example", "Anna", "Żółć", "Anna Ż.")
    data = {
        "xlsx": xlsx(xlsx_row(1, *cells) + xlsx_row(3, *person)),
        "ods": ods(ods_row(*cells) + ods_row(*person)),
    }[kind]
    run = confirm_columns(browser, clinic, upload(browser, clinic, name=f"x.{kind}", data=data))
    assert (run.total, run.bad) == (1, 0)
    apply(browser, clinic, run)
    assert EmailAccount.objects.get(address_key="anna@aurora.example").display_name == "Anna Ż."


def test_pasted_cells_are_read(clinic, browser):
    cells = "anna@aurora.example\tAnna\nbo@aurora.example\tBo\n"
    browser.post(url("upload", clinic), {"cells": cells})
    run = BulkRun.objects.get()
    assert (run.total, run.heading, run.columns[0]) == (2, [], "address")


def test_another_encoding_and_delimiter_can_be_chosen(clinic, browser):
    text = "email;Imię\nanna@aurora.example;Łucja\n"
    run = upload(browser, clinic, data=text.encode("cp852"))
    browser.post(url("reshape", clinic, run.pk), {"encoding": "cp852", "delimiter": ";"})
    run.refresh_from_db()
    assert run.columns == ["address", "first_name"]
    apply(browser, clinic, confirm_columns(browser, clinic, run))
    assert EmailAccount.objects.get(address_key="anna@aurora.example").first_name == "Łucja"


def test_a_file_over_a_limit_is_refused_at_once_naming_it(clinic, browser, settings):
    settings.BULK_MAX_ROWS = 3
    file = SimpleUploadedFile("x.csv", b"email\n" + b"a@aurora.example\n" * 4)
    page = browser.post(url("upload", clinic), {"file": file}).content.decode()
    assert "more rows than the limit (3)" in page
    settings.BULK_MAX_BYTES = 1024 * 1024
    file = SimpleUploadedFile("x.csv", b"email\n" + b"x" * 1024 * 1024)
    page = browser.post(url("upload", clinic), {"file": file}).content.decode()
    assert "larger than 1 MiB" in page
    assert not BulkRun.objects.exists()


def test_names_without_a_domain_get_the_chosen_one(clinic, browser):
    run = upload(browser, clinic, "login,Imię", "anna,Anna")
    confirm_columns(browser, clinic, run, domain="aurora.example")
    apply(browser, clinic, run)
    assert configured() == {"anna@aurora.example"}


def test_an_uploaded_password_column_that_is_ignored_is_not_used(clinic, browser):
    run = upload(browser, clinic, HEAD, "A,B,anna@aurora.example,Hemlig4Sak,")
    run.refresh_from_db()
    columns = ["ignore" if column == "password" else column for column in run.columns]
    assert (
        "seems to hold passwords"
        in browser.post(
            url("columns", clinic, run.pk), {"column": columns, "way": "passwords"}, follow=True
        ).content.decode()
    )
    run.refresh_from_db()
    assert run.state == "columns"
    confirm_columns(browser, clinic, run, column=columns, ignore=[3])
    apply(browser, clinic, run)
    assert not hashing.verify(EmailAccount.objects.get(address_key="anna@aurora.example").password_hash, "Hemlig4Sak")


def test_stop_and_go_on(clinic, browser, monkeypatch):
    lines = ["email", *(f"user{i}@aurora.example" for i in range(9))]
    run = confirm_columns(browser, clinic, upload(browser, clinic, *lines))
    browser.post(url("start", clinic, run.pk))
    browser.post(url("stop", clinic, run.pk))
    assert engine.work(run.pk) is engine.Progress.OVER
    assert configured() == set()
    browser.post(url("resume_run", clinic, run.pk))
    engine.work(run.pk)
    run.refresh_from_db()
    assert (run.state, run.done) == ("done", 9)


def test_undo_returns_what_nobody_changed_since(clinic, browser):
    lines = ["email", "anna@aurora.example", "bo@aurora.example"]
    run = apply(browser, clinic, confirm_columns(browser, clinic, upload(browser, clinic, *lines)))
    verbs.suspend(EmailAccount.objects.get(address_key="bo@aurora.example"), by=SYSTEM)
    assert "Undo this run" in browser.get(url("run", clinic, run.pk)).content.decode()
    browser.post(url("undo", clinic, run.pk))
    undoing = BulkRun.objects.get(kind="undo")
    assert (undoing.left, undoing.bad) == (1, 1)
    apply(browser, clinic, undoing)
    assert configured() == {"bo@aurora.example"}
    assert Tally.of(clinic.service.pk) == {"slot": 9, "active": 0, "suspended": 1}


@pytest.mark.parametrize(
    ("action", "states"),
    [
        ("suspend", {"slot": 8, "active": 0, "suspended": 2}),
        ("resume", {"slot": 8, "active": 2, "suspended": 0}),
        ("reset", {"slot": 10, "active": 0, "suspended": 0}),
    ],
)
def test_an_action_on_all_that_match_is_previewed_and_applied(clinic, browser, action, states):
    lines = ["email", "anna@aurora.example", "bo@aurora.example"]
    apply(browser, clinic, confirm_columns(browser, clinic, upload(browser, clinic, *lines)))
    verbs.suspend(EmailAccount.objects.get(address_key="bo@aurora.example"), by=SYSTEM)
    browser.post(url("select", clinic), {"action": action, "everything": "1", "question": ""})
    run = BulkRun.objects.get(kind=action)
    page = browser.get(url("run", clinic, run.pk)).content.decode()
    assert "nothing is written yet" in page
    apply(browser, clinic, run)
    assert Tally.of(clinic.service.pk) == states


def test_ticked_accounts_get_new_passwords(clinic, browser):
    lines = ["email", "anna@aurora.example", "bo@aurora.example"]
    apply(browser, clinic, confirm_columns(browser, clinic, upload(browser, clinic, *lines)))
    anna, bo = EmailAccount.objects.exclude(state="slot").order_by("address_key")
    browser.post(url("select", clinic), {"action": "passwords", "account": [anna.pk], "way": "passwords"})
    run = apply(browser, clinic, BulkRun.objects.get(kind="passwords"))
    (row,) = records(browser.post(url("results", clinic, run.pk)))
    before = bo.password_hash
    anna.refresh_from_db()
    bo.refresh_from_db()
    assert hashing.verify(anna.password_hash, row["Password"])
    assert bo.password_hash == before


def test_accounts_move_to_another_domain_unless_the_address_is_taken_there(clinic, browser):
    lab = make_domain(clinic.service, "lab.example")
    lines = ["email", "anna@aurora.example", "bo@aurora.example", "bo@lab.example"]
    apply(browser, clinic, confirm_columns(browser, clinic, upload(browser, clinic, *lines)))
    browser.post(url("select", clinic), {"action": "move", "everything": "1", "target": lab.pk})
    run = BulkRun.objects.get(kind="move")
    assert (run.left, run.already, run.bad) == (1, 1, 1 + 7)
    apply(browser, clinic, run)
    assert configured() == {"anna@lab.example", "bo@aurora.example", "bo@lab.example"}


def test_a_pending_domain_is_no_target(clinic, browser):
    pending = make_domain(clinic.service, "pending.example", pending=True)
    page = browser.post(url("select", clinic), {"action": "move", "everything": "1", "target": pending.pk}, follow=True)
    assert "verified" in page.content.decode()


def test_a_selection_of_nothing_says_so(clinic, browser):
    assert "Tick some" in browser.post(url("select", clinic), {"action": "suspend"}, follow=True).content.decode()


def test_another_services_accounts_cannot_be_selected(clinic, browser):
    other = make_clinic(domain="other.example")
    theirs = EmailAccount.objects.filter(service=other.service)[0]
    browser.post(url("select", clinic), {"action": "reset", "account": [theirs.pk]})
    assert BulkRun.objects.get().total == 0


def test_a_service_suspended_during_a_run_stops_it(clinic, browser):
    run = confirm_columns(browser, clinic, upload(browser, clinic, "email", "anna@aurora.example"))
    browser.post(url("start", clinic, run.pk))
    clinic.service.suspend(actor=SYSTEM)
    engine.work(run.pk)
    run.refresh_from_db()
    assert run.state == "stopped"
    assert configured() == set()


def test_a_thrown_away_table_leaves_nothing(clinic, browser):
    run = confirm_columns(browser, clinic, upload(browser, clinic, "email", "anna@aurora.example"))
    browser.post(url("discard", clinic, run.pk))
    assert not BulkRun.objects.exists()
    assert not BulkRow.objects.exists()


def test_a_large_table_that_is_thrown_away_is_gone_at_once_and_deleted_by_a_worker(
    clinic, browser, monkeypatch, django_capture_on_commit_callbacks
):
    from accounts import tasks

    called: list[int] = []
    monkeypatch.setattr(tasks.delete_run, "delay", called.append)
    monkeypatch.setattr("accounts.runs.retention.AT_ONCE", 1)
    run = confirm_columns(browser, clinic, upload(browser, clinic, "email", "anna@aurora.example", "bo@aurora.example"))
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(url("discard", clinic, run.pk))
    assert called == [run.pk]
    kept = BulkRun.objects.get()
    assert (kept.state, kept.key) == ("discarded", "")
    assert browser.get(url("run", clinic, run.pk)).status_code == 404
    assert "staff.csv" not in browser.get(url("upload", clinic)).content.decode()
    for _twice in range(2):
        tasks.delete_run(run.pk)
    assert not BulkRun.objects.exists()
    assert not BulkRow.objects.exists()


def test_a_large_table_is_checked_by_a_worker(clinic, browser, monkeypatch, django_capture_on_commit_callbacks):
    from accounts import tasks

    called: list[int] = []
    monkeypatch.setattr("accounts.views.bulk_table.CHECKED_AT_ONCE", 1)
    monkeypatch.setattr("accounts.tasks.check_table.delay", called.append)
    table = "email", "anna@aurora.example", "bo@aurora.example"
    with django_capture_on_commit_callbacks(execute=True):
        run = confirm_columns(browser, clinic, upload(browser, clinic, *table))
    assert (run.state, called) == ("checking", [run.pk])
    assert "Checking rows" in browser.get(url("run", clinic, run.pk)).content.decode()
    tasks.check_table(run.pk)
    tasks.check_table(run.pk)
    run.refresh_from_db()
    assert (run.state, run.left) == ("preview", 2)


def test_progress_says_what_is_done_and_stops_polling_at_the_end(clinic, browser):
    run = confirm_columns(browser, clinic, upload(browser, clinic, "email", "anna@aurora.example"))
    browser.post(url("start", clinic, run.pk))
    page = browser.get(url("run", clinic, run.pk), headers={"HX-Request": "true"}).content.decode()
    assert 'hx-trigger="every 1s"' in page
    engine.work(run.pk)
    page = browser.get(url("run", clinic, run.pk), headers={"HX-Request": "true"}).content.decode()
    assert "hx-trigger" not in page
    assert "Download as CSV" in page


@pytest.mark.parametrize("contact", ["żółw@home.example", "a..b@home.example", "a,b@home.example", "a@<b>.example"])
def test_a_contact_that_no_mail_can_be_written_to_needs_mending(clinic, browser, contact):
    lines = [HEAD, f'A,B,anna@aurora.example,,"{contact}"', "A,B,bo@aurora.example,,o'neil+x@żółw.example"]
    run = confirm_columns(browser, clinic, upload(browser, clinic, *lines), way="mail")
    assert [row.faults[0][0] for row in run.rows.filter(state="bad")] == ["contact-form"]


def test_a_technician_applies_no_reserved_name_in_an_owners_run(clinic, browser):
    owners = Client()
    owners.force_login(clinic.owner)
    run = confirm_columns(owners, clinic, upload(owners, clinic, "email", "x@aurora.example", "bo@aurora.example"))
    browser.post(url("mend", clinic, run.pk), {"row": "2", "field": "address", "value": "postmaster@aurora.example"})
    page = browser.post(url("start", clinic, run.pk), follow=True)
    assert "by an owner" in page.content.decode()
    assert configured() == set()
    apply(owners, clinic, run)
    assert configured() == {"postmaster@aurora.example", "bo@aurora.example"}


def test_a_technician_moves_no_reserved_name(clinic, browser):
    owners = Client()
    owners.force_login(clinic.owner)
    lab = make_domain(clinic.service, "lab.example")
    apply(owners, clinic, confirm_columns(owners, clinic, upload(owners, clinic, "email", "abuse@aurora.example")))
    browser.post(url("select", clinic), {"action": "move", "everything": "1", "target": lab.pk})
    run = BulkRun.objects.get(kind="move")
    assert (run.left, run.rows.get(number=1).faults[0][0]) == (0, "name-reserved")


def test_two_accounts_of_one_name_are_not_both_promised_a_place_at_the_target(clinic, browser):
    make_domain(clinic.service, "north.example")
    lab = make_domain(clinic.service, "lab.example")
    lines = ["email", "bo@aurora.example", "bo@north.example"]
    apply(browser, clinic, confirm_columns(browser, clinic, upload(browser, clinic, *lines)))
    browser.post(url("select", clinic), {"action": "move", "everything": "1", "target": lab.pk})
    run = BulkRun.objects.get(kind="move")
    assert run.left == 1
    assert apply(browser, clinic, run).refused == 0


def test_a_policy_that_became_stricter_holds_for_a_table_that_was_checked_before(clinic, browser):
    run = confirm_columns(browser, clinic, upload(browser, clinic, HEAD, "A,B,anna@aurora.example,Hemlig4Sak,"))
    PasswordPolicy.objects.create(service=clinic.service, min_length=12)
    page = browser.post(url("start", clinic, run.pk), follow=True)
    assert "security policy has changed" in page.content.decode()
    browser.post(url("again", clinic, run.pk))
    run.refresh_from_db()
    assert (run.state, run.bad) == ("preview", 1)


def test_a_row_that_is_not_there_is_no_page(clinic, browser):
    run = confirm_columns(browser, clinic, upload(browser, clinic, "email", "x@aurora.example"))
    values = {"field": "address", "value": "bo@aurora.example"}
    assert browser.post(url("mend", clinic, run.pk), {"row": "77", **values}).status_code == 404
    assert browser.post(url("mend", clinic, run.pk), {"row": "9" * 5000, **values}).status_code == 302


def test_ticks_that_are_no_accounts_are_ignored(clinic, browser):
    assert browser.post(url("select", clinic), {"action": "suspend", "account": ["9" * 5000]}).status_code == 302
    assert not BulkRun.objects.exists()


def test_another_technician_sees_no_password_in_a_column_that_was_ignored(clinic, browser):
    run = upload(browser, clinic, "email,parole", "x@aurora.example,Hemlig4Sak")
    run = confirm_columns(browser, clinic, run)
    other = Client()
    other.force_login(clinic.owner)
    assert "Hemlig4Sak" not in content(other.get(url("reasons", clinic, run.pk)))


def test_the_page_of_an_account_says_which_runs_changed_it(clinic, browser):
    lines = ["email", "anna@aurora.example", "bo@aurora.example"]
    apply(browser, clinic, confirm_columns(browser, clinic, upload(browser, clinic, *lines)))
    anna, bo = EmailAccount.objects.filter(state="active").order_by("address_key")
    browser.post(url("select", clinic), {"action": "suspend", "account": [anna.pk]})
    apply(browser, clinic, BulkRun.objects.get(kind="suspend"))
    verbs = {
        account.pk: [entry.verb for entry in browser.get(url("account", clinic, account.pk)).context["history"].entries]
        for account in (anna, bo)
    }
    assert verbs == {anna.pk: ["run.suspend", "run.configure"], bo.pk: ["run.configure"]}


def test_a_second_column_of_addresses_has_to_be_chosen_or_ignored(browser, clinic):
    run = upload(browser, clinic, "email,mail,first name", "ida@aurora.example,ida.wolf@aurora.example,Ida")
    page = browser.get(url("run", clinic, run.pk)).content.decode()
    assert "It has other addresses under your domains: ignore it" in page
    chosen = {"column": ["address", "ignore", "first_name"], "way": "passwords"}
    page = browser.post(url("columns", clinic, run.pk), chosen, follow=True).content.decode()
    assert "but not the same ones" in page
    run.refresh_from_db()
    assert run.state == BulkRun.State.COLUMNS
    browser.post(url("columns", clinic, run.pk), {**chosen, "ignore": "1"})
    run.refresh_from_db()
    assert run.state == BulkRun.State.PREVIEW
