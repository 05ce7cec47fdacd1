"""Which column of an uploaded table holds what: headings in the wild, recognised; else the shape of its cells. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
from itertools import zip_longest

from . import headings
from .passwords import BASE, broken


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
    ALIASES = "aliases"  # further addresses, several in one cell


STATUS, REASON, SUGGESTION = "Status", "Reason", "Suggestion"  # columns that we add to a table that comes back
TEMPLATE = ("E-mail address", "First name", "Last name", "Display name", "Password", "Contact address")
LIKELY = 0.6  # of a column's cells that must look like passwords

_ADDRESS = re.compile(r"[^\s@\"',;<>]+@([^\s@\"',;<>]+\.[^\s@\"',;<>]+)")
_NOT_PASSWORDS = re.compile(r"[0-9a-fA-F-]{32,}|\{[A-Za-z0-9-]+\}.*|\$\w+\$.*|[a-z]+://.*|CN=.*")
_STATE = re.compile(
    r"true|false|yes|no|y|n|tak|nie|prawda|fałsz|ja|nein|wahr|falsch|oui|non|vrai|faux|sí|si|sì|verdadero|falso|vero"
    r"|ano|ne|never|nigdy|nie|niemals|jamais|nunca|mai|\d+"
    r"|\d{1,4}[-./]\d{1,2}[-./]\d{1,4}([T ,]+\d{1,2}:\d\d(:\d\d)?(\.\d+)?)?\s?([AP]M)?(Z|[+-]\d\d:?\d\d)?",
    re.IGNORECASE,
)
_ANSWER = re.compile(
    r"true|false|yes|no|y|n|tak|nie|prawda|fałsz|ja|nein|oui|non|vrai|faux|si|verdadero|falso|vero|ano|ne|x|-"
    r"|(in)?active|enabled|disabled|on|off|none|null|(nie)?aktywn[aey]|(in)?aktiv|(in)?actif|(in)?activo|suspended",
    re.IGNORECASE,
)  # what a column says of each person that is no account name
_MOMENT = re.compile(r"T\d\d:\d\d")


def recognise(row: Sequence[str]) -> tuple[Field, ...]:
    """The field of each column by its heading; one nobody knows, or a second one for the same field, is ignored.

    Of two headings for one field the surer counts: `Email` before `Work mail`, `Password` before `Repeat password`.
    """
    found = [headings.meaning(heading) for heading in row]
    fields = [Field.IGNORE] * len(found)
    for sureness in headings.Sureness:
        for index, meaning in enumerate(found):
            if meaning is None or meaning.field == headings.ANY_NAME or meaning.sureness is not sureness:
                continue
            if fields[index] is Field.IGNORE and meaning.field not in fields:
                fields[index] = Field(meaning.field)
    _settle_names(fields, found)
    if Field.ADDRESS in fields and Field.NAME in fields and Field.DOMAIN not in fields:
        fields[fields.index(Field.NAME)] = Field.IGNORE  # an alias beside the address (Microsoft 365)
    return tuple(fields)


def ours(row: Sequence[str]) -> frozenset[int]:
    """The columns that we added to a table before it came back: where they stand does not matter."""
    texts = [text.strip() for text in row]
    if STATUS not in texts or REASON not in texts:
        return frozenset()
    return frozenset(index for index, text in enumerate(texts) if text in (STATUS, REASON, SUGGESTION))


def _settle_names(fields: list[Field], found: Sequence[headings.Meaning | None]) -> None:
    """`Name`, `Nom`, `Nazwa`: whichever of first and last name is missing beside the other, else the display name."""
    for index, meaning in enumerate(found):
        if meaning is None or meaning.field != headings.ANY_NAME or fields[index] is not Field.IGNORE:
            continue
        if Field.FIRST_NAME in fields and Field.LAST_NAME not in fields:
            fields[index] = Field.LAST_NAME
        elif Field.LAST_NAME in fields and Field.FIRST_NAME not in fields:
            fields[index] = Field.FIRST_NAME
        elif Field.DISPLAY_NAME not in fields and Field.LAST_NAME not in fields:
            fields[index] = Field.LAST_NAME if meaning.alone == Field.LAST_NAME else Field.DISPLAY_NAME


def is_heading(cells: Sequence[str]) -> bool:
    """Tell whether a row is the headings of a table: it has a known one and no address.

    A single cell is one only if it heads addresses: `kontakt` at the top of a list of names is an account.
    """
    if any(is_address(cell) for cell in cells):
        return False
    fields = recognise(cells)
    if sum(bool(cell.strip()) for cell in cells) == 1:
        return Field.ADDRESS in fields
    return any(field is not Field.IGNORE for field in fields)


def find_heading(rows: Sequence[Sequence[str]]) -> int | None:
    """The index of the row that has the headings: the first that has two known ones, else the first with one.

    Only what has no address may stand above it. Comments and `#TYPE` lines are never headings.
    """
    best: int | None = None
    for index, cells in enumerate(rows):
        if any(is_address(cell) for cell in cells):
            break
        if not cells or cells[0].lstrip().startswith("#") or not is_heading(cells):
            continue
        known = sum(field is not Field.IGNORE for field in recognise(cells))
        if known > 1:
            return index
        best = index if best is None else best
    return best


def is_address(cell: str) -> bool:
    return _ADDRESS.fullmatch(cell.strip()) is not None


def looks_like_password(cell: str) -> bool:
    """Whether a cell would do as a password and is no hash, identifier, path or moment."""
    if broken(cell, (), BASE) or "@" in cell.strip("@"):
        return False
    path = cell.count("/") + cell.count("\\") > 1
    return not path and not _NOT_PASSWORDS.fullmatch(cell) and not _MOMENT.search(cell)


def holds_passwords(heading: str, cells: Iterable[str]) -> bool:
    """Whether a column looks like one of passwords: by its heading, or most of its cells do."""
    filled = [cell for cell in cells if cell.strip() and cell.strip("*")]
    if headings.of_password(heading) and filled:
        return not only_tells_about_passwords(heading, filled)
    if headings.of_identifiers(heading):
        return False
    return bool(filled) and sum(looks_like_password(cell.strip()) for cell in filled) >= LIKELY * len(filled)


def only_tells_about_passwords(heading: str, cells: Iterable[str]) -> bool:
    """Whether a heading of several words (`Wymagane silne hasło`) stands over nothing but yes, no and dates."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    return bool(filled) and len(headings.plain(heading).split()) > 1 and all(map(_STATE.fullmatch, filled))


