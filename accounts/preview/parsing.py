"""Reading one row: its cells split, trimmed, normalised and held against the rules of names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from .. import characters, remarks, rules, suggestions
from ..addresses import split_addresses
from ..columns import Field, is_address, looks_like_password
from .codes import RowProblem
from .hosts import to_ascii
from .rows import Fault, Row

SLOT_TOKEN = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z", re.ASCII)


def cells_of(cells: Sequence[str], fields: Sequence[Field]) -> dict[Field, str]:
    """The cells that mean something, each under its field."""
    cells = [*cells, *[""] * (len(fields) - len(cells))]  # a workbook's row ends with its last cell that is filled
    return {field: cell for field, cell in zip(fields, cells, strict=False) if field is not Field.IGNORE}


def asked_to_generate(password: str) -> bool:
    """An empty cell, or the asterisks that Google's export has instead of passwords."""
    return not password.strip("*")


def parse(line: int, values: Mapping[Field, str], *, default_domain: str = "") -> Row:
    """Read one row: split the address, trim and normalise the texts, hold them against the rules of names.

    A password is never trimmed.
    """
    values, untrusted, told = remarks.settle_cells(values)
    if untrusted:
        return Row(line, faults=tuple(Fault(code, field, facts) for code, field, facts in untrusted))
    text = {field: rules.normalise_text(values.get(field, "")) for field in Field}
    name, domain, faults = _address_of(values, text, default_domain)
    for field_ in (Field.FIRST_NAME, Field.LAST_NAME, Field.DISPLAY_NAME):
        faults += _faults_of_text(field_, values.get(field_, ""))
    first, last = text[Field.FIRST_NAME], text[Field.LAST_NAME]
    composed = not text[Field.DISPLAY_NAME]
    display = rules.display_name(first, last) if composed else text[Field.DISPLAY_NAME]
    slot = text[Field.SLOT].lower().partition("@")[0]
    if slot and not SLOT_TOKEN.match(slot):
        faults.append(Fault(RowProblem.SLOT_FORM, Field.SLOT))
    password = values.get(Field.PASSWORD, "")
    if asked_to_generate(password):
        faults += _passwords_among(text, display=Field.PASSWORD in values)
    faults += _addresses_among(text, f"{name}@{domain}")
    told += remarks.on_names(text)
    aliases, refused = _aliases_of(values.get(Field.ALIASES, ""), domain)
    faults += refused
    return Row(
        line=line,
        name=name,
        domain=domain,
        first_name=first,
        last_name=last,
        display_name=display,
        password="" if asked_to_generate(password) else password,
        contact=text[Field.CONTACT],
        faults=tuple(faults),
        advice=tuple(rules.advice_on_name(name)),
        slot=slot,
        composed=composed,
        remarks=tuple(Fault(code, field, facts) for code, field, facts in told),
        aliases=aliases,
    )


def _aliases_of(cell: str, domain: str) -> tuple[tuple[tuple[str, str], ...], list[Fault]]:
    """The aliases of a cell, and what is wrong with some. `domain`: of those that name none."""
    found: dict[tuple[str, str], None] = {}
    faults = []
    for text in split_addresses(cell):
        row = parse(0, {Field.ADDRESS: text}, default_domain=domain)
        if row.faults:
            faults.append(refused_alias(text, row.faults[0].code, row.faults[0].facts))
        else:
            found[row.name, row.domain] = None
    return tuple(found), faults


def refused_alias(alias: str, why: str, facts: Mapping[str, str | int] | None = None) -> Fault:
    """A fault that names the alias among those of its cell. Facts of `why` come along, but for its suggestion: that
    would take the place of the whole cell."""
    more = {name: value for name, value in (facts or {}).items() if name != "suggestion"}
    return Fault(RowProblem.ALIAS_REFUSED, Field.ALIASES, {**more, "alias": alias[:80], "why": str(why)})


def _passwords_among(text: Mapping[Field, str], *, display: bool) -> Iterable[Fault]:
    """Names that look like the password that the row lacks, as where its cells slid to the left.

    Not a display name that stands alone: a thing may be called so (`Printer2Hall`). `display`: the table has passwords.
    """
    names = [Field.FIRST_NAME, Field.LAST_NAME]
    if display and any(text[field_] for field_ in names):
        names.append(Field.DISPLAY_NAME)
    for field_ in names:
        if looks_like_password(text[field_]):
            yield Fault(RowProblem.NAME_PASSWORD, field_)


