"""Sessions of mailbox owners: a cookie of their own, below /mailbox/ only."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from domains.models import Domain
from panel.models import Organization, Service

from ..models import EmailAccount, MailboxSession

COOKIE = "mailbox"
PATH = "/mailbox/"
HOURS = 12
BATCH = 500


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def begin(response: HttpResponse, account: EmailAccount) -> None:
    """A new session, and its cookie in the answer."""
    token = secrets.token_urlsafe(32)
    assert account.mailbox_id is not None
    MailboxSession.objects.create(
        account=account,
        digest=_digest(token),
        mailbox_id=account.mailbox_id,
        secret=_digest(account.password_hash),
        expires_at=timezone.now() + timedelta(hours=HOURS),
    )
    response.set_cookie(COOKIE, token, path=PATH, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax")


def current(request: HttpRequest) -> MailboxSession | None:
    """The session that the request's cookie opens: not that of an account which was suspended, reset or given another
    password since, nor where its service is closed."""
    token = request.COOKIES.get(COOKIE, "")
    if not token:
        return None
    related = ("account__service__organization", "account__service__platform", "account__domain__name")
    rows = MailboxSession.objects.select_related(*related)
    found = rows.filter(digest=_digest(token), expires_at__gt=timezone.now()).first()
    if found is None or not is_open(found.account) or found.mailbox_id != found.account.mailbox_id:
        return None
    return found if found.secret == _digest(found.account.password_hash) else None


def is_open(account: EmailAccount) -> bool:
    """Whether its owner may sign in at all, here as in the mail flow."""
    service, domain = account.service, account.domain
    return (
        account.state == EmailAccount.State.ACTIVE
        and domain is not None
        and domain.state == Domain.State.VERIFIED
        and service.state == Service.State.ACTIVE
        and service.organization.state == Organization.State.ACTIVE
    )


def keep_only(session: MailboxSession) -> None:
    """After another password was set by its owner here: all other sessions are over, this one goes on."""
    account = session.account
    MailboxSession.objects.filter(account=account).exclude(pk=session.pk).delete()
    MailboxSession.objects.filter(pk=session.pk).update(secret=_digest(account.password_hash))


def end(session: MailboxSession | None, response: HttpResponse) -> None:
    if session is not None:
        session.delete()
    response.delete_cookie(COOKIE, path=PATH, samesite="Lax")


def forget() -> None:
    """Those whose time is over, in bounded batches."""
    over = MailboxSession.objects.filter(expires_at__lt=timezone.now())
    while ids := list(over.values_list("pk", flat=True)[:BATCH]):
        MailboxSession.objects.filter(pk__in=ids).delete()
