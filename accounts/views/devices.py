from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from panel.access import person
from panel.errors import Refused
from panel.models import Role

from .. import app_passwords
from ..access import account_for


@login_required
@require_POST
def revoke_device(request: HttpRequest, service_name: str, account_id: int, device_id: int) -> HttpResponse:
    """An administrator takes the app password of somebody's device back."""
    account = account_for(request.user, service_name, account_id, at_least=Role.TECHNICIAN)
    try:
        name = app_passwords.revoke(account, device_id, by=person(request))
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        if not name:
            raise Http404
        messages.success(request, revoked(name))
    return redirect("accounts:account", service_name, account_id)


def revoked(name: str) -> str:
    return _("The app password of %(device)s is revoked: it signs in no more.") % {"device": name}
