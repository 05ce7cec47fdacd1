"""The sentences of codes: what is wrong with a row, a name, a password, a file, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from . import passwords, rules, tables
from .columns import Field
from .preview import Problem

FAULTS: dict[str, Promise | str] = {
    rules.Rule.NAME_EMPTY: _("Account name: missing."),
    rules.Rule.NAME_SHORT: _("Account name: at least 2 characters."),
    rules.Rule.NAME_LONG: _("Account name: at most 32 characters."),
    rules.Rule.NAME_ACCENTS: _("Account name: letters without accents."),
    rules.Rule.NAME_CHARACTERS: _("Account name: only letters, digits and . , - _"),
    rules.Rule.NAME_START: _("Account name: begins with a letter or a digit."),
    rules.Rule.NAME_DOTS: _("Account name: no dot at its end and no two dots in a row."),
    rules.Rule.NAME_RESERVED: _("postmaster and abuse may only be configured by an owner."),
    rules.Rule.ADDRESS_LONG: _("The address is longer than 254 characters."),
    rules.Rule.TEXT_LONG: _("At most 64 characters."),
    rules.Rule.TEXT_CHARACTERS: _("It has a character that cannot be shown."),
    rules.Advice.NAME_COMMA: _("Some mail programs cannot write an address with a comma."),
    passwords.Rule.SHORT: _("At least %(minimum)s characters."),
    passwords.Rule.LONG: _("At most 30 characters."),
    passwords.Rule.CHARACTERS: _("No accents and no spaces, only what an English keyboard types."),
    passwords.Rule.UPPER: _("At least one upper-case letter."),
    passwords.Rule.LOWER: _("At least one lower-case letter."),
    passwords.Rule.DIGIT: _("At least one digit."),
    passwords.Rule.SYMBOL: _("At least one character that is neither letter nor digit."),
    passwords.Rule.NAME: _("No part of the account name or of the display name."),
    passwords.Rule.PIECE: _("No four letters in a row from the account name or the display name."),
    Problem.ADDRESS_MISSING: _("The address is missing."),
    Problem.ADDRESS_FORM: _("This is no e-mail address."),
    Problem.ADDRESS_NO_DOMAIN: _("The domain is missing."),
    Problem.ADDRESS_DUPLICATE: _("The same address is in line %(line)s."),
    Problem.ADDRESS_TAKEN: _("The address is taken by an account of this service."),
    Problem.ADDRESS_TAKEN_ELSEWHERE: _("The address is taken."),
    Problem.DOMAIN_UNKNOWN: _("The domain is not attached to this service."),
    Problem.DOMAIN_PENDING: _("The domain is not verified yet: only verified domains take accounts."),
    Problem.NO_SLOT: _("No free slot is left for it: order more accounts."),
    Problem.CONTACT_MISSING: _("The contact address is missing: the link has nowhere to go."),
    Problem.CONTACT_FORM: _("The contact address is no e-mail address."),
    "wrong-state": _("The account has changed meanwhile."),
    "nothing-to-do": _("Nothing to do: it is so already."),
    "is-slot": _("It is not configured."),
}
DEFAULTS: Mapping[str, Any] = {"minimum": passwords.LENGTH_MIN, "line": "?"}

REFUSALS: dict[str, Promise | str] = {
    tables.Refusal.BYTES: _("The file is larger than %(mib)s MiB."),
    tables.Refusal.UNPACKED: _("Unpacked, the workbook is larger than %(mib)s MiB."),
    tables.Refusal.MEMORY: _("Reading the workbook needs more than %(mib)s MiB of memory or a minute."),
    tables.Refusal.ROWS: _("The table has more than %(limit)s rows."),
    tables.Refusal.COLUMNS: _("The table has more than %(limit)s columns."),
    tables.Refusal.CELL: _("A cell in line %(line)s is longer than %(limit)s characters."),
    tables.Refusal.EMPTY: _("The table is empty."),
    tables.Refusal.FORMAT: _("This is no table that can be read: CSV, XLSX and ODS are."),
    tables.Refusal.QUOTE: _("The quotation mark that opens in line %(line)s is not closed where its cell ends."),
    tables.Refusal.ENCODING: _("The text is not in the encoding %(encoding)s."),
}

FIELDS: dict[str, Promise | str] = {
    Field.IGNORE: _("ignore"),
    Field.ADDRESS: _("E-mail address"),
    Field.NAME: _("Account name"),
    Field.DOMAIN: _("Domain"),
    Field.FIRST_NAME: _("First name"),
    Field.LAST_NAME: _("Last name"),
    Field.DISPLAY_NAME: _("Display name"),
    Field.PASSWORD: _("Password"),
    Field.CONTACT: _("Contact address"),
}

VERBS: dict[str, Promise | str] = {
    "account.quota": _("quota of an account changed"),
    "mailbox.restored": _("kept mail restored"),
    "order.placed": _("accounts ordered"),
    "order.approved": _("order of accounts approved"),
    "order.refused": _("order of accounts refused"),
    "order.cancelled": _("order of accounts cancelled"),
    "slots.cancelled": _("unused accounts cancelled"),
    "account.configured": _("account configured"),
    "account.renamed": _("account changed"),
    "account.password": _("password changed"),
    "account.link": _("link to set the password made"),
    "account.suspended": _("account suspended"),
    "account.resumed": _("account resumed"),
    "account.reset": _("account reset"),
    "mailbox.purged": _("kept mail released for deletion"),
    "policy.changed": _("security policy changed"),
    "run.configure": _("accounts configured in bulk"),
    "run.suspend": _("accounts suspended in bulk"),
    "run.resume": _("accounts resumed in bulk"),
    "run.reset": _("accounts reset in bulk"),
    "run.passwords": _("new passwords in bulk"),
    "run.move": _("accounts moved to another domain in bulk"),
    "run.undo": _("bulk run undone"),
    "accounts.exported": _("list of accounts exported"),
}


def fault_words(code: str, facts: Mapping[str, Any] | None = None) -> str:
    """The sentence of a fault or an advice, in the reader's language."""
    return str(FAULTS[code]) % {**DEFAULTS, **(facts or {})}


def refusal_words(refused: tables.Refused) -> str:
    """Why a file is refused, naming the limit."""
    limit = refused.facts.get("limit", 0)
    mib = int(limit) // (1024 * 1024)
    return str(REFUSALS[refused.code]) % {"mib": mib, **refused.facts}


def rule_list(
    password: str, names: tuple[str, str], policy: passwords.Policy
) -> list[tuple[passwords.Rule, bool, dict[str, int]]]:
    """(rule, whether it is kept, facts for its sentence), those that the policy does not ask for left out."""
    broken = passwords.broken(password, names, policy)
    asked = [
        rule
        for rule in passwords.Rule
        if (rule is not passwords.Rule.SYMBOL or policy.symbol) and (rule is not passwords.Rule.PIECE or policy.pieces)
    ]
    return [(rule, bool(password) and rule not in broken, {"minimum": policy.min_length}) for rule in asked]
