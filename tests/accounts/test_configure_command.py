"""`manage.py configure_accounts`: its contract."""

from __future__ import annotations

import csv
import json
import os
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts import hashing, verbs
from accounts.management.commands.configure_accounts import Command
from accounts.models import BulkRow, BulkRun, EmailAccount, Tally
from accounts.runs import engine, results
from panel.actors import COMMAND_LINE, SYSTEM
from panel.models import Activity
from tests.accounts.people import WORKBOOKS
from tests.factories import make_domain

HEAD = "First Name [Required],Last Name [Required],Email Address [Required],Password [Required]"


def run(*arguments: object, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    """Exit status and the JSON answer."""
    capsys.readouterr()
    try:
        call_command("configure_accounts", *map(str, arguments), "--json")
        status = 0
    except SystemExit as leaving:
        status = int(leaving.code or 0)
    return status, json.loads(capsys.readouterr().out)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


TWO = "User principal name,Mail,First name"


def test_two_columns_of_addresses_are_asked_about_until_one_is_named_or_ignored(clinic, table, capsys):
    make_domain(clinic.service, "borealis.example")
    file = table(TWO, "ida@aurora.example,ida.wolf@borealis.example,Ida")
    status, answer = run(clinic.service.name, file, capsys=capsys)
    assert (status, answer["refused"], answer["questions"][0]["columns"]) == (2, "ask-others", ["Mail"])
    assert configured() == set()
    status, _answer = run(clinic.service.name, file, "--column", "address=User principal name", capsys=capsys)
    assert (status, configured()) == (0, {"ida@aurora.example"})
    status, _answer = run(clinic.service.name, file, "--column", "address=Mail", capsys=capsys)
    assert (status, configured()) == (0, {"ida@aurora.example", "ida.wolf@borealis.example"})


def configured() -> set[str]:
    return set(EmailAccount.objects.exclude(state="slot").values_list("address_key", flat=True))


def test_a_google_export_is_configured_with_generated_passwords_in_the_results(clinic, table, tmp_path, capsys):
    file = table(HEAD, "Anna,Kowalska,Anna.Kowalska@aurora.example,****", "Łukasz,Żółć,lukasz@aurora.example,Secret9Pw")
    out = tmp_path / "out.csv"
    status, answer = run(clinic.service.name, file, "--results", out, capsys=capsys)
    assert (status, answer["done"], answer["refused"]) == (0, 2, 0)
    assert configured() == {"anna.kowalska@aurora.example", "lukasz@aurora.example"}
    rows = read(out)
    assert [row["Address"] for row in rows] == ["anna.kowalska@aurora.example", "lukasz@aurora.example"]
    anna, lukasz = EmailAccount.objects.order_by("address_key").exclude(state="slot")
    assert hashing.verify(anna.password_hash, rows[0]["Password"])
    assert rows[1]["Password"] == ""
    assert hashing.verify(lukasz.password_hash, "Secret9Pw")
    assert lukasz.display_name == "Łukasz Żółć"
    assert out.stat().st_mode & 0o777 == 0o600
    assert Activity.objects.filter(verb="run.configure").count() == 1


def test_refused_rows_are_named_with_line_column_and_reason(clinic, table, capsys):
    file = table(
        HEAD,
        "A,B,a@aurora.example,",
        "A,B,good@aurora.example,",
        "",
        "A,B,GOOD@Aurora.example,",
        "A,B,żółw@aurora.example,",
        "A,B,x1@other.example,",
        "Anna,Nowak,nowak@aurora.example,Nowak12345",
    )
    status, answer = run(clinic.service.name, file, capsys=capsys)
    assert status == 1
    assert configured() == {"good@aurora.example"}
    assert [(r["line"], r["column"], r["code"]) for r in answer["reasons"]] == [
        (2, "Email Address [Required]", "name-short"),
        (5, "Email Address [Required]", "address-duplicate"),
        (6, "Email Address [Required]", "name-accents"),
        (7, "Email Address [Required]", "domain-unknown"),
        (8, "Password [Required]", "password-name"),
    ]


def test_the_same_file_again_repeats_nothing_and_succeeds(clinic, table, tmp_path, capsys):
    file = table(HEAD, "A,B,anna@aurora.example,")
    assert run(clinic.service.name, file, capsys=capsys)[0] == 0
    before = EmailAccount.objects.get(address_key="anna@aurora.example")
    status, answer = run(clinic.service.name, file, capsys=capsys)
    assert (status, answer["done"], answer["already"]) == (0, 0, 1)
    after = EmailAccount.objects.get(pk=before.pk)
    assert (after.mailbox_id, after.password_hash) == (before.mailbox_id, before.password_hash)


def test_results_that_nobody_fetched_can_still_be_fetched(clinic, table, tmp_path, capsys):
    file, out = table(HEAD, "A,B,anna@aurora.example,"), tmp_path / "out.csv"
    run(clinic.service.name, file, capsys=capsys)
    run(clinic.service.name, file, "--results", out, capsys=capsys)
    password = read(out)[0]["Password"]
    assert hashing.verify(EmailAccount.objects.get(address_key="anna@aurora.example").password_hash, password)
    run(clinic.service.name, file, "--results", out, capsys=capsys)
    assert read(out)[0]["Password"] == password, "until they are discarded, or a day is over"
    results.discard(BulkRun.objects.get())
    run(clinic.service.name, file, "--results", out, capsys=capsys)
    assert read(out)[0]["Password"] == ""


def test_a_dry_run_writes_nothing_and_exits_as_the_real_run_would(clinic, table, capsys):
    good, mixed = (
        table(HEAD, "A,B,anna@aurora.example,"),
        table(HEAD, "A,B,ok@aurora.example,", "A,B,x@y,", name="m.csv"),
    )
    bad = table(HEAD, "A,B,x@y,", name="bad.csv")
    for file, expected in ((good, 0), (mixed, 1), (bad, 2)):
        assert run(clinic.service.name, file, "--dry-run", capsys=capsys)[0] == expected
        assert not BulkRun.objects.exists()
        assert configured() == set()
    for file, expected in ((good, 0), (mixed, 1), (bad, 2)):
        assert run(clinic.service.name, file, capsys=capsys)[0] == expected


def test_rows_beyond_the_free_slots_are_refused(clinic, table, capsys):
    file = table("email", *(f"user{i}@aurora.example" for i in range(12)))
    status, answer = run(clinic.service.name, file, capsys=capsys)
    assert (status, answer["done"], answer["refused"]) == (1, 10, 2)
    assert {reason["code"] for reason in answer["reasons"]} == {"no-slot"}
    assert Tally.of(clinic.service.pk) == {"slot": 0, "active": 10, "suspended": 0}


def test_the_same_names_under_other_slots_are_taken(clinic, table, capsys):
    run(clinic.service.name, table(HEAD, "Anna,B,anna@aurora.example,"), capsys=capsys)
    status, answer = run(clinic.service.name, table(HEAD, "Ann,B,anna@aurora.example,"), capsys=capsys)
    assert (status, answer["reasons"][0]["code"]) == (2, "address-taken")


@pytest.mark.parametrize("wrong", [["nowhere.csv"], [], ["x.csv", "--nonsense"]])
def test_wrong_usage_exits_3(clinic, wrong):
    with pytest.raises(CommandError) as caught:
        call_command("configure_accounts", clinic.service.name, *wrong)
    assert caught.value.returncode == 3


def test_a_suspended_service_refuses(clinic, table, capsys):
    clinic.service.suspend(actor=SYSTEM)
    status, answer = run(clinic.service.name, table(HEAD, "A,B,anna@aurora.example,"), capsys=capsys)
    assert (status, answer["refused"]) == (2, "service-not-active")


def test_nothing_of_the_uploaded_passwords_is_left(clinic, table, capsys):
    file = table(HEAD, "A,B,anna@aurora.example,Hemlig4Sak", "A,B,no@aurora.example,short")
    run(clinic.service.name, file, capsys=capsys)
    done = BulkRow.objects.get(address="anna@aurora.example")
    assert (bytes(done.cells), bytes(done.secret), done.password_hash) == (b"", b"", "")


def test_passwords_that_were_handed_out_are_not_overwritten_by_the_same_command(clinic, table, tmp_path, capsys):
    file, out = table(HEAD, "A,B,anna@aurora.example,"), tmp_path / "out.csv"
    run(clinic.service.name, file, "--results", out, capsys=capsys)
    password = read(out)[0]["Password"]
    results.discard(BulkRun.objects.get())
    for _again in range(2):
        run(clinic.service.name, file, "--results", out, capsys=capsys)
        assert [row["Status"] for row in read(out)] == ["already done"]
    assert read(tmp_path / "out.csv.1")[0]["Password"] == password
    assert (tmp_path / "out.csv.1").stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "out.csv.2").exists()


