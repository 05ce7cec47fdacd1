from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ...access import person, staff_required
from ...acting import do
from ...counting import each
from ...forms import EditOrganizationByStaff, EndOn, NewOrganization, carried_out
from ...listing import listing
from ...models import Membership, Organization, Role
from ...once import keep_answer, once
from ..organizations import issue
from .states import change_state

NAMES = 20  # offered while one is typed
MEMBERS = 200  # offered to be seen as

FILTERS = {
    "state": {
        "active": Q(state="active"),
        "suspended": Q(state="suspended"),
        "ending": Q(ends_on__isnull=False) & ~Q(state="ended"),
        "ended": Q(state="ended"),
    }
}


def _of_a_member(text: str) -> Q:
    """The organizations of whoever has this address."""
    return Q(pk__in=Membership.objects.filter(user__email=text.lower()).values("organization"))


@staff_required
def organizations(request: HttpRequest) -> HttpResponse:
    organizations = Organization.objects.all()
    rows = organizations.annotate(
        n_services=each(organizations, Count("services")), n_members=each(organizations, Count("memberships"))
    )
    found = listing(
        request,
        rows,
        search=["code__icontains", "name__icontains"],
        also=_of_a_member,
        sorts={"code": "code", "name": "name", "services": "n_services", "members": "n_members", "state": "state"},
        default="code",
        filters=FILTERS,
    )
    states = [("active", _("active")), ("suspended", _("suspended")), ("ending", _("ending")), ("ended", _("ended"))]
    return render(request, "panel/staff/organizations.html", {"list": found, "states": states})


@staff_required
def organization_names(request: HttpRequest) -> HttpResponse:
    """For a field that an organization is typed into: some active ones that match."""
    text = request.GET.get("organization", "").strip()[:150]
    wanted = Q(code__icontains=text) | Q(name__icontains=text)
    active = Organization.objects.filter(wanted, state=Organization.State.ACTIVE).order_by("name", "pk")
    return render(request, "panel/staff/_organization_names.html", {"organizations": active[:NAMES]})


@staff_required
@once
def new_organization(request: HttpRequest) -> HttpResponse:
    form = NewOrganization(request.POST or None)
    made: dict[str, str] = {}

    def create() -> None:
        data = form.cleaned_data
        with transaction.atomic():
            organization = Organization.create(
                data["code"], data["name"], contacts=data["contacts"], actor=person(request)
            )
            if data["owner"]:
                made["link"], made["invited"] = issue(organization, data["owner"], Role.OWNER, request)

    if request.method == "POST" and form.is_valid() and carried_out(form, create):
        messages.success(request, _("The organization has been created."))
        organization = Organization.objects.get(code=form.cleaned_data["code"])
        if made:
            page = render(request, "panel/staff/organization_made.html", {"organization": organization, **made})
            return keep_answer(page)
        return redirect("panel:staff_organization", organization.code)
    return render(request, "panel/staff/new_organization.html", {"form": form}, status=400 if form.errors else 200)


@staff_required
def organization(request: HttpRequest, code: str) -> HttpResponse:
    found = get_object_or_404(Organization, code=code)
    initial = {"name": found.name, "contacts": found.contact_addresses, "notify": found.notify}
    form = EditOrganizationByStaff(request.POST or None, initial=initial)
    if (
        request.method == "POST"
        and form.is_valid()
        and carried_out(form, lambda: found.change(actor=person(request), **form.cleaned_data))
    ):
        messages.success(request, _("Saved."))
        return redirect("panel:staff_organization", found.code)
    context = {"organization": found, "form": form, "end_on": EndOn(initial={"day": found.ends_on})}
    members = found.memberships.filter(user__is_active=True).select_related("user").order_by("role", "user__email")
    context |= {"members": members[:MEMBERS]}
    context |= {"grace": settings.DELETION_GRACE_DAYS, "now": timezone.now()}
    return render(request, "panel/staff/organization.html", context, status=400 if form.errors else 200)


@require_POST
@staff_required
def organization_deletion(request: HttpRequest, code: str) -> HttpResponse:
    """Request the deletion, with the code typed once more, or withdraw it."""
    found = get_object_or_404(Organization, code=code)
    then = reverse("panel:staff_organization", args=[code])
    actor = person(request)
    if request.POST.get("verb") == "withdraw":
        done = _("%(name)s is not deleted. It stays suspended until you resume it.") % {"name": found.name}
        return do(request, lambda: found.withdraw_deletion(actor=actor), done, then=then)
    if request.POST.get("code", "").strip() != found.code:
        messages.error(request, _("Type the code of the organization to have it deleted."))
        return redirect(then)
    done = _("%(name)s is suspended and will be deleted. Until then you can withdraw that.") % {"name": found.name}
    return do(request, lambda: found.request_deletion(actor=actor), done, then=then)


@require_POST
@staff_required
def organization_state(request: HttpRequest, code: str) -> HttpResponse:
    """Suspend, resume, end on a day, or withdraw that."""
    found = get_object_or_404(Organization, code=code)
    return change_state(request, found, then=reverse("panel:staff_organization", args=[code]))
