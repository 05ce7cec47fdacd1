"""Stopping an account from sending, and letting it send again."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.access import account_for
from accounts.shown import shown
from panel.access import person
from panel.errors import Refused
from panel.models import Role

from .. import blocking


@login_required
def block(request: HttpRequest, service_name: str, account_id: int) -> HttpResponse:
    """Staff's word; the policy server blocks by itself whoever floods."""
    if not person(request).is_staff:
        raise Http404
    return _change(request, service_name, account_id, "block")


@login_required
def unblock(request: HttpRequest, service_name: str, account_id: int) -> HttpResponse:
    return _change(request, service_name, account_id, "unblock")


def _change(request: HttpRequest, service_name: str, account_id: int, verb: str) -> HttpResponse:
    account = account_for(request.user, service_name, account_id, at_least=Role.OWNER)
    allowed = verb == "block" or blocking.may_unblock(person(request))
    if request.method == "POST":
        verbs = {"block": blocking.block, "unblock": blocking.unblock}
        done = {
            "block": _("%(address)s can send no mail until it is unblocked."),
            "unblock": _("%(address)s can send again."),
        }
        try:
            if not allowed:
                raise Refused("staff-only", _("Only the operator can unblock this account."))
            verbs[verb](account, by=person(request))
            messages.success(request, done[verb] % {"address": shown(account.shown_address)})
        except Refused as refusal:
            messages.error(request, str(refusal))
        return redirect("accounts:account", service_name, account_id)
    context = {
        "service": account.service,
        "tab": "accounts",
        "account": account,
        "verb": verb,
        "allowed": allowed,
    }
    return render(request, "mailflow/block.html", context)