def test_the_same_results_again_leave_no_second_copy(clinic, table, tmp_path, capsys):
    file, out = table(HEAD, "A,B,anna@aurora.example,"), tmp_path / "out.csv"
    for _again in range(2):
        run(clinic.service.name, file, "--results", out, capsys=capsys)
    assert read(out)[0]["Password"]
    assert not (tmp_path / "out.csv.1").exists()


def test_a_run_that_was_undone_is_done_again_by_the_same_file(clinic, table, tmp_path, capsys):
    file, out = table(HEAD, "A,B,anna@aurora.example,"), tmp_path / "out.csv"
    run(clinic.service.name, file, capsys=capsys)
    verbs.reset(EmailAccount.objects.get(address_key="anna@aurora.example"), by=SYSTEM)
    status, answer = run(clinic.service.name, file, "--results", out, capsys=capsys)
    assert (status, answer["done"]) == (0, 1)
    account = EmailAccount.objects.get(address_key="anna@aurora.example")
    assert hashing.verify(account.password_hash, read(out)[0]["Password"])


def test_results_go_into_a_pipe_as_they_are(clinic, table, tmp_path, capsys):
    file, pipe = table(HEAD, "A,B,anna@aurora.example,"), tmp_path / "pipe"
    os.mkfifo(pipe)
    descriptor = os.open(pipe, os.O_RDWR)
    try:
        assert run(clinic.service.name, file, "--results", pipe, capsys=capsys)[0] == 0
        assert b"anna@aurora.example" in os.read(descriptor, 4096)
        assert pipe.is_fifo()
    finally:
        os.close(descriptor)


