"""What the policy server has written of mailboxes, for the panel's pages (settings.MAILBOX_USE)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from accounts.app_passwords import DeviceUsed
from accounts.models import AppPassword
from accounts.usage import Known, SignInFailures, SignInsFrom

from .models import Block, DeviceUse, Failure, Use
from .throttle import EVERYBODY

MOST_TRIES = 10
MOST_NETWORKS = 20
BATCH = 500


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


def forget_devices() -> int:
    """Of app passwords that are there no more, in bounded batches. Safe to run twice."""
    forgotten = 0
    there = AppPassword.objects.filter(pk=OuterRef("number"))
    gone = DeviceUse.objects.filter(~Exists(there))
    while numbers := list(gone.values_list("pk", flat=True)[:BATCH]):
        forgotten += DeviceUse.objects.filter(pk__in=numbers).delete()[0]
    return forgotten


def tries_at(mailbox: UUID) -> list[SignInFailures]:
    until = _locked(mailbox)
    failures = Failure.objects.filter(mailbox=mailbox, last_at__isnull=False).order_by("-last_at")[:MOST_TRIES]
    return [
        SignInFailures(
            "" if row.network == EVERYBODY else row.network, row.failures, row.last_at, until.get(row.network)
        )
        for row in failures
        if row.last_at is not None
    ]


def sign_ins_of(mailbox: UUID) -> list[SignInsFrom]:
    until = _locked(mailbox)
    rows = Failure.objects.filter(mailbox=mailbox).exclude(network=EVERYBODY)
    latest = rows.order_by(Greatest(Coalesce("success_at", "last_at"), Coalesce("last_at", "success_at")).desc())
    return [
        SignInsFrom(row.network, row.success_at, row.failures, row.last_at, until.get(row.network))
        for row in latest[:MOST_NETWORKS]
    ]


def _locked(mailbox: UUID) -> dict[str, datetime | None]:
    """Networks that are locked out of the mailbox, and until when."""
    blocks = Block.objects.filter(mailbox=mailbox, kind=Block.Kind.PASSWORDS, until__gt=timezone.now())
    return dict(blocks.values_list("network", "until"))
