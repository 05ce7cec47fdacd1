from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from panel.access import person, require
from panel.errors import Refused
from panel.models import Role
from panel.once import once
from panel.secrets import decrypt, encrypt

from .. import batch, passwords, rules, verbs
from ..access import account_for
from ..batch import Placement
from ..forms import ConfigureForm, NamesForm
from ..hashing import hash_password
from ..meanwhile import Opened, since
from ..models import EmailAccount, PasswordPolicy
from .parts import stale_page

EDITING = {"suggest", "edit", "use"}  # buttons that stay with the form: a password, back from the review, a name
TYPED = ("name", "domain", "first_name", "last_name", "display_name")  # as in a Placement; never the password
REVIEW_SECONDS = 3600  # in which a review may be confirmed


@never_cache
@sensitive_post_parameters("password", "again")
@login_required
def configure(request: HttpRequest, service_name: str, account_id: int) -> HttpResponse:
    """Modify: the form, then its review. The review holds the password's hash, encrypted, and no password.

    An account that is configured already changes its address and names only; its password has a page of its own.
    """
    account = account_for(request.user, service_name, account_id, at_least=Role.TECHNICIAN)
    owner = require(request.user, account.service.organization) is Role.OWNER
    opened = Opened.posted(request.POST) or Opened.of(account)
    if opened.is_stale(account) or ("password" in request.POST and not account.is_slot):
        return _stale(request, account, opened, request.POST.dict(), owner)
    kind = ConfigureForm if account.is_slot else NamesForm
    suggested = ""
    if request.method == "POST" and not EDITING & request.POST.keys():
        form = kind(request.POST, account=account, owner=owner)
        if form.is_valid():
            placement = form.placement(hash_password(form.cleaned_data["password"]) if account.is_slot else "")
            return _review(request, account, placement, opened)
        if "suggested" in request.POST and "password" not in form.errors:
            suggested = request.POST.get("password", "")
    else:
        initial = request.POST.dict() if request.method == "POST" else _initial(account)
        initial["name"] = request.POST.get("use", initial.get("name", ""))
        form = kind(initial=initial, account=account, owner=owner)
        if "suggest" in request.POST:
            suggested = _suggest(account, initial)
    partial = "#passwords" if "suggest" in request.POST and request.headers.get("HX-Request") else ""
    return _form(request, account, form, opened, partial=partial, suggested=suggested)


def _form(
    request: HttpRequest,
    account: EmailAccount,
    form: NamesForm,
    opened: Opened,
    *,
    partial: str = "",
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = {
        "service": account.service,
        "tab": "accounts",
        "account": account,
        "form": form,
        "opened": opened,
        "policy": PasswordPolicy.of(account.service_id),
        **more,
    }
    return render(request, f"accounts/configure.html{partial}", context, status=status)


def _stale(
    request: HttpRequest, account: EmailAccount, opened: Opened, values: Mapping[str, str], owner: bool
) -> HttpResponse:
    """What happened meanwhile, with what was typed but the password. Where the account is another mailbox now, nothing
    typed for the one may reach the other: it can be used for a free slot."""
    typed = {field: values.get(field, "") for field in TYPED}
    if opened.is_another(account) or ("password" in values and not account.is_slot):
        slots = EmailAccount.objects.filter(service=account.service, state=EmailAccount.State.SLOT)
        free = account if account.is_slot else slots.order_by("address_key", "id").first()
        if free:
            free.service = account.service
        return stale_page(request, account, opened, typed=typed, free=free, free_opened=free and Opened.of(free))
    kind = ConfigureForm if account.is_slot else NamesForm
    form = kind(initial=typed, account=account, owner=owner)
    return _form(request, account, form, Opened.of(account), status=409, stale=True, meanwhile=since(account, opened))


def _initial(account: EmailAccount) -> dict[str, Any]:
    name, _at, domain = ("", "", "") if account.is_slot else account.address_key.partition("@")
    return {
        "name": name,
        "domain": domain,
        "first_name": account.first_name,
        "last_name": account.last_name,
        "display_name": account.display_name,
    }


def _suggest(account: EmailAccount, values: dict[str, str]) -> str:
    display = values.get("display_name") or rules.display_name(
        values.get("first_name", ""), values.get("last_name", "")
    )
    return passwords.generate((values.get("name", ""), display), PasswordPolicy.of(account.service_id))


def _review(request: HttpRequest, account: EmailAccount, placement: Placement, opened: Opened) -> HttpResponse:
    sealed = {
        "account": account.pk,
        "user": person(request).pk,
        "at": int(time.time()),
        "opened": str(opened),
        "placement": [
            placement.name,
            placement.domain,
            placement.first_name,
            placement.last_name,
            placement.display_name,
            placement.password_hash,
        ],
    }
    context = {
        "service": account.service,
        "tab": "accounts",
        "account": account,
        "placement": placement,
        "advice": rules.advice_on_name(placement.name),
        "opened": opened,
        "sealed": encrypt(json.dumps(sealed)),
    }
    return render(request, "accounts/review.html", context)


@never_cache
@login_required
@require_POST
@once
def confirm(request: HttpRequest, service_name: str, account_id: int) -> HttpResponse:
    """Do what was reviewed."""
    account = account_for(request.user, service_name, account_id, at_least=Role.TECHNICIAN)
    owner = require(request.user, account.service.organization) is Role.OWNER
    reviewed = _opened(request, account)
    if reviewed is None:
        messages.error(request, _("This review is too old. Please fill in the form again."))
        return redirect("accounts:configure", service_name, account_id)
    placement, opened = reviewed
    values = dict(zip(TYPED, dataclasses.astuple(placement), strict=False))
    if placement.password_hash and not account.is_slot:
        return _stale(request, account, opened, values, owner)
    was_slot = account.is_slot
    verb = verbs.configure if was_slot else verbs.rename
    try:
        verb(account, placement, by=person(request), owner=owner, seen=opened.seen)
    except batch.Stale:
        account = account_for(request.user, service_name, account_id)
        return _stale(request, account, opened, values, owner)
    except Refused as refused:
        form = (ConfigureForm if was_slot else NamesForm)(initial=values, account=account, owner=owner)
        return _form(request, account, form, Opened.of(account), status=409, refused=refused)
    done = _("%(address)s is configured.") if was_slot else _("%(address)s has been changed.")
    messages.success(request, done % {"address": placement.address})
    return redirect("accounts:account", service_name, account_id)


def _opened(request: HttpRequest, account: EmailAccount) -> tuple[Placement, Opened] | None:
    """What this person reviewed for this account within the hour, and what the form had been opened on."""
    try:
        sealed = json.loads(decrypt(request.POST.get("sealed", "")))
    except ValueError:
        return None
    fresh = time.time() - sealed["at"] < REVIEW_SECONDS
    opened = Opened.parse(sealed.get("opened", ""))
    if sealed["account"] != account.pk or sealed["user"] != person(request).pk or not fresh or opened is None:
        return None
    return Placement(*sealed["placement"]), opened
