"""Tables of other systems and of people, as they are: who is configured, what is asked."""

from __future__ import annotations

import pytest

from accounts.columns import Field
from accounts.reading import Choices, OpenQuestion
from tests.accounts.people import Person, result_of

ZOFIA = Person("zofia@d.example", "Zofia", "Lis", "Zofia Lis", "Kwietny7Las")
ONLY = Person("zofia@d.example", "", "", "", "Kwietny7Las")

EXPORTS = {
    "Google Workspace": "First Name [Required],Last Name [Required],Email Address [Required],Password [Required],"
    "Password Hash Function [UPLOAD ONLY],Org Unit Path [Required],New Primary Email [UPLOAD ONLY],Recovery Email,"
    "Home Secondary Email,Work Secondary Email,Change Password at Next Sign-In\n"
    "Zofia,Lis,zofia@d.example,Kwietny7Las,,/,,,,,FALSE\n",
    "Microsoft 365": "Username,First name,Last name,Display name,Job title,Address,Password\n"
    "zofia@d.example,Zofia,Lis,Zofia Lis,Boss,Long street 1,Kwietny7Las\n",
    "Entra": "version:v1.0\nName [displayName] Required,User name [userPrincipalName] Required,"
    "Initial password [passwordProfile] Required,Block sign in (Yes/No) [accountEnabled] Required,"
    "First name [givenName],Last name [surname]\nZofia Lis,zofia@d.example,Kwietny7Las,No,Zofia,Lis\n",
    "Entra without its version": "Name [displayName] Required,User name [userPrincipalName] Required,"
    "Initial password [passwordProfile] Required,First name [givenName],Last name [surname]\n"
    "Zofia Lis,zofia@d.example,Kwietny7Las,Zofia,Lis\n",
    "German": "E-Mail-Adresse;Vorname;Nachname;Anzeigename;Kennwort\nzofia@d.example;Zofia;Lis;Zofia Lis;Kwietny7Las\n",
    "German Microsoft 365": "Anzeigename,Benutzerprinzipalname,Vorname,Nachname,Kennwort,Lizenzen\n"
    "Zofia Lis,zofia@d.example,Zofia,Lis,Kwietny7Las,E3\n",
    "French": "Adresse e-mail;Prénom;Nom;Mot de passe\nzofia@d.example;Zofia;Lis;Kwietny7Las\n",
    "Spanish": "Correo electrónico;Nombre;Apellidos;Contraseña\nzofia@d.example;Zofia;Lis;Kwietny7Las\n",
    "Italian": "Indirizzo e-mail;Nome;Cognome;Password\nzofia@d.example;Zofia;Lis;Kwietny7Las\n",
    "Czech": "E-mail;Jméno;Příjmení;Heslo\nzofia@d.example;Zofia;Lis;Kwietny7Las\n",
    "PowerShell": '#TYPE Selected.Microsoft.ActiveDirectory.Management.ADUser\n"EmailAddress","GivenN'
    'ame","Surname","Password"\n'
    '"zofia@d.example","Zofia","Lis","Kwietny7Las"\n',
    "Exchange": '#TYPE Selected.Mailbox\n"Alias","PrimarySmtpAddress","FirstName","LastName","Pwd"\n'
    '"zofia","zofia@d.example","Zofia","Lis","Kwietny7Las"\n',
    "CSVDE": "DN,sn,givenName,sAMAccountName,userPrincipalName,memberOf,userPassword\n"
    '"CN=Zofia Lis,OU=Biuro,DC=d,DC=example",Lis,Zofia,zofia,zofia@d.example,CN=a;CN=b,Kwietny7Las\n',
    "Zimbra": "name,givenName,sn,displayName,userPassword,zimbraMailQuota,mail\n"
    "x,Zofia,Lis,Zofia Lis,Kwietny7Las,0,zofia@d.example\n",
    "a comment first": "# made by hand\nEmail;First name;Last name;Password\nzofia@d.example;Zofia;Lis;Kwietny7Las\n",
    "SEP with blanks": "SEP = ;\nEmail;First name;Last name;Password\nzofia@d.example;Zofia;Lis;Kwietny7Las\n",
    "titles": "Accounts of 2026;;;\n;;;\nEmail;First name;Last name;Password\nzofia@d.example;Zofia;Lis;Kwietny7Las\n",
    "narrow titles": "Accounts of 2026\nas of May\n\nEmail;First name;Last name;Password\nzofia@d.exa"
    "mple;Zofia;Lis;Kwietny7Las\n",
    "numbered": "1. Adres e-mail;2. Imię;3. Nazwisko;4. Hasło\nzofia@d.example;Zofia;Lis;Kwietny7Las\n",
    "with an example": "E-mail (np. jan@firma.pl);Imię;Nazwisko;Hasło\nzofia@d.example;Zofia;Lis;Kwietny7Las\n",
    "Name, Surname": "Name,Surname,Email,Pass\nZofia,Lis,zofia@d.example,Kwietny7Las\n",
    "the guide's own words": "Konto e-mail;Imię;Nazwa;Hasło i potwierdzenie\nzofia@d.example;Zofia;Lis;Kwietny7Las\n",
    "several addresses": "Email;E-mail służbowy;Imię;Nazwisko;Hasło\nz@private.example;zofia@d.exampl"
    "e;Zofia;Lis;Kwietny7Las\n",
}


