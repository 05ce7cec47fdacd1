from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from ..access import require
from ..errors import Refused
from ..first_domain import wizard_for
from ..forms import Join
from ..models import Invitation, Organization, Service, User

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@never_cache
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Where an invitation's link leads: whoever it was sent to becomes a member, as himself."""
    found = Invitation.open_one(token)
    if found is None:
        return render(request, "panel/invitation_gone.html", status=410)
    context = {"invitation": found, "sign_in": f"{reverse('account_login')}?{urlencode({'next': request.path})}"}
    if request.user.is_authenticated:
        if request.user.email != found.email:
            return render(request, "panel/invitation_other.html", context)
        return _accept(request, found, request.user) or render(request, "panel/invitation.html", context)
    known = User.objects.of_email(found.email)
    if known is not None:
        return render(request, "panel/invitation_sign_in.html", context)
    form = Join(request.POST or None, email=found.email)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            user = found.join(name=data["name"], password=data["password"], language=get_language() or "")
        except Refused:  # sent twice: the first time made the user
            return render(request, "panel/invitation_gone.html", status=410)
        login(request, user, backend=BACKEND)
        return _welcome(request, found)
    context |= {"form": form, "token": token}
    return render(request, "panel/invitation_join.html", context, status=400 if form.errors else 200)


def _accept(request: HttpRequest, invitation: Invitation, user: User) -> HttpResponse | None:
    """None while nobody has pressed the button."""
    if request.method != "POST":
        return None
    try:
        invitation.accept(user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("panel:services")
    return _welcome(request, invitation)


def _welcome(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    organization = invitation.organization
    messages.success(request, _("You are now a member of %(organization)s.") % {"organization": organization.name})
    if organization.contacts.filter(email=invitation.email, unsubscribed_at=None).exists():
        words = _("You are a contact: we write to %(email)s when a domain needs attention and before a service ends.")
        messages.info(request, words % {"email": invitation.email})
    return _first_domain(request, organization) or redirect("panel:organization", organization.code)


def _first_domain(request: HttpRequest, organization: Organization) -> HttpResponse | None:
    """Whoever may attach domains starts with that, where a service has none yet."""
    role = require(request.user, organization)
    services = organization.services.select_related("organization").filter(state=Service.State.ACTIVE)
    for service in services.filter(domains=None).order_by("number")[:1]:
        return wizard_for(request, service, role)
    return None
