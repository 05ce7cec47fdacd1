"""A row as it is read, and the verdict on it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from ..columns import Field
from .codes import PasswordFrom, RowAction, RowOutcome


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
