from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ...access import person, staff_required
from ...forms import EditServiceByStaff, EndOn, NewService, carried_out
from ...models import Platform, Service
from ...once import once
from ...provisioning import create_service
from .states import change_state


@staff_required
@once
def new_service(request: HttpRequest) -> HttpResponse:
    if not Platform.objects.exists():
        messages.info(request, _("A service needs a platform: create one first."))
        return redirect("panel:staff_new_platform")
    initial = {
        "organization": request.GET.get("organization", ""),
        "platform": Platform.objects.filter(is_default=True).first(),
    }
    form = NewService(request.POST or None, initial=initial)
    made: list[Service] = []

    def create() -> None:
        data = dict(form.cleaned_data)
        quantity = data.pop("slots") or 0
        organization, platform = data.pop("organization"), data.pop("platform")
        made.append(create_service(organization, platform, actor=person(request), quantity=quantity, **data))

    if request.method == "POST" and form.is_valid() and carried_out(form, create):
        messages.success(
            request,
            _("%(name)s has been created; its owners receive an e-mail with the first steps.") % {"name": made[0].name},
        )
        return redirect("panel:service", made[0].name)
    return render(request, "panel/staff/new_service.html", {"form": form}, status=400 if form.errors else 200)


@staff_required
def service(request: HttpRequest, service_name: str) -> HttpResponse:
    found = get_object_or_404(Service.objects.select_related("organization", "platform"), name=service_name)
    names = ("display_name", "platform", "account_limit", "quota", "dkim_rotation_days", "renews_on")
    form = EditServiceByStaff(request.POST or None, initial={name: getattr(found, name) for name in names})

    def save() -> None:
        data = dict(form.cleaned_data)
        found.move_to(data.pop("platform"), actor=person(request))
        found.change(actor=person(request), **data)

    if request.method == "POST" and form.is_valid() and carried_out(form, save):
        messages.success(request, _("Saved."))
        return redirect("panel:staff_service", found.name)
    context = {"service": found, "form": form, "end_on": EndOn(initial={"day": found.ends_on})}
    return render(request, "panel/staff/service.html", context, status=400 if form.errors else 200)


@require_POST
@staff_required
def service_state(request: HttpRequest, service_name: str) -> HttpResponse:
    """Suspend, resume, end on a day, or withdraw that."""
    found = get_object_or_404(Service.objects.select_related("organization"), name=service_name)
    return change_state(request, found, then=reverse("panel:staff_service", args=[service_name]))
