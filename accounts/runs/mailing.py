"""Sending people the links with which they set their passwords."""

from __future__ import annotations

import logging
from datetime import timedelta
from smtplib import SMTPDataError, SMTPNotSupportedError, SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone, translation

from panel.mail import letter

from ..models import BulkRow, BulkRun
from ..vault import Vault
from .results import link_address

PATIENCE = timedelta(minutes=2)  # after which another worker may send what the one that made it did not
AT_ONCE = 100
# What a mail server says to one message; to anything else it would say the same each time.
REFUSED = (SMTPRecipientsRefused, SMTPDataError, SMTPNotSupportedError, ValueError)

log = logging.getLogger(__name__)


def _unmailed() -> QuerySet[BulkRow]:
    may_go = Q(mail_after=None) | Q(mail_after__lte=timezone.now())
    return BulkRow.objects.filter(may_go, state=BulkRow.State.DONE, mailed_at=None).exclude(secret=b"")


def _due(run_id: int) -> QuerySet[BulkRow]:
    return _unmailed().filter(run_id=run_id)


def unsent() -> QuerySet[BulkRun]:
    """Runs with links that should have been sent a while ago."""
    late = _unmailed().filter(run=OuterRef("pk"), changed_at__lt=timezone.now() - PATIENCE)
    return BulkRun.objects.filter(Exists(late), way=BulkRun.Way.MAIL).exclude(key="")


def mail_links(run_id: int) -> int:
    """Send the links of a run that are not sent yet. A row is taken before its mail goes; a mail that fails gives
    it back. One that the mail server refuses keeps no other, and is tried again after as long as it has waited by
    then: 2, 4, 8 minutes and so on. Returns how many went."""
    run = BulkRun.objects.select_related("service__organization", "by").filter(pk=run_id, way=BulkRun.Way.MAIL).first()
    if run is None or not run.key:
        return 0
    vault, sent, last = Vault(run.key), 0, 0
    while rows := list(_due(run_id).filter(pk__gt=last).select_related("account").order_by("pk")[:AT_ONCE]):
        last = rows[-1].pk
        for row in rows:
            try:
                sent += _mail(run, row, vault)
            except REFUSED as error:
                now = timezone.now()
                wait = max(now - row.changed_at, PATIENCE) if row.changed_at else PATIENCE
                BulkRow.objects.filter(pk=row.pk).update(mail_after=now + wait)
                log.warning("the link of row %d of run %d was refused: %s", row.number, run_id, type(error).__name__)
    return sent


def _mail(run: BulkRun, row: BulkRow, vault: Vault) -> int:
    if not _due(run.pk).filter(pk=row.pk).update(mailed_at=timezone.now()):
        return 0  # another worker has it
    try:
        _message(run, row, vault.open(row.secret).decode()).send()
    except (OSError, ValueError):  # of an address that no mail can be written to: ValueError
        BulkRow.objects.filter(pk=row.pk).update(mailed_at=None)
        raise
    BulkRow.objects.filter(pk=row.pk).update(secret=b"")
    return 1


def _message(run: BulkRun, row: BulkRow, token: str) -> EmailMessage:
    language = (run.by.language if run.by else "") or settings.LANGUAGE_CODE
    with translation.override(language):
        context = {"row": row, "link": link_address(token), "organization": run.service.organization}
        subject, body = letter("accounts/mail/set_password.txt", context)
    return EmailMessage(subject, body, to=[row.contact])
