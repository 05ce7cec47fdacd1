"""Which column of an uploaded table holds what: headings in the wild, recognised. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from .rules import fold


class Field(StrEnum):
    """What a column can hold. Several columns may be ignored, every other field has one column."""

    IGNORE = "ignore"
    ADDRESS = "address"  # name@domain, or the name alone where the domain has its own column
    NAME = "name"  # the account name, before the @
    DOMAIN = "domain"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    DISPLAY_NAME = "display_name"
    PASSWORD = "password"  # noqa: S105 - the name of a column
    CONTACT = "contact"  # where a link to set the password is sent
    SLOT = "slot"  # which slot the row configures, by the slot's own address


STATUS, REASON, SUGGESTION = "Status", "Reason", "Suggestion"  # columns that we add to a table that comes back
TEMPLATE = ("E-mail address", "First name", "Last name", "Display name", "Password", "Contact address")

# Headings as `_plain` leaves them: ours, Polish ones (the guide's too), Google Workspace's, Microsoft 365's.
HEADINGS: dict[Field, tuple[str, ...]] = {
    Field.ADDRESS: (
        "email address", "e mail address", "user principal name", "userprincipalname", "username", "user name", "upn",
        "email", "e mail", "mail", "email account", "e mail account", "primary email", "mailbox", "account",
        "adres email", "adres e mail", "konto email", "konto e mail", "nazwa uzytkownika", "glowna nazwa uzytkownika",
        "uzytkownik", "skrzynka", "konto",
    ),
    Field.NAME: ("account name", "local part", "localpart", "login", "alias", "mailnickname", "nazwa konta"),
    Field.DOMAIN: ("domain", "domain name", "domena", "nazwa domeny"),
    Field.FIRST_NAME: ("first name", "firstname", "given name", "givenname", "forename", "imie"),
    Field.LAST_NAME: ("last name", "lastname", "surname", "family name", "sn", "nazwisko"),
    Field.DISPLAY_NAME: (
        "display name", "displayname", "full name", "nazwa do wyswietlenia", "nazwa wyswietlana", "imie i nazwisko",
    ),
    Field.PASSWORD: ("password", "haslo"),
    Field.CONTACT: (
        "contact address", "contact email", "contact e mail", "contact", "recovery email", "alternate email address",
        "alternate email addresses", "alternative email address", "adres kontaktowy", "email kontaktowy",
        "e mail kontaktowy", "alternatywny adres email", "alternatywny adres e mail", "kontakt",
    ),
    Field.SLOT: ("slot", "slot address", "adres slotu"),
}  # fmt: skip
# Headings that mean this only when nothing better is there: Microsoft's "Address" is a street, the guide's
# "Nazwa" is the last name.
FALLBACKS: dict[str, Field] = {
    "address": Field.ADDRESS,
    "adres": Field.ADDRESS,
    "name": Field.DISPLAY_NAME,
    "nazwa": Field.LAST_NAME,
    "user": Field.ADDRESS,
}
_KNOWN = {heading: field for field, headings in HEADINGS.items() for heading in headings}


def _plain(heading: str) -> str:
    """A heading without accents, case, punctuation and notes in brackets (`[Required]`, `(optional)`, `*`)."""
    heading = re.sub(r"\[.*?\]|\(.*?\)", " ", fold(heading))
    return re.sub(r"[\W_]+", " ", heading).strip()


def recognise(headings: Sequence[str]) -> tuple[Field, ...]:
    """The field of each column; a heading nobody knows, or a second one for the same field, is ignored."""
    plain = [_plain(heading) for heading in headings]
    fields = [Field.IGNORE] * len(plain)
    for table in (_KNOWN, FALLBACKS):
        for index, heading in enumerate(plain):
            field = table.get(heading)
            if field and field not in fields and fields[index] is Field.IGNORE:
                fields[index] = field
    if Field.ADDRESS in fields and Field.NAME in fields and Field.DOMAIN not in fields:
        fields[fields.index(Field.NAME)] = Field.IGNORE  # an alias beside the address (Microsoft 365)
    return tuple(fields)


def ours(headings: Sequence[str]) -> frozenset[int]:
    """The columns that we added to a table before it came back: where they stand does not matter."""
    texts = [heading.strip() for heading in headings]
    if STATUS not in texts or REASON not in texts:
        return frozenset()
    return frozenset(index for index, text in enumerate(texts) if text in (STATUS, REASON, SUGGESTION))


def is_heading(cells: Sequence[str]) -> bool:
    """Tell whether the first row of a table is its headings: it has a known one and no address.

    A single cell is one only if it heads addresses: `kontakt` at the top of a list of names is an account.
    """
    fields = recognise(cells)
    known = usable(fields) if len(cells) == 1 else any(field is not Field.IGNORE for field in fields)
    return known and not any("@" in cell for cell in cells)


def guess(cells: Sequence[str]) -> tuple[Field, ...]:
    """The fields of a table without headings, told from one row: the first address, else the first column."""
    fields = [Field.IGNORE] * len(cells)
    if cells:
        fields[next((i for i, cell in enumerate(cells) if "@" in cell), 0)] = Field.ADDRESS
    return tuple(fields)


def usable(fields: Sequence[Field]) -> bool:
    """Tell whether the columns say each account's address, and no field has two columns."""
    used = [field for field in fields if field is not Field.IGNORE]
    return len(set(used)) == len(used) and (Field.ADDRESS in used or Field.NAME in used)
