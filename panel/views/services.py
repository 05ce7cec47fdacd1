from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from ..access import organizations_of, person, require, service_for, services_of
from ..counting import has_slots, needs_changes, with_counts
from ..first_domain import wizard_for
from ..forms import EditService, carried_out
from ..history import History
from ..listing import listing
from ..models import Organization, Platform, Role, Service

SORTS = {
    "name": "name",
    "organization": "organization__name",
    "domains": "n_domains",
    "red": "n_red",
    "slots": "n_slots",
    "renews": "renews_on",
}
FILTERS = {
    "state": {
        "active": Q(state=Service.State.ACTIVE, organization__state=Organization.State.ACTIVE),
        "suspended": Q(state=Service.State.SUSPENDED) | Q(organization__state=Organization.State.SUSPENDED),
        "ending": Q(ends_on__isnull=False) & ~Q(state=Service.State.ENDED),
        "ended": Q(state=Service.State.ENDED) | Q(organization__state=Organization.State.ENDED),
    },
    "need": {"changes": Q(needs_changes()), "accounts": Q(has_slots())},
}


@login_required
def services(request: HttpRequest) -> HttpResponse:
    """The first page: every service that one may see, and what each needs."""
    user = person(request)
    rows = with_counts(services_of(user).select_related("organization", "platform"))
    several = user.is_staff or organizations_of(user)[:2].count() > 1
    found = listing(
        request,
        rows,
        search=["name__icontains", "display_name__icontains", "organization__name__icontains"],
        sorts=SORTS,
        default="organization" if several else "name",
        filters=FILTERS,
    )
    context = {
        "list": found,
        "several": several,
        "may_attach": set(user.memberships.exclude(role=Role.VIEWER).values_list("organization_id", flat=True)),
        "grouped": several and found.sort == "organization",
        "states": [
            ("active", _("active")),
            ("suspended", _("suspended")),
            ("ending", _("ending")),
            ("ended", _("ended")),
        ],
        "needs": [("changes", _("needs attention")), ("accounts", _("accounts to configure"))],
    }
    if user.is_staff and Organization.objects.all()[:2].count() < 2:
        context["first_steps"] = {
            "platform": Platform.objects.first(),
            "organization": Organization.objects.first(),
            "service": Service.objects.first(),
        }
    return render(request, "panel/services.html", context)


@login_required
def service_information(request: HttpRequest, service_name: str) -> HttpResponse:
    service = service_for(request.user, service_name)
    role = require(request.user, service.organization)
    wizard = wizard_for(request, service, role)
    if wizard is not None:
        return wizard
    return render(request, "panel/service.html", {"service": service, "tab": "information", "role": role})


@login_required
def service_settings(request: HttpRequest, service_name: str) -> HttpResponse:
    """What its owners may say of a service; staff have a page with more."""
    service = service_for(request.user, service_name, at_least=Role.OWNER)
    form = EditService(request.POST or None, initial={"display_name": service.display_name})
    if (
        request.method == "POST"
        and form.is_valid()
        and carried_out(form, lambda: service.change(actor=person(request), **form.cleaned_data))
    ):
        messages.success(request, _("Saved."))
        return redirect("panel:service", service.name)
    return render(
        request, "panel/service_settings.html", {"service": service, "form": form}, status=400 if form.errors else 200
    )


@login_required
def service_activity(request: HttpRequest, service_name: str) -> HttpResponse:
    service = service_for(request.user, service_name)
    history = History.of(service.activities.all(), request.GET)
    return render(request, "panel/activity.html", {"service": service, "tab": "activity", "history": history})
