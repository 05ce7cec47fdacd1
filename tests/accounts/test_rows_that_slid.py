"""Cells that stand in the wrong columns: no password becomes a name, and nobody gets what belongs to another."""

from __future__ import annotations

import pytest

from accounts.reading import column_named
from tests.accounts.conftest import xlsx, xlsx_row
from tests.accounts.people import result_of

HEAD = "Email;First name;Last name;Display name;Password\n"
GOOD = "bo@d.example;Bo;Ek;;Winter8Dag1\n"


@pytest.mark.parametrize(
    "row",
    ["ida@d.example;Wolf;Sommar9Natt;;", "ida@d.example;Ida;Wolf;Sommar9Natt;", "ida@d.example;Sommar9Natt;;;****"],
)
def test_a_name_that_looks_like_the_missing_password_is_refused(row):
    found = result_of(f"{HEAD}{row}\n{GOOD}")
    assert found.refused == [(2, "name-password")]
    assert [person.address for person in found.people] == ["bo@d.example"]


def test_names_that_look_like_passwords_are_refused_where_no_column_has_passwords_too():
    found = result_of(
        "Email;First name;Last name\nida@d.example;Wolf;Sommar9Natt\nbo@d.example;Bo;Ek\nce@d.example;C;E\n"
    )
    assert found.refused == [(2, "name-password")]


def test_a_workbooks_row_that_slid_is_refused():
    rows = ("Email", "First name", "Last name", "Password"), ("ida@d.example", "Wolf", "Sommar9Natt")
    assert result_of(xlsx("".join(xlsx_row(i, *row) for i, row in enumerate(rows, 1)))).refused == [
        (2, "name-password")
    ]


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}hall@d.example;;;Printer2Hall;\n",  # a thing
        "Email;First name;Display name\nida@d.example;Ida;McWolf2Ek3\n",  # no password is missing
        f"{HEAD}ida@d.example;Ida2McWolf;Ek;;Sommar9Natt\n",
        f"{HEAD}ida@d.example;ida@d.example;;ida@d.example;Sommar9Natt\n",
        f"{HEAD}ida@d.example;Ida;;wolf@home.example;Sommar9Natt\n",
    ],
)
def test_names_that_only_resemble_something_else_are_names(text):
    found = result_of(text)
    assert not found.refused
    assert len(found.people) == 1


@pytest.mark.parametrize("row", ["Wolf;ida@d.example;;;Sommar9Natt", "Wolf;;;ida@d.example;Sommar9Natt"])
def test_an_address_in_the_place_of_a_name_is_refused(row):
    found = result_of(f"{HEAD}{row}\n{GOOD}", domain="d.example")
    assert found.refused == [(2, "name-address")]


@pytest.mark.parametrize("said", [("true", "true"), ("Yes", "no"), ("active", "suspended"), ("tak", "nie")])
@pytest.mark.parametrize(
    ("head", "rows"),
    [
        ("Mailname;Domain;Mailbox;Password", ["ida;d.example;{};Sommar9Natt", "bo;d.example;{};Winter8Dag1"]),
        ("Mail;User name;Password", ["{};ida@d.example;Sommar9Natt", "{};bo@d.example;Winter8Dag1"]),
    ],
)
def test_what_only_says_yes_or_no_is_no_account_name(head, rows, said):
    found = result_of("\n".join([head, *(row.format(word) for row, word in zip(rows, said, strict=True))]))
    assert not found.asked
    assert [(person.address, person.password) for person in found.people] == [
        ("ida@d.example", "Sommar9Natt"),
        ("bo@d.example", "Winter8Dag1"),
    ]


def test_account_names_in_two_columns_that_differ_are_asked_about():
    rows = "Account;Login;Domain;Password\nweb01;{};d.example;Sommar9Natt\n"
    assert result_of(rows.format("ida")).asked == ["ask-address"]
    assert result_of(rows.format("web01")).asked == []
    states = "Konto;Login;Hasło\naktywne;ida;Sommar9Natt\nzablokowane;bo;Winter8Dag1\n"
    assert result_of(states, domain="d.example").asked == ["ask-address"]


def test_a_user_name_beside_an_address_is_not_the_address():
    found = result_of("Username;Email;Password\niwolf;ida@d.example;Sommar9Natt\n", domain="d.example")
    assert [person.address for person in found.people] == ["ida@d.example"]


def test_two_tables_side_by_side_are_asked_about():
    text = "Email;Password;;Email;Name\nida@d.example;Sommar9Natt;;{};Bo Ek\n"
    assert result_of(text.format("bo@d.example")).asked == ["ask-others"]
    assert result_of(text.format("bo@d.example"), ignored=(3,)).asked == []
    assert result_of(text.format("ida@d.example")).asked == []


