"""One's own identities: linked here and nowhere else, by somebody who is signed in."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from panel.access import person
from panel.acting import do
from panel.models import User

from .. import session
from ..models import Identity, IdentityProvider
from .signing_in import onward


def _providers(user: User) -> list[IdentityProvider]:
    """Those that may sign this person in."""
    own = Q(organization=None) if user.is_staff else Q(organization__memberships__user=user)
    return list(IdentityProvider.objects.select_related("organization").filter(own, active=True).order_by("name"))


@login_required
def identities(request: HttpRequest) -> HttpResponse:
    user = person(request)
    linked = list(Identity.objects.select_related("provider__organization").filter(user=user).order_by("pk"))
    taken = {identity.provider_id for identity in linked}
    context = {"identities": linked, "providers": [found for found in _providers(user) if found.pk not in taken]}
    return render(request, "identities/yours.html", context)


@login_required
@require_POST
@reauthentication_required
def link(request: HttpRequest, provider_id: int) -> HttpResponse:
    provider = get_object_or_404(
        IdentityProvider, pk=provider_id, pk__in=[row.pk for row in _providers(person(request))]
    )
    session.intend(request, provider, session.LINK)
    return onward(request, provider)


@login_required
@require_POST
def unlink(request: HttpRequest, identity_id: int) -> HttpResponse:
    user = person(request)
    identity = get_object_or_404(Identity.objects.select_related("provider__organization"), pk=identity_id, user=user)
    done = _("%(name)s no longer signs you in.") % {"name": identity.provider.name}
    return do(request, lambda: identity.unlink(actor=user), done, then=reverse("identities:yours"))
