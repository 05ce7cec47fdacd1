"""What becomes of each row of an uploaded table, told before anything is done. Pure over a snapshot of the state."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property, lru_cache
from uuid import UUID

from domains.names import NameRefused, host_to_ascii, to_unicode

from . import characters, passwords, remarks, rules, suggestions
from .addresses import split_addresses
from .columns import Field, is_address, looks_like_password
from .passwords import Policy

MAIL_LOCAL_PART = re.compile(r"(?=.{1,64}\Z)[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*\Z", re.ASCII)
ALIASES_AT_MOST = 1000  # of one account
SLOT_TOKEN = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z", re.ASCII)


class RowOutcome(StrEnum):
    GOOD = "good"
    ALREADY = "already"  # nothing to do: this service's account, or slot, is as the row says
    BAD = "bad"


class TableMode(StrEnum):
    """What a table is for."""

    CONFIGURE = "configure"  # slots become accounts
    UPDATE = "update"  # accounts that are there are changed; a row without one is refused
    UPDATE_OR_CONFIGURE = "both"  # likewise, and a row without an account configures a slot


class RowAction(StrEnum):
    """What a good row does."""

    CONFIGURE = "configure"
    UPDATE = "update"


class PasswordFrom(StrEnum):
    """Where the password of a row comes from."""

    FILE = "file"
    GENERATED = "generated"
    LINK = "link"  # its person sets it
    KEPT = "kept"  # the account keeps the one that it has


class RowProblem(StrEnum):
    """What is wrong with a row beside the rules of names and passwords. The words are in `accounts/words.py`."""

    ADDRESS_MISSING = "address-missing"
    ADDRESS_FORM = "address-form"
    ADDRESS_NO_DOMAIN = "address-no-domain"
    ADDRESS_DUPLICATE = "address-duplicate"  # facts: line
    ADDRESS_TAKEN = "address-taken"  # by this service, under other names
    ADDRESS_TAKEN_ELSEWHERE = "address-taken-elsewhere"
    ADDRESS_ALIAS = "address-alias"  # of an account of this service
    ADDRESS_ACCOUNT = "address-account"  # of this service, and wanted as an alias
    ADDRESS_OWN = "address-own"  # the account's own, and wanted as its alias
    ADDRESS_GROUP = "address-group"  # of this service
    ADDRESS_UNKNOWN = "address-unknown"  # at an authoritative domain of the organization, and nobody's
    MEMBER_GROUP = "member-group"
    OUTSIDE_FORBIDDEN = "outside-forbidden"  # by the service's policy
    FORWARD_SELF = "forward-self"
    FORWARD_LOOP = "forward-loop"  # back to the account, by forwarding or a group
    ALIAS_REFUSED = "alias-refused"  # facts: alias, why
    ALIAS_GONE = "alias-gone"  # taken meanwhile
    ALIASES_MANY = "aliases-many"  # facts: limit
    DOMAIN_UNKNOWN = "domain-unknown"
    DOMAIN_PENDING = "domain-pending"
    DOMAIN_DIFFERS = "domain-differs"  # the column of domains says another than the address; facts: domain, address
    NAME_DIFFERS = "name-differs"  # likewise the column of account names; facts: name, address
    DOMAIN_ALIKE = "domain-alike"  # one that only looks like an attached one; facts: domain, attached
    NO_SLOT = "no-slot"
    NO_ACCOUNT = "no-account"  # to be updated
    SLOT_FORM = "slot-form"
    SLOT_UNKNOWN = "slot-unknown"
    SLOT_DUPLICATE = "slot-duplicate"  # facts: line
    SLOT_CONFIGURED = "slot-configured"  # as another address; facts: address
    SLOT_GONE = "slot-gone"  # configured or cancelled meanwhile
    NAME_PASSWORD = "name-password"  # noqa: S105 - a name that looks like the password that the row lacks
    NAME_ADDRESS = "name-address"  # a name that is the address of somebody
    CELL_ERROR = "cell-error"  # of a workbook; facts: read, shown
    CELL_FORMULA = "cell-formula"  # without a stored value
    CELL_DATE = "cell-date"
    CELL_BOOLEAN = "cell-boolean"
    CELL_NUMBER = "cell-number"  # shown in another form, or with more digits than it has
    CELL_MERGED = "cell-merged"  # with another one, which has the value
    CELL_LONG = "cell-long"  # facts: length, limit
    PASSWORD_HASH = "password-hash"  # noqa: S105 - what another system keeps instead of a password
    PASSWORD_EDGES = "password-edges"  # noqa: S105 - a blank at its start or end
    CONTACT_MISSING = "contact-missing"
    CONTACT_FORM = "contact-form"


class RowAdvice(StrEnum):
    """Said of a row beside its verdict."""

    PASSWORD_NOT_SET = "password-not-set"  # noqa: S105 - the file has one for an account that is there
    DISPLAY_KEPT = "display-kept"  # the names change, the display name that was made of them does not
    SLOT_LEFT = "slot-left"  # a slot of the list, with nothing to make of it


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
    slot: str = ""  # token of the slot that it names
    composed: bool = False  # the display name is made of the two names
    remarks: tuple[Fault, ...] = ()  # allowed, but the person should know: with the column and facts
    aliases: tuple[tuple[str, str], ...] = ()  # name and domain of each

    @property
    def address(self) -> str:
        return f"{self.name}@{self.domain}" if self.name and self.domain else ""

    @property
    def names(self) -> tuple[str, str, str]:
        return self.first_name, self.last_name, self.display_name


@dataclass(frozen=True, slots=True)
class Existing:
    """Who has an address already."""

    ours: bool  # this service
    first_name: str = ""
    last_name: str = ""
    display_name: str = ""
    slot: str = ""  # token of the slot that became it
    account_id: int | None = None
    mailbox_id: UUID | None = None
    alias_of: int | None = None  # account of this service; then the names are nobody's
    group: bool = False  # of this service, likewise
    aliases: int = 0  # how many it has

    @property
    def names(self) -> tuple[str, str, str]:
        return self.first_name, self.last_name, self.display_name


@dataclass(frozen=True, slots=True)
class RowChange:
    """A field of an account that a row changes. Of a password only that it does."""

    field: Field
    old: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True)
class RowVerdict:
    outcome: RowOutcome
    faults: tuple[Fault, ...] = ()
    action: RowAction = RowAction.CONFIGURE
    changes: tuple[RowChange, ...] = ()  # of an update
    names: tuple[str, str, str] | None = None  # first, last, display, as they will be; None: as the row has them
    password: PasswordFrom | None = None  # None: of a row that has no account to be updated
    advice: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()  # to be added


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


@lru_cache(maxsize=1024)
def _domain_as_seen(domain: str) -> str:
    """A domain as somebody may take it for another: without accents, look-alikes made ASCII."""
    return rules.fold(characters.straightened(_as_typed(domain)))


def _as_typed(domain: str) -> str:
    """With the letters that people see; of labels that mix scripts, too, which pages show as A-labels."""
    try:
        return domain.encode("ascii").decode("idna")
    except UnicodeError:
        return domain


def _taken(existing: Existing) -> RowProblem:
    if not existing.ours:
        return RowProblem.ADDRESS_TAKEN_ELSEWHERE
    if existing.group:
        return RowProblem.ADDRESS_GROUP
    return RowProblem.ADDRESS_ALIAS if existing.alias_of else RowProblem.ADDRESS_TAKEN


class Judge:
    """Judges rows in their order, remembering addresses seen and slots used.

    `domains`: A-label name → verified, those of the service. `seen`: addresses of earlier rows → their line.
    `change_passwords`: the file's passwords are set for accounts that are there, too.
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
        mode: TableMode = TableMode.CONFIGURE,
        change_passwords: bool = False,
        slot_domain: str = "",
        seen_slots: Mapping[str, int] | None = None,
    ) -> None:
        self.domains = domains
        self.policy = policy
        self.free_slots = free_slots
        self.owner = owner
        self.way = way
        self.seen = dict(seen or {})
        self.mode = mode
        self.change_passwords = change_passwords and way is Way.PASSWORDS
        self.slot_domain = slot_domain
        self.seen_slots = dict(seen_slots or {})
        self.seen_aliases: dict[str, int] = {}  # of earlier rows → their line

    def slot_of(self, row: Row) -> str:
        """The token of the slot that a row is about: of its own column, or of an address that is a slot's own."""
        return row.slot or (row.name if row.domain and row.domain == self.slot_domain else "")

    def judge(
        self,
        row: Row,
        existing: Existing | None,
        slots: Mapping[str, str] | None = None,
        others: Mapping[str, Existing] | None = None,
    ) -> RowVerdict:
        """The verdict on one row.

        `existing`: who has its address now. `slots`: tokens of the service that rows name → the address that the slot
        was configured as, "" while it is free. `others`: who has which of its aliases.
        """
        if row.faults and not row.address and any(fault.field is Field.IGNORE for fault in row.faults):
            return RowVerdict(RowOutcome.BAD, row.faults)
        slots = slots or {}
        if self._is_a_slot_left_alone(row, slots):
            return RowVerdict(RowOutcome.ALREADY, password=PasswordFrom.KEPT, advice=(RowAdvice.SLOT_LEFT,))
        faults = [*row.faults, *self._faults_of_domain(row)]
        first = self.seen.setdefault(row.address, row.line) if row.address else row.line
        first = min(first, self.seen_aliases.get(row.address, first))
        if first != row.line:
            faults.insert(0, Fault(RowProblem.ADDRESS_DUPLICATE, Field.ADDRESS, {"line": first}))
            return RowVerdict(RowOutcome.BAD, tuple(faults))
        faults += self._faults_of_slot(row, slots)
        new = self._new_aliases(row, existing, others or {}, faults)
        if existing is not None and existing.ours and not existing.alias_of and not existing.group:
            if self.mode is not TableMode.CONFIGURE:
                return self._update(row, existing, faults, new)
            if not faults and row.names == existing.names and not new:
                return self._same(row, existing)
        if existing is not None:
            faults.append(Fault(_taken(existing), Field.ADDRESS))
        elif self.mode is TableMode.UPDATE and row.address and not faults:
            faults.append(Fault(RowProblem.NO_ACCOUNT, Field.ADDRESS))
        return self._configure(row, faults, new)

    def _new_aliases(
        self, row: Row, existing: Existing | None, others: Mapping[str, Existing], faults: list[Fault]
    ) -> tuple[str, ...]:
        """Aliases of the row that its account has not got yet; what is wrong with some goes to `faults`."""
        new = []
        for name, domain in row.aliases:
            alias, other = f"{name}@{domain}", others.get(f"{name}@{domain}")
            own = existing.account_id if existing and existing.ours else None
            if other is not None and own is not None and other.alias_of == own:
                continue
            why, facts = self._why_no_alias(row, alias, other)
            if why:
                faults.append(refused_alias(alias, why, facts))
            else:
                new.append(alias)
        have = existing.aliases if existing else 0
        if have + len(new) > ALIASES_AT_MOST:
            faults.append(Fault(RowProblem.ALIASES_MANY, Field.ALIASES, {"limit": ALIASES_AT_MOST}))
        return tuple(new)

    def _why_no_alias(self, row: Row, alias: str, other: Existing | None) -> tuple[str, Mapping[str, str | int]]:
        name, _at, domain = alias.partition("@")
        if alias == row.address:
            return RowProblem.ADDRESS_OWN, {}
        if not self.domains.get(domain):
            return (RowProblem.DOMAIN_PENDING if domain in self.domains else RowProblem.DOMAIN_UNKNOWN), {}
        if name in rules.RESERVED and not self.owner:
            return rules.NameRule.NAME_RESERVED, {}
        if other is not None:
            why = _taken(other)
            return (RowProblem.ADDRESS_ACCOUNT if why == RowProblem.ADDRESS_TAKEN else why), {}
        line = self.seen.get(alias) or self.seen_aliases.setdefault(alias, row.line)
        return (RowProblem.ADDRESS_DUPLICATE, {"line": line}) if line != row.line else ("", {})

    def _configure(self, row: Row, faults: list[Fault], new: tuple[str, ...]) -> RowVerdict:
        if row.name in rules.RESERVED and not self.owner:
            faults.append(Fault(rules.NameRule.NAME_RESERVED, Field.ADDRESS))
        source: PasswordFrom | None = PasswordFrom.LINK
        if self.way is Way.PASSWORDS:
            source = PasswordFrom.FILE if row.password else PasswordFrom.GENERATED
            faults += self._faults_of_password(row, row.display_name)
        faults += self._faults_of_contact(row)
        if self.mode is TableMode.UPDATE:
            source = None
        if not faults and self.free_slots <= 0:
            faults = [Fault(RowProblem.NO_SLOT, Field.ADDRESS)]
        if faults:
            return RowVerdict(RowOutcome.BAD, tuple(faults), password=source)
        self.free_slots -= 1
        return RowVerdict(RowOutcome.GOOD, password=source, aliases=new)

    def _same(self, row: Row, existing: Existing) -> RowVerdict:
        """The row says what is so already, perhaps but for the password, which nobody can compare."""
        if not row.password or self.way is not Way.PASSWORDS:
            return RowVerdict(RowOutcome.ALREADY, password=PasswordFrom.KEPT)
        if not self.change_passwords:
            return RowVerdict(RowOutcome.ALREADY, password=PasswordFrom.KEPT, advice=(RowAdvice.PASSWORD_NOT_SET,))
        return self._update(row, existing, [], ())

    def _update(self, row: Row, existing: Existing, faults: list[Fault], new: tuple[str, ...]) -> RowVerdict:
        """What is empty changes nothing, no password is ever generated, and aliases are only added."""
        wanted = (row.first_name, row.last_name, "" if row.composed else row.display_name)
        names = tuple(new or old for new, old in zip(wanted, existing.names, strict=True))
        fields = (Field.FIRST_NAME, Field.LAST_NAME, Field.DISPLAY_NAME)
        changes = [
            RowChange(field, old, new)
            for field, old, new in zip(fields, existing.names, names, strict=True)
            if old != new
        ]
        advice: list[str] = []
        was_composed = existing.display_name == rules.display_name(existing.first_name, existing.last_name)
        if changes and row.composed and existing.display_name and was_composed:
            advice.append(RowAdvice.DISPLAY_KEPT)
        source = PasswordFrom.KEPT
        if row.password and self.change_passwords:
            source = PasswordFrom.FILE
            changes.append(RowChange(Field.PASSWORD))
            faults += self._faults_of_password(row, names[2])
        elif row.password and self.way is Way.PASSWORDS:
            advice.append(RowAdvice.PASSWORD_NOT_SET)
        if new:
            changes.append(RowChange(Field.ALIASES, "", "; ".join(new)))
        outcome = RowOutcome.BAD if faults else RowOutcome.GOOD if changes else RowOutcome.ALREADY
        final = (names[0], names[1], names[2])
        return RowVerdict(
            outcome=outcome,
            faults=tuple(faults),
            action=RowAction.UPDATE,
            changes=tuple(changes),
            names=final,
            password=source,
            advice=tuple(advice),
            aliases=new,
        )

    def _is_a_slot_left_alone(self, row: Row, slots: Mapping[str, str]) -> bool:
        """A row of our own list that shows a free slot and says nothing of what to make of it."""
        token = self.slot_of(row)
        own_address = not row.address or row.domain == self.slot_domain
        said = (row.first_name, row.last_name, row.display_name, row.password, row.contact, row.aliases)
        nothing_else = not any(said)
        return bool(token) and slots.get(token) == "" and own_address and nothing_else

    def _faults_of_slot(self, row: Row, slots: Mapping[str, str]) -> Iterable[Fault]:
        if not row.slot or any(fault.field is Field.SLOT for fault in row.faults):
            return
        if row.slot not in slots:
            yield Fault(RowProblem.SLOT_UNKNOWN, Field.SLOT)
        elif slots[row.slot]:
            if slots[row.slot] != row.address:
                yield Fault(RowProblem.SLOT_CONFIGURED, Field.SLOT, {"address": slots[row.slot]})
        elif (first := self.seen_slots.setdefault(row.slot, row.line)) != row.line:
            yield Fault(RowProblem.SLOT_DUPLICATE, Field.SLOT, {"line": first})

    @cached_property
    def _domains_as_seen(self) -> Mapping[str, Sequence[str]]:
        """Made once: a table of rows that name no domain of a service with thousands would go through all for each."""
        found: dict[str, list[str]] = {}
        for domain in self.domains:
            found.setdefault(_domain_as_seen(domain), []).append(domain)
        return found

    def _faults_of_domain(self, row: Row) -> Iterable[Fault]:
        if not row.domain or self.domains.get(row.domain):
            return
        if row.domain in self.domains:
            yield Fault(RowProblem.DOMAIN_PENDING, Field.ADDRESS, {"domain": row.domain})
            return
        seen = _domain_as_seen(row.domain)
        meant = self._domains_as_seen.get(seen, [])
        if len(meant) != 1:
            yield Fault(RowProblem.DOMAIN_UNKNOWN, Field.ADDRESS, {"domain": row.domain})
            return
        shown = to_unicode(meant[0])
        odd = [char for char in _as_typed(row.domain) if not char.isascii() and char not in shown]
        odd = odd or [char for char in shown if not char.isascii()]
        name = rules.suggest_name(row.name)
        facts = {"attached": shown, "characters": characters.names_of(odd)}
        yield Fault(
            RowProblem.DOMAIN_ALIKE, Field.ADDRESS, {**facts, "suggestion": f"{name}@{shown}"} if name else facts
        )

    def _faults_of_password(self, row: Row, display_name: str) -> Iterable[Fault]:
        if row.password != row.password.strip():
            yield Fault(RowProblem.PASSWORD_EDGES, Field.PASSWORD)
        elif passwords.looks_like_hash(row.password):
            yield Fault(RowProblem.PASSWORD_HASH, Field.PASSWORD)
        elif row.password:
            for rule in passwords.broken(row.password, (row.name, display_name), self.policy):
                yield Fault(rule, Field.PASSWORD, {"minimum": self.policy.min_length})

    def _faults_of_contact(self, row: Row) -> Iterable[Fault]:
        if self.way is not Way.MAIL:
            return
        if not row.contact:
            yield Fault(RowProblem.CONTACT_MISSING, Field.CONTACT)
        elif not is_mail_address(row.contact):
            better = suggestions.one_address(row.contact)
            facts = {"suggestion": better} if better != row.contact and is_mail_address(better) else {}
            yield Fault(RowProblem.CONTACT_FORM, Field.CONTACT, facts)
