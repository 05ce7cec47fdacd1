"""Takes the directories of mailboxes away whose days are over. Runs where the mail is."""

from __future__ import annotations

import logging
import re
import shutil
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from accounts.models import EmailAccount, RetiredMailbox

from .models import Block, Failure, Use

log = logging.getLogger(__name__)

BATCH = 500
MAILBOX = re.compile(r"[0-9a-f]{32}")


def purge(mail: Path, platform: str) -> int:
    """Returns how many mailboxes are gone. What cannot be deleted now is tried again the next time."""
    due = RetiredMailbox.objects.filter(purge_at__lte=timezone.now(), service__platform__slug=platform)
    return sum(_purge(mail, pk) for pk in list(due.order_by("purge_at").values_list("pk", flat=True)[:BATCH]))


def orphans(mail: Path) -> list[Path]:
    """Directories of mailboxes that the database knows nothing of: of organizations whose data were deleted."""
    found = {path.name: path for path in mail.iterdir() if MAILBOX.fullmatch(path.name)}
    accounts = EmailAccount.objects.filter(mailbox_id__isnull=False)
    for rows in (
        accounts.values_list("mailbox_id", flat=True),
        RetiredMailbox.objects.values_list("mailbox_id", flat=True),
    ):
        for known in rows.iterator():
            found.pop(known.hex if known else "", None)
    return sorted(found.values())


def _purge(mail: Path, pk: int) -> bool:
    """The directory first: a row that is left is tried again, a directory without a row would stay for ever."""
    with transaction.atomic():
        row = RetiredMailbox.objects.select_for_update().filter(pk=pk, purge_at__lte=timezone.now()).first()
        if row is None or EmailAccount.objects.filter(mailbox_id=row.mailbox_id).exists():
            return False  # restored meanwhile
        directory = mail / row.mailbox_id.hex
        try:
            if directory.exists():
                shutil.rmtree(directory)
        except OSError as error:
            log.error("%s: %s", directory, error)
            return False
        for model in (Use, Failure, Block):
            model.objects.filter(mailbox=row.mailbox_id).delete()
        row.delete()
    return True
