"""Tables as people and other systems write them: what has to work as it is, and what is asked or refused by name."""

from __future__ import annotations

from collections.abc import Generator
from typing import cast

import pytest

from accounts import preview, tables
from accounts.columns import Field
from accounts.tables import workbooks
from tests.accounts.conftest import xlsx, xlsx_row
from tests.accounts.people import Person, result_of


def people(text: str | bytes) -> list[Person]:
    found = result_of(text)
    assert not found.refused
    assert not found.asked
    return found.people


@pytest.mark.parametrize(
    "heading",
    ["Letzte Kennwortänderung", "Starkes Kennwort erforderlich", "Wymagane silne hasło", "Mot de passe fort exigé",
     "Contraseña segura requerida", "Czas ostatniej zmiany hasła", "PasswordNeverExpires",
     "Se requiere contraseña segura",
     "Password complessa obbligatoria", "Kennwort läuft nie ab"],
)  # fmt: skip
@pytest.mark.parametrize("cell", ["True", "2023-01-02 03:04:05Z"])
def test_columns_about_passwords_are_no_passwords(heading, cell):
    (person,) = people(f"User principal name,{heading}\nzofia@d.example,{cell}\n")
    assert person.password == ""


def test_what_only_says_yes_or_no_is_no_password_whatever_its_heading():
    (person,) = people("Email;Das gewünschte Passwort vorhanden\nzofia@d.example;Ja\n")
    assert person.password == ""


def test_the_old_password_is_not_taken_for_the_new_one():
    found = result_of("Email;Old password;New password\nzofia@d.example;Kwietny7Las;Kwietny8Las\n")
    assert [person.password for person in found.people] == ["Kwietny8Las"]


def test_two_columns_of_different_passwords_are_asked_about():
    head = "Email;Password;New password\nzofia@d.example;Kwietny7Las;"
    assert result_of(f"{head}Kwietny8Las\n").asked == ["ask-passwords"]
    assert result_of(f"{head}Kwietny7Las\n").asked == []


@pytest.mark.parametrize("hash_", ["{SSHA}abcDEF123456==", "{CRYPT}ab12345678901", "$1$Salt$Abcdefgh12345"])
def test_a_hash_is_no_password(hash_):
    found = result_of(f"mail,userPassword\nzofia@d.example,{hash_}\n")
    assert found.refused == [(2, "password-hash")]


@pytest.mark.parametrize("heading", ["Id", "Employee ID", "Room", "Telefon", "External id [READ ONLY]"])
def test_identifiers_that_look_like_passwords_are_none(heading):
    found = people(f"{heading};Email\nA1x9Kp20Zq;zofia@d.example\nRoom-12Bx;adam@d.example\n")
    assert [person.password for person in found] == ["", ""]


SHORT = "Email,First name,Last name,Contact address\nzofia@d.example,Zofia,Lis\nadam@d.example,Adam,Kot,\n"


def test_rows_that_leave_out_what_is_empty_in_every_row_are_read_and_said():
    assert [person.first for person in people(SHORT)] == ["Zofia", "Adam"]
    assert result_of(SHORT).reading.short == 1


@pytest.mark.parametrize(
    "text",
    [
        "Email,First name,Last name,Password\nzofia@d.example,Zofia,Kwietny7Las\n",
        "Email,First name,Last name,Password\nzofia@d.example,Zofia,Lis\n",
        "Email,First name,Last name,Contact address\nzofia@d.example,Zofia,z.lis@home.example\n",
        "Email,Password,First name,Contact address\nzofia@d.example,Zofia,Kwietny7Las\n",
    ],
)
def test_a_short_row_whose_cells_may_have_slid_is_refused(text):
    assert result_of(text).refused == [(2, "line-cells")]


def test_a_short_row_is_refused_where_another_row_fills_the_column():
    text = "Email,First name,Last name\nzofia@d.example,Zofia,Lis\nadam@d.example,Kot\n"
    assert result_of(text).refused == [(3, "line-cells")]


def test_headings_go_over_several_lines():
    (person,) = people('"E-mail\naddress","First\nname"\nzofia@d.example,Zofia\n')
    assert (person.address, person.first) == ("zofia@d.example", "Zofia")


def test_a_line_break_in_a_name_becomes_a_blank_and_is_said():
    row = preview.parse(2, {Field.ADDRESS: "zofia@d.example", Field.DISPLAY_NAME: "Zofia\r\n Lis\n"})
    assert row.display_name == "Zofia Lis"
    assert [(each.code, each.field) for each in row.remarks] == [("line-break", Field.DISPLAY_NAME)]
    assert not row.faults


def test_quotation_marks_after_a_blank_enclose_cells_like_others():
    found = people('"Email", "First name", "Last name"\n"zofia@d.example", "Zofia ""Z""", "Lis"\n')
    assert [(person.first, person.last) for person in found] == [('Zofia "Z"', "Lis")]


def test_quotation_marks_after_a_blank_in_one_cell_alone_are_refused():
    assert result_of('Email,First name,Note\nzofia@d.example, "Zofia",x\n').refused == [(2, "line-quotes")]


def test_two_addresses_in_a_row_without_headings_are_asked_about():
    assert "ask-others" in result_of("zofia@d.example;adam@d.example\newa@d.example;jan@d.example\n").asked
    assert "ask-others" not in result_of("zofia@d.example;zofia@d.example\n").asked


def test_cells_beside_the_headings_of_a_workbook_refuse_their_row():
    head, row = xlsx_row(1, "Email", "First name"), xlsx_row(2, "zofia@d.example", "Zofia", "Lis")
    found = result_of(xlsx(head + row + xlsx_row(3, "adam@d.example", "Adam", " ")))
    assert found.refused == [(2, "line-beyond")]
    assert [person.first for person in found.people] == ["Adam"]


@pytest.mark.parametrize(
    "data",
    [b"%PDF-1.4\n%\xe2\xe3", b"{\\rtf1\\ansi x}", b'[{"email":"z@d.example"}]', b'{ "users": []}', b"ID;PWXL;N;E\r\n",
     b"BEGIN:VCARD\r\nEMAIL:z@d.example\r\n", b"dn: cn=Zofia\nmail: z@d.example\n", b"MIME-Version: 1.0\r\n\r\nx"],
)  # fmt: skip
def test_texts_that_are_no_tables_are_refused_as_such(data):
    with pytest.raises(tables.TableRefused) as refused:
        result_of(data)
    assert refused.value.code == tables.Refusal.FORMAT


def test_a_process_reads_so_many_workbooks_at_a_time_and_no_more(monkeypatch):
    monkeypatch.setattr(workbooks, "WAIT", 0.01)
    data = xlsx(xlsx_row(1, "Email") + xlsx_row(2, "zofia@d.example") + xlsx_row(3, "adam@d.example"))
    started = [workbooks.read(data, "S", tables.LIMITS) for _number in range(workbooks.CHILDREN)]
    assert {next(rows).cells for rows in started} == {("Email",)}
    with pytest.raises(tables.TableRefused) as refused:
        workbooks.survey(data, tables.LIMITS)
    assert refused.value.code == tables.Refusal.BUSY
    cast(Generator[object], started[0]).close()  # given up half-way
    assert workbooks.survey(data, tables.LIMITS)[0].rows == 3
