"""Who has something done: one type for every use-case, whether a page, the API, a command or the panel itself calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .models import User


class ActorKind(StrEnum):
    MEMBER = "member"  # a person; somebody of the staff who sees as a member is one, too
    STAFF = "staff"  # a person of the operator's
    TOKEN = "token"  # noqa: S105 - no password: a program of a customer's
    STAFF_TOKEN = "staff-token"  # noqa: S105 - no password: a program of the operator's
    SIGN_IN = "sign-in"  # an identity provider that says who its people are
    HOLDER = "holder"  # whoever has an account's mailbox, and no seat in the panel
    SHELL = "shell"  # whoever may run commands on the operator's machine
    PANEL = "panel"  # by itself


OPERATORS = frozenset({ActorKind.STAFF, ActorKind.STAFF_TOKEN, ActorKind.SHELL, ActorKind.PANEL})


class Actor(Protocol):
    """A user, a token of the API and a `Program` are actors."""

    @property
    def actor_kind(self) -> ActorKind: ...

    @property
    def actor_label(self) -> str:
        """As the activity log names it."""

    @property
    def actor_person(self) -> User | None:
        """For rows that point to people."""


def speaks_for_operator(actor: Actor) -> bool:
    """Whether its word is the operator's own: what only staff may do, and the limits that protect others."""
    return actor.actor_kind in OPERATORS


@dataclass(frozen=True, slots=True)
class Program:
    """What acts without a person; of a token what is remembered of it once its work is done."""

    actor_kind: ActorKind
    actor_label: str

    @property
    def actor_person(self) -> User | None:
        return None


SYSTEM = Program(ActorKind.PANEL, "panel")
COMMAND_LINE = Program(ActorKind.SHELL, "command line")


def kept(actor: Actor) -> dict[str, str]:
    """As JSON holds it beside work that others finish. A person stands in a column of the row."""
    return {} if actor.actor_person is not None else {"kind": str(actor.actor_kind), "label": actor.actor_label}


def recalled(person: User | None, data: Mapping[str, str] | str | None) -> Actor:
    """Whoever had the work done. `data`: what was `kept`; of rows from before that, the label alone."""
    if person is not None:
        return person
    if isinstance(data, str):
        return COMMAND_LINE if data == COMMAND_LINE.actor_label else Program(ActorKind.TOKEN, data)
    return Program(ActorKind(data["kind"]), data["label"]) if data else SYSTEM
