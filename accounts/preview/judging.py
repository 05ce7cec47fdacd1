"""What becomes of a row beside all the others, and beside what is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from domains.names import to_unicode

from .. import characters, passwords, rules, suggestions
from ..columns import Field
from ..passwords import Policy
from .codes import PasswordFrom, RowAction, RowAdvice, RowOutcome, RowProblem, TableMode, Way
from .hosts import as_typed, domain_as_seen, is_mail_address
from .parsing import refused_alias
from .rows import Existing, Fault, Row, RowChange, RowVerdict

ALIASES_AT_MOST = 1000  # of one account


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
            found.setdefault(domain_as_seen(domain), []).append(domain)
        return found

    def _faults_of_domain(self, row: Row) -> Iterable[Fault]:
        if not row.domain or self.domains.get(row.domain):
            return
        if row.domain in self.domains:
            yield Fault(RowProblem.DOMAIN_PENDING, Field.ADDRESS, {"domain": row.domain})
            return
        seen = domain_as_seen(row.domain)
        meant = self._domains_as_seen.get(seen, [])
        if len(meant) != 1:
            yield Fault(RowProblem.DOMAIN_UNKNOWN, Field.ADDRESS, {"domain": row.domain})
            return
        shown = to_unicode(meant[0])
        odd = [char for char in as_typed(row.domain) if not char.isascii() and char not in shown]
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
