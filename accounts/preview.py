"""What becomes of each row of an uploaded table, told before anything is done. Pure over a snapshot of the state."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from domains.names import NameRefused, host_to_ascii

from . import passwords, remarks, rules
from .columns import Field
from .passwords import Policy

MAIL_LOCAL_PART = re.compile(r"(?=.{1,64}\Z)[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*\Z", re.ASCII)


class Outcome(StrEnum):
    GOOD = "good"
    ALREADY = "already"  # this service configured the address under the same names before
    BAD = "bad"


class Problem(StrEnum):
    """What is wrong with a row beside the rules of names and passwords. The words are in `accounts/words.py`."""

    ADDRESS_MISSING = "address-missing"
    ADDRESS_FORM = "address-form"
    ADDRESS_NO_DOMAIN = "address-no-domain"
    ADDRESS_DUPLICATE = "address-duplicate"  # facts: line
    ADDRESS_TAKEN = "address-taken"  # by this service, under other names
    ADDRESS_TAKEN_ELSEWHERE = "address-taken-elsewhere"
    DOMAIN_UNKNOWN = "domain-unknown"
    DOMAIN_PENDING = "domain-pending"
    NO_SLOT = "no-slot"
    CELL_ERROR = "cell-error"  # of a workbook; facts: read, shown
    CELL_FORMULA = "cell-formula"  # without a stored value
    CELL_DATE = "cell-date"
    CELL_BOOLEAN = "cell-boolean"
    CELL_NUMBER = "cell-number"  # shown in another form, or with more digits than it has
    CELL_LONG = "cell-long"  # facts: length, limit
    PASSWORD_EDGES = "password-edges"  # noqa: S105 - a blank at its start or end
    CONTACT_MISSING = "contact-missing"
    CONTACT_FORM = "contact-form"


class Way(StrEnum):
    """How people get their passwords."""

    PASSWORDS = "passwords"  # from the file, generated where it has none
    MAIL = "mail"  # a link to set one, sent to the contact address
    SLIPS = "slips"  # a link to set one, printed


@dataclass(frozen=True, slots=True)
class Fault:
    """`code` is of `rules.Rule`, `passwords.Rule` or `Problem`; `field` is the column to mend."""

    code: str
    field: Field
    facts: Mapping[str, str | int] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """One row, trimmed and normalised, with what can be said against it without looking at the state."""

    line: int
    name: str = ""
    domain: str = ""  # A-label form, lower case
    first_name: str = ""
    last_name: str = ""
    display_name: str = ""
    password: str = ""  # empty: to be generated
    contact: str = ""
    faults: tuple[Fault, ...] = ()
    advice: tuple[str, ...] = ()
    remarks: tuple[Fault, ...] = ()  # allowed, but the person should know: with the column and facts

    @property
    def address(self) -> str:
        return f"{self.name}@{self.domain}" if self.name and self.domain else ""


@dataclass(frozen=True, slots=True)
class Existing:
    """Who has an address already."""

    ours: bool  # this service
    first_name: str = ""
    last_name: str = ""
    display_name: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    outcome: Outcome
    faults: tuple[Fault, ...] = ()


def cells_of(cells: Sequence[str], fields: Sequence[Field]) -> dict[Field, str]:
    """The cells that mean something, each under its field."""
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
    name, domain, faults = _address_of(text, default_domain)
    first, last = text[Field.FIRST_NAME], text[Field.LAST_NAME]
    display = text[Field.DISPLAY_NAME] or rules.display_name(first, last)
    for field_, value in ((Field.FIRST_NAME, first), (Field.LAST_NAME, last), (Field.DISPLAY_NAME, display)):
        faults += [Fault(rule, field_) for rule in rules.broken_by_text(value)]
    password = values.get(Field.PASSWORD, "")
    told += remarks.on_names(text)
    return Row(
        line,
        name,
        domain,
        first,
        last,
        display,
        "" if asked_to_generate(password) else password,
        text[Field.CONTACT],
        tuple(faults),
        tuple(rules.advice_on_name(name)),
        tuple(Fault(code, field, facts) for code, field, facts in told),
    )


def unread(line: int, code: str, facts: Mapping[str, str | int]) -> Row:
    """A row of which no cell can be trusted."""
    return Row(line, faults=(Fault(code, Field.IGNORE, facts),))


@lru_cache(maxsize=1024)  # the domains of a table are few, its rows are many
def to_ascii(domain: str) -> str:
    """A domain as it is stored (A-labels, lower case, no final dot), "" where it is no domain name."""
    try:
        return host_to_ascii(domain)
    except NameRefused:
        return ""


def is_mail_address(text: str) -> bool:
    """Whether mail can be sent there by any mail server: RFC 5322's dot-atom, no quotes, at a domain."""
    name, _at, domain = text.rpartition("@")
    return bool(MAIL_LOCAL_PART.match(name)) and "." in domain.strip(".") and bool(to_ascii(domain))


