"""Mail to people, in their language. What cannot be sent is logged: no verb fails because a mail server does."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from smtplib import SMTPException
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation

from . import links

if TYPE_CHECKING:
    from .models import Invitation, Service, User

log = logging.getLogger(__name__)
_postmen = ThreadPoolExecutor(max_workers=4, thread_name_prefix="mail")


def send(template: str, to: Iterable[User] | str, context: dict[str, Any], *, language: str = "") -> None:
    """Render `template` for each person in his language and send it.

    The template's first line is the subject, the rest after a blank line the text. `to`: people, or one address that
    belongs to nobody yet (then in `language`).
    """
    people: list[tuple[str, str, Any]] = (
        [(to, language, None)] if isinstance(to, str) else [(user.email, user.language, user) for user in to]
    )
    for address, spoken, user in people:
        with translation.override(spoken or settings.LANGUAGE_CODE):
            words = {"user": user, "panel_name": settings.PANEL_NAME, "public_url": settings.PUBLIC_URL, **context}
            subject, text = letter(template, words)
        message = EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, [address])
        deliver(message)


def letter(template: str, context: dict[str, Any]) -> tuple[str, str]:
    """Subject and text, in the active language: the template's first line and what follows it."""
    subject, _, text = render_to_string(template, context).strip().partition("\n")
    return " ".join(subject.split()), text.strip() + "\n"


def deliver(message: EmailMessage) -> None:
    """Send it; beside the request where there is a mail server, which may be slow."""
    if settings.EMAIL_CONFIGURED:
        _postmen.submit(_deliver, message)
    else:
        _deliver(message)


def _deliver(message: EmailMessage) -> None:
    try:
        message.send()
    except (SMTPException, OSError) as error:
        log.error("mail %r to %s not sent: %s", message.subject, ", ".join(message.to), error)


def service_created(service: Service) -> None:
    """To the owners: the link and the first steps."""
    from .models import Role, User

    owners = User.objects.filter(
        memberships__organization=service.organization, memberships__role=Role.OWNER, is_active=True
    )
    context = {"service": service, "link": links.page("panel:service", service.name)}
    send("panel/mail/service_created.txt", owners, context)


def invitation(invitation: Invitation, link: str, *, language: str) -> None:
    send("panel/mail/invitation.txt", invitation.email, {"invitation": invitation, "link": link}, language=language)


def password_link(user: User, link: str) -> None:
    """To someone for whom staff or the command line made an account, or a new link."""
    send("panel/mail/password_link.txt", [user], {"link": link})


def guessing(user: User) -> None:
    """Somebody tries many passwords; at most one letter a day."""
    send("panel/mail/guessing.txt", [user], {"link": links.page("account_reset_password")})
