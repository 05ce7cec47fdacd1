from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from panel.access import person, require, service_for, staff_required
from panel.activity import record
from panel.errors import Refused
from panel.forms import carried_out
from panel.models import Role, Service, User

from .. import batch
from ..forms import PolicyForm
from ..models import PasswordPolicy, RetiredMailbox
from ..restoring import restore as restore_mailbox

FIELDS = tuple(PolicyForm.Meta.fields)


@login_required
def policy(request: HttpRequest, service_name: str) -> HttpResponse:
    """The security policy of a service."""
    service = service_for(request.user, service_name, at_least=Role.OWNER)
    stored = PasswordPolicy.objects.filter(service=service).first() or PasswordPolicy(service=service)
    before = {field: getattr(stored, field) for field in FIELDS}
    form = PolicyForm(request.POST or None, instance=stored)
    valid = request.method == "POST" and form.is_valid()
    if valid and carried_out(form, lambda: _change_policy(service, stored, before, person(request))):
        messages.success(
            request, _("The security policy has been changed. It applies to new passwords and future sign-ins.")
        )
        return redirect("accounts:policy", service.name)
    return render(request, "accounts/policy.html", {"service": service, "tab": "accounts", "form": form})


@transaction.atomic
def _change_policy(service: Service, policy: PasswordPolicy, before: dict[str, object], by: User) -> None:
    policy.service = batch.locked(service.pk)
    if policy.pk is None:  # unless another owner has set the first one meanwhile
        policy.pk = PasswordPolicy.objects.filter(service=service).values_list("pk", flat=True).first()
    policy.save()
    after = {field: getattr(policy, field) for field in FIELDS}
    record("policy.changed", actor=by, service=service, before=before, after=after)


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
    with transaction.atomic():
        found.purge()
        record("mailbox.purged", actor=person(request), service=service, target=found.address)
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
