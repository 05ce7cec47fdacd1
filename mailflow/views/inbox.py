"""Mail to an organization's postmaster and abuse addresses."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from panel.access import organization_for
from panel.models import Organization, Role

from .. import inbox as reading
from ..models import InboxMessage

PAGE = 50


@login_required
def inbox(request: HttpRequest, code: str) -> HttpResponse:
    organization = organization_for(request.user, code, at_least=Role.TECHNICIAN)
    rows = InboxMessage.objects.filter(organization=organization).defer("raw").order_by("-id")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(request, "mailflow/inbox.html", {"organization": organization, "page": page})


@never_cache
@login_required
def inbox_message(request: HttpRequest, code: str, message_id: int) -> HttpResponse:
    organization = organization_for(request.user, code, at_least=Role.TECHNICIAN)
    found = _message(organization, message_id)
    if found.read_at is None:
        InboxMessage.objects.filter(pk=found.pk, read_at=None).update(read_at=timezone.now())
    message = reading.parsed(bytes(found.raw))
    context = {
        "organization": organization,
        "message": found,
        "headers": reading.headers_of(message),
        "text": reading.text_of(message),
    }
    return render(request, "mailflow/inbox_message.html", context)


@require_POST
@login_required
def inbox_delete(request: HttpRequest, code: str, message_id: int) -> HttpResponse:
    organization = organization_for(request.user, code, at_least=Role.TECHNICIAN)
    _message(organization, message_id).delete()
    messages.success(request, _("The message has been deleted."))
    return redirect("mailflow:inbox", organization.code)


def _message(organization: Organization, pk: int) -> InboxMessage:
    found = InboxMessage.objects.filter(organization=organization, pk=pk).first()
    if found is None:
        raise Http404
    return found
