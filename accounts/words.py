"""The sentences of codes: what is wrong with a row, a name, a password, a file, and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from . import passwords, remarks, rules, suggestions, tables
from .columns import Field
from .preview import RowAdvice, RowProblem
from .reading import OpenQuestion
from .tables import LineFault

FAULTS: dict[str, Promise | str] = {
    rules.NameRule.NAME_EMPTY: _("Account name: missing."),
    rules.NameRule.NAME_SHORT: _("Account name: at least 2 characters."),
    rules.NameRule.NAME_LONG: _("Account name: at most 32 characters."),
    rules.NameRule.NAME_ACCENTS: _("Account name: letters without accents."),
    rules.NameRule.NAME_LETTERS: _("Account name: only the letters a to z. These are others: %(characters)s."),
    rules.NameRule.NAME_CHARACTERS: _("Account name: only letters, digits and . , - _"),
    rules.NameRule.NAME_START: _("Account name: begins with a letter or a digit."),
    rules.NameRule.NAME_DOTS: _("Account name: no dot at its end and no two dots in a row."),
    rules.NameRule.NAME_RESERVED: _("postmaster and abuse may only be configured by an owner."),
    rules.NameRule.ADDRESS_LONG: _("The address is longer than 254 characters."),
    rules.NameRule.TEXT_LONG: _("At most 64 characters."),
    rules.NameRule.TEXT_CHARACTERS: _("It contains characters that cannot be displayed: %(characters)s."),
    rules.NameAdvice.NAME_COMMA: _("Some mail programs cannot write an address with a comma."),
    passwords.PasswordRule.SHORT: _("Minimum length: %(minimum)s."),
    passwords.PasswordRule.LONG: _("At most 30 characters."),
    passwords.PasswordRule.CHARACTERS: _("No accents and no spaces, only what an English keyboard types."),
    passwords.PasswordRule.UPPER: _("At least one upper-case letter."),
    passwords.PasswordRule.LOWER: _("At least one lower-case letter."),
    passwords.PasswordRule.DIGIT: _("At least one digit."),
    passwords.PasswordRule.SYMBOL: _("At least one character that is neither letter nor digit."),
    passwords.PasswordRule.NAME: _("No part of the account name or of the display name."),
    passwords.PasswordRule.PIECE: _("No four letters in a row from the account name or the display name."),
    RowProblem.ADDRESS_MISSING: _("The address is missing."),
    RowProblem.ADDRESS_FORM: _("This is not an e-mail address."),
    RowProblem.ADDRESS_NO_DOMAIN: _("The domain is missing."),
    RowProblem.ADDRESS_DUPLICATE: _("The same address is in line %(line)s."),
    RowProblem.ADDRESS_TAKEN: _(
        "The address is taken by an account of this service, under other names. To change it, update accounts instead."
    ),
    RowProblem.ADDRESS_TAKEN_ELSEWHERE: _("The address is taken."),
    RowProblem.ADDRESS_ALIAS: _("The address is an alias of an account of this service."),
    RowProblem.ADDRESS_ACCOUNT: _("The address is that of an account of this service."),
    RowProblem.ADDRESS_OWN: _("This is the account's own address."),
    RowProblem.ADDRESS_GROUP: _("The address is a group of this service."),
    RowProblem.ADDRESS_UNKNOWN: _("Nobody has this address."),
    RowProblem.MEMBER_GROUP: _("A group cannot be a member of another one."),
    RowProblem.OUTSIDE_FORBIDDEN: _(
        "No mail may go on to addresses outside: the organization's security policy forbids it."
    ),
    RowProblem.FORWARD_SELF: _("This is an address of the account itself."),
    RowProblem.FORWARD_LOOP: _("From there the mail would come back to this account."),
    RowProblem.ALIAS_REFUSED: "%(alias)s: %(why)s",
    RowProblem.ALIAS_GONE: _("One of its aliases has been taken in the meantime, or its domain detached."),
    RowProblem.ALIASES_MANY: _("The limit of aliases of an account is %(limit)s."),
    RowProblem.DOMAIN_UNKNOWN: _("The domain is not attached to this service."),
    RowProblem.DOMAIN_PENDING: _("The domain is not verified yet: only verified domains can have accounts."),
    RowProblem.DOMAIN_DIFFERS: _(
        "The domain in this column (%(domain)s) is not the one of the address (%(address)s). Correct one of them, or "
        "have the column ignored."
    ),
    RowProblem.NAME_DIFFERS: _(
        "The account name in this column (%(name)s) is not the one of the address (%(address)s). Correct one of them, "
        "or have the column ignored."
    ),
    RowProblem.DOMAIN_ALIKE: _("The domain is not attached, but resembles %(attached)s, which is: %(characters)s."),
    RowProblem.NO_SLOT: _("No account to configure is left for it: order more."),
    RowProblem.NO_ACCOUNT: _("No account of this service has this address, so there is nothing to update."),
    RowProblem.SLOT_FORM: _("This is not the address of an account to configure."),
    RowProblem.SLOT_UNKNOWN: _("This service has no such account to configure."),
    RowProblem.SLOT_DUPLICATE: _("The same account to configure is in line %(line)s."),
    RowProblem.SLOT_CONFIGURED: _("The account has already been configured, as %(address)s."),
    RowProblem.SLOT_GONE: _("The account has been configured or cancelled in the meantime."),
    suggestions.Form.INVISIBLE: _("The address has characters that cannot be seen: %(characters)s."),
    suggestions.Form.AT_SIGN: _("Instead of the @ sign it has: %(characters)s."),
    suggestions.Form.PREFIX: _("There is something before the address: %(prefix)s"),
    suggestions.Form.WRAPPED: _("The address is in brackets, or has something beside it."),
    suggestions.Form.PUNCTUATION: _("There is something around the address: %(characters)s"),
    suggestions.Form.SEVERAL: _("The cell has several addresses (%(count)s); each account needs a row of its own."),
    RowAdvice.PASSWORD_NOT_SET: _(
        "The account already exists: the password in this row is neither compared nor set. Choose “Change their "
        "passwords” to set it."
    ),
    RowAdvice.DISPLAY_KEPT: _("The display name stays as it is: the row has none."),
    RowAdvice.SLOT_LEFT: _("A row without details: its account stays to be configured."),
    RowProblem.CONTACT_MISSING: _("The contact address is missing, so the link cannot be sent."),
    RowProblem.CONTACT_FORM: _("The contact address is not an e-mail address."),
    RowProblem.NAME_PASSWORD: _(
        "This looks like a password, and the password is empty: the cells of this row may be in the wrong columns."
    ),
    RowProblem.NAME_ADDRESS: _("This is an e-mail address: the cells of this row may be in the wrong columns."),
    RowProblem.CELL_ERROR: _("The cell shows an error of the spreadsheet (%(shown)s): it has no value."),
    RowProblem.CELL_FORMULA: _(
        "The cell has a formula whose value was never stored: open the file in a spreadsheet, save it, and "
        "upload it again."
    ),
    RowProblem.CELL_DATE: _(
        "The cell is a date or a time, not text (read as %(read)s, shown as %(shown)s): format the column as "
        "text and type it again."
    ),
    RowProblem.CELL_BOOLEAN: _(
        "The cell is a logical value, not text (%(shown)s): format the column as text and type it again."
    ),
    RowProblem.CELL_NUMBER: _(
        "The cell is a number that looks different from what it holds (read as %(read)s, shown as "
        "%(shown)s): format the column as text and type it again."
    ),
    RowProblem.CELL_MERGED: _(
        "The cell is merged with others, of which only the first has a value: undo the merge and fill in each cell."
    ),
    RowProblem.CELL_LONG: _("The cell is too long: %(length)s characters, with a limit of %(limit)s."),
    RowProblem.PASSWORD_HASH: _("This is the hash of a password, as other systems keep it, not a password."),
    RowProblem.PASSWORD_EDGES: _("The password begins or ends with a blank."),
    remarks.UNWRAPPED: _('="…" was taken for the text between the quotation marks.'),
    remarks.JOINED: _("The line break became a blank."),
    remarks.LOST: _("A letter was lost: the file has the replacement character � in its place."),
    remarks.TWICE: _("It seems to have been encoded twice. Did you mean %(meant)s?"),
    remarks.QUESTION_MARK: _("There is a question mark where a letter may have been lost."),
    remarks.ERROR: _("This is an error of a spreadsheet, not a name. It is used as it stands."),
    remarks.ALIKE: _("Letters of another script look like those around them: %(characters)s."),
    remarks.COMPOSED_LONG: _(
        "First and last name together are too long (%(length)s); the display name is cut to its limit (%(limit)s)."
    ),
    LineFault.QUOTE: _(
        "A quotation mark in this line is never closed, so it is not clear where the cells end. Remove the mark, or "
        "double it and put marks around the whole cell."
    ),
    LineFault.QUOTES: _(
        "Quotation marks surround only part of a cell. Put them around the whole cell and double those within, or "
        "remove them."
    ),
    LineFault.CELLS: _(
        "The number of cells (%(cells)s) differs from the number of headings (%(headings)s). Put quotation marks "
        "around a cell that contains the delimiter, and keep empty cells."
    ),
    LineFault.BEYOND: _(
        "The number of cells (%(cells)s) differs from the number of headings (%(headings)s). Give the other cells a "
        "heading, or clear them."
    ),
    LineFault.TABLE: _(
        "Line %(line)s has other headings: another table begins there. Put that table into a file of its own."
    ),
    LineFault.NUL: _("The line has a NUL character (U+0000): it was damaged on its way."),
    "wrong-state": _("The account has changed in the meantime."),
    "nothing-to-do": _("Nothing to do: it is already like this."),
    "is-slot": _("It is not configured."),
}
DEFAULTS: Mapping[str, Any] = {
    "minimum": passwords.LENGTH_MIN,
    **dict.fromkeys(
        ("line", "characters", "prefix", "count", "address", "attached", "length", "limit", "domain", "name"), "?"
    ),
    **dict.fromkeys(("read", "shown"), ""),
}

REFUSALS: dict[str, Promise | str] = {
    tables.Refusal.BYTES: _("The file is larger than %(mib)s MiB."),
    tables.Refusal.UNPACKED: _("Unpacked, the workbook is larger than %(mib)s MiB."),
    tables.Refusal.MEMORY: _("Reading the workbook needs more than %(mib)s MiB of memory or a minute."),
    tables.Refusal.ROWS: _("The table has more rows than the limit (%(limit)s)."),
    tables.Refusal.COLUMNS: _("Line %(line)s has more columns than the limit (%(limit)s)."),
    tables.Refusal.TEXT: _(
        "The sheet has more characters than the limit (%(limit)s), which is exceeded in line %(line)s."
    ),
    tables.Refusal.BUSY: _("Other workbooks are being read. Try again in a minute."),
    tables.Refusal.EMPTY: _("The table is empty."),
    tables.Refusal.FORMAT: _("This file cannot be read as a table. Use CSV, XLSX, ODS or XLS."),
    tables.Refusal.ARCHIVE: _(
        "The parts of this workbook overlap, or there are more than %(limit)s of them: no spreadsheet "
        "program writes such a file."
    ),
    tables.Refusal.PROTECTED: _("The workbook is protected with a password. Save it without one."),
    tables.Refusal.HTML: _("This is a web page, despite its file name. Open it in a spreadsheet and save it as XLSX."),
    tables.Refusal.XML: _(
        "This is an XML file, despite its name (as written by Excel 2003). Open it in a spreadsheet and save it as "
        "XLSX."
    ),
    tables.Refusal.BINARY_WORKBOOK: _("Binary workbooks (XLSB) cannot be read. Save it as XLSX."),
    tables.Refusal.PADDED: _(
        "The file ends with %(count)s NUL characters: it was not written to its end. Fetch or save it again."
    ),
    tables.Refusal.ENCODING: _("The text is not in the encoding %(encoding)s."),
    tables.Refusal.NEARLY_UTF8: _(
        "The text is in UTF-8, except for the octet %(octet)s in line %(line)s. Save the file again as UTF-8, or "
        "choose the encoding."
    ),
    tables.Refusal.SHEET: _("The workbook has no sheet called %(sheet)s."),
    tables.Refusal.HEADINGS: _("Row %(row)s cannot be the headings: it is empty, or too far down."),
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
    Field.SLOT: _("Account to configure"),
    Field.ALIASES: _("Aliases"),
}

STOPS: dict[str, Promise | str] = {
    "person": _("The run was stopped by hand."),
    "service-not-active": _("The service has been suspended or has ended in the meantime: nothing can be changed."),
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
    "account.link": _("link to set the password created"),
    "account.device_added": _("app password created"),
    "account.device_revoked": _("app password revoked"),
    "account.suspended": _("account suspended"),
    "account.resumed": _("account resumed"),
    "account.reset": _("account deleted"),
    "mailbox.purged": _("kept mail released for deletion"),
    "policy.changed": _("security policy changed"),
    "run.configure": _("accounts configured in bulk"),
    "run.update": _("accounts updated in bulk"),
    "run.suspend": _("accounts suspended in bulk"),
    "run.resume": _("accounts resumed in bulk"),
    "run.reset": _("accounts deleted in bulk"),
    "run.passwords": _("new passwords in bulk"),
    "run.move": _("accounts moved to another domain in bulk"),
    "run.undo": _("bulk run undone"),
    "account.aliases_added": _("aliases added"),
    "account.aliases_removed": _("aliases removed"),
    "account.forwarding": _("forwarding changed"),
    "account.rules": _("inbox rules changed"),
    "account.auto_reply": _("automatic reply changed"),
    "group.created": _("group created"),
    "group.changed": _("group changed"),
    "group.deleted": _("group deleted"),
    "group.members_added": _("members of a group added"),
    "group.members_removed": _("members of a group removed"),
    "domain.catch_all": _("catch-all of a domain set"),
    "domain.catch_all_ended": _("catch-all of a domain ended"),
    "account.settings_sent": _("client settings sent"),
    "accounts.exported": _("list of accounts exported"),
}


QUESTIONS: dict[str, Promise | str] = {
    OpenQuestion.ENCODING: _("The letters can be read in several ways. Choose the encoding."),
    OpenQuestion.HEADINGS: _(
        "No row reads as headings. Say which row has them, or that there are none, and what each column holds."
    ),
    OpenQuestion.ADDRESS: _("Say which one column has the address; every other field has one column at most."),
    OpenQuestion.DOMAIN: _("The addresses have no domain. Say which domain they belong to."),
    OpenQuestion.OTHERS: _(
        "Another column also has addresses under your domains, but not the same ones. Choose what it holds, or have it "
        "ignored."
    ),
    OpenQuestion.PASSWORDS: _(
        "A column that has not been chosen seems to hold passwords, and the accounts would get others. Choose it as "
        "the password, or have it ignored."
    ),
}


def question_words(question: str) -> str:
    return str(QUESTIONS[question])


def encoding_words(encoding: str) -> str:
    """UTF-8, windows-1250, ISO-8859-2 …"""
    name = encoding.removesuffix("-sig").upper().replace("ISO8859", "ISO-8859")
    return f"Windows-{name[2:]}" if name.startswith("CP125") else name


def count_words(rows: int) -> str:
    """How many rows a sheet has; a survey counts only the first of them."""
    return f"{rows}+" if rows >= tables.COUNTED else str(rows)


def place_words(field: str) -> str:
    """Where a fault is: the column, or the row as a whole."""
    return str(_("Row")) if field == Field.IGNORE else str(FIELDS[Field(field)])


def fault_words(code: str, facts: Mapping[str, Any] | None = None) -> str:
    """The sentence of a fault or an advice, in the reader's language. `why` among the facts is a code, too."""
    said = {**DEFAULTS, **(facts or {})}
    if "why" in said:
        said["why"] = fault_words(said.pop("why"), said)
    return str(FAULTS[code]) % said


