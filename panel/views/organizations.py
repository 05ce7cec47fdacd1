from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from .. import links, mail
from ..access import organization_for, organizations_of, person, require
from ..acting import do
from ..errors import Refused
from ..forms import ChangeRole, EditOrganization, Invite, carried_out
from ..history import History
from ..listing import listing
from ..models import Invitation, Membership, Organization, Role
from ..once import keep_answer, once

INVITATIONS = 100  # shown, the latest


@login_required
def organizations(request: HttpRequest) -> HttpResponse:
    """One's organizations; whoever has a single one goes straight to it."""
    user = person(request)
    if user.is_staff:
        return redirect("panel:staff_organizations")
    own = list(organizations_of(user).order_by("name"))
    if len(own) == 1:
        return redirect("panel:organization", own[0].code)
    return render(request, "panel/organizations.html", {"organizations": own})


@login_required
def organization(request: HttpRequest, code: str) -> HttpResponse:
    found = organization_for(request.user, code)
    return _page(request, found)


def _page(request: HttpRequest, organization: Organization, *, status: int = 200, **more: Any) -> HttpResponse:
    role = require(request.user, organization)
    user = person(request)
    context = {
        "organization": organization,
        "owner": role == Role.OWNER,
        "technician": role.rank >= Role.TECHNICIAN.rank,
        "list": listing(
            request,
            organization.memberships.select_related("user"),
            search=["user__email__icontains", "user__name__icontains"],
            sorts={"email": "user__email"},
            default="email",
        ),
        "services": organization.services.order_by("number"),
        "contacts": organization.contacts.order_by("pk"),
        "is_member": organization.memberships.filter(user=user).exists(),
        "roles": Role.choices,
        **more,
    }
    if role == Role.OWNER:
        context.setdefault("invite", Invite())
        context["invitations"] = organization.invitations.filter(accepted_at=None).select_related("invited_by")[
            :INVITATIONS
        ]
        context["now"] = timezone.now()
    return render(request, "panel/organization.html", context, status=status)


@login_required
def organization_settings(request: HttpRequest, code: str) -> HttpResponse:
    found = organization_for(request.user, code, at_least=Role.OWNER)
    form = EditOrganization(request.POST or None, initial={"contacts": found.contact_addresses, "notify": found.notify})
    if (
        request.method == "POST"
        and form.is_valid()
        and carried_out(form, lambda: found.change(actor=person(request), **form.cleaned_data))
    ):
        messages.success(request, _("Saved."))
        return redirect("panel:organization", found.code)
    context = {"organization": found, "form": form}
    return render(request, "panel/organization_settings.html", context, status=400 if form.errors else 200)


@login_required
def organization_activity(request: HttpRequest, code: str) -> HttpResponse:
    found = organization_for(request.user, code, at_least=Role.OWNER)
    history = History.of(found.activities.all(), request.GET)
    return render(request, "panel/organization_activity.html", {"organization": found, "history": history})


@require_POST
@login_required
@once
def invite(request: HttpRequest, code: str) -> HttpResponse:
    """Make an invitation and mail it; its link is shown, now and never again, to whom `shows_link` says."""
    found = organization_for(request.user, code, at_least=Role.OWNER)
    form = Invite(request.POST)
    if form.is_valid():
        try:
            link, address = issue(found, form.cleaned_data["email"], form.cleaned_data["role"], request)
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            if shows_link(request):
                return keep_answer(_page(request, found, link=link, invited=address))
            messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": address})
            return redirect("panel:organization", code)
    return _page(request, found, invite=form, status=400)


def shows_link(request: HttpRequest) -> bool:
    """Where mail works, a link proves that its addressee reads the address, as long as nobody else sees it: an owner
    could otherwise take an account under a stranger's address, or find out who has one. Staff are trusted with it."""
    return not settings.EMAIL_CONFIGURED or person(request).is_staff


def issue(organization: Organization, email: str, role: str, request: HttpRequest) -> tuple[str, str]:
    """The link of a new invitation, and the address that it was mailed to."""
    invitation, token = Invitation.issue(organization, email, role, person(request))
    link = links.page("panel:invitation", token)
    mail.invitation(invitation, link, language=get_language() or "")
    return link, invitation.email


@require_POST
@login_required
def withdraw_invitation(request: HttpRequest, code: str, invitation_id: int) -> HttpResponse:
    found = organization_for(request.user, code, at_least=Role.OWNER)
    invitation = get_object_or_404(found.invitations, pk=invitation_id)
    return do(
        request,
        lambda: invitation.withdraw(actor=person(request)),
        _("The invitation of %(email)s has been withdrawn.") % {"email": invitation.email},
        then=reverse("panel:organization", args=[code]),
    )


@require_POST
@login_required
def change_member(request: HttpRequest, code: str, membership_id: int) -> HttpResponse:
    found = organization_for(request.user, code, at_least=Role.OWNER)
    membership = _membership(found, membership_id)
    form = ChangeRole(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose one of the roles."))
        return redirect("panel:organization", code)
    return do(
        request,
        lambda: found.add_member(membership.user, form.cleaned_data["role"], actor=person(request)),
        _("%(email)s is now %(role)s.")
        % {"email": membership.user.email, "role": Role(form.cleaned_data["role"]).label},
        then=reverse("panel:organization", args=[code]),
    )


@require_POST
@login_required
def remove_member(request: HttpRequest, code: str, membership_id: int) -> HttpResponse:
    found = organization_for(request.user, code, at_least=Role.OWNER)
    membership = _membership(found, membership_id)
    return do(
        request,
        lambda: found.remove_member(membership.user, actor=person(request)),
        _("%(email)s is no longer a member.") % {"email": membership.user.email},
        then=_after_leaving(request, found, membership),
    )


@require_POST
@login_required
def leave(request: HttpRequest, code: str) -> HttpResponse:
    """End one's own membership."""
    found = organization_for(request.user, code)
    user = person(request)
    membership = found.memberships.filter(user=user).first()
    return do(
        request,
        lambda: found.remove_member(user, actor=user),
        _("You are no longer a member of %(organization)s.") % {"organization": found.name},
        then=_after_leaving(request, found, membership),
    )


def _membership(organization: Organization, pk: int) -> Membership:
    membership = organization.memberships.select_related("user").filter(pk=pk).first()
    if membership is None:
        raise Http404
    return membership


def _after_leaving(request: HttpRequest, organization: Organization, membership: Membership | None) -> str:
    """The organization's page; the list for whoever will not see it any more, unless the last owner stays."""
    user = person(request)
    own = membership is not None and membership.user_id == user.pk and not user.is_staff
    last = own and membership is not None and membership.role == Role.OWNER and _owners(organization) == 1
    return reverse("panel:services") if own and not last else reverse("panel:organization", args=[organization.code])


def _owners(organization: Organization) -> int:
    return organization.memberships.filter(role=Role.OWNER).count()
