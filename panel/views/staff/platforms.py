from __future__ import annotations

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from ...access import person, staff_required
from ...forms import ChangePlatform, NewPlatform, carried_out
from ...listing import listing
from ...models import Platform
from ...once import once


@staff_required
def platforms(request: HttpRequest) -> HttpResponse:
    found = listing(
        request,
        Platform.objects.annotate(n_services=Count("services")),
        search=["slug__icontains", "name__icontains", "imap_host__icontains"],
        sorts={"slug": "slug", "name": "name", "kind": "kind", "services": "n_services"},
        default="slug",
    )
    return render(request, "panel/staff/platforms.html", {"list": found})


@staff_required
@once
def new_platform(request: HttpRequest) -> HttpResponse:
    form = NewPlatform(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and carried_out(form, lambda: Platform.create(actor=person(request), **form.cleaned_data))
    ):
        messages.success(request, _("The platform has been created."))
        return redirect("panel:staff_platforms")
    return render(request, "panel/staff/new_platform.html", {"form": form}, status=400 if form.errors else 200)


@staff_required
def platform(request: HttpRequest, platform_slug: str) -> HttpResponse:
    found = get_object_or_404(Platform, slug=platform_slug)
    form = ChangePlatform(request.POST or None, instance=found, initial={"previous_until": found.previous_until})
    if (
        request.method == "POST"
        and form.is_valid()
        and carried_out(form, lambda: found.change(actor=person(request), **form.cleaned_data))
    ):
        messages.success(request, _("Saved."))
        return redirect("panel:staff_platforms")
    lasting = found.previous_until is not None and found.previous_until >= timezone.localdate()
    context = {
        "platform": found,
        "form": form,
        "previous": sorted(found.previous_hosts.items()) if lasting else [],
        "n_services": found.services.count(),
    }
    return render(request, "panel/staff/platform.html", context, status=400 if form.errors else 200)
