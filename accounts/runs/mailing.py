"""Sending people the links with which they set their passwords."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone, translation

from panel import outbox
from panel.mail import letter

from ..models import BulkRow, BulkRun, PasswordLink
from ..vault import Vault
from .results import link_address

PATIENCE = timedelta(minutes=2)  # after which another worker may write what the one that made it did not
AT_ONCE = 100  # letters in one transaction


def _unmailed() -> QuerySet[BulkRow]:
    return BulkRow.objects.filter(state=BulkRow.State.DONE, mailed_at=None).exclude(secret=b"")


def unsent() -> QuerySet[BulkRun]:
    """Runs with links that should have been handed to the outbox a while ago."""
    late = _unmailed().filter(run=OuterRef("pk"), changed_at__lt=timezone.now() - PATIENCE)
    return BulkRun.objects.filter(Exists(late), way=BulkRun.Way.MAIL).exclude(key="")


def mail_links(run_id: int) -> int:
    """Write the letters of a run that are not written yet, as many as the organization's quota of mail has room for:
    the rest stays under the run's key until there is room. Returns how many."""
    run = BulkRun.objects.select_related("service__organization", "by").filter(pk=run_id, way=BulkRun.Way.MAIL).first()
    if run is None or not run.key:
        return 0
    organization, vault, written = run.service.organization, Vault(run.key), 0
    while rows := list(_unmailed().filter(run_id=run_id).select_related("account").order_by("pk")[:AT_ONCE]):
        room = outbox.room(organization)
        if room <= 0:
            outbox.tell_staff(organization)
            break
        with transaction.atomic():
            written += sum(_write(run, row, vault) for row in rows[:room])
    return written


def _write(run: BulkRun, row: BulkRow, vault: Vault) -> bool:
    """The letter into the outbox, the secret out of the row: both or neither."""
    mine = _unmailed().filter(pk=row.pk)
    if not mine.update(mailed_at=timezone.now(), secret=b""):
        return False  # another worker has it
    language = (run.by.language if run.by else "") or settings.LANGUAGE_CODE
    organization = run.service.organization
    with translation.override(language):
        token = vault.open(row.secret).decode()
        context = {"row": row, "link": link_address(token), "organization": organization}
        subject, body = letter("accounts/mail/set_password.txt", context)
    until = PasswordLink.expiry(row.changed_at or timezone.now())
    outbox.post("set_password", row.contact, subject, body, organization=organization, expires_at=until)
    return True
