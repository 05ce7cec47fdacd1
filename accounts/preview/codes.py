"""What a table is for, what becomes of a row, and what can be said of it."""

from __future__ import annotations

from enum import StrEnum


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
