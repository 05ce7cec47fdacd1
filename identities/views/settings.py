"""The identity provider of an organization (for its owners) and the operator's own (for staff)."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from domains import readings
from domains.providers import ProviderError
from domains.views.waiting import reading_for, waits
from panel.access import organization_for, person
from panel.models import Organization, Role

from ..forms import ProviderForm
from ..models import IdentityProvider
from ..sentences import sentence


def _whose(request: HttpRequest, code: str) -> Organization | None:
    """The organization, for its owners; None: the operator's own, for staff. Others get a 404."""
    if code:
        return organization_for(request.user, code, at_least=Role.OWNER)
    if not person(request).is_staff:
        raise Http404
    return None


@login_required
@waits
def provider(request: HttpRequest, code: str = "") -> HttpResponse:
    """Set it up. What is entered is tried before it is kept: its description is read."""
    organization = _whose(request, code)
    row = IdentityProvider.objects.select_related("organization").filter(organization=organization).first()
    form = ProviderForm(request.POST or None, row=row, operators=organization is None)
    if request.method == "POST" and form.is_valid():
        subject = {"issuer": form.cleaned_data["issuer"]}
        try:
            readings.result(reading_for(request, "sign-in-discovery", subject, organization))
        except ProviderError as error:
            form.add_error("issuer", sentence(error.code))
        else:
            kept = IdentityProvider.configure(organization, form.values, actor=person(request))
            messages.success(request, _("Saved."))
            return redirect(kept.address("provider"))
    row = row or IdentityProvider(organization=organization)
    context = {
        "organization": organization,
        "provider": row,
        "form": form,
        "linked": row.identities.count() if row.pk else 0,
        "remove_address": row.address("remove"),
    }
    return render(request, "identities/provider.html", context, status=400 if form.errors else 200)


@login_required
@require_POST
def remove(request: HttpRequest, code: str = "") -> HttpResponse:
    organization = _whose(request, code)
    row = IdentityProvider.objects.select_related("organization").filter(organization=organization).first()
    if row is not None:
        address = row.address("provider")
        row.remove(actor=person(request))
        messages.success(request, _("Nobody signs in through it any more."))
        return redirect(address)
    return redirect(IdentityProvider(organization=organization).address("provider"))
