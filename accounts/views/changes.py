from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from panel.access import person, service_for, staff_required
from panel.errors import Refused
from panel.forms import carried_out
from panel.models import Role
from panel.once import keep_answer, once

from .. import batch, passwords, rules, verbs
from ..access import account_for
from ..forms import PasswordForm, QuotaForm
from ..hashing import hash_password
from ..meanwhile import Opened, since
from ..models import PasswordPolicy
from ..runs.results import link_address
from ..words import rule_list
from .parts import stale_page

CHANGES = {"suspend": verbs.suspend, "resume": verbs.resume, "reset": verbs.reset}
DONE = {
    "suspend": gettext_lazy("%(address)s is suspended: no login and no sending; mail still arrives."),
    "resume": gettext_lazy("%(address)s is active again."),
    "reset": gettext_lazy("%(address)s has been deleted and can be configured again. Its mail is kept for 30 days."),
}


@login_required
@once
def change(request: HttpRequest, service_name: str, account_id: int, verb: str) -> HttpResponse:
    """Suspend, resume or reset: a page that says what it means, and its button."""
    account = account_for(request.user, service_name, account_id, at_least=Role.TECHNICIAN)
    opened, happened = Opened.posted(request.POST), None
    if request.method == "POST":
        address = account.shown_address
        try:
            CHANGES[verb](account, by=person(request), seen=opened.seen if opened else None)
        except batch.Stale:
            account = account_for(request.user, service_name, account_id)
            if opened is None or opened.is_another(account):
                return stale_page(request, account, opened)
            happened = since(account, opened)
        except Refused as refused:
            messages.error(request, str(refused))
            return redirect("accounts:account", service_name, account_id)
        else:
            messages.success(request, DONE[verb] % {"address": address})
            return redirect("accounts:account", service_name, account_id)
    context = {
        "service": account.service,
        "tab": "accounts",
        "account": account,
        "verb": verb,
        "opened": Opened.of(account),
        "stale": happened is not None,
        "meanwhile": happened,
    }
    return render(request, "accounts/change.html", context, status=200 if happened is None else 409)


@staff_required
def quota(request: HttpRequest, service_name: str, account_id: int) -> HttpResponse:
    """The account's own quota, instead of the service's."""
    account = account_for(request.user, service_name, account_id)
    form = QuotaForm(request.POST or None, initial={"quota": account.quota})
    valid = request.method == "POST" and form.is_valid()
    if valid and carried_out(form, lambda: verbs.set_quota(account, form.cleaned_data["quota"], by=person(request))):
        messages.success(request, _("Saved."))
        return redirect("accounts:account", service_name, account_id)
    context = {"service": account.service, "tab": "accounts", "account": account, "form": form}
    return render(request, "accounts/quota.html", context, status=400 if form.errors else 200)


@never_cache
@sensitive_post_parameters("password", "again")
@login_required
@once
def password(request: HttpRequest, service_name: str, account_id: int) -> HttpResponse:
    """A new password, typed or suggested."""
    account = account_for(request.user, service_name, account_id, at_least=Role.TECHNICIAN)
    policy = PasswordPolicy.of(account.service_id)
    suggested = ""
    form = PasswordForm(account=account)
    opened = Opened.posted(request.POST) or Opened.of(account)
    if opened.is_another(account):
        return stale_page(request, account, opened)
    happened = since(account, opened) if opened.is_stale(account) else None
    if happened is not None:
        opened = Opened.of(account)
    elif "suggest" in request.POST:
        suggested = passwords.generate((account.address_key.partition("@")[0], account.display_name), policy)
    elif request.method == "POST":
        form = PasswordForm(request.POST, account=account)
        if form.is_valid():
            hashed = hash_password(form.cleaned_data["password"])
            if carried_out(form, lambda: verbs.set_password(account, hashed, by=person(request), seen=opened.seen)):
                messages.success(request, _("The password has been changed."))
                return redirect("accounts:account", service_name, account_id)
    context = {
        "service": account.service,
        "tab": "accounts",
        "account": account,
        "form": form,
        "suggested": suggested,
        "policy": policy,
        "opened": opened,
        "stale": happened is not None,
        "meanwhile": happened,
    }
    partial = "#passwords" if suggested and request.headers.get("HX-Request") else ""
    return render(request, f"accounts/password.html{partial}", context, status=200 if happened is None else 409)


@never_cache
@login_required
@require_POST
@once
def link(request: HttpRequest, service_name: str, account_id: int) -> HttpResponse:
    """Make a link with which its person sets the password, and show it this once. Until it is used the account
    holds the hash of a random password that nobody knows."""
    account = account_for(request.user, service_name, account_id, at_least=Role.TECHNICIAN)
    opened = Opened.posted(request.POST)
    if opened and opened.is_stale(account):
        return stale_page(request, account, opened)
    try:
        token, _link = verbs.make_link(account, by=person(request), seen=opened.seen if opened else None)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("accounts:account", service_name, account_id)
    context = {"service": account.service, "tab": "accounts", "account": account, "link": link_address(token)}
    return keep_answer(render(request, "accounts/link.html", context))


@never_cache
@sensitive_post_parameters("password", "again")
@login_required
@require_POST
def password_rules(request: HttpRequest, service_name: str) -> HttpResponse:
    """The rules of a password, each with whether the one being typed keeps it. Nothing is stored."""
    service = service_for(request.user, service_name, at_least=Role.TECHNICIAN)
    values = {name: request.POST.get(name, "")[:256] for name in ("name", "first_name", "last_name", "display_name")}
    display = values["display_name"] or rules.display_name(values["first_name"], values["last_name"])
    policy = PasswordPolicy.of(service.pk)
    return render(
        request,
        "accounts/_password_rules.html",
        {"rules": rule_list(request.POST.get("password", "")[:128], (values["name"], display), policy)},
    )