def remark_words(remark: str | list[Any]) -> str:
    """The sentence of an advice: a code, or [code, field, facts], whose column is then named."""
    if isinstance(remark, str):
        return fault_words(remark)
    code, field, facts = remark
    return f"{place_words(field)}: {fault_words(code, facts)}"


def change_words(change: Sequence[str]) -> str:
    """A change of an update ([field, old, new]) as a sentence of old and new; of a password only that it changes."""
    name, old, new = change
    field = str(FIELDS[name])
    if name == Field.PASSWORD:
        return gettext("%(field)s: another one") % {"field": field}
    if name == Field.ALIASES:
        return gettext("%(field)s: added %(new)s") % {"field": field, "new": new}
    return f"{field}: {old or '–'} → {new or '–'}"


def refusal_words(refused: tables.TableRefused) -> str:
    """Why a file is refused, naming the limit."""
    limit = refused.facts.get("limit", 0)
    mib = int(limit) // (1024 * 1024)
    return str(REFUSALS[refused.code]) % {"mib": mib, **refused.facts}


def rule_list(
    password: str, names: tuple[str, str], policy: passwords.Policy
) -> list[tuple[passwords.PasswordRule, bool, dict[str, int]]]:
    """(rule, whether it is kept, facts for its sentence), those that the policy does not ask for left out."""
    broken = passwords.broken(password, names, policy)
    asked = [
        rule
        for rule in passwords.PasswordRule
        if (rule is not passwords.PasswordRule.SYMBOL or policy.symbol)
        and (rule is not passwords.PasswordRule.PIECE or policy.pieces)
    ]
    return [(rule, bool(password) and rule not in broken, {"minimum": policy.min_length}) for rule in asked]
