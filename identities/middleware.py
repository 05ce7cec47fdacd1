"""Sessions that began at an identity provider: they end when it may no longer sign the person in."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from .models import Identity
from .session import IDENTITY
from .usecases import still_signs_in

Handler = Callable[[HttpRequest], HttpResponse]
# Whoever holds an organization's provider is whom it wants: so no password or key is set that would outlast it.
CLOSED, OPEN = "/account/", "/account/logout/"


def sessions_of_providers(get_response: Handler) -> Handler:
    def middleware(request: HttpRequest) -> HttpResponse:
        key = request.session.get(IDENTITY)
        if key is None or not request.user.is_authenticated:
            return get_response(request)
        related = ("provider__organization", "user")
        identity = Identity.objects.select_related(*related).filter(pk=key, user=request.user.pk).first()
        if identity is None or not still_signs_in(identity):
            logout(request)
            messages.warning(request, _("Your identity provider no longer signs you in here. Sign in another way."))
            return redirect("account_login")
        if not identity.provider.is_operators and request.path.startswith(CLOSED) and request.path != OPEN:
            words = _(
                "You signed in through %(name)s. To change a password or a second factor here, sign in with them."
            )
            messages.warning(request, words % {"name": identity.provider.name})
            return redirect("panel:yourself")
        return get_response(request)

    return middleware
