"""The buttons that suspend, resume and end: alike for organizations and services."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ...access import person
from ...acting import do
from ...forms import EndOn
from ...models import Organization, Service


def change_state(request: HttpRequest, item: Organization | Service, *, then: str) -> HttpResponse:
    """The field `verb` says which: suspend, resume, end (with `day`) or withdraw."""
    actor = person(request)
    match request.POST.get("verb"):
        case "suspend":
            done = _("%(name)s is suspended.") % {"name": item.name}
            return do(request, lambda: item.suspend(actor=actor), done, then=then)
        case "resume":
            return do(
                request, lambda: item.resume(actor=actor), _("%(name)s is active.") % {"name": item.name}, then=then
            )
        case "end":
            form = EndOn(request.POST)
            if not form.is_valid():
                messages.error(request, _("Enter the day as a date."))
                return redirect(then)
            day = form.cleaned_data["day"]
            done = _("%(name)s ends on %(day)s.") % {"name": item.name, "day": date_format(day)}
            return do(request, lambda: item.end_on(day, actor=actor), done, then=then)
        case "withdraw":
            done = _("%(name)s no longer has an end date.") % {"name": item.name}
            return do(request, lambda: item.end_on(None, actor=actor), done, then=then)
    messages.error(request, _("Nothing was changed."))
    return redirect(then)
