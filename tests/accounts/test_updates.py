"""A table that changes accounts that are there; slots by their own address; people who are there already."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts import hashing, verbs
from accounts.columns import Field
from accounts.models import BulkRow, BulkRun, EmailAccount, Tally
from accounts.runs import checking, engine, loading, selecting
from panel.actors import SYSTEM
from panel.models import Activity
from tests.accounts.test_suggestions import command

HEAD = "email;Imię;Nazwisko;Nazwa wyświetlana;Hasło"


@pytest.fixture
def staff(clinic, table, capsys) -> Any:
    """Two people, configured: Jan Lis with a password of his own, and Anna Sowa."""
    lines = ("jan@aurora.example;Jan;Lis;;Kwietny7Ogrod", "anna@aurora.example;Anna;Sowa;Dr Sowa;Kwietny8Ogrod")
    assert command(clinic.service.name, table(HEAD, *lines, name="first.csv"), capsys=capsys)[0] == 0
    return clinic


def jan() -> EmailAccount:
    return EmailAccount.objects.get(address_key="jan@aurora.example")


def names(account: EmailAccount) -> tuple[str, str, str]:
    return account.first_name, account.last_name, account.display_name


def codes(answer: dict[str, Any]) -> list[str]:
    return [reason["code"] for reason in answer["reasons"]]


def test_an_update_changes_what_the_table_says_and_nothing_else(staff, table, capsys):
    before = jan()
    status, answer = command(
        staff.service.name, table("email;Nazwisko", "JAN@aurora.example;Wilk"), "--update", capsys=capsys
    )
    assert (status, answer["done"], answer["updated"]) == (0, 1, 1)
    after = jan()
    assert names(after) == ("Jan", "Wilk", "Jan Lis"), "the display name has no column: it stays"
    assert (after.password_hash, after.mailbox_id) == (before.password_hash, before.mailbox_id)
    assert after.last_key == "wilk"
    assert [remark["code"] for remark in answer["remarks"]] == ["display-kept"]
    assert Activity.objects.filter(verb="run.update").count() == 1
    assert Tally.of(staff.service.pk) == {"slot": 8, "active": 2, "suspended": 0}


@pytest.mark.parametrize("password", ["", "****"])
def test_an_empty_cell_changes_nothing_and_generates_no_password(staff, table, tmp_path, capsys, password):
    before, out = jan(), tmp_path / "out.csv"
    file = table(HEAD, f"jan@aurora.example;;;;{password}")
    options = ("--update", "--change-passwords", "--results", str(out))
    status, answer = command(staff.service.name, file, *options, capsys=capsys)
    assert (status, answer["done"], answer["already"]) == (0, 0, 1)
    after = jan()
    assert (names(after), after.password_hash) == (names(before), before.password_hash)
    with out.open(encoding="utf-8-sig", newline="") as stream:
        assert [row["Password"] for row in csv.DictReader(stream)] == [""]


def test_the_dry_run_lists_old_and_new_and_changes_nothing(staff, table, capsys):
    file = table(HEAD, "jan@aurora.example;Janusz;;;Jesienny9Plot", "anna@aurora.example;;;Sowa A.;")
    options = ("--update", "--change-passwords", "--dry-run")
    status, answer = command(staff.service.name, file, *options, capsys=capsys)
    assert (status, answer["done"], answer["updated"]) == (0, 2, 2)
    assert [(c["line"], c["field"], c.get("old"), c.get("new")) for c in answer["changes"]] == [
        (2, "first_name", "Jan", "Janusz"),
        (2, "password", None, None),
        (3, "display_name", "Dr Sowa", "Sowa A."),
    ]
    assert names(jan()) == ("Jan", "Lis", "Jan Lis")
    assert answer["passwords"] == {"file": 1, "generated": 0, "link": 0, "kept": 1}
    call_command("configure_accounts", staff.service.name, str(file), *options)
    said = capsys.readouterr().out
    assert "First name: Jan → Janusz" in said
    assert "Password: another one" in said
    assert "Jesienny9Plot" not in said


def test_passwords_change_only_where_that_is_asked_for(staff, table, capsys):
    file = table("email;Hasło", "jan@aurora.example;Jesienny9Plot")
    status, answer = command(staff.service.name, file, "--update", capsys=capsys)
    assert (status, answer["done"], answer["already"]) == (0, 0, 1)
    assert [remark["code"] for remark in answer["remarks"]] == ["password-not-set"]
    assert hashing.verify(jan().password_hash, "Kwietny7Ogrod")
    status, answer = command(staff.service.name, file, "--update", "--change-passwords", capsys=capsys)
    assert (status, answer["updated"]) == (0, 1)
    assert hashing.verify(jan().password_hash, "Jesienny9Plot")
    assert not BulkRow.objects.exclude(cells=b"").filter(run__state="done").exists()


def test_a_new_password_is_held_against_the_names_as_they_will_be(staff, table, capsys):
    file = table(HEAD, "jan@aurora.example;;Jesienny;Jan Jesienny;Jesienny9Plot")
    status, answer = command(staff.service.name, file, "--update", "--change-passwords", capsys=capsys)
    assert (status, codes(answer)) == (2, ["password-name"])
    assert names(jan())[1] == "Lis"


def test_same_people_with_another_password_are_said_and_changed_when_asked(staff, table, capsys):
    file = table(HEAD, "jan@aurora.example;Jan;Lis;;Jesienny9Plot")
    status, answer = command(staff.service.name, file, capsys=capsys)
    assert (status, answer["already"], answer["done"]) == (0, 1, 0)
    (remark,) = answer["remarks"]
    assert (remark["code"], remark["line"]) == ("password-not-set", 2)
    assert hashing.verify(jan().password_hash, "Kwietny7Ogrod")
    status, answer = command(staff.service.name, file, "--change-passwords", capsys=capsys)
    assert (status, answer["updated"]) == (0, 1)
    assert hashing.verify(jan().password_hash, "Jesienny9Plot")
    assert Tally.of(staff.service.pk)["slot"] == 8


def test_a_row_without_an_account_is_refused_unless_it_may_be_created(staff, table, capsys):
    file = table("email;Nazwisko", "jan@aurora.example;Wilk", "ewa@aurora.example;Nowa")
    status, answer = command(staff.service.name, file, "--update", capsys=capsys)
    assert (status, answer["updated"], codes(answer)) == (1, 1, ["no-account"])
    status, answer = command(staff.service.name, file, "--update", "--create", capsys=capsys)
    assert (status, answer["done"], answer["updated"], answer["already"]) == (0, 1, 0, 1)
    assert EmailAccount.objects.get(address_key="ewa@aurora.example").last_name == "Nowa"
    with pytest.raises(CommandError) as caught:
        call_command("configure_accounts", staff.service.name, str(file), "--create")
    assert caught.value.returncode == 3


def test_an_update_needs_no_slot_and_reaches_suspended_accounts(staff, table, capsys):
    EmailAccount.objects.filter(state="slot").delete()
    Tally.objects.filter(service=staff.service, state="slot").delete()
    verbs.suspend(jan(), by=SYSTEM)
    status, answer = command(
        staff.service.name, table("email;Nazwisko", "jan@aurora.example;Wilk"), "--update", capsys=capsys
    )
    assert (status, answer["updated"]) == (0, 1)
    assert (jan().state, jan().last_name) == ("suspended", "Wilk")


def test_who_changed_after_the_preview_is_not_overwritten(staff, table, capsys, monkeypatch):
    start = engine.start

    def renamed_meanwhile(run: BulkRun) -> None:
        EmailAccount.objects.filter(address_key="jan@aurora.example").update(last_name="Ryś")
        start(run)

    monkeypatch.setattr(engine, "start", renamed_meanwhile)
    file = table("email;Nazwisko", "jan@aurora.example;Wilk", "anna@aurora.example;Wilk")
    status, answer = command(staff.service.name, file, "--update", capsys=capsys)
    assert (status, answer["updated"], codes(answer)) == (1, 1, ["wrong-state"])
    assert jan().last_name == "Ryś"


def test_undoing_an_update_resets_nobody(staff, table, capsys):
    file = table("email;Nazwisko", "jan@aurora.example;Wilk", "ewa@aurora.example;Nowa")
    command(staff.service.name, file, "--update", "--create", capsys=capsys)
    run = BulkRun.objects.get(mode="both")
    undoing = selecting.undo(run, by=SYSTEM, owner=True)
    engine.start(undoing)
    engine.work(undoing.pk)
    assert jan().state == "active"
    assert not EmailAccount.objects.filter(address_key="ewa@aurora.example").exists()


@pytest.mark.parametrize("renamed", [False, True])
def test_all_or_nothing_holds_for_updates(staff, renamed):
    lines = "email,Nazwisko,Hasło\njan@aurora.example,Wilk,Jesienny9Plot\newa@aurora.example,Nowa,\n"
    run = loading.upload(staff.service, lines.encode(), "x.csv", by=staff.owner, owner=True)
    checking.set_mode(run, BulkRun.Mode.BOTH, change_passwords=True)
    loading.begin_check(run, [Field(name) for name in run.columns], "", BulkRun.Way.PASSWORDS)
    loading.check(run)
    engine.start(run, all_or_nothing=True)
    if renamed:
        EmailAccount.objects.filter(address_key="jan@aurora.example").update(last_name="Ryś")
    engine.work(run.pk)
    run.refresh_from_db()
    assert (run.state, run.done) == (("nothing", 0) if renamed else ("done", 2))
    assert jan().last_name == ("Ryś" if renamed else "Wilk")
    assert hashing.verify(jan().password_hash, "Kwietny7Ogrod" if renamed else "Jesienny9Plot")
    assert EmailAccount.objects.filter(address_key="ewa@aurora.example").exists() is not renamed
    assert not BulkRow.objects.filter(run=run).exclude(password_hash="").exists()


def slots() -> list[EmailAccount]:
    return list(EmailAccount.objects.filter(state="slot").order_by("id"))


def test_a_slot_is_named_by_its_own_address(clinic, table, capsys):
    free = slots()
    lines = [
        "email;Slot",
        "ewa@aurora.example;",
        f"jan@aurora.example;{free[0].slot_address}",
        f"anna@aurora.example;{free[1].slot_token.upper()}",
    ]
    status, answer = command(clinic.service.name, table(*lines), capsys=capsys)
    assert (status, answer["done"]) == (0, 3)
    by_address = dict(EmailAccount.objects.exclude(state="slot").values_list("address_key", "pk"))
    assert by_address["jan@aurora.example"] == free[0].pk
    assert by_address["anna@aurora.example"] == free[1].pk
    assert by_address["ewa@aurora.example"] == free[2].pk, "what others name is not taken"


def test_slots_that_cannot_be_are_refused_by_name(clinic, table, capsys):
    free = slots()
    command(clinic.service.name, table("email;Slot", f"jan@aurora.example;{free[0].slot_token}"), capsys=capsys)
    lines = [
        "email;Slot",
        f"ewa@aurora.example;{free[0].slot_address}",
        "ola@aurora.example;zzzz-zzzz@configureme.me",
        "iga@aurora.example;???",
        f"ada@aurora.example;{free[1].slot_token}",
        f"ida@aurora.example;{free[1].slot_token}",
        f"jan@aurora.example;{free[0].slot_token}",
    ]
    status, answer = command(clinic.service.name, table(*lines, name="b.csv"), capsys=capsys)
    assert (status, answer["done"], answer["already"]) == (1, 1, 1)
    assert codes(answer) == ["slot-configured", "slot-unknown", "slot-form", "slot-duplicate"]
    assert "jan@aurora.example" in answer["reasons"][0]["reason"]


def test_a_slot_that_went_meanwhile_is_refused(clinic, table, capsys, monkeypatch):
    free, start = slots(), engine.start

    def cancelled_meanwhile(run: BulkRun) -> None:
        free[3].delete()
        start(run)

    monkeypatch.setattr(engine, "start", cancelled_meanwhile)
    lines = ["email;Slot", f"jan@aurora.example;{free[3].slot_token}", f"ewa@aurora.example;{free[0].slot_token}"]
    status, answer = command(clinic.service.name, table(*lines), capsys=capsys)
    assert (status, answer["done"], codes(answer)) == (1, 1, ["slot-gone"])
    assert EmailAccount.objects.get(address_key="ewa@aurora.example").pk == free[0].pk


def test_one_file_uploaded_twice_and_both_started_is_already_done(clinic, table, capsys, monkeypatch):
    """The second run finds its people configured as it would have done it: they are not *taken*."""
    start = engine.start
    file = table("email;Imię", "jan@aurora.example;Jan", "ewa@aurora.example;Ewa")
    other = table(
        "email;Imię", "jan@aurora.example;Jan", "ewa@aurora.example;Iwa", "ola@aurora.example;Ola", name="o.csv"
    )

    def overtaken(run: BulkRun) -> None:
        monkeypatch.setattr(engine, "start", start)
        assert command(clinic.service.name, file, capsys=capsys)[0] == 0
        start(run)

    monkeypatch.setattr(engine, "start", overtaken)
    status, answer = command(clinic.service.name, other, capsys=capsys)
    assert (status, answer["done"], answer["already"], codes(answer)) == (1, 1, 1, ["address-taken"])


def test_nothing_about_passwords_is_kept_in_changes(staff, table, capsys, tmp_path: Path):
    file = table("email;Hasło", "jan@aurora.example;Jesienny9Plot")
    command(staff.service.name, file, "--update", "--change-passwords", capsys=capsys)
    (row,) = BulkRow.objects.filter(run__mode="update")
    assert row.changes == [["password", "", ""]]