def _address_of(text: Mapping[Field, str], default_domain: str) -> tuple[str, str, list[Fault]]:
    """Name and domain from whichever columns say them, and the faults of both."""
    column = Field.ADDRESS if text[Field.ADDRESS] or not text[Field.NAME] else Field.NAME
    name, at, domain = text[column].partition("@")
    if not name and not domain:
        return "", "", [Fault(Problem.ADDRESS_MISSING, column)]
    if not at:
        domain = text[Field.DOMAIN] or default_domain
        if not domain:
            return name.lower(), "", [Fault(Problem.ADDRESS_NO_DOMAIN, column)]
    if "@" in domain:
        return "", "", [Fault(Problem.ADDRESS_FORM, column)]
    where = Field.DOMAIN if not at and text[Field.DOMAIN] else column
    name, ascii_domain = rules.normalise_name(name), to_ascii(domain.strip())
    faults = []
    for rule in rules.broken_by_name(name):
        suggestion = rules.suggest_name(name)
        faults.append(Fault(rule, column, {"suggestion": suggestion} if suggestion else {}))
    if not ascii_domain:
        faults.append(Fault(Problem.DOMAIN_UNKNOWN, where, {"domain": domain.strip()[:64]}))
    elif not faults:
        faults += [Fault(rule, column) for rule in rules.broken_by_address(name, ascii_domain)]
    return name, ascii_domain, faults


class Judge:
    """Judges rows in their order, remembering addresses seen and slots used.

    `domains`: A-label name → verified, those of the service. `seen`: addresses of earlier rows → their line.
    """

    def __init__(
        self,
        *,
        domains: Mapping[str, bool],
        policy: Policy,
        free_slots: int,
        owner: bool,
        way: Way = Way.PASSWORDS,
        seen: Mapping[str, int] | None = None,
    ) -> None:
        self.domains = domains
        self.policy = policy
        self.free_slots = free_slots
        self.owner = owner
        self.way = way
        self.seen = dict(seen or {})

    def judge(self, row: Row, existing: Existing | None) -> Verdict:
        """The verdict on one row. `existing`: the account that has its address now."""
        if row.faults and not row.address and any(fault.field is Field.IGNORE for fault in row.faults):
            return Verdict(Outcome.BAD, row.faults)
        faults = [*row.faults, *self._faults_of_domain(row)]
        first = self.seen.setdefault(row.address, row.line) if row.address else row.line
        if first != row.line:
            return Verdict(Outcome.BAD, (Fault(Problem.ADDRESS_DUPLICATE, Field.ADDRESS, {"line": first}), *faults))
        if existing is not None and existing.ours and not row.faults and self._same_names(row, existing):
            return Verdict(Outcome.ALREADY)
        if existing is not None:
            taken = Problem.ADDRESS_TAKEN if existing.ours else Problem.ADDRESS_TAKEN_ELSEWHERE
            faults.append(Fault(taken, Field.ADDRESS))
        if row.name in rules.RESERVED and not self.owner:
            faults.append(Fault(rules.Rule.NAME_RESERVED, Field.ADDRESS))
        faults += self._faults_of_password(row)
        if faults:
            return Verdict(Outcome.BAD, tuple(faults))
        if self.free_slots <= 0:
            return Verdict(Outcome.BAD, (Fault(Problem.NO_SLOT, Field.ADDRESS),))
        self.free_slots -= 1
        return Verdict(Outcome.GOOD)

    def _faults_of_domain(self, row: Row) -> Iterable[Fault]:
        if row.domain and row.domain not in self.domains:
            yield Fault(Problem.DOMAIN_UNKNOWN, Field.ADDRESS, {"domain": row.domain})
        elif row.domain and not self.domains[row.domain]:
            yield Fault(Problem.DOMAIN_PENDING, Field.ADDRESS, {"domain": row.domain})

    def _faults_of_password(self, row: Row) -> Iterable[Fault]:
        if self.way is Way.PASSWORDS and row.password != row.password.strip():
            yield Fault(Problem.PASSWORD_EDGES, Field.PASSWORD)
        elif self.way is Way.PASSWORDS and row.password:
            for rule in passwords.broken(row.password, (row.name, row.display_name), self.policy):
                yield Fault(rule, Field.PASSWORD, {"minimum": self.policy.min_length})
        if self.way is Way.MAIL and not row.contact:
            yield Fault(Problem.CONTACT_MISSING, Field.CONTACT)
        elif self.way is Way.MAIL and not is_mail_address(row.contact):
            yield Fault(Problem.CONTACT_FORM, Field.CONTACT)

    @staticmethod
    def _same_names(row: Row, existing: Existing) -> bool:
        return (row.first_name, row.last_name, row.display_name) == (
            existing.first_name,
            existing.last_name,
            existing.display_name,
        )
