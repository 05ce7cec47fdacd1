"""Opening the panel as a member sees it, and closing that again."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from .. import as_member
from ..access import person, staff_required
from ..errors import Refused
from ..models import Organization
from ..sessions import page_before


@require_POST
@staff_required
def begin(request: HttpRequest, code: str) -> HttpResponse:
    organization = get_object_or_404(Organization, code=code)
    chosen = request.POST.get("member", "")
    members = organization.memberships.select_related("user", "organization")
    membership = members.filter(pk=int(chosen)).first() if chosen.isdecimal() and len(chosen) < 19 else None
    if membership is None:
        messages.error(request, _("Choose a member."))
        return redirect("panel:staff_organization", code)
    try:
        as_member.begin(request, membership, request.POST.get("why", ""))
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("panel:staff_organization", code)
    return redirect("panel:services")


@require_POST
@login_required
def say_why(request: HttpRequest) -> HttpResponse:
    acting = person(request).acting
    if acting is not None:
        try:
            as_member.say_why(request, acting, request.POST.get("why", ""))
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("You may make changes now. What you do is recorded under your own name."))
    return redirect(page_before(request) or "/")


@require_POST
@login_required
def end(request: HttpRequest) -> HttpResponse:
    acting = person(request).acting
    if acting is None:
        return redirect("panel:services")
    organization = Organization.objects.get(pk=acting.organization_id)
    as_member.end(request, acting)
    return redirect("panel:staff_organization", organization.code)
