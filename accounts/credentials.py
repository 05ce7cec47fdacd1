"""What becomes of passwords with time: which are remembered, when they expire, who must choose another one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from panel import mail
from panel.links import page

from . import aging
from .hashing import verify
from .models import EmailAccount, PasswordPolicy, RememberedPassword
from .shown import shown

if TYPE_CHECKING:
    from panel.models import Service

BATCH = 500


@dataclass(frozen=True, slots=True)
class PasswordState:
    """Of one configured account, under the policy of its service."""

    changed_at: datetime | None
    must_change: bool
    expires_at: datetime | None
    now: datetime

    @property
    def expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= self.now

    @property
    def opens_mail(self) -> bool:
        """Otherwise only self-service, until it is changed."""
        return not (self.must_change or self.expired)

    @property
    def soon(self) -> bool:
        return self.expires_at is not None and self.opens_mail and bool(aging.warning(self.expires_at, self.now))


def policy_of(service: Service) -> PasswordPolicy:
    return PasswordPolicy.objects.filter(service=service).first() or PasswordPolicy(service=service)


def must_change(service: Service) -> bool:
    """Whether a password that somebody else sets has to be changed by the mailbox's owner first."""
    return policy_of(service).change_first


def state_of(account: EmailAccount, policy: PasswordPolicy) -> PasswordState:
    changed_at = account.password_at or account.configured_at
    expires = aging.expires_at(changed_at, policy.max_age, policy.expires_from)
    return PasswordState(changed_at, account.must_change and policy.change_first, expires, timezone.now())


def attach(service: Service, accounts: Sequence[EmailAccount]) -> None:
    """Set `password_state` of those that are configured: one question for all of them, none where the service was read
    with its policy."""
    policy = getattr(service, "password_policy", None) or PasswordPolicy(service=service)
    for account in accounts:
        if not account.is_slot:
            account.password_state = state_of(account, policy)


def remember(accounts: Sequence[EmailAccount], most: int, now: datetime) -> None:
    """Keep the hashes that these accounts have now: `most` of the latest of each."""
    RememberedPassword.objects.bulk_create(
        RememberedPassword(account=account, password_hash=account.password_hash, replaced_at=now)
        for account in accounts
    )
    kept: dict[int, int] = defaultdict(int)
    over = []
    rows = RememberedPassword.objects.filter(account__in=[account.pk for account in accounts]).order_by("-id")
    for pk, account_id in rows.values_list("pk", "account_id"):
        kept[account_id] += 1
        if kept[account_id] > most:
            over.append(pk)
    for start in range(0, len(over), BATCH):
        RememberedPassword.objects.filter(pk__in=over[start : start + BATCH]).delete()


def is_used(account: EmailAccount, password: str) -> bool:
    """Whether this is one of the latest passwords of the account, as many as the policy says."""
    history = policy_of(account.service).history
    if not history:
        return False
    rows = RememberedPassword.objects.filter(account=account).values_list("password_hash", flat=True)
    return any(verify(stored, password) for stored in [account.password_hash, *rows[: history - 1]])


def forget() -> None:
    """What no policy asks for any more, in bounded batches. Safe to run twice."""
    asked = PasswordPolicy.objects.filter(history__gt=1).values("service_id")
    while ids := list(
        RememberedPassword.objects.exclude(account__service__in=asked).order_by().values_list("pk", flat=True)[:BATCH]
    ):
        RememberedPassword.objects.filter(pk__in=ids).delete()


def warn() -> int:
    """Letters to mailboxes whose password expires soon, once at each of the days. Safe to run twice.

    Returns how many.
    """
    sent, now = 0, timezone.now()
    policies = PasswordPolicy.objects.filter(
        max_age__gt=0, service__state="active", service__organization__state="active"
    )
    for policy in policies.select_related("service").order_by("pk").iterator(chunk_size=BATCH):
        for account in _expiring(policy, now).iterator(chunk_size=BATCH):
            expires = state_of(account, policy).expires_at
            days = aging.warning(expires, now) if expires else 0
            if not days or (account.expiry_warned and days >= account.expiry_warned):
                continue
            rows = EmailAccount.objects.filter(pk=account.pk, expiry_warned=account.expiry_warned)
            if rows.filter(password_hash=account.password_hash).update(expiry_warned=days):
                _send(account, expires)
                sent += 1
    return sent


def _expiring(policy: PasswordPolicy, now: datetime) -> QuerySet[EmailAccount]:
    last = now + timedelta(days=max(aging.WARNED))
    accounts = EmailAccount.objects.filter(service_id=policy.service_id, state=EmailAccount.State.ACTIVE)
    if policy.expires_from is not None and policy.expires_from > last:
        return accounts.none()
    old = last - timedelta(days=policy.max_age)
    return accounts.filter(Q(password_at__lte=old) | Q(password_at=None)).order_by("pk")


def _send(account: EmailAccount, expires: datetime | None) -> None:
    context = {"address": shown(account.shown_address), "day": expires, "link": page("mailbox:password")}
    mail.send("accounts/mail/password_expires.txt", account.shown_address, context, language=settings.LANGUAGE_CODE)
