"""What people have been written, once the outbox is empty."""

from __future__ import annotations

from django.core import mail
from django.core.mail import EmailMessage

from panel import outbox


def delivered() -> list[EmailMessage]:
    """Deliver what waits, and return all letters that the test has caused."""
    outbox.deliver()
    return mail.outbox