def domain_of(cell: str) -> str:
    """The domain of an address, lower case; empty for what is none."""
    found = _ADDRESS.fullmatch(cell.strip())
    return found[1].lower().rstrip(".") if found else ""


def guess(rows: Sequence[Sequence[str]], domains: Collection[str] = ()) -> tuple[Field, ...]:
    """The fields of a table without headings, told from its first rows: addresses, and what looks like passwords."""
    width = max(map(len, rows), default=0)
    columns = [[row[index] if index < len(row) else "" for row in rows] for index in range(width)]
    fields = [Field.IGNORE] * width
    address = best_address(columns, domains)
    if address is None and width:
        address = 0
    if address is not None:
        fields[address] = Field.ADDRESS
    for index, cells in enumerate(columns):
        if fields[index] is Field.IGNORE and holds_passwords("", cells):
            fields[index] = Field.PASSWORD
            break
    return tuple(fields)


def best_address(
    columns: Sequence[Sequence[str]], domains: Collection[str], among: Iterable[int] | None = None
) -> int | None:
    """The column with the most addresses under `domains`, else with the most addresses; None where there is none."""
    best, most = None, (0, 0)
    for index in among if among is not None else range(len(columns)):
        found = [domain for cell in columns[index] if (domain := domain_of(cell))]
        score = sum(domain in domains for domain in found), len(found)
        if score > most:
            best, most = index, score
    return best


