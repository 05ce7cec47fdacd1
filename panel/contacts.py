"""Asking those whom an organization names as contacts whether they want to be told. Nobody is told before."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language

from . import mail
from .models import Contact, Letter, Organization, User

A_DAY = 3  # letters that ask one address, whichever organizations name it
BATCH = 500


def ask_soon(organization: Organization) -> None:
    """Write to those whom nobody has asked yet, in the language of whoever named them."""
    waiting = Contact.objects.filter(organization=organization, asked_at=None, confirmed_at=None)
    for contact in waiting.select_related("organization").order_by("pk"):
        _ask(contact, get_language() or settings.LANGUAGE_CODE)


def ask_waiting() -> int:
    """Write to those whom nobody has asked: they were asked too often that day, or came with an upgrade."""
    waiting = Contact.objects.filter(
        asked_at=None, confirmed_at=None, organization__state=Organization.State.ACTIVE
    ).select_related("organization")
    return sum(_ask(contact, language_of(contact.organization)) for contact in waiting.order_by("pk")[:BATCH])


def _ask(contact: Contact, language: str) -> bool:
    day_ago = timezone.now() - timedelta(days=1)
    asked = Letter.objects.filter(kind="contact", recipient=contact.email, created_at__gt=day_ago).count()
    if asked >= A_DAY:
        return False
    mail.confirm_contact(contact, language=language)
    return bool(Contact.objects.filter(pk=contact.pk).update(asked_at=timezone.now()))


def language_of(organization: Organization) -> str:
    """The language of its first owner who chose one."""
    owners = User.objects.filter(memberships__organization=organization, memberships__role="owner").exclude(language="")
    return owners.order_by("pk").values_list("language", flat=True).first() or settings.LANGUAGE_CODE