@pytest.mark.parametrize("text", EXPORTS.values(), ids=list(EXPORTS))
def test_exports_are_recognised_as_they_are(text):
    found = result_of(text)
    assert (found.people, found.refused, found.asked) == ([ZOFIA], [], [])


@pytest.mark.parametrize(
    "text",
    [
        "Email,Password,Quota\nzofia@d.example,Kwietny7Las,250\n",  # cPanel
        "mailname,domain,passwd\nzofia,d.example,Kwietny7Las\n",  # Plesk
        "user,domain,password,quota\nzofia,d.example,Kwietny7Las,0\n",  # DirectAdmin
    ],
)
def test_exports_of_hosting_panels(text):
    assert result_of(text).people == [ONLY]


@pytest.mark.parametrize(
    "text",
    [
        "Username,Password,First Name\nzofia,Kwietny7Las,Zofia\n",  # Zoho
        "mailname,passwd\nzofia,Kwietny7Las\n",  # Plesk
        "sAMAccountName;givenName\nzofia;Zofia\n",  # Active Directory
        "login;hasło\nzofia;Kwietny7Las\n",
    ],
)
def test_names_without_a_domain_ask_for_it(text):
    assert result_of(text).asked == [OpenQuestion.DOMAIN]
    found = result_of(text, domain="d.example")
    assert found.asked == []
    assert [person.address for person in found.people] == ["zofia@d.example"]


@pytest.mark.parametrize(
    "text",
    [
        "zofia@d.example,Zofia,Lis,Kwietny7Las\nadam@d.example,Adam,Mak,Kwietny8Las\n",
        "account; zofia@d.example; Kwietny7Las; Zofia; Lis\naccount; adam@d.example; Kwietny8Las; Ada"
        "m; Mak\n",  # Modoboa
        "zofia;d.example;Kwietny7Las\n",
        "Foo;Bar\nzofia@d.example;Kwietny7Las\n",
    ],
)
def test_a_table_without_headings_is_asked_about(text):
    assert OpenQuestion.HEADINGS in result_of(text).asked


def test_a_list_of_addresses_needs_no_headings():
    found = result_of("zofia@d.example\nadam@d.example\n")
    assert (found.asked, len(found.people)) == ([], 2)


def test_headings_can_be_said():
    text = "Foo;Bar;Baz\nzofia@d.example;Zofia;Kwietny7Las\n"
    found = result_of(text, Choices(headings=1), columns={1: Field.FIRST_NAME, 2: Field.PASSWORD, 0: Field.ADDRESS})
    assert found.people == [Person("zofia@d.example", "Zofia", "", "Zofia", "Kwietny7Las")]


@pytest.mark.parametrize(
    "text",
    [
        "Email;Imię;Klucz\nzofia@d.example;Zofia;Kwietny7Las\n",
        "Email;First name;Notes\nzofia@d.example;Zofia;Kwietny7Las\nadam@d.example;Adam;Kwietny8Las\n",
        "Email;Code\nzofia@d.example;Ab3456789\n",
        "Email;Password;PIN\nzofia@d.example;;Kwietny7Las\n",
        "Email;New\nzofia@d.example;Kwietny7!\n",
    ],
)
def test_a_column_that_looks_like_passwords_is_asked_about_before_others_are_generated(text):
    found = result_of(text)
    assert found.asked == [OpenQuestion.PASSWORDS]
    (suspect,) = found.reading.suspects
    assert result_of(text, ignored=(suspect,)).asked == []


@pytest.mark.parametrize(
    "text",
    [
        "Email;Phone;Id\nzofia@d.example;+48 600 100 200;d3b07384-d113-4ec5-a5f0-1d2f3a4b5c6d\n",
        "Email;City\nzofia@d.example;Warszawa\n",
        "Email;Password;Old password\nzofia@d.example;Kwietny7Las;Marcowy6Las\n",
    ],
)
def test_other_columns_are_ignored_without_a_question(text):
    assert result_of(text).asked == []
