"""Sending a person the client settings of an account: no secret among them."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from panel import mail, outbox
from panel.access import person
from panel.activity import record
from panel.links import page
from panel.models import Role
from panel.once import once

from ..access import account_for

GUIDES = (("Outlook", "outlook"), ("Thunderbird", "thunderbird"), ("Apple Mail", "apple"), ("Android", "android"))


class Recipient(forms.Form):
    email = forms.EmailField(max_length=254)


@login_required
@require_POST
@once
def send_settings(request: HttpRequest, service_name: str, account_id: int) -> HttpResponse:
    """To the address that is given, in the language of whoever sends it; it counts to the organization's quota."""
    account = account_for(request.user, service_name, account_id, at_least=Role.TECHNICIAN)
    service = account.service
    back = redirect("accounts:account", service_name, account_id)
    form = Recipient(request.POST)
    if account.is_slot or not form.is_valid():
        messages.error(request, _("Enter the e-mail address of the person who is to receive the settings."))
        return back
    if outbox.room(service.organization) <= 0:
        messages.error(request, _("This organization has reached its daily mail quota. Try again tomorrow."))
        return back
    email = form.cleaned_data["email"]
    mail.send(
        "accounts/mail/client_settings.txt",
        email,
        {
            "address": account.shown_address,
            "platform": service.platform,
            "organization": service.organization,
            "self_service": page("mailbox:home"),
            "guides": [(name, page("panel:guide", slug)) for name, slug in GUIDES],
        },
        language=get_language() or "",
        organization=service.organization,
    )
    record(
        "account.settings_sent",
        actor=person(request),
        service=service,
        target=account.shown_address,
        after={"email": email},
    )
    messages.success(request, _("The client settings are on their way to %(email)s.") % {"email": email})
    return redirect(reverse("accounts:account", args=[service_name, account_id]))
