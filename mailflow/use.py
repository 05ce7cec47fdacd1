"""What the policy server has written of mailboxes, for the panel's pages (settings.MAILBOX_USE)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from django.utils import timezone

from accounts.app_passwords import DeviceUsed
from accounts.usage import Known, SignInFailures

from .models import Block, DeviceUse, Failure, Use
from .throttle import EVERYBODY

MOST_TRIES = 10


def known_of(mailboxes: Sequence[UUID]) -> dict[UUID, Known]:
    found = {
        use.mailbox: Known(use.bytes, use.messages, use.last_login) for use in Use.objects.filter(mailbox__in=mailboxes)
    }
    blocked = Block.objects.filter(mailbox__in=mailboxes, kind=Block.Kind.FLOOD)
    for mailbox, since in blocked.values_list("mailbox", "since"):
        found[mailbox] = replace(found.get(mailbox, Known()), blocked_since=since)
    return found


def devices_of(numbers: Sequence[int]) -> dict[int, DeviceUsed]:
    rows = DeviceUse.objects.filter(number__in=numbers)
    return {row.number: DeviceUsed(row.used_at, row.network) for row in rows}


def tries_at(mailbox: UUID) -> list[SignInFailures]:
    blocks = Block.objects.filter(mailbox=mailbox, kind=Block.Kind.PASSWORDS, until__gt=timezone.now())
    until = dict(blocks.values_list("network", "until"))
    failures = Failure.objects.filter(mailbox=mailbox, last_at__isnull=False).order_by("-last_at")[:MOST_TRIES]
    return [
        SignInFailures(
            "" if row.network == EVERYBODY else row.network, row.failures, row.last_at, until.get(row.network)
        )
        for row in failures
        if row.last_at is not None
    ]
