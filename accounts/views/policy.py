from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from panel.access import person, require, service_for, staff_required
from panel.errors import Refused
from panel.forms import carried_out
from panel.models import Role

from ..forms import PolicyForm
from ..models import PasswordPolicy, RetiredMailbox
from ..policies import change_policy
from ..restoring import purge as purge_mailbox
from ..restoring import restore as restore_mailbox


@login_required
def policy(request: HttpRequest, service_name: str) -> HttpResponse:
    """The security policy of a service."""
    service = service_for(request.user, service_name, at_least=Role.OWNER)
    stored = PasswordPolicy.objects.filter(service=service).first() or PasswordPolicy(service=service)
    form = PolicyForm(request.POST or None, instance=stored)
    valid = request.method == "POST" and form.is_valid()
    if valid and carried_out(form, lambda: change_policy(service, form.cleaned_data, by=person(request))):
        messages.success(
            request, _("The security policy has been changed. It applies to new passwords and future sign-ins.")
        )
        return redirect("accounts:policy", service.name)
    return render(request, "accounts/policy.html", {"service": service, "tab": "accounts", "form": form})


@login_required
def retired(request: HttpRequest, service_name: str) -> HttpResponse:
    """Mail of accounts that were reset, kept for a while."""
    service = service_for(request.user, service_name)
    role = require(request.user, service.organization)
    context = {
        "service": service,
        "tab": "accounts",
        "mailboxes": RetiredMailbox.objects.filter(service=service)[:200],
        "may_purge": role is Role.OWNER,
        "may_restore": person(request).is_staff,
        "now": timezone.now(),
    }
    return render(request, "accounts/retired.html", context)


@login_required
@require_POST
def purge(request: HttpRequest, service_name: str, mailbox: int) -> HttpResponse:
    """Let kept mail go at once."""
    service = service_for(request.user, service_name, at_least=Role.OWNER)
    found = RetiredMailbox.objects.filter(service=service, pk=mailbox).first()
    if found is None:
        raise Http404
    purge_mailbox(found, by=person(request))
    messages.success(request, _("The mail of %(address)s may now be deleted.") % {"address": found.address})
    return redirect("accounts:retired", service.name)


@staff_required
@require_POST
def restore(request: HttpRequest, service_name: str, mailbox: int) -> HttpResponse:
    """Kept mail back into a slot."""
    service = service_for(request.user, service_name)
    found = RetiredMailbox.objects.filter(service=service, pk=mailbox).first()
    if found is None:
        raise Http404
    try:
        account = restore_mailbox(found, by=person(request), address=request.POST.get("address", "").strip()[:320])
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("accounts:retired", service.name)
    messages.success(
        request,
        _("The mail of %(address)s has been restored. Set a password, or create a link for the user.")
        % {"address": account.shown_address},
    )
    return redirect("accounts:account", service.name, account.pk)
