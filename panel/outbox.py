"""The outbox: every letter of every app is a row first, and workers deliver it.

`post` writes a row within the caller's transaction: a letter is there exactly when what it tells of is. Nothing is sent
in a web request. A worker that dies loses no letter: its lease ends and another worker sends it, so that at most the
one letter under way can arrive twice (with the same Message-ID).
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from smtplib import SMTPDataError, SMTPException, SMTPNotSupportedError, SMTPRecipientsRefused
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, mailers
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from . import metrics, waking
from .activity import record
from .models import Letter

if TYPE_CHECKING:
    from datetime import datetime

    from .actors import Actor
    from .models import Organization

DAY = timedelta(days=1)
SLICE = 60.0  # seconds that one message to the workers sends letters
# What is said of one letter; whatever else goes wrong would go wrong with the next one too.
OF_THIS_LETTER = (SMTPRecipientsRefused, SMTPDataError, SMTPNotSupportedError, ValueError)

log = logging.getLogger(__name__)


def post(
    kind: str,
    recipient: str,
    subject: str,
    text: str,
    *,
    html: str = "",
    headers: dict[str, str] | None = None,
    organization: Organization | None = None,
    expires_at: datetime | None = None,
    key: str | None = None,
) -> Letter:
    """Write a letter. Beyond the organization's quota it waits for a day, and staff are told.

    `key`: where a letter with this key was written already, nothing happens and that one is returned.
    """
    if key is not None and (known := Letter.objects.defer("content").filter(key=key).first()):
        return known
    now = timezone.now()
    held = organization is not None and room(organization) <= 0
    fields = {
        "kind": kind[:40],
        "recipient": recipient,
        "subject": subject[:255],
        "content": Letter.sealed(text, html, headers),
        "organization": organization,
        "expires_at": expires_at,
        "created_at": now,
        "next_at": now + DAY if held else now,
    }
    if key is None:
        letter = Letter.objects.create(**fields)
    else:
        letter = Letter.objects.get_or_create(key=key, defaults=fields)[0]
    if organization is not None and held:
        tell_staff(organization)
    wake()
    return letter


def room(organization: Organization) -> int:
    """How many letters the organization may cause before its quota of a day is used up."""
    return settings.MAIL_QUOTA - lately(organization)


def lately(organization: Organization) -> int:
    return Letter.objects.filter(organization=organization, created_at__gt=timezone.now() - DAY).count()


def tell_staff(organization: Organization) -> None:
    """The quota is used up: once a day."""
    from . import mail

    mail.quota_used_up(organization, settings.MAIL_QUOTA)


def wake() -> None:
    """Call a worker once the transaction is committed. Where the broker is away, beat's next round does it."""
    waking.wake("panel.tasks.send_letters")


def deliver(seconds: float = SLICE) -> int:
    """Send what is due until nothing is or the time is over. Returns how many letters the mail server took."""
    sent, until = 0, time.monotonic() + seconds
    with Postman() as postman:
        while time.monotonic() < until and not postman.away:
            letter = Letter.claim()
            if letter is None:
                break
            sent += postman.take(letter)
    return sent


def retry_all(*, actor: Actor) -> int:
    """What was given up or waits because of an error is due now. Returns how many letters."""
    now = timezone.now()
    alive = Q(expires_at=None) | Q(expires_at__gt=now)
    troubled = Letter.objects.filter(alive, state__in=[Letter.State.WAITING, Letter.State.FAILED])
    with transaction.atomic():
        number = (
            troubled.exclude(error="")
            .exclude(content="")
            .exclude(lease_until__gt=now)
            .update(state=Letter.State.WAITING, next_at=now, created_at=now)
        )
        if number:
            record("letter.retried", actor=actor, target=number)
    wake()
    return number


def is_due() -> bool:
    """Whether a worker with nothing else to do should send letters now."""
    now = timezone.now()
    sending = Letter.objects.filter(lease_until__gt=now).count()
    return sending < settings.MAIL_SENDERS and Letter.due(now).exists()


class Postman:
    """One connection to the mail server, used for many letters and opened again where it was lost."""

    def __init__(self) -> None:
        self._mailer: Any = None
        self.away = False  # the mail server is: other letters would only wait for it too

    def __enter__(self) -> Postman:
        return self

    def __exit__(self, *failure: object) -> None:
        self._hang_up()

    def take(self, letter: Letter) -> int:
        """Send one leased letter and say in its row how that ended. 1 where the mail server took it."""
        if letter.expires_at is not None and letter.expires_at <= timezone.now():
            letter.give_up("expired")
            return 0
        try:
            message = message_of(letter)
        except ValueError as error:  # no key reads it, or nobody can be written to at such an address
            letter.give_up(str(error))
            return 0
        try:
            self._send(message)
        except OF_THIS_LETTER as error:
            metrics.saw_letter("refused")
            letter.failed(_words(error))
            self._hang_up()
            return 0
        except (SMTPException, OSError) as error:
            log.warning("letter %d was not taken, tried again later: %s", letter.pk, _words(error))
            letter.failed(_words(error))
            self.away = True
            metrics.saw_letter("failed")
            return 0
        letter.delivered()
        metrics.saw_letter("taken")
        return 1

    def _send(self, message: EmailMultiAlternatives) -> None:
        """A server may end a connection after so many letters: then once more, on a new one."""
        if self._mailer is not None:
            try:
                self._mailer.send_messages([message])
            except (*OF_THIS_LETTER, TimeoutError):
                raise
            except (SMTPException, OSError):
                self._hang_up()
            else:
                return
        self._mailer = mailers.default
        self._mailer.open()
        self._mailer.send_messages([message])

    def _hang_up(self) -> None:
        """The letter's fate is decided: what the mail server says to a good-bye changes nothing."""
        mailer, self._mailer = self._mailer, None
        if mailer is not None:
            try:
                mailer.close()
            except (SMTPException, OSError) as error:
                log.info("the connection to the mail server ended without good-bye: %s", error)


def message_of(letter: Letter) -> EmailMultiAlternatives:
    """As it goes out. Raises ValueError."""
    content = letter.opened()
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    headers = {
        "Message-ID": f"<{letter.message_id}@{host}>",
        "Auto-Submitted": "auto-generated",
        **content["headers"],
    }
    message = EmailMultiAlternatives(
        letter.subject, content["text"], settings.DEFAULT_FROM_EMAIL, [letter.recipient], headers=headers
    )
    if content["html"]:
        message.attach_alternative(content["html"], "text/html")
    return message


def _words(error: Exception) -> str:
    """What the mail server said, or what went wrong: one line."""
    if isinstance(error, SMTPRecipientsRefused):
        said = "; ".join(f"{code} {_text(reason)}" for code, reason in error.recipients.values())
    elif isinstance(error, SMTPDataError):
        said = f"{error.smtp_code} {_text(error.smtp_error)}"
    else:
        said = str(error) or type(error).__name__
    return " ".join(said.split())


def _text(said: bytes | str) -> str:
    return said.decode(errors="backslashreplace") if isinstance(said, bytes) else said
