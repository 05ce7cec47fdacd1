"""Domains whose proof does not come: a reminder after three days, removal with notice after thirty. And domains of
services that have ended: they claim their names no more."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from panel.actors import SYSTEM
from panel.errors import Refused

from . import claims
from .letters import remind_pending, tell_removed
from .models import Domain

REMIND_AFTER = timedelta(days=3)
REMOVE_AFTER = timedelta(days=30)
BATCH = 500


def tend() -> int:
    """Remind and remove whom it is time for. Returns how many were. Safe to run twice."""
    now = timezone.now()
    tended = _release_ended()
    pending = Domain.objects.filter(state=Domain.State.PENDING, service__state="active").select_related(
        "name", "service__organization", "platform", "ownership"
    )
    # Whoever was reminded late has as long as everybody from then on.
    for domain in pending.filter(pending_since__lt=now - REMOVE_AFTER, reminded_at__lt=now - REMIND_AFTER):
        tended += _removed(domain)
    for domain in pending.filter(pending_since__lt=now - REMIND_AFTER, reminded_at=None):
        if Domain.objects.filter(pk=domain.pk, reminded_at=None, state="pending").update(reminded_at=now):
            day = timezone.localdate(max(domain.pending_since + REMOVE_AFTER, now + REMIND_AFTER))
            remind_pending(domain, remove_on=day)
            tended += 1
    return tended


def _removed(domain: Domain) -> bool:
    with claims.locked(domain.name.name):
        if not Domain.objects.filter(pk=domain.pk, state=Domain.State.PENDING).exists():
            return False  # verified or detached meanwhile
        try:
            domain.remove(SYSTEM)
        except Refused:  # accounts still use a name that was released to someone else: it stays, and stays pending
            return False
        tell_removed(domain)
    return True


def _release_ended() -> int:
    ended = Q(service__state="ended") | Q(service__organization__state="ended")
    domains = Domain.objects.filter(ended, state=Domain.State.VERIFIED).select_related("name", "service")
    released = 0
    for domain in domains[:BATCH]:
        try:
            domain.release(SYSTEM)
        except Refused:  # somebody was faster
            continue
        released += 1
    return released
