"""Who may: the mailbox's owner, signed in here. Every view of self-service is decorated with `for_owner`.

What a view of an administrator does for an account from `account_for`, a view here does for `owner.account`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from panel.actors import Actor, ActorKind, Program
from panel.once import sent_by

from .. import credentials
from ..models import EmailAccount, MailboxSession, PasswordPolicy
from . import sessions
from .menu import MENU

FIELD = "mailbox"  # of every form: which mailbox its page was about


@dataclass(frozen=True, slots=True)
class MailboxOwner:
    account: EmailAccount
    session: MailboxSession
    policy: PasswordPolicy
    password: credentials.PasswordState

    @property
    def actor(self) -> Actor:
        """As the activity log of the service names whoever has the mailbox."""
        return Program(ActorKind.HOLDER, self.account.shown_address)

    @property
    def mark(self) -> str:
        return self.session.mailbox_id.hex

    def page(self, request: HttpRequest, name: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        """One of the pages, with what all of them show."""
        shell = {"owner": self, "account": self.account, "platform": self.account.service.platform, "menu": MENU}
        return render(request, f"accounts/mailbox/{name}.html", shell | context, status=status)


type OwnersView = Callable[..., HttpResponse]


def for_owner(view: OwnersView, *, although_expired: bool = False) -> OwnersView:
    """Calls the view with the owner whom the request's cookie names; everybody else is sent to sign in.

    A session of the panel counts for nothing here. Whose password must be changed gets nowhere else before, unless
    `although_expired`. A form of a page about another mailbox (the browser signed in to it in another tab) is refused.
    """

    @wraps(view)
    @never_cache
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request.user = AnonymousUser()
        session = sessions.current(request)
        if session is None:
            return _sign_in(request)
        sent_by(request, f"mailbox {session.pk}")
        account = session.account
        policy = credentials.policy_of(account.service)
        owner = MailboxOwner(account, session, policy, credentials.state_of(account, policy))
        if request.method == "POST" and request.POST.get(FIELD) != owner.mark:
            return owner.page(request, "another", {}, status=409)
        if not owner.password.opens_mail and not although_expired:
            return redirect("mailbox:password")
        return view(request, owner, *args, **kwargs)

    return wrapper


def _sign_in(request: HttpRequest) -> HttpResponse:
    """To the page that signs in, and from there back to this one where it is a page."""
    said = {"next": request.get_full_path()} if request.method == "GET" else {}
    if sessions.COOKIE in request.COOKIES:
        said["ended"] = "1"
    query = f"?{urlencode(said)}" if said else ""
    return redirect(f"{reverse('mailbox:sign_in')}{query}")