@pytest.mark.parametrize(
    "second",
    ["Email;Password;First name\nbo@d.example;Winter8Dag1;Bo", "Email;Last name;First name\nbo@d.example;Ek;Bo",
     "First name;Last name;Email\nBo;Ek;bo@d.example"],
)  # fmt: skip
def test_a_table_below_another_is_refused_from_its_headings_on(second):
    found = result_of(f"Email;First name;Last name\nida@d.example;Ida;Wolf\n\n{second}\n")
    assert found.names == [("Ida", "Wolf")]
    assert found.refused == [(4, "line-table"), (5, "line-table")]


def test_headings_that_are_repeated_begin_no_other_table():
    found = result_of("Email;First name\nida@d.example;Ida\nE-Mail;Vorname\nbo@d.example;Bo\n")
    assert found.names == [("Ida", ""), ("Bo", "")]
    assert [line for line, _code in found.refused] == [3]


def test_accounts_and_people_that_are_called_like_headings_begin_no_other_table():
    found = result_of("Login;First name;Last name\nkontakt;Name;Ek\nmail;Bo;Ek\n", domain="d.example")
    assert [person.address for person in found.people] == ["kontakt@d.example", "mail@d.example"]


@pytest.mark.parametrize("name", ["#N/A", "#NV", "#NAME?", "#NAZWA?", "#WERT!", "#DIV/0!", "########"])
def test_an_error_of_a_spreadsheet_that_became_text_is_remarked_on(name):
    assert result_of(f"Email;First name\nida@d.example;{name}\n").remarks == [(2, "name-error")]


@pytest.mark.parametrize(
    ("name", "remarked"),
    [("Id\u0430", True), ("Ὀrla", False), ("Ида", False), ("Ида Wolf", False), ("Zoë", False), ("#1 Wolf", False),
     ("Во", False), ("A-\u0412olf", True)],
)  # fmt: skip
def test_letters_of_another_script_within_a_word_are_remarked_on(name, remarked):
    found = result_of(f"Email;First name\nida@d.example;{name}\n")
    assert found.remarks == ([(2, "letters-alike")] if remarked else [])
    assert [person.first for person in found.people] == [name]


def test_columns_of_the_same_heading_are_named_with_their_number():
    found = result_of("Email;Email\nida@d.example;bo@d.example\n").reading
    assert [column_named(found, name) for name in ("Email (2)", "email (1)", "Email", "Email (3)")] == [
        1,
        0,
        None,
        None,
    ]


@pytest.mark.parametrize("said", ["other.example", "wbk.example", "@wbk.example", "WBK.example."])
def test_a_domain_that_contradicts_the_address_is_refused(said):
    found = result_of(f"Email;Domain;First name\nida@d.example;{said};Ida\nbo@d.example;d.example;Bo\n")
    assert found.refused == [(2, "domain-differs")]
    assert [person.address for person in found.people] == ["bo@d.example"]


@pytest.mark.parametrize("said", ["", "D.Example", "d.example.", "@d.example", "AURORA"])
def test_a_domain_that_says_the_same_or_nothing_is_no_contradiction(said):
    found = result_of(f"Email;Domain;First name\nida@d.example;{said};Ida\n")
    assert [person.address for person in found.people] == ["ida@d.example"]


def test_a_bare_name_takes_the_domain_of_its_own_row():
    found = result_of("Email;Domain\nida;wbk.example\nbo@d.example;wbk.example\n")
    assert [person.address for person in found.people] == ["ida@wbk.example"]
    assert found.refused == [(3, "domain-differs")]


@pytest.mark.parametrize(
    ("login", "refused"), [("web01", True), ("ida", False), ("IDA", False), ("", False), ("ida@wbk.example", True)]
)
def test_an_account_name_that_contradicts_the_address_is_refused(login, refused):
    found = result_of(f"Login;Domain;Email\n{login};d.example;ida@d.example\n")
    assert found.refused == ([(2, "name-differs")] if refused else [])
    assert [person.address for person in found.people] == ([] if refused else ["ida@d.example"])


@pytest.mark.parametrize(
    "heads",
    ["User principal name;Email", "UserPrincipalName;PrimarySmtpAddress", "Email;Work email", "E-Mail;Neue Adresse",
     "Adres e-mail;Adres docelowy", "Email;New"],
)  # fmt: skip
def test_two_columns_of_different_addresses_under_attached_domains_are_asked_about(heads):
    rows = "{0};First name\nida@d.example;{1};Ida\nbo@d.example;{2};Bo\n"
    found = result_of(rows.format(heads, "ida.wolf@wbk.example", "bo@d.example"))
    assert found.asked == ["ask-others"]
    assert result_of(rows.format(heads, "ida@d.example", "bo@d.example")).asked == []
    assert result_of(rows.format(heads, "ida@home.example", "bo@home.example")).asked == []


@pytest.mark.parametrize(
    "head", ["Manager", "Alias", "Forward to", "Przełożony", "Created by", "Vorgesetzter", "Proxy"]
)
def test_addresses_of_somebody_else_are_not_asked_about(head):
    found = result_of(f"Email;{head};First name\nida@d.example;bo@d.example;Ida\nbo@d.example;bo@d.example;Bo\n")
    assert found.asked == []
    assert [person.address for person in found.people] == ["ida@d.example", "bo@d.example"]
