"""The pages of self-service."""

from __future__ import annotations

import secrets
from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from panel.forms import carried_out
from panel.limits import allowed, network_of

from .. import aging, app_passwords, outside, usage, verbs
from .. import forwarding as forwards
from ..forms import ForwardingForm
from ..hashing import hash_password, verify
from ..views.devices import revoked
from ..views.parts import done_or_said
from ..views.sending import GUIDES
from ..words import rule_list
from . import sessions
from .access import MailboxOwner, for_owner
from .forms import ChangeOwnPassword, MailboxSignIn, NewDevice
from .signing_in import SignInRefusal, gate_of
from .signing_in import sign_in as signed_in

SIGN_INS_A_MINUTE = 30  # from one address, behind which a whole office may be
JUST_NOW = timedelta(minutes=1)


@never_cache
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    """Open to everybody; a session of the panel counts for nothing here."""
    request.user = AnonymousUser()
    form = MailboxSignIn(request.POST or None, initial={"address": request.GET.get("address", "")[:320]})
    status = 200
    if request.method == "POST" and form.is_valid():
        if not allowed("mailbox-sign-in", network_of(request), times=SIGN_INS_A_MINUTE, seconds=60):
            return render(request, "429.html", status=429)
        answer = signed_in(request, form.cleaned_data["address"], form.cleaned_data["password"])
        if not isinstance(answer, SignInRefusal):
            response = redirect(_next(request))
            rotate_token(request)
            sessions.begin(response, answer)
            return response
        words = {
            SignInRefusal.WRONG: _("This address and password open no mailbox here."),
            SignInRefusal.LOCKED: _("There were too many wrong passwords. Wait a while before you try again."),
        }
        form.add_error(None, words[answer])
        status = 403 if answer is SignInRefusal.LOCKED else 200
    context = {"form": form, "next": request.POST.get("next") or request.GET.get("next", "")}
    return render(request, "accounts/mailbox/sign_in.html", context, status=status)


def _next(request: HttpRequest) -> str:
    """Back to a page of self-service, nowhere else."""
    to = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(to, {request.get_host()}, request.is_secure()):
        return reverse("mailbox:home")
    try:
        found = resolve(urlsplit(to).path)
    except Resolver404:
        return reverse("mailbox:home")
    return to if found.namespace == "mailbox" else reverse("mailbox:home")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    request.user = AnonymousUser()
    response = redirect("mailbox:sign_in")
    sessions.end(sessions.current(request), response)
    return response


@for_owner
def home(request: HttpRequest, owner: MailboxOwner) -> HttpResponse:
    """What there is, and how the mailbox is."""
    usage.attach(owner.account.service, [owner.account])
    return owner.page(request, "home", {"tab": "mailbox:home"})


@sensitive_post_parameters("current", "password", "again")
@partial(for_owner, although_expired=True)
def password(request: HttpRequest, owner: MailboxOwner) -> HttpResponse:
    """Another password, within the policy. It ends all other sessions, here and in mail programs."""
    account = owner.account
    from_when = aging.changeable_at(owner.password.changed_at, owner.policy.min_age)
    early = owner.password.opens_mail and from_when is not None and from_when > timezone.now()
    form = ChangeOwnPassword(None if early else request.POST or None, account=account)
    if request.method == "POST" and not early:
        if _was_done(owner, request.POST.get("password", "")):  # by the first of two clicks
            return _changed(request)
        valid = form.is_valid() and _knows(request, owner, form) and form.is_new()
        if valid and carried_out(form, partial(_change, owner, form)):
            return _changed(request)
    context = {
        "tab": "mailbox:password",
        "form": form,
        "from_when": from_when if early else None,
        "rules": rule_list("", (account.address_key.partition("@")[0], account.display_name), form.policy),
    }
    return owner.page(request, "password", context, status=400 if form.errors else 200)


def _was_done(owner: MailboxOwner, wanted: str) -> bool:
    account = owner.account
    if account.password_at is None or account.password_at < timezone.now() - JUST_NOW:
        return False
    return allowed("mailbox-again", account.pk, times=3, seconds=60) and verify(account.password_hash, wanted)


