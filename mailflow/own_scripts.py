"""Scripts that people have put into their mailboxes by ManageSieve, as they are on this machine: told to the database,
so that the panel can show them. Where Dovecot cannot read one, it leaves the mail in the inbox and writes a log."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import EmailAccount, OwnScript

from .rendering.plan import VMAIL

ACTIVE, LOG, FOLDER = ".dovecot.sieve", ".dovecot.sieve.log", "sieve"
TOLD = 2000  # characters of the log, its last
AT_ONCE = 500
_MAILBOX = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class ScriptSeen:
    active: bool
    changed_at: datetime
    error: str


def look(mail: Path) -> int:
    """Bring the database in step with the mailboxes below `mail`. Returns how many have a script of their own."""
    seen = dict(_all(mail))
    known = {
        mailbox.hex: row
        for row, mailbox in (
            (row, row.account.mailbox_id) for row in OwnScript.objects.select_related("account").iterator()
        )
        if mailbox and (mail / mailbox.hex).is_dir()
    }
    gone = [row.pk for name, row in known.items() if name not in seen]
    OwnScript.objects.filter(pk__in=gone).delete()
    changed = {name: found for name, found in seen.items() if name not in known or _of(known[name]) != found}
    names = sorted(changed)
    for start in range(0, len(names), AT_ONCE):
        accounts = EmailAccount.objects.filter(mailbox_id__in=[UUID(name) for name in names[start : start + AT_ONCE]])
        for pk, mailbox in accounts.values_list("pk", "mailbox_id"):
            found = changed[mailbox.hex] if mailbox else None
            if found is not None:
                values = {"active": found.active, "changed_at": found.changed_at, "error": found.error}
                OwnScript.objects.update_or_create(account_id=pk, defaults=values)
    return len(seen)


def make_homes(mail: Path) -> None:
    """Folders of mailboxes that never had mail and answer or forward: Dovecot 2.4 notes there whom it has answered
    before it makes any."""
    for mailboxes in sending():
        for mailbox in mailboxes.iterator():
            _make_home(mail, mailbox)


def sending() -> list[QuerySet[EmailAccount, UUID | None]]:
    """Mailboxes that forward by rule, and those that answer: each by its index, where both in one read all accounts."""
    configured = EmailAccount.objects.filter(mailbox_id__isnull=False).values_list("mailbox_id", flat=True)
    return [configured.filter(inbox_rules__forwards=True), configured.filter(auto_reply__enabled=True)]


def _make_home(mail: Path, mailbox: UUID | None) -> None:
    home = mail / mailbox.hex if mailbox else mail
    if not home.exists():
        home.mkdir(0o700)
        os.chown(home, VMAIL, VMAIL)


def _of(row: OwnScript) -> ScriptSeen:
    return ScriptSeen(row.active, row.changed_at, row.error)


def _all(mail: Path) -> Iterator[tuple[str, ScriptSeen]]:
    for entry in os.scandir(mail):
        if _MAILBOX.fullmatch(entry.name):
            found = _in(Path(entry.path))
            if found is not None:
                yield entry.name, found


def _in(home: Path) -> ScriptSeen | None:
    """People name files there through ManageSieve alone; a link is followed nowhere but to the script's time."""
    if not os.path.isdir(f"{home}/{FOLDER}"):  # of all mailboxes, every minute
        return None
    active = (home / ACTIVE).is_symlink()
    try:
        scripts = [path for path in (home / FOLDER).iterdir() if path.suffix == ".sieve"]
        changed = max((path.lstat().st_mtime for path in scripts), default=None)
    except (FileNotFoundError, NotADirectoryError):
        changed = None
    if changed is None:
        return None
    error = ""
    if active:
        script = home / os.readlink(home / ACTIVE)
        try:
            changed = script.lstat().st_mtime
            error = _said(home / LOG, since=changed)
        except OSError:
            error = "the active script is not there"
    return ScriptSeen(active, datetime.fromtimestamp(changed, UTC), error)


def _said(log: Path, *, since: float) -> str:
    """The end of what Dovecot wrote since the script was changed."""
    try:
        descriptor = os.open(log, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return ""
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if status.st_mtime < since:
            return ""
        file.seek(max(0, status.st_size - TOLD))
        return file.read().decode("utf-8", "replace").replace("\0", "").strip()
