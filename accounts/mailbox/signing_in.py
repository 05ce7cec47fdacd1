"""Signing a mailbox owner in: with what IMAP takes, and under the same lock.

Whoever counts wrong passwords in the mail flow is named by string in the settings.
"""

from __future__ import annotations

from enum import Enum
from functools import cache
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string

from domains.names import NameRefused, to_ascii

from .. import credentials
from ..hashing import hash_of_nothing, verify
from ..models import EmailAccount, PasswordPolicy
from .sessions import is_open


class Gate(Protocol):
    """Counts passwords for one mailbox and from one network, as the mail servers do."""

    def __init__(self, mailbox: UUID, remote: str, policy: PasswordPolicy) -> None: ...

    def is_locked(self) -> bool: ...

    def failed(self) -> None: ...

    def opened(self) -> None: ...


class SignInRefusal(Enum):
    WRONG = "wrong"  # or there is no such mailbox, or it is closed: nobody is told which
    LOCKED = "locked"


def sign_in(request: HttpRequest, typed: str, password: str) -> EmailAccount | SignInRefusal:
    """The account that this address and password open. A mailbox that is closed or that nobody has costs as much time
    as a wrong password."""
    account = _named(typed)
    if account is None:
        verify(_nothing(), password)
        return SignInRefusal.WRONG
    gate = gate_of(request, account)
    if gate.is_locked():
        return SignInRefusal.LOCKED
    if not verify(account.password_hash, password):
        gate.failed()
        return SignInRefusal.WRONG
    gate.opened()
    return account


def gate_of(request: HttpRequest, account: EmailAccount) -> Gate:
    assert account.mailbox_id is not None
    policy = credentials.policy_of(account.service)
    gate: Gate = import_string(settings.MAILBOX_GATE)(account.mailbox_id, request.META.get("REMOTE_ADDR", ""), policy)
    return gate


def _named(typed: str) -> EmailAccount | None:
    """The open account of this address: its own, as at the mail servers, not an alias."""
    local, _at, domain = typed.strip().lower().rpartition("@")
    try:
        address = f"{local}@{to_ascii(domain)}"
    except NameRefused:
        return None
    related = ("service__organization", "service__platform", "domain__name")
    account = EmailAccount.objects.select_related(*related).filter(address_key=address).first()
    return account if account is not None and is_open(account) else None


@cache
def _nothing() -> str:
    return hash_of_nothing()
