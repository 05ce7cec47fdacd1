"""Plain passwords are nowhere: not in the database, sessions, logs, spool files or anything else below VAR_DIR."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts import tasks
from accounts.models import BulkRun, EmailAccount
from accounts.runs import engine
from panel.celery import app
from tests.accounts.conftest import Clinic, make_clinic

pytestmark = pytest.mark.django_db(transaction=True)

TYPED = "Hemlig4Sak-typed"
UPLOADED = "Hemlig4Sak-file"
BROKEN = "Hemlig Sak-broken"


@pytest.fixture
def clinic(transactional_db: None) -> Clinic:
    return make_clinic()


@pytest.fixture
def browser(clinic: Clinic) -> Client:
    client = Client()
    client.force_login(clinic.technician)
    return client


@pytest.fixture(autouse=True)
def _log_everything(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


def everything_in_the_database() -> bytes:
    """All rows of all tables as text; binary columns as they are."""
    parts: list[bytes] = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if (
                table == "account_by_trigrams"
            ):  # an index that cannot be read back; what it holds lies in its own tables
                continue
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                for value in row:
                    is_binary = isinstance(value, bytes | memoryview)
                    parts.append(bytes(value) if is_binary else str(value).encode())
    return b"\n".join(parts)


def everything_on_disk() -> bytes:
    files = [path for path in Path(settings.VAR_DIR).rglob("*") if path.is_file() and "static" not in path.parts]
    return b"\n".join(path.read_bytes() for path in files)


def nowhere(*passwords: str, caplog: pytest.LogCaptureFixture) -> None:
    heaps = {"database": everything_in_the_database(), "VAR_DIR": everything_on_disk(), "log": caplog.text.encode()}
    for password in passwords:
        assert len(password) > 8
        for name, heap in heaps.items():
            assert password.encode() not in heap, f"{password} in {name}"


def url(name: str, clinic: Clinic, *arguments: object) -> str:
    return reverse(f"accounts:{name}", args=[clinic.service.name, *arguments])


def form(password: str) -> dict[str, str]:
    return {"name": "anna", "domain": "aurora.example", "password": password, "again": password}


def test_the_search_would_find_one(clinic, caplog):
    clinic.service.organization.name = TYPED
    clinic.service.organization.save()
    with pytest.raises(AssertionError):
        nowhere(TYPED, caplog=caplog)


def test_after_configuring_one_account(clinic, browser, caplog):
    slot = EmailAccount.objects.earliest("id")
    browser.post(url("configure", clinic, slot.pk), form(BROKEN))
    browser.post(url("password_rules", clinic), form(TYPED))
    page = browser.post(url("configure", clinic, slot.pk), form(TYPED)).content.decode()
    assert TYPED not in page
    nowhere(TYPED, BROKEN, caplog=caplog)
    sealed = re.search(r'name="sealed" value="([^"]+)"', page)
    assert sealed
    browser.post(url("confirm", clinic, slot.pk), {"sealed": sealed[1]})
    assert EmailAccount.objects.get(pk=slot.pk).state == "active"
    nowhere(TYPED, BROKEN, caplog=caplog)


def test_after_suggesting_changing_and_setting_by_link(clinic, browser, caplog):
    slot = EmailAccount.objects.earliest("id")
    page = browser.post(url("configure", clinic, slot.pk), {**form(""), "suggest": "1"}).content.decode()
    suggested = re.search(r'name="password" value="([^"]+)"', page)
    assert suggested
    page = browser.post(url("configure", clinic, slot.pk), form(suggested[1])).content.decode()
    sealed = re.search(r'name="sealed" value="([^"]+)"', page)
    assert sealed
    browser.post(url("confirm", clinic, slot.pk), {"sealed": sealed[1]})
    browser.post(url("password", clinic, slot.pk), {"password": TYPED, "again": TYPED})
    page = browser.post(url("link", clinic, slot.pk)).content.decode()
    link = re.search(r"http://\S+?/set-password/([^/]+)/", page)
    assert link
    Client().post(link[0], {"password": UPLOADED, "again": UPLOADED})
    nowhere(suggested[1], TYPED, UPLOADED, link[1], caplog=caplog)


def test_after_every_step_of_a_bulk_run_with_the_real_broker(clinic, browser, worker, caplog):
    text = f"email,password\nanna@aurora.example,{UPLOADED}\nx@aurora.example,{BROKEN}\nbo@aurora.example,\n"
    browser.post(url("upload", clinic), {"file": SimpleUploadedFile("staff.csv", text.encode())})
    nowhere(UPLOADED, BROKEN, caplog=caplog)
    run = BulkRun.objects.get()
    assert UPLOADED not in browser.get(url("run", clinic, run.pk)).content.decode()
    browser.post(url("columns", clinic, run.pk), {"column": run.columns, "way": "passwords"})
    page = browser.get(url("run", clinic, run.pk)).content.decode()
    assert BROKEN not in page
    nowhere(UPLOADED, BROKEN, caplog=caplog)
    browser.post(url("mend", clinic, run.pk), {"row": 3, "field": "address", "value": "xena@aurora.example"})
    browser.post(url("mend", clinic, run.pk), {"row": 3, "field": "password", "value": TYPED})
    nowhere(UPLOADED, BROKEN, TYPED, caplog=caplog)
    browser.post(url("start", clinic, run.pk))
    while engine.work(run.pk) is engine.Progress.WAITING:
        pass
    results = b"".join(browser.post(url("results", clinic, run.pk)).streaming_content).decode()
    generated = results.strip().rsplit(",", 1)[1]
    nowhere(UPLOADED, BROKEN, TYPED, generated, caplog=caplog)


def test_after_the_command(clinic, tmp_path, caplog, capsys):
    file, out = tmp_path / "staff.csv", tmp_path / "out.csv"
    file.write_text(f"email,password\nanna@aurora.example,{UPLOADED}\nx@aurora.example,{BROKEN}\nbo@aurora.example,\n")
    with pytest.raises(SystemExit):
        call_command("configure_accounts", clinic.service.name, str(file), "--results", str(out))
    generated = out.read_text().strip().rsplit(",", 1)[1]
    nowhere(UPLOADED, BROKEN, generated, caplog=caplog)
    said = capsys.readouterr()
    assert not {UPLOADED, BROKEN} & set((said.out + said.err).split())


def test_a_tasks_arguments_are_numbers(clinic, monkeypatch):
    sent = []
    monkeypatch.setattr(app, "send_task", lambda *args, **kwargs: sent.append((args, kwargs)))
    monkeypatch.setattr(tasks.work_on_run, "apply_async", lambda args=None, kwargs=None, **rest: sent.append(args))
    run = BulkRun.objects.create(service=clinic.service, kind="configure", state="running")
    tasks.wake(run)
    assert sent == [(run.pk,), (run.pk,)]
