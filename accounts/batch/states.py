"""Suspended, resumed, back to a slot; passwords."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Concat

from panel.models import Service

from .. import credentials
from ..models import (
    Address,
    Alias,
    AppPassword,
    AutoReply,
    CatchAll,
    EmailAccount,
    Forwarding,
    GroupMember,
    InboxRule,
    MailboxSession,
    OwnScript,
    PasswordLink,
    RememberedPassword,
    RetiredMailbox,
    Tally,
)
from ..models.accounts import SLOTS_LAST
from ..models.retired import KEPT
from ..writing import update_each
from .locking import AT_ONCE, State
from .placing import PASSWORD_FIELDS

# What an account has and a slot has not.
_OF_ACCOUNTS = (
    *(AppPassword, AutoReply, CatchAll, Forwarding, GroupMember, InboxRule, MailboxSession, OwnScript),
    RememberedPassword,
)


def suspend(service: Service, accounts: Sequence[EmailAccount], now: datetime) -> set[int]:
    """Returns the ids of those that were active."""
    return _switch(service, accounts, State.ACTIVE, State.SUSPENDED, now)


def resume(service: Service, accounts: Sequence[EmailAccount], now: datetime) -> set[int]:
    """Returns the ids of those that were suspended."""
    return _switch(service, accounts, State.SUSPENDED, State.ACTIVE, now)


def _switch(service: Service, accounts: Sequence[EmailAccount], from_: State, to: State, now: datetime) -> set[int]:
    rows = EmailAccount.objects.filter(service=service, pk__in=[a.pk for a in accounts], state=from_)
    found = dict(rows.values_list("pk", "domain_id"))
    rows.update(state=to, changed_at=now, version=F("version") + 1)
    shifts: Counter[tuple[int | None, str]] = Counter()
    for domain_id in found.values():
        shifts[domain_id, from_] -= 1
        shifts[domain_id, to] += 1
    Tally.shift(service.pk, shifts)
    return set(found)


def reset(service: Service, accounts: Sequence[EmailAccount], now: datetime) -> set[int]:
    """Back to slots; the mail is kept for a while. Returns the ids of those that were configured."""
    rows = EmailAccount.objects.filter(service=service, pk__in=[a.pk for a in accounts]).exclude(state=State.SLOT)
    found = list(rows.values_list("pk", "domain_id", "state", "address_id", "address_key", "mailbox_id"))
    ids = [pk for pk, *_rest in found]
    RetiredMailbox.objects.bulk_create(
        RetiredMailbox(service=service, address=address, mailbox_id=mailbox, retired_at=now, purge_at=now + KEPT)
        for _pk, _domain, _state, _address_id, address, mailbox in found
        if mailbox
    )
    PasswordLink.objects.filter(account_id__in=ids).delete()
    remove_aliases(Alias.objects.filter(account_id__in=ids))
    for model in _OF_ACCOUNTS:
        model.objects.filter(account_id__in=ids).delete()
    EmailAccount.objects.filter(pk__in=ids).update(
        state=State.SLOT,
        domain=None,
        address=None,
        first_name="",
        last_name="",
        display_name="",
        password_hash="",
        password_at=None,
        must_change=False,
        expiry_warned=0,
        mailbox_id=None,
        configured_at=None,
        quota=None,
        changed_at=now,
        version=F("version") + 1,
        first_key="",
        last_key="",
        display_key="",
        search_key="",
        configured_key=SLOTS_LAST,
        address_key=Concat(Value(SLOTS_LAST), F("slot_token"), output_field=CharField()),
    )
    Address.objects.filter(pk__in=[address_id for _pk, _domain, _state, address_id, *_rest in found]).delete()
    shifts: Counter[tuple[int | None, str]] = Counter({(None, State.SLOT.value): len(found)})
    for _pk, domain_id, state, *_rest in found:
        shifts[domain_id, state] -= 1
    Tally.shift(service.pk, shifts)
    return set(ids)


def remove_aliases(aliases: QuerySet[Alias]) -> int:
    """Their addresses are free again. Returns how many went."""
    addresses = list(aliases.values_list("address_id", flat=True))
    for start in range(0, len(addresses), AT_ONCE):
        chunk = addresses[start : start + AT_ONCE]
        Alias.objects.filter(address_id__in=chunk).delete()
        Address.objects.filter(pk__in=chunk).delete()
    return len(addresses)


def set_passwords(
    service: Service, hashes: dict[int, str], now: datetime, *, by_owner: bool = False, known: bool = True
) -> set[int]:
    """account id → hash. Links to set a password lapse. Returns the ids of those that were configured.

    `by_owner`: chosen by whoever has the mailbox. `known`: somebody knew the password that it replaces.
    """
    rows = EmailAccount.objects.filter(service=service, pk__in=hashes).exclude(state=State.SLOT)
    accounts = list(rows.only("pk", "password_hash", "version"))
    policy = credentials.policy_of(service)
    if known and policy.history > 1:
        waiting = PasswordLink.objects.filter(account_id__in=[account.pk for account in accounts], used_at=None)
        nobodys = set(waiting.values_list("account_id", flat=True))  # a link was made, and nobody has used it
        credentials.remember([account for account in accounts if account.pk not in nobodys], policy.history - 1, now)
    for account in accounts:
        account.password_hash, account.changed_at, account.password_at = hashes[account.pk], now, now
        account.must_change, account.expiry_warned = policy.change_first and not by_owner, 0
        account.version += 1
    update_each(accounts, ["password_hash", "changed_at", "version", *PASSWORD_FIELDS])
    ids = {account.pk for account in accounts}
    PasswordLink.objects.filter(account_id__in=ids, used_at=None).delete()
    return ids
