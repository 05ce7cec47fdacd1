"""Files that we wrote, uploaded again: they mean exactly what they meant, whatever a person did to their columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts import hashing, tables, workbooks
from accounts.columns import Field
from accounts.models import BulkRow, BulkRun, EmailAccount
from accounts.runs import engine, loading, results
from accounts.tables import defusing
from tests.accounts.conftest import Clinic, ods, ods_row, xlsx, xlsx_row
from tests.accounts.test_bulk_pages import apply, confirm_columns, content, upload, url

pytestmark = pytest.mark.usefixtures("_no_broker")
ODD = (
    "=A1&B1",
    "+48 600",
    "-Ann",
    "@home",
    "'Brien",
    "''",
    "'=x",
    "'\u00a0=x",
    "'\u00a0",
    "'\u00a0'\u00a0+",
    "\u00a0=",
    "==",
)


@pytest.fixture
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.tasks.work_on_run.delay", lambda run_id: None)
    monkeypatch.setattr("accounts.tasks.check_table.delay", lambda run_id: None)


@pytest.fixture
def browser(clinic: Clinic) -> Client:
    client = Client()
    client.force_login(clinic.technician)
    return client


cell = st.text(alphabet=st.characters(codec="utf-8", exclude_characters='\r\n\0\1"'), max_size=8) | st.sampled_from(ODD)


def read(workbook: bytes) -> list[tables.Line]:
    return list(tables.read(workbook, tables.Shape(tables.format_of(workbook), sheet="Accounts")))


@settings(deadline=None)
@given(st.text(), st.booleans())
def test_defusing_is_undone_exactly(text, twice):
    written = defusing.defuse(defusing.defuse(text)) if twice else defusing.defuse(text)
    assert (defusing.undefuse(defusing.undefuse(written)) if twice else defusing.undefuse(written)) == text
    assert not defusing.defuse(text).startswith(defusing.FORMULA)


@settings(deadline=None)
@given(text=st.text())
def test_what_we_did_not_defuse_is_left_alone(text):
    assert defusing.undefuse(text) == text or text.startswith(defusing.DEFUSED)


@pytest.mark.parametrize("encoding", ["cp1250", "cp1252", "iso8859-2", "cp852", "mac-latin2", "mac-roman", "utf-16"])
def test_the_mark_survives_every_encoding_that_spreadsheets_save_in(encoding):
    assert defusing.undefuse(defusing.defuse("=x").encode(encoding).decode(encoding)) == "=x"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(cell, min_size=3, max_size=3), max_size=6), st.sampled_from([",", ";", "\t", "|"]))
def test_csv_that_we_write_reads_as_what_was_written(rows, delimiter):
    rows = [["head", "of", "columns"], *([*row, "x"] for row in rows)]
    data = "".join(results.as_csv(rows, delimiter)).encode()
    shape = tables.Shape(tables.Format.CSV, "utf-8-sig", delimiter)
    assert [list(line.cells) for line in tables.read(data, shape)] == rows


texts = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co"]), max_size=8)


@pytest.mark.parametrize("write", [workbooks.xlsx, workbooks.ods])
@settings(max_examples=8, deadline=None)
@given(
    rows=st.lists(
        st.lists(
            texts | st.sampled_from([*ODD, "_x0041_", "  a  b ", "000123", "<&>", "TRUE"]), min_size=3, max_size=3
        ),
        max_size=6,
    )
)
def test_workbooks_that_we_write_read_as_what_was_written(write: Callable[..., bytes], rows):
    rows = [["head", "of", "columns", "x"], *([*row, "x"] for row in rows)]
    data = write(rows)
    assert [list(line.cells) for line in read(data)] == rows


def test_a_control_character_stays_a_fault_in_every_format():
    for write in (workbooks.xlsx, workbooks.ods):
        data = write([["email", "x"], ["a\x07b", "tab\tin"]])
        (_heads, line) = read(data)
        assert line.cells[0] in ("a\x07b", "a␇b")
        assert line.cells[1] in ("tab\tin", "tab␉in")


HEAD = ["Adres e-mail", "Imię", "Nazwisko", "Hasło", "Uwagi"]
PEOPLE = [
    ["x@aurora.example", "=Ann", "'Brien", "'=Kwietny7Las", "+48"],
    ["jan@aurora.example", "-Jan", "'=Lis", "=Kwietny7Las", "@home"],
    ["ewa@aurora.example", "+Ewa", "@Sowa", "-Kwietny7Las", ""],
]
MEANT = {
    "xx@aurora.example": ("=Ann", "'Brien", "'=Kwietny7Las"),
    "jan@aurora.example": ("-Jan", "'=Lis", "=Kwietny7Las"),
    "ewa@aurora.example": ("+Ewa", "@Sowa", "-Kwietny7Las"),
}


def as_lines(rows: list[list[str]], delimiter: str = ";") -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows(rows)
    return buffer.getvalue().encode()


def reasons_of(browser: Client, clinic: Clinic, run: BulkRun) -> list[list[str]]:
    """The cells as a program other than ours reads them."""
    text = content(browser.get(url("reasons", clinic, run.pk))).lstrip("\ufeff")
    return [list(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=";")]


def put_right(rows: list[list[str]]) -> list[list[str]]:
    return [["xx@aurora.example" if text == "x@aurora.example" else text for text in row] for row in rows]


def check_people() -> None:
    for address, (first, last, password) in MEANT.items():
        account = EmailAccount.objects.get(address_key=address)
        assert (account.first_name, account.last_name) == (first, last)
        assert hashing.verify(account.password_hash, password)


EDITS: dict[str, Callable[[list[list[str]]], list[list[str]]]] = {
    "unchanged": lambda rows: rows,
    "our columns removed": lambda rows: [row[:-3] for row in rows],
    "one of ours removed": lambda rows: [row[:-1] for row in rows],
    "a column added at the end": lambda rows: [[*row, "seen"] for row in rows],
    "a column added in front": lambda rows: [["No", *row] if i == 0 else [str(i), *row] for i, row in enumerate(rows)],
    "reversed": lambda rows: [row[::-1] for row in rows],
    "a column of theirs removed": lambda rows: [[*row[:4], *row[5:]] for row in rows],
    "rows sorted": lambda rows: [rows[0], *sorted(rows[1:])],
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_the_reasons_file_comes_back_whatever_was_done_to_its_columns(clinic, browser, edit):
    run = confirm_columns(browser, clinic, upload(browser, clinic, data=as_lines([HEAD, *PEOPLE])))
    rows = put_right(reasons_of(browser, clinic, run))
    assert rows[0][-3:] == ["Status", "Reason", "Suggestion"]
    assert not any(text.startswith(("=", "+", "-", "@")) for row in rows for text in row)
    again = confirm_columns(browser, clinic, upload(browser, clinic, data=as_lines(edit(rows)), name="again.csv"))
    assert (again.bad, again.left) == (0, 3)
    apply(browser, clinic, again)
    check_people()


def test_a_table_that_came_back_twice_has_our_columns_once(clinic, browser):
    run = confirm_columns(browser, clinic, upload(browser, clinic, data=as_lines([HEAD, *PEOPLE])))
    first = reasons_of(browser, clinic, run)
    again = confirm_columns(browser, clinic, upload(browser, clinic, data=as_lines(first), name="again.csv"))
    assert reasons_of(browser, clinic, again) == first


def test_a_column_of_theirs_called_status_is_kept(clinic, browser):
    run = confirm_columns(browser, clinic, upload(browser, clinic, "email,Status", "x@aurora.example,new"))
    text = content(browser.get(url("reasons", clinic, run.pk)))
    assert text.splitlines()[0].endswith("email,Status,Status,Reason,Suggestion")
    assert "x@aurora.example,new," in text


def test_the_suggestion_stands_in_a_column_of_its_own(clinic, browser):
    run = confirm_columns(
        browser,
        clinic,
        upload(
            browser, clinic, "email;Imię", "mailto:jan@aurora.example;Jan", "Ewa Lis <ewa@aurora.example>;E\u200ewa"
        ),
    )
    rows = reasons_of(browser, clinic, run)
    assert rows[1][-1] == "jan@aurora.example"
    assert rows[2][-1] == "E-mail address: ewa@aurora.example; First name: Ewa"


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_a_workbook_comes_back_as_one_of_its_kind(clinic, browser, kind):
    made = {
        "xlsx": xlsx("".join(xlsx_row(i, *row) for i, row in enumerate([HEAD, *PEOPLE], 1))),
        "ods": ods("".join(ods_row(*row) for row in [HEAD, *PEOPLE])),
    }[kind]
    run = confirm_columns(browser, clinic, upload(browser, clinic, name=f"x.{kind}", data=made))
    assert "this sheet alone" in browser.get(url("run", clinic, run.pk)).content.decode()
    response = browser.get(url("reasons", clinic, run.pk))
    assert response["Content-Disposition"].endswith(f'-reasons.{kind}"')
    rows = [list(line.cells) for line in read(response.content)]
    assert rows[0] == [*HEAD, "Status", "Reason", "Suggestion"]
    assert rows[2][:5] == PEOPLE[1]
    write = {"xlsx": workbooks.xlsx, "ods": workbooks.ods}[kind]
    again = upload(browser, clinic, name=f"again.{kind}", data=write(put_right(rows)))
    apply(browser, clinic, confirm_columns(browser, clinic, again))
    check_people()


NAMES = [name for name in ODD if name.strip() and name.strip("'\u00a0= ")] + ["Anna", "Żółć"]


def fill(clinic: Clinic) -> None:
    rows = [["email", "First name", "Last name", "Display name"]]
    rows += [[f"user{i}@aurora.example", name, name[::-1], f"{name} x"] for i, name in enumerate(NAMES)]
    data = as_lines(rows)
    run = loading.upload(clinic.service, data, "x.csv", by=clinic.technician, owner=False)
    loading.begin_check(run, [Field(field) for field in run.columns], "", BulkRun.Way.PASSWORDS)
    loading.check(run)
    engine.start(run)
    engine.work(run.pk)


def state() -> list[Any]:
    fields = ("state", "first_name", "last_name", "display_name", "password_hash", "mailbox_id", "slot_token")
    return list(EmailAccount.objects.order_by("pk").values_list("address_key", *fields))


@pytest.mark.parametrize("mode", ["configure", "update", "both"])
def test_the_lists_export_uploaded_again_changes_nothing(clinic, browser, mode):
    fill(clinic)
    before = state()
    data = content(browser.get(url("export", clinic))).encode()
    run = confirm_columns(browser, clinic, upload(browser, clinic, data=data, name="export.csv"), mode=mode)
    faults = list(BulkRow.objects.filter(run=run, state="bad").values_list("address", "faults"))
    assert (faults, run.left, run.already) == ([], 0, 10), "accounts and slots alike"
    assert state() == before


def test_a_slot_of_the_export_that_got_an_address_is_configured(clinic, browser):
    rows = list(csv.reader(io.StringIO(content(browser.get(url("export", clinic))).lstrip("\ufeff"))))
    slot = rows[4][0]
    rows[4][0] = "jan@aurora.example"
    run = confirm_columns(browser, clinic, upload(browser, clinic, data=as_lines(rows, ",")))
    assert (run.left, run.already, run.bad) == (1, 9, 0)
    apply(browser, clinic, run)
    assert EmailAccount.objects.get(address_key="jan@aurora.example").slot_address == slot


def test_results_uploaded_again_mean_what_is_so_already(clinic, browser):
    fill(clinic)
    run, before = BulkRun.objects.get(), state()
    data = content(browser.post(url("results", clinic, run.pk))).encode()
    again = confirm_columns(browser, clinic, upload(browser, clinic, data=data, name="results.csv"))
    assert (again.bad, again.left, again.already) == (0, 0, len(NAMES))
    assert state() == before


def test_results_carry_names_and_contact_for_a_mail_merge(clinic, browser):
    lines = ["email,Imię,Nazwisko,Adres kontaktowy", "jan@aurora.example,Jan,Lis,jan@home.example"]
    run = apply(browser, clinic, confirm_columns(browser, clinic, upload(browser, clinic, *lines)))
    (row,) = csv.DictReader(io.StringIO(content(browser.post(url("results", clinic, run.pk))).lstrip("\ufeff")))
    known = {"First name": "Jan", "Last name": "Lis", "Display name": "Jan Lis", "Contact address": "jan@home.example"}
    assert row | known == row
    assert row["Password"]
