"""What the mail servers know of mailboxes, for lists and pages. Whoever knows it is named by string in the settings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from panel.models import Service

    from .models import EmailAccount

MIB = 2**20
FULL, NEARLY = 95, 80  # per cent


@dataclass(frozen=True, slots=True)
class Known:
    """Of one mailbox. None: nothing was heard of it yet."""

    bytes: int | None = None
    messages: int | None = None
    last_login: datetime | None = None
    blocked_since: datetime | None = None  # stopped from sending


@dataclass(frozen=True, slots=True)
class SignInFailures:
    """Wrong passwords for a mailbox from one network; an empty one stands for all."""

    network: str
    failures: int  # since the last sign-in from there
    last_at: datetime
    refused_until: datetime | None


@dataclass(frozen=True, slots=True)
class SignInsFrom:
    """What came to a mailbox from one network. None: never."""

    network: str
    opened_at: datetime | None
    failures: int  # since then
    failed_at: datetime | None
    refused_until: datetime | None


@dataclass(frozen=True, slots=True)
class Usage:
    known: Known
    quota: int  # MiB; 0 is without limit

    @property
    def limit(self) -> int:
        return self.quota * MIB

    @property
    def percent(self) -> int | None:
        if not self.quota or self.known.bytes is None:
            return None
        return self.known.bytes * 100 // self.limit

    @property
    def level(self) -> str:
        """`full`, `nearly` or empty."""
        percent = self.percent or 0
        return "full" if percent >= FULL else "nearly" if percent >= NEARLY else ""


def attach(service: Service, accounts: Sequence[EmailAccount]) -> None:
    """Set `usage` of those that are configured: one question for all of them."""
    known = known_of(account.mailbox_id for account in accounts if account.mailbox_id)
    for account in accounts:
        if account.mailbox_id:
            quota = service.quota if account.quota is None else account.quota
            account.usage = Usage(known.get(account.mailbox_id, Known()), quota)


def known_of(mailboxes: Iterable[UUID]) -> dict[UUID, Known]:
    found: dict[UUID, Known] = import_string(settings.MAILBOX_USE)(list(mailboxes))
    return found


def tries_at(account: EmailAccount) -> list[SignInFailures]:
    """The last wrong passwords, the newest first."""
    if account.mailbox_id is None:
        return []
    found: list[SignInFailures] = import_string(settings.MAILBOX_TRIES)(account.mailbox_id)
    return found


def sign_ins_of(account: EmailAccount) -> list[SignInsFrom]:
    """Networks that the mailbox was opened from, or that somebody tried from; the latest first."""
    if account.mailbox_id is None:
        return []
    found: list[SignInsFrom] = import_string(settings.MAILBOX_SIGN_INS)(account.mailbox_id)
    return found