def _knows(request: HttpRequest, owner: MailboxOwner, form: ChangeOwnPassword) -> bool:
    """Whoever found the session open does not know the password; tries count as at sign-in."""
    gate = gate_of(request, owner.account)
    if gate.is_locked():
        form.add_error("current", _("There were too many wrong passwords. Wait a while before you try again."))
        return False
    if verify(owner.account.password_hash, form.cleaned_data["current"]):
        return True
    gate.failed()
    form.add_error("current", _("This is not the current password."))
    return False


def _change(owner: MailboxOwner, form: ChangeOwnPassword) -> None:
    hashed = hash_password(form.cleaned_data["password"])
    verbs.set_password(owner.account, hashed, by=owner.actor, seen=owner.account.seen, by_owner=True)
    sessions.keep_only(owner.session)


def _changed(request: HttpRequest) -> HttpResponse:
    messages.success(
        request,
        _("The password has been changed. Enter it in all mail programs that use it: the old one opens nothing."),
    )
    return redirect("mailbox:home")


@for_owner
def devices(request: HttpRequest, owner: MailboxOwner) -> HttpResponse:
    """App passwords: those that there are, and one more, whose secret is shown this once."""
    account = owner.account
    form = NewDevice(request.POST or None, initial={"seed": secrets.token_urlsafe(24)})
    made: list[str] = []

    def create() -> None:
        data = form.cleaned_data
        device, secret = app_passwords.create(account, data["name"], seed=data["seed"], by=owner.actor)
        made.extend((device.name, secret))

    if request.method == "POST" and form.is_valid():
        carried_out(form, create)
    context = {
        "tab": "mailbox:devices",
        "form": form,
        "made": {"login": f"{account.shown_address}*{made[0]}", "name": made[0], "secret": made[1]} if made else None,
        "devices": app_passwords.devices_of(account),
    }
    return owner.page(request, "devices", context, status=400 if form.errors else 200)


@require_POST
@for_owner
def revoke(request: HttpRequest, owner: MailboxOwner) -> HttpResponse:
    number = request.POST.get("device", "")
    known = number.isascii() and number.isdigit() and len(number) < 19
    name = app_passwords.revoke(owner.account, int(number), by=owner.actor) if known else ""
    messages.success(request, revoked(name) if name else _("This app password is revoked already."))
    return redirect("mailbox:devices")


@for_owner
def forwarding(request: HttpRequest, owner: MailboxOwner) -> HttpResponse:
    account = owner.account
    now = forwards.of_account(account)
    addresses = "\n".join(map(str, now.targets.all())) if now else ""
    initial = {"addresses": addresses, "keep": now.keep if now else True}
    form = ForwardingForm(request.POST or None, initial=initial)

    def change() -> None:
        data = form.cleaned_data
        forwards.set_forwarding(account, data["addresses"], keep=data["keep"], by=owner.actor)

    if request.method == "POST" and form.is_valid() and done_or_said(form, change):
        messages.success(request, _("Saved. It holds from the next message on."))
        return redirect("mailbox:forwarding")
    context = {"tab": "mailbox:forwarding", "form": form, "allowed": outside.allowed(account.service)}
    return owner.page(request, "forwarding", context, status=400 if form.errors else 200)


@for_owner
def client_settings(request: HttpRequest, owner: MailboxOwner) -> HttpResponse:
    domain = owner.account.address_key.partition("@")[2]
    context = {"tab": "mailbox:settings", "guides": GUIDES, "set_up": f"autoconfig.{domain}"}
    return owner.page(request, "settings", context)


@for_owner
def sign_ins(request: HttpRequest, owner: MailboxOwner) -> HttpResponse:
    """From where the mailbox was opened, and from where somebody tried to."""
    context = {
        "tab": "mailbox:sign_ins",
        "networks": usage.sign_ins_of(owner.account),
        "devices": [device for device in app_passwords.devices_of(owner.account) if device.use],
    }
    return owner.page(request, "sign_ins", context)
