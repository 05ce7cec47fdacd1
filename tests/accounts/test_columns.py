import pytest

from accounts import columns
from accounts.columns import Field


def fields(*headings: str) -> list[str]:
    return [field.value for field in columns.recognise(headings)]


@pytest.mark.parametrize(
    ("headings", "expected"),
    [
        (columns.TEMPLATE, ["address", "first_name", "last_name", "display_name", "password", "contact"]),
        (
            ("First Name [Required]", "Last Name [Required]", "Email Address [Required]", "Password [Required]"),
            ["first_name", "last_name", "address", "password"],
        ),
        (
            ("Password Hash Function [UPLOAD ONLY]", "Org Unit Path [Required]", "Recovery Email", "Email Address"),
            ["ignore", "ignore", "contact", "address"],
        ),
        (
            ("Username", "First name", "Last name", "Display name", "Job title", "Address", "City"),
            ["address", "first_name", "last_name", "display_name", "ignore", "ignore", "ignore"],
        ),
        (
            ("Display name", "User principal name", "Alternate email addresses", "Proxy addresses", "Alias"),
            ["display_name", "address", "contact", "ignore", "ignore"],
        ),
        (
            ("Nazwa użytkownika", "Imię", "Nazwisko", "Nazwa wyświetlana", "Alternatywny adres e-mail", "Adres"),
            ["address", "first_name", "last_name", "display_name", "contact", "ignore"],
        ),
        (
            ("Konto e-mail", "Imię", "Nazwa", "Nazwa do wyświetlenia", "Hasło"),
            ["address", "first_name", "last_name", "display_name", "password"],
        ),
        (("Nazwa konta", "Domena"), ["name", "domain"]),
        (("Adres", "hasło *"), ["address", "password"]),
        (("e-mail", "E-MAIL", "email_address"), ["address", "ignore", "ignore"]),
        (("address", "first_name", "last-name"), ["address", "first_name", "last_name"]),
    ],
)
def test_headings_in_the_wild_are_recognised(headings, expected):
    assert fields(*headings) == expected


def test_the_first_row_is_data_when_it_has_an_address():
    assert not columns.is_heading(["anna@example.org", "Password"])
    assert columns.is_heading(["Email", "x"])
    assert not columns.is_heading(["x", "y"])


def test_a_table_without_headings_has_its_address_where_one_is():
    assert columns.guess(["Anna", "anna@example.org", "x"]) == (Field.IGNORE, Field.ADDRESS, Field.IGNORE)
    assert columns.guess(["anna", "x"]) == (Field.ADDRESS, Field.IGNORE)


def test_columns_are_usable_with_one_address_and_nothing_twice():
    assert columns.usable([Field.ADDRESS, Field.IGNORE, Field.IGNORE])
    assert columns.usable([Field.NAME, Field.DOMAIN])
    assert not columns.usable([Field.PASSWORD])
    assert not columns.usable([Field.ADDRESS, Field.PASSWORD, Field.PASSWORD])


def test_a_list_of_names_loses_no_name_to_its_headings():
    assert not columns.is_heading(["kontakt"])
    assert columns.is_heading(["e-mail"])
    assert columns.is_heading(["Adresse", "Password"])
