"""What the policy server has written of mailboxes, for the panel's pages (settings.MAILBOX_USE)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from accounts.usage import Known

from .models import Block, Use


def known_of(mailboxes: Sequence[UUID]) -> dict[UUID, Known]:
    found = {
        use.mailbox: Known(use.bytes, use.messages, use.last_login) for use in Use.objects.filter(mailbox__in=mailboxes)
    }
    blocked = Block.objects.filter(mailbox__in=mailboxes, kind=Block.Kind.FLOOD)
    for mailbox, since in blocked.values_list("mailbox", "since"):
        found[mailbox] = replace(found.get(mailbox, Known()), blocked_since=since)
    return found
