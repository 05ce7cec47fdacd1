"""What the operator publishes and runs for a platform, and whether it is so."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from domains.holding_zones import keep_dkim_in
from domains.models import Zone
from domains.sentences import provider_sentence
from panel.access import person, staff_required
from panel.errors import Refused
from panel.models import Platform
from panel.waking import wake

from .. import publishing
from ..models import Machine, PlatformCheck

LOOKS = {"ok": "ok", "wrong": "red", "missing": "red", "unknown": "unknown"}
ORDER = ("A", "PTR", "SPF", "DKIM", "ZONE")


@staff_required
def platform(request: HttpRequest, platform_slug: str) -> HttpResponse:
    found = get_object_or_404(Platform, slug=platform_slug)
    checks = sorted(PlatformCheck.objects.filter(platform=found), key=lambda check: ORDER.index(check.kind))
    context = {
        "platform": found,
        "checks": [(check, _look(check), _of_zone(check)) for check in checks],
        "checked_at": min((check.checked_at for check in checks), default=None),
        "runs": [(port, _(words)) for port, words in publishing.RUNS],
        "zone": Zone.objects.select_related("provider__organization").filter(dkim_of=found).first(),
        "machines": Machine.objects.filter(platform=found),
    }
    return render(request, "mailflow/platform.html", context)


def _look(check: PlatformCheck) -> str:
    """Mail is delivered without a signature of the servers' own: that is advice."""
    return "advice" if check.kind == "DKIM" and check.status == "missing" else LOOKS[check.status]


def _of_zone(check: PlatformCheck) -> tuple[str, str] | None:
    """(what is wrong with the zone for keys, what to do); None of any other check, and where it is well."""
    if check.kind != "ZONE" or check.status == PlatformCheck.Status.OK:
        return None
    code = check.found[0] if check.found else ""
    if code == publishing.NOT_DELEGATED:
        return _("no name server in the DNS"), _("Have the zone above lead to the name servers of its provider.")
    if code == publishing.PUT_BACK:
        return _("keys were missing in it"), _("The panel has just written them again: check once more.")
    if code == publishing.NOT_MANAGED:
        return provider_sentence(code), _(
            "Domains lead to keys in this zone: connect it again at a DNS provider of your own organization, and name"
            " it below. Keys that are missing in it are written again."
        )
    if check.status == PlatformCheck.Status.UNKNOWN:
        return provider_sentence(code) if code else str(check.get_status_display()), _("It is tried again every hour.")
    return provider_sentence(code), _(
        "Make the zone anew at its provider, or correct the provider’s settings: domains lead to keys in it. The panel"
        " then writes the keys again, within an hour or by “Check again”."
    )


@require_POST
@staff_required
def platform_zone(request: HttpRequest, platform_slug: str) -> HttpResponse:
    """Where DKIM keys of customers' domains are kept, for those that lead there by CNAME."""
    found = get_object_or_404(Platform, slug=platform_slug)
    code, zone = (request.POST.get(name, "").strip() for name in ("organization", "zone"))
    try:
        kept = keep_dkim_in(found, code, zone, actor=person(request))
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        message = _("Domains can have their DKIM keys in %(zone)s.") if kept else _("No zone is used for DKIM keys.")
        messages.success(request, message % {"zone": kept})
    return redirect("mailflow:platform", found.slug)


@require_POST
@staff_required
def platform_check(request: HttpRequest, platform_slug: str) -> HttpResponse:
    """Have a worker ask the DNS, and the machines say how they are."""
    found = get_object_or_404(Platform, slug=platform_slug)
    publishing.ask_machines(found)
    wake("mailflow.tasks.check_platform", found.pk)
    messages.success(request, _("It is being checked: this page shows the result in a few seconds."))
    return redirect("mailflow:platform", found.slug)
