"""The mail flow's lock, for whoever signs in to self-service (settings.MAILBOX_GATE).

The rows are the policy server's own (`throttle.py`): what it has locked is locked here, and a lock from here is shown
beside its own. It counts in memory, so each of the two counts its tries alone.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import PasswordPolicy
from panel.limits import allowed

from .addresses import network_of
from .models import Block, Failure
from .throttle import EVERYBODY, KNOWN_FOR, WAIT, Lockout


class MailboxGate:
    def __init__(self, mailbox: UUID, remote: str, policy: PasswordPolicy) -> None:
        self._mailbox, self._network = mailbox, network_of(remote)
        self._lockout = Lockout(
            policy.lockout_threshold,
            timedelta(minutes=policy.lockout_reset),
            timedelta(minutes=policy.lockout_duration),
            policy.lockout_everybody,
        )

    @property
    def _places(self) -> list[str]:
        return [self._network, EVERYBODY] if self._lockout.everybody else [self._network]

    def is_locked(self) -> bool:
        """A network from which the mailbox was opened of late only waits a little between tries."""
        now = timezone.now()
        if self._blocks().filter(until__gt=now).exists():
            return True
        row = Failure.objects.filter(mailbox=self._mailbox, network=self._network).first()
        if row is None or not self._is_known(row, now) or not self._reached(row):
            return False
        return not allowed("mailbox-wait", f"{self._mailbox} {self._network}", times=1, seconds=WAIT)

    @transaction.atomic
    def failed(self) -> None:
        """One more wrong password."""
        now = timezone.now()
        for place in self._places:
            Failure.objects.get_or_create(mailbox=self._mailbox, network=place)
            row = Failure.objects.select_for_update().get(mailbox=self._mailbox, network=place)
            if row.first_at is None or row.first_at + self._lockout.reset < now:
                row.failures, row.first_at = 0, now
            row.failures, row.last_at = row.failures + 1, now
            row.save(update_fields=["failures", "first_at", "last_at"])
            if self._reached(row) and not self._is_known(row, now):
                until = {"since": now, "until": now + self._lockout.duration}
                Block.objects.update_or_create(
                    mailbox=self._mailbox, kind=Block.Kind.PASSWORDS, network=place, defaults=until
                )

    @transaction.atomic
    def opened(self) -> None:
        """The right password: it counts from nothing again, and the network is known."""
        now = timezone.now()
        for place in self._places:
            Failure.objects.update_or_create(
                mailbox=self._mailbox,
                network=place,
                defaults={"failures": 0, "first_at": None, "success_at": now},
            )
        self._blocks().delete()

    def _blocks(self) -> QuerySet[Block]:
        return Block.objects.filter(mailbox=self._mailbox, kind=Block.Kind.PASSWORDS, network__in=self._places)

    def _reached(self, row: Failure) -> bool:
        return 0 < self._lockout.threshold <= row.failures

    def _is_known(self, row: Failure, now: datetime) -> bool:
        return row.network != EVERYBODY and row.success_at is not None and row.success_at + KNOWN_FOR > now