def _addresses_among(text: Mapping[Field, str], own: str) -> Iterable[Fault]:
    """Names that are addresses, but for the row's own: a display name may be another one of the same person, unless
    the row's address was put together from a bare name."""
    names = [Field.FIRST_NAME, Field.LAST_NAME]
    if "@" not in text[Field.ADDRESS] + text[Field.NAME]:
        names.append(Field.DISPLAY_NAME)
    for field_ in names:
        if "@" in text[field_] and is_address(text[field_]) and text[field_].lower() != own:
            yield Fault(RowProblem.NAME_ADDRESS, field_)


def unread(line: int, code: str, facts: Mapping[str, str | int]) -> Row:
    """A row of which no cell can be trusted."""
    return Row(line, faults=(Fault(code, Field.IGNORE, facts),))


def _faults_of_text(field_: Field, cell: str) -> Iterable[Fault]:
    """What a person's name may not have, the characters named, with the cell as it probably should be."""
    text = rules.normalise_text(cell)
    broken = rules.broken_by_text(text)
    if rules.NameRule.TEXT_LONG in broken:
        yield Fault(rules.NameRule.TEXT_LONG, field_)
    odd = characters.unshowable(text) + characters.invisible_in_name(cell)  # these at its edges, too
    if odd:
        better = rules.normalise_text(characters.shown_name(cell))
        facts = {"suggestion": better} if better and not rules.broken_by_text(better) else {}
        yield Fault(rules.NameRule.TEXT_CHARACTERS, field_, {"characters": characters.names_of(odd), **facts})


def _address_of(
    values: Mapping[Field, str], text: Mapping[Field, str], default_domain: str
) -> tuple[str, str, list[Fault]]:
    """Name and domain from whichever columns say them, and the faults of both."""
    column = Field.ADDRESS if text[Field.ADDRESS] or not text[Field.NAME] else Field.NAME
    cell = values.get(column, "")
    name, domain, faults = _split(column, cell, text, default_domain)
    if not faults:
        return name, domain, faults
    better = suggestions.meant(cell)
    if better and better != cell.strip().lower() and faults[0].code != RowProblem.ADDRESS_NO_DOMAIN:
        faults[0] = replace(faults[0], facts={**faults[0].facts, "suggestion": better})
    return name, domain, faults


def _split(column: Field, cell: str, text: Mapping[Field, str], default_domain: str) -> tuple[str, str, list[Fault]]:
    forms = [Fault(form, column, facts) for form, facts in suggestions.forms_of(cell)]
    if forms:
        return "", "", forms
    name, at, domain = text[column].partition("@")
    if not name and not domain:
        return "", "", [Fault(RowProblem.ADDRESS_MISSING, column)]
    if "@" in domain:
        return "", "", [Fault(RowProblem.ADDRESS_FORM, column)]
    faults = []
    name = name.strip()
    foreign = rules.foreign_letters(name)  # before it is put in lower case: В looks like B, в like nothing
    name = rules.normalise_name(name)
    for rule in rules.broken_by_name(name):
        named = {"characters": characters.names_of(foreign)} if rule is rules.NameRule.NAME_LETTERS else {}
        faults.append(Fault(rule, column, named))
    if not at:
        domain = text[Field.DOMAIN] or default_domain
        if not domain:
            return name, "", [Fault(RowProblem.ADDRESS_NO_DOMAIN, column), *faults]
    where = Field.DOMAIN if not at and text[Field.DOMAIN] else column
    ascii_domain = to_ascii(domain.strip())
    faults += _contradictions(column, text, name, domain.strip() if at else "")
    if not ascii_domain:
        faults.append(Fault(RowProblem.DOMAIN_UNKNOWN, where, {"domain": domain.strip()[:64]}))
    elif not faults:
        faults += [Fault(rule, column) for rule in rules.broken_by_address(name, ascii_domain)]
    return name, ascii_domain, faults


def _contradictions(column: Field, text: Mapping[Field, str], name: str, domain: str) -> Iterable[Fault]:
    """Columns of domains and of account names that say something else than the address, which counts.

    `domain`: that of the address, "" where the column of domains says it. What is no domain name (`AURORA`, as a
    directory has it) says nothing.
    """
    said = text[Field.DOMAIN].removeprefix("@")
    if domain and "." in said.strip(".") and to_ascii(said) != to_ascii(domain):
        yield Fault(RowProblem.DOMAIN_DIFFERS, Field.DOMAIN, {"domain": said[:64], "address": f"{name}@{domain}"})
    other, _at, other_domain = rules.normalise_name(text[Field.NAME]).partition("@")
    if column is Field.ADDRESS and other:
        differs = bool(other_domain) and to_ascii(other_domain) != to_ascii(domain or text[Field.DOMAIN])
        if other.strip() != name or differs:
            address = f"{name}@{domain}" if domain else name
            yield Fault(RowProblem.NAME_DIFFERS, Field.NAME, {"name": text[Field.NAME][:64], "address": address})
