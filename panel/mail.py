"""Letters to people, in their language: rendered here, delivered from the outbox (panel/outbox.py)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone, translation

from . import links, outbox
from .models import Role, User

if TYPE_CHECKING:
    from .models import Contact, Invitation, Organization, Service


def send(
    template: str,
    to: Iterable[User] | str,
    context: dict[str, Any],
    *,
    language: str = "",
    organization: Organization | None = None,
    expires_at: datetime | None = None,
    key: str = "",
) -> None:
    """Render `template` for each person in his language and put the letter into the outbox.

    The template's first line is the subject, the rest after a blank line the text. `to`: people, or one address that
    belongs to nobody yet (then in `language`). `organization`: the one whose doing it is, whose quota it counts to.
    `key`: what each person is to be told but once.
    """
    people: list[tuple[str, str, Any]] = (
        [(to, language, None)] if isinstance(to, str) else [(user.email, user.language, user) for user in to]
    )
    for address, spoken, user in people:
        with translation.override(spoken or settings.LANGUAGE_CODE):
            words = {
                "user": user,
                "panel_name": settings.PANEL_NAME,
                "public_url": settings.PUBLIC_URL,
                **_links(),
                **context,
            }
            subject, text = letter(template, words)
        outbox.post(
            kind_of(template),
            address,
            subject,
            text,
            organization=organization,
            expires_at=expires_at,
            key=f"{key}:{user.pk if user else address}"[:160] if key else None,
        )


def _links() -> dict[str, str]:
    return {"support_url": settings.SUPPORT_URL, "billing_url": settings.BILLING_URL}


def kind_of(template: str) -> str:
    """What the outbox calls letters of this template: `invitation` for `panel/mail/invitation.txt`."""
    return PurePosixPath(template).stem


def letter(template: str, context: dict[str, Any]) -> tuple[str, str]:
    """Subject and text, in the active language: the template's first line and what follows it."""
    subject, _, text = render_to_string(template, context).strip().partition("\n")
    return " ".join(subject.split()), text.strip() + "\n"


def post_message(kind: str, message: EmailMessage) -> None:
    """A letter that a library has written, to one person."""
    html = ""
    if isinstance(message, EmailMultiAlternatives):
        html = next((str(content) for content, mimetype in message.alternatives if mimetype == "text/html"), "")
    (recipient,) = message.to
    outbox.post(kind, recipient, str(message.subject), str(message.body), html=html)


def service_created(service: Service, owners: Iterable[User] | None = None) -> None:
    """To the owners, or to these: the link and the first steps."""
    if owners is None:
        owners = User.objects.filter(
            memberships__organization=service.organization, memberships__role=Role.OWNER, is_active=True
        )
    context = {"service": service, "link": links.page("panel:service", service.name)}
    send("panel/mail/service_created.txt", owners, context, organization=service.organization)


def invitation(invitation: Invitation, link: str, *, language: str) -> None:
    send(
        "panel/mail/invitation.txt",
        invitation.email,
        {"invitation": invitation, "link": link},
        language=language,
        organization=invitation.organization,
        expires_at=invitation.expires_at,
    )


def password_link(user: User, link: str) -> None:
    """To someone for whom staff or the command line made an account, or a new link."""
    send("panel/mail/password_link.txt", [user], {"link": link})


def guessing(user: User) -> None:
    """Somebody tries many passwords; at most one letter a day."""
    send("panel/mail/guessing.txt", [user], {"link": links.page("account_reset_password")})


def confirm_contact(contact: Contact, *, language: str) -> None:
    """Asks whoever reads the address whether he wants to be told: at most once a day."""
    send(
        "panel/mail/contact.txt",
        contact.email,
        {
            "organization": contact.organization,
            "link": links.page("panel:contact_confirm", contact.token),
        },
        language=language,
        organization=contact.organization,
        key=f"contact:{contact.organization_id}:{timezone.localdate()}",
    )


def quota_used_up(organization: Organization, quota: int) -> None:
    """To staff, once a day: an organization causes more mail than it may."""
    staff = User.objects.filter(is_staff=True, is_active=True).order_by("pk")
    context = {
        "organization": organization,
        "quota": quota,
        "page": links.page("panel:staff_mail") + f"?q={organization.code}",
    }
    send("panel/mail/quota.txt", staff, context, key=f"quota:{organization.pk}:{timezone.localdate()}")