def test_results_that_cannot_be_written_are_wrong_usage_and_nothing_is_done(clinic, table, tmp_path):
    file = table(HEAD, "A,B,anna@aurora.example,")
    for out in (tmp_path, tmp_path / "nowhere" / "out.csv", file):
        with pytest.raises(CommandError) as caught:
            call_command("configure_accounts", clinic.service.name, str(file), "--results", str(out))
        assert caught.value.returncode == 3
    assert configured() == set()
    assert "anna" in file.read_text()


def test_a_run_that_somebody_stopped_does_not_pass_for_done(clinic, table, monkeypatch, capsys):
    monkeypatch.setattr(engine, "FIRST_CHUNK", 1)
    monkeypatch.setattr(engine, "LARGEST_CHUNK", 1)
    stops = iter([partial(engine.stop, by=COMMAND_LINE)])
    monkeypatch.setattr(Command, "_draw", lambda self, run: next(stops, str)(run))
    file = table("email", *(f"user{i}@aurora.example" for i in range(5)))
    status, answer = run(clinic.service.name, file, capsys=capsys)
    assert (status, answer["done"] + answer["left"], answer["refused"]) == (1, 5, 0)
    assert 0 < answer["left"] < 5
    status, answer = run(clinic.service.name, file, capsys=capsys)
    assert (status, answer["done"], answer["left"]) == (0, 5, 0)


