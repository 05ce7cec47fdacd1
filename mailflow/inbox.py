"""Mail to postmaster and abuse that no account takes: kept for the organization, read in the panel as plain text."""

from __future__ import annotations

import email
import email.errors
import email.policy
import re
from collections.abc import Iterable
from datetime import timedelta
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser
from html.parser import HTMLParser
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation

from domains.models import Domain
from panel import mail, outbox
from panel.contacts import language_of
from panel.models import Contact, Organization

from .addresses import split
from .models import InboxMessage

KEPT_OCTETS = 256 * 1024  # of one message
KEPT_MESSAGES = 500  # of one organization
KEPT_FOR = timedelta(days=90)
TOLD_EVERY = timedelta(hours=1)
SHOWN = 100_000  # characters of a text
FIELD = 4_000  # characters of a header that are read
# What Python's parsers raise over what strangers write: things within things without end, among it.
_UNREADABLE = (
    *(ValueError, LookupError, AttributeError, TypeError, AssertionError, RecursionError),
    email.errors.MessageError,
)
_INVISIBLE = {"script", "style", "head", "title", "template"}
_BREAKS = {"p", "br", "div", "li", "tr", "h1", "h2", "h3", "h4", "blockquote", "table"}
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def deliver(platform: str, recipient: str, sender: str, raw: bytes) -> bool:
    """Store a message; False where nobody has the domain any more."""
    address = split(recipient)
    domains = Domain.objects.filter(name__name=address.domain, state=Domain.State.VERIFIED, platform__slug=platform)
    organization_id = domains.values_list("service__organization", flat=True).first()
    if organization_id is None:
        return False
    message = parsed(raw[:KEPT_OCTETS])
    InboxMessage.objects.create(
        organization_id=organization_id,
        recipient=recipient[:320],
        sender=sender[:320],
        subject=subject_of(message)[:300],
        raw=raw[:KEPT_OCTETS],
        size=len(raw),
        automatic=is_automatic(message, sender),
    )
    _bound(organization_id)
    return True


def _bound(organization_id: int) -> None:
    """Whoever floods abuse@ fills no disk."""
    messages = InboxMessage.objects.filter(organization=organization_id)
    last = messages.order_by("-id").values_list("pk", flat=True)[KEPT_MESSAGES : KEPT_MESSAGES + 1].first()
    if last is not None:
        messages.filter(pk__lte=last).delete()


def forget() -> None:
    InboxMessage.objects.filter(received_at__lt=timezone.now() - KEPT_FOR).delete()


def tell() -> int:
    """Tell organizations' contacts of new messages, at most once an hour. Returns how many organizations were."""
    told = 0
    untold = InboxMessage.objects.filter(told_at=None, automatic=False)
    for organization in Organization.objects.filter(pk__in=untold.values("organization")).order_by("pk"):
        lately = InboxMessage.objects.filter(organization=organization, told_at__gt=timezone.now() - TOLD_EVERY)
        if lately.exists():
            continue
        with transaction.atomic():
            count = untold.filter(organization=organization).update(told_at=timezone.now())
            contacts = list(Contact.told(organization))
            if count and contacts:
                _tell(organization, contacts, count)
                told += 1
    return told


def _tell(organization: Organization, contacts: list[Contact], count: int) -> None:
    context = {
        "organization": organization.name,
        "count": count,
        "page": settings.PUBLIC_URL + reverse("mailflow:inbox", args=[organization.code]),
    }
    write_to_contacts("mailflow/mail/inbox.txt", contacts, organization, context)


def write_to_contacts(
    template: str, contacts: Iterable[Contact], organization: Organization, context: dict[str, Any]
) -> None:
    """One letter for each, with a link of his own to hear no more. Automatic itself: a contact who is such an address
    is not told of what he was told."""
    for contact in contacts:
        stop = settings.PUBLIC_URL + reverse("panel:contact_unsubscribe", args=[contact.token])
        with translation.override(language_of(organization)):
            words = {**context, "panel_name": settings.PANEL_NAME, "stop": stop}
            subject, text = mail.letter(template, words)
        headers = {
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
        outbox.post(mail.kind_of(template), contact.email, subject, text, headers=headers, organization=organization)


# What a message says, for people. Nothing in it may make a browser do anything: all of it becomes text.


def parsed(raw: bytes) -> EmailMessage:
    """Of what cannot be read only the headers, and none that says how to read it."""
    try:
        message = email.message_from_bytes(raw, policy=email.policy.default)
    except _UNREADABLE:
        message = EmailMessage(policy=email.policy.default)
        for name, value in BytesHeaderParser(policy=email.policy.compat32).parsebytes(raw).raw_items():
            if not name.lower().startswith("content-"):
                message.set_raw(name, value)
    assert isinstance(message, EmailMessage)  # the policy makes nothing else
    return message


def is_automatic(message: Message, sender: str) -> bool:
    """RFC 3834 §2: nobody is told of what programs say, bounces among it."""
    return not sender or _header(message, "Auto-Submitted").lower() not in {"", "no"}


def subject_of(message: Message) -> str:
    return _header(message, "Subject")


def _header(message: Message, name: str) -> str:
    """A header as one line."""
    wanted = name.lower()
    written = next((value for key, value in message.raw_items() if key.lower() == wanted), "")
    try:
        value = str(message.policy.header_fetch_parse(name, written[:FIELD]))
    except _UNREADABLE:
        value = ""
    return " ".join(clean(value).split())


def headers_of(message: Message) -> list[tuple[str, str]]:
    return [(name, text) for name in ("From", "To", "Date", "Subject") if (text := _header(message, name))]


def text_of(message: EmailMessage) -> str:
    """The text of a message; of one in HTML alone, its words."""
    try:
        part = message.get_body(preferencelist=("plain", "html"))
        content = part.get_content() if part is not None else ""
        text = content if isinstance(content, str) else ""
        if part is not None and part.get_content_subtype() == "html":
            text = words_of(text)
    except _UNREADABLE:
        return ""
    return clean(text)[:SHOWN]


def clean(text: str) -> str:
    """Without control characters and those that turn the direction of text, and as every database takes it."""
    text = text.replace("\r\n", "\n").encode("utf-8", "replace").decode()
    return _CONTROLS.sub("", text)


def words_of(html: str) -> str:
    words = _Words()
    words.feed(html)
    words.close()
    return re.sub(r"\n{3,}", "\n\n", "".join(words.found)).strip()


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in _INVISIBLE
        if tag in _BREAKS:
            self.found.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in _INVISIBLE and self._hidden > 0

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.found.append(re.sub(r"\s+", " ", data))