def of_attached_domains(
    fields: Sequence[Field], columns: Sequence[Sequence[str]], domains: Collection[str]
) -> tuple[Field, ...]:
    """The same fields, but where the column of addresses has none under `domains` and another column has, that one."""
    if Field.ADDRESS not in fields:
        return tuple(fields)
    present = fields.index(Field.ADDRESS)

    def attached(index: int) -> int:
        return sum(domain_of(cell) in domains for cell in columns[index])

    others = [index for index in range(len(columns)) if fields[index] in (Field.IGNORE, Field.CONTACT, Field.NAME)]
    best = best_address(columns, domains, others)
    if (
        best is None
        or attached(best) <= attached(present)
        or any(cell and "@" not in cell for cell in columns[present])
    ):
        return tuple(fields)
    changed = list(fields)
    changed[present] = Field.IGNORE
    changed[best] = Field.ADDRESS
    return tuple(changed)


def with_addresses(
    fields: Sequence[Field], heading: Sequence[str], columns: Sequence[Sequence[str]], domains: Collection[str]
) -> tuple[Field, ...]:
    """The same fields, but where a column headed as addresses has none: another one so headed that has some.

    Words that only say whether there is a mailbox (`Mailbox;true`) are no account names. Where an account name beside
    it says something else, neither counts: somebody has to choose.
    """
    if Field.ADDRESS not in fields or not heading:
        return tuple(fields)
    present = fields.index(Field.ADDRESS)
    filled = [cell.strip() for cell in columns[present] if cell.strip()]
    if not filled or any("@" in cell or not cell.isascii() for cell in filled):
        return tuple(fields)
    changed = list(fields)
    if all(map(_ANSWER.fullmatch, filled)):
        without = ["" if index == present else text for index, text in enumerate(heading)]
        changed[: len(heading)] = recognise(without)
        return with_addresses(changed, without, columns, domains)
    best = best_address(columns, domains, [index for index in headed_alike(heading) if index != present])
    if best is not None and any(domain_of(cell) in domains for cell in columns[best]):
        changed[present], changed[best] = Field.IGNORE, Field.ADDRESS
    elif any(_differ(columns[present], columns[index]) for index in headed_alike(heading, Field.NAME)):
        changed = [Field.IGNORE if field in (Field.ADDRESS, Field.NAME) else field for field in changed]
    return tuple(changed)


def _differ(names: Sequence[str], others: Sequence[str]) -> bool:
    """Whether two columns have different account names in one row."""
    pairs = ((name.strip().lower(), other.strip().lower()) for name, other in zip(names, others, strict=True))
    return any(name != other for name, other in pairs if name and other and "@" not in other)


def headed_alike(heading: Sequence[str], field: Field = Field.ADDRESS) -> list[int]:
    """The columns that are headed as addresses, or names, of the accounts."""
    found = [headings.meaning(text) for text in heading]
    return [index for index, meaning in enumerate(found) if meaning is not None and meaning.field == field]


def of_another_table(cells: Sequence[str], heading: Sequence[str]) -> bool:
    """Whether a row below the headings is itself one of headings, which say otherwise what the columns hold."""
    if any(map(is_address, cells)) or not any(map(headings.meaning, cells[:3])):
        return False
    theirs, ours_ = recognise(cells), recognise(heading)
    known = sum(field is not Field.IGNORE for field in theirs)
    if known < 2 or known * 2 < sum(bool(cell.strip()) for cell in cells):
        return False
    pairs = zip_longest(theirs, ours_, fillvalue=Field.IGNORE)
    return usable(theirs) and any(one is not other for one, other in pairs)


def usable(fields: Sequence[Field]) -> bool:
    """Tell whether the columns say each account's address, and no field has two columns."""
    used = [field for field in fields if field is not Field.IGNORE]
    return len(set(used)) == len(used) and (Field.ADDRESS in used or Field.NAME in used)