def test_a_file_whose_name_is_no_text_is_read(clinic, table, tmp_path, capsys):
    file = tmp_path / os.fsdecode(b"pracownicy-\xb1.csv")
    table("email", "anna@aurora.example").rename(file)
    assert run(clinic.service.name, file, capsys=capsys)[0] == 0


def test_a_command_that_comes_second_works_on_the_run_that_the_first_has_begun(clinic, table, capsys, monkeypatch):
    file = table("email", "anna@aurora.example", "bo@aurora.example")
    start = engine.start

    def just_begun_by_another(run: BulkRun) -> None:
        start(BulkRun.objects.get(pk=run.pk))
        start(run)

    monkeypatch.setattr(engine, "start", just_begun_by_another)
    status, answer = run(clinic.service.name, file, capsys=capsys)
    assert (status, answer["done"]) == (0, 2)
    assert configured() == {"anna@aurora.example", "bo@aurora.example"}


def as_json(*arguments: object, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    return run(*arguments, "--dry-run", capsys=capsys)


def test_what_was_chosen_is_said(clinic, table, capsys):
    file = table(
        "Accounts",
        "",
        "Konto e-mail;Imię;Nazwa;Hasło;Pokój",
        "a.b@aurora.example;Ann;B;Hemlig4Sak;7",
        encoding="cp1250",
    )
    status, answer = as_json(clinic.service.name, file, capsys=capsys)
    read = answer["read"]
    assert (status, read["format"], read["encoding"], read["delimiter"]) == (0, "csv", "cp1250", ";")
    assert (read["headings"], read["rows_above_headings"], read["ignored"]) == (3, 1, ["Pokój"])
    assert [column["field"] for column in read["columns"]] == [
        "address",
        "first_name",
        "last_name",
        "password",
        "ignore",
    ]
    call_command("configure_accounts", clinic.service.name, str(file), "--dry-run")
    text = capsys.readouterr().out
    assert "Read as CSV, Windows-1250, ';'; headings in row 3." in text
    assert "Hasło → Password" in text
    assert "Ignored columns: Pokój." in text


@pytest.mark.parametrize(
    ("lines", "code", "answering"),
    [
        (["a.b@aurora.example,Ann,Bee,Hemlig4Sak"], "ask-headings", ["--headings", "none"]),
        (
            ["Foo,Bar", "Ann,x"],
            "ask-headings",
            ["--headings", "1", "--column", "address=Foo", "--domain", "aurora.example"],
        ),
        (["Username,First name", "annab,Ann"], "ask-domain", ["--domain", "aurora.example"]),
        (["Email,Key", "a.b@aurora.example,Hemlig4Sak"], "ask-passwords", ["--ignore", "Key"]),
        (["Email,Key", "a.b@aurora.example,Hemlig4Sak"], "ask-passwords", ["--column", "password=Key"]),
        (["Email,Key", "a.b@aurora.example,Hemlig4Sak"], "ask-passwords", ["--column", "password=2"]),
        (
            ["City,Room", "Oslo,12"],
            "ask-headings",
            ["--headings", "1", "--column", "name=City", "--domain", "aurora.example"],
        ),
    ],
)
def test_what_the_page_would_ask_ends_with_2_and_names_the_option_that_answers(
    clinic, table, capsys, lines, code, answering
):
    file = table(*lines)
    for arguments in ([], ["--dry-run"]):
        status, answer = run(clinic.service.name, file, *arguments, capsys=capsys)
        assert (status, answer["refused"]) == (2, code)
        assert answer["questions"][0]["option"].split("=")[0].split()[0] in answer["reason"]
        assert not BulkRun.objects.exists()
    status, answer = run(clinic.service.name, file, *answering, "--dry-run", capsys=capsys)
    assert (status, answer["done"]) == (0, 1)


def test_an_encoding_that_cannot_be_told_is_asked_for(clinic, table, capsys):
    file = table("Email;First name", "x1@aurora.example;Forêt", encoding="cp1252")
    status, answer = run(clinic.service.name, file, capsys=capsys)
    assert (status, answer["refused"]) == (2, "ask-encoding")
    assert {"cp1250", "cp1252"} <= set(answer["questions"][0]["candidates"])
    assert configured() == set()
    assert run(clinic.service.name, file, "--encoding", "windows-1252", capsys=capsys)[0] == 0
    assert EmailAccount.objects.get(address_key="x1@aurora.example").first_name == "Forêt"


def test_a_password_column_that_was_said_is_used_and_the_run_of_other_options_is_not_taken_over(clinic, table, capsys):
    file = table("Email;Key", "a.b@aurora.example;Hemlig4Sak")
    assert run(clinic.service.name, file, "--column", "password=Key", capsys=capsys)[0] == 0
    account = EmailAccount.objects.get(address_key="a.b@aurora.example")
    assert hashing.verify(account.password_hash, "Hemlig4Sak")


@pytest.mark.parametrize(
    "wrong",
    [
        ["--column", "password"],
        ["--column", "nothing=1"],
        ["--encoding", "klingon"],
        ["--delimiter", "ab"],
        ["--headings", "first"],
        ["--domain", "not a domain"],
    ],
)
def test_options_that_cannot_be_understood_are_wrong_usage(clinic, table, wrong):
    with pytest.raises(CommandError) as caught:
        call_command("configure_accounts", clinic.service.name, str(table("email", "a.b@aurora.example")), *wrong)
    assert caught.value.returncode == 3


@pytest.mark.parametrize("option", [["--ignore", "Nope"], ["--column", "password=9"], ["--headings", "7"]])
def test_options_that_the_file_has_nothing_for_do_nothing(clinic, table, capsys, option):
    assert run(clinic.service.name, table("email", "a.b@aurora.example"), *option, capsys=capsys)[0] == 2
    assert configured() == set()


def test_a_workbook_says_its_sheets_and_another_one_can_be_named(clinic, tmp_path, capsys):
    file = WORKBOOKS / "two_sheets.xlsx"
    make_domain(clinic.service, "wbk.example")
    _status, answer = as_json(clinic.service.name, file, capsys=capsys)
    assert answer["read"]["sheet"] == "Biuro"
    assert answer["read"]["other_sheets"] == [{"name": "Magazyn", "visible": True, "rows": 2}]
    assert run(clinic.service.name, file, "--sheet", "Magazyn", capsys=capsys)[0] == 0
    assert configured() == {"adam@wbk.example"}


def test_rows_that_cannot_be_trusted_are_refused_by_their_lines(clinic, table, tmp_path, capsys):
    file, out = (
        table(
            "Email;Note;First name", 'a.b@aurora.example;"x;Ann', 'c.d@aurora.example;y";Cid', "e.f@aurora.example;;Eve"
        ),
        tmp_path / "out.csv",
    )
    status, answer = run(clinic.service.name, file, "--results", out, capsys=capsys)
    assert (status, answer["done"], configured()) == (1, 1, {"e.f@aurora.example"})
    assert [(reason["line"], reason["code"], reason["column"]) for reason in answer["reasons"]] == [
        (2, "line-quote", "Row"),
        (3, "line-quote", "Row"),
    ]
    assert [row["Line"] for row in read(out)] == ["2", "3", "4"]


def test_remarks_are_in_the_answer(clinic, table, capsys):
    _status, answer = as_json(
        clinic.service.name, table("Email;First name", "a.b@aurora.example;Å»aneta"), capsys=capsys
    )
    assert [(remark["line"], remark["column"], remark["code"]) for remark in answer["remarks"]] == [
        (2, "First name", "letters-twice")
    ]
    assert "Żaneta" in answer["remarks"][0]["reason"]
