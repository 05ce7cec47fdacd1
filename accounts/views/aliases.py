from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from panel.access import person, require
from panel.models import Role
from panel.once import once

from .. import aliases as use_cases
from ..access import account_for
from ..forms import AddressesForm
from ..models import EmailAccount
from ..preview import ALIASES_AT_MOST
from .parts import done_or_said, remove_ticked


@login_required
@once
def aliases(request: HttpRequest, service_name: str, account_id: int) -> HttpResponse:
    """The aliases of an account, and adding some."""
    least = Role.TECHNICIAN if request.method == "POST" else Role.VIEWER
    account = account_for(request.user, service_name, account_id, at_least=least)
    role = require(request.user, account.service.organization)
    form = AddressesForm(request.POST or None)
    added: list[str] = []

    def add() -> None:
        owner = role is Role.OWNER
        added.extend(use_cases.add(account, form.cleaned_data["addresses"], by=person(request), owner=owner))

    if request.method == "POST" and form.is_valid() and done_or_said(form, add):
        words = ngettext("%(n)d alias was added.", "%(n)d aliases were added.", len(added)) % {"n": len(added)}
        messages.success(request, words if added else _("The account has these aliases already."))
        return redirect("accounts:aliases", service_name, account_id)
    context = {
        "service": account.service,
        "tab": "accounts",
        "account": account,
        "may_change": role.rank >= Role.TECHNICIAN.rank,
        "configured": account.state != EmailAccount.State.SLOT,
        "aliases": use_cases.of_account(account),
        "most": ALIASES_AT_MOST,
        "form": form,
    }
    return render(request, "accounts/aliases.html", context, status=400 if form.errors else 200)


@login_required
@require_POST
@once
def remove_aliases(request: HttpRequest, service_name: str, account_id: int) -> HttpResponse:
    """Remove those that are ticked."""
    account = account_for(request.user, service_name, account_id, at_least=Role.TECHNICIAN)
    remove_ticked(
        request,
        "alias",
        lambda ids: use_cases.remove(account, ids, by=person(request)),
        lambda n: ngettext("%(n)d alias was removed.", "%(n)d aliases were removed.", n),
        _("Tick the aliases to remove."),
    )
    return redirect("accounts:aliases", service_name, account_id)
