import pytest

from accounts import columns, guide, headings
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
    assert columns.guess([["Anna", "anna@example.org", "x"]]) == (Field.IGNORE, Field.ADDRESS, Field.IGNORE)
    assert columns.guess([["anna", "x"]]) == (Field.ADDRESS, Field.IGNORE)
    rows = [["anna@private.example", "anna@aurora.example", "Hemlig4Sak"], ["", "bo@aurora.example", "Hemlig5Sak"]]
    assert columns.guess(rows, {"aurora.example"}) == (Field.IGNORE, Field.ADDRESS, Field.PASSWORD)


def test_columns_are_usable_with_one_address_and_nothing_twice():
    assert columns.usable([Field.ADDRESS, Field.IGNORE, Field.IGNORE])
    assert columns.usable([Field.NAME, Field.DOMAIN])
    assert not columns.usable([Field.PASSWORD])
    assert not columns.usable([Field.ADDRESS, Field.PASSWORD, Field.PASSWORD])


def test_a_list_of_names_loses_no_name_to_its_headings():
    assert not columns.is_heading(["kontakt"])
    assert columns.is_heading(["e-mail"])
    assert columns.is_heading(["Adresse", "Password"])


PASSWORDS = [
    "Pass",
    "Pwd",
    "passwd",
    "Temporary password",
    "New password",
    "User password",
    "Hasło początkowe",
    "Hasło",
    "Hasło tymczasowe",
    "Passwort",
    "userPassword",
    "Hasło i potwierdzenie",
    "Initial password [passwordProfile] Required",
    "Kennwort",
    "Mot de passe",
    "Mot de passe temporaire",
    "Contraseña",
    "Contraseña inicial",
    "Heslo",
    "Nové heslo",
    "Password iniziale",
    "Startpasswort",
    "Initialpasswort",
    "3. Hasło:",
    "PASSWORD *",
    "Hasło (min. 9 znaków)",
    "E-mail password",
    "Hasło do poczty",
    "Kennwort (neu)",
    "MotDePasse",
    "temp_pwd",
]


@pytest.mark.parametrize("heading", PASSWORDS)
def test_passwords_are_recognised_under_any_word_for_them(heading):
    assert fields("Email", "First name", heading) == ["address", "first_name", "password"]


@pytest.mark.parametrize(
    "heading",
    [
        "Password Hash Function [UPLOAD ONLY]",
        "Change Password at Next Sign-In",
        "PasswordNeverExpires",
        "PasswordLastSet",
        "LastPasswordChangeTimeStamp",
        "StrongPasswordRequired",
        "PasswordPolicies",
        "Passport",
        "Password expires",
        "Kennwort läuft nie ab",
        "Kennwort zurücksetzen",
        "Hasło wygasa",
        "Ostatnia zmiana hasła",
        "Changer le mot de passe",
        "Password hint",
    ],
)
def test_what_only_speaks_of_passwords_is_none(heading):
    assert fields("Email", heading) == ["address", "ignore"]


@pytest.mark.parametrize(
    ("headings", "expected"),
    [
        ("E-Mail-Adresse;Vorname;Nachname;Anzeigename;Kennwort", "address first_name last_name display_name password"),
        ("Anzeigename;Benutzerprinzipalname;Vorname;Nachname", "display_name address first_name last_name"),
        ("Adresse e-mail;Prénom;Nom;Mot de passe", "address first_name last_name password"),
        ("Nom complet;Nom d'utilisateur principal;Mot de passe", "display_name address password"),
        ("Correo electrónico;Nombre;Apellidos;Contraseña", "address first_name last_name password"),
        ("Indirizzo e-mail;Nome;Cognome;Password", "address first_name last_name password"),
        ("E-mailová adresa;Jméno;Příjmení;Heslo", "address first_name last_name password"),
        ("Name;Surname;Email", "first_name last_name address"),
        ("Name;Vorname;E-Mail", "last_name first_name address"),
        ("Name;Email", "display_name address"),
        ("Imię;Nazwa;Adres e-mail", "first_name last_name address"),
        ("1. Adres e-mail;2. Imię;3. Hasło", "address first_name password"),
        ("E-mail (np. jan@firma.pl);Imię;Hasło", "address first_name password"),
        ("sAMAccountName;givenName;sn;memberOf", "name first_name last_name ignore"),
        ("DistinguishedName;EmailAddress;GivenName;Surname;Enabled", "ignore address first_name last_name ignore"),
        ("PrimarySmtpAddress;DisplayName;Alias", "address display_name ignore"),
        ("mailname;passwd", "name password"),
        ("Email;Password;Quota", "address password ignore"),
        ("Work e-mail;Private e-mail;First name", "address contact first_name"),
        ("Służbowy adres e-mail;Prywatny adres e-mail;Nazwisko", "address contact last_name"),
        ("password;Confirm password;Email", "password ignore address"),
        ("Powtórz hasło;Email", "password address"),
        (
            "Name [displayName] Required;User name [userPrincipalName] Required;Initial password [passwordProfile]"
            " Required;Block sign in (Yes/No) [accountEnabled] Required;First name [givenName];Last name [surname]",
            "display_name address password ignore first_name last_name",
        ),
    ],
)
def test_headings_in_the_languages_of_our_users_and_of_other_systems(headings, expected):
    assert fields(*headings.split(";")) == expected.split()


def test_headings_are_found_below_what_stands_above_them():
    heading = ["E-mail", "First name"]
    for above in (["Accounts 2026"], ["#TYPE Selected.User"], ["version:v1.0"], ["# written by hand"], ["Konto", ""]):
        assert columns.find_heading([above, heading, ["a@b.example", "A"]]) == 1
    assert columns.find_heading([["a@b.example", "A"], heading]) is None
    assert columns.find_heading([["Konto"], ["x", "y"]]) == 0


@pytest.mark.parametrize("cell", ["Kwietny7Las", "Ab3456789", "xY9!xY9!xY9!"])
def test_what_would_do_as_a_password_looks_like_one(cell):
    assert columns.looks_like_password(cell)
    assert columns.holds_passwords("Uwagi", [cell, "", cell])


@pytest.mark.parametrize(
    "cell",
    [
        "Zofia",
        "2026-11-28",
        "d3b07384-d113-4ec5-a5f0-1d2f3a4b5c6d",
        "{SSHA}Kwietny7Las",
        "$6$salt$Abc123456",
        "a@B3.example",
        "https://Firma1.example",
        "/Zarząd/Biuro1",
        "2026-11-28T10:11:12Z",
        "CN=Jan1,OU=Biuro",
    ],
)
def test_what_is_something_else_does_not(cell):
    assert not columns.looks_like_password(cell)


def test_of_two_columns_with_addresses_the_one_under_attached_domains_counts():
    found = columns.of_attached_domains(
        (Field.ADDRESS, Field.IGNORE), [["a@old.example", "b@old.example"], ["a@new.example", ""]], {"new.example"}
    )
    assert found == (Field.IGNORE, Field.ADDRESS)


@pytest.mark.parametrize("language", ["en", "pl"])
def test_the_guide_has_the_table_of_headings_as_it_is(language):
    page = (guide.FOLDER / language / "bulk.md").read_text(encoding="utf-8")
    assert guide.written(page, language) == page


def test_each_heading_of_the_table_means_what_the_table_says():
    for field, languages in headings.TABLE.items():
        for texts in languages.values():
            for text in texts:
                meaning = headings.meaning(text)
                assert meaning is not None
                assert meaning.field == field
