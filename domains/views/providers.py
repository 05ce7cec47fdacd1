"""Where an organization's zones can be changed: its DNS providers and the zones they hold."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from panel.access import organization_for, person
from panel.models import Role
from panel.once import once_apart

from .. import readings
from ..access import provider_for
from ..forms import FORMS
from ..holding_zones import keep, line_words, remove, remove_zone
from ..models import DnsProvider, Reading
from ..names import to_unicode
from ..outside import ADDED_AT_ONCE
from ..providers import ProviderError
from .waiting import FIELD, StillReading, waits

ZONES_SHOWN = 100
KINDS = ("provider-test", "provider-zones", "provider-add")  # of what is asked of a provider


@login_required
def providers(request: HttpRequest, code: str) -> HttpResponse:
    organization = organization_for(request.user, code, at_least=Role.TECHNICIAN)
    rows = DnsProvider.objects.filter(organization=organization).annotate(zone_count=Count("zones"))
    context = {"organization": organization, "providers": rows, "kinds": DnsProvider.Kind.choices}
    return render(request, "domains/providers.html", context)


@login_required
@once_apart
def provider_new(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    organization = organization_for(request.user, code, at_least=Role.OWNER)
    if kind not in FORMS:
        raise Http404
    form = FORMS[kind](request.POST or None, organization=organization)
    if request.method == "POST" and form.is_valid():
        row = keep(form, actor=person(request))
        return _ask(request, row, "provider-test", new=True)
    context = {"organization": organization, "form": form, "kind_name": DnsProvider.Kind(kind).label}
    return render(request, "domains/provider_new.html", context)


@login_required
@waits
def provider(request: HttpRequest, code: str, provider_id: int) -> HttpResponse:
    """Its zones, and its settings for whoever may change them."""
    row = provider_for(request.user, code, provider_id, at_least=_needed(request))
    form = FORMS[row.kind](request.POST or None, organization=row.organization, row=row)
    if request.method == "POST" and form.is_valid():
        row = keep(form, actor=person(request))
        messages.success(request, _("Saved."))
        return _ask(request, row, "provider-test", new=False)
    lines = _lines_of(request, row)
    query = request.GET.get("q", "").strip().lower()[:253]
    zones = row.zones.annotate(domain_count=Count("domains")).order_by("name")
    total = zones.count()
    if query:
        zones = zones.filter(name__contains=query)
    context = {
        "organization": row.organization,
        "provider": row,
        "form": form,
        "zones": [(zone, to_unicode(zone.name)) for zone in zones[:ZONES_SHOWN]],
        "total": total,
        "query": query,
        "lines": lines,
        "can_list": row.kind in {"powerdns", "cloudflare", "ovh"} or bool(row.settings.get("catalog")),
        "untested": row.kind == DnsProvider.Kind.LEXICON,
    }
    return render(request, "domains/provider.html", context)


def _needed(request: HttpRequest) -> Role:
    """Everybody who may change domains sees the zones; credentials are the owners' business."""
    return Role.OWNER if request.method == "POST" else Role.TECHNICIAN


@require_POST
@login_required
def provider_test(request: HttpRequest, code: str, provider_id: int) -> HttpResponse:
    row = provider_for(request.user, code, provider_id)
    return _ask(request, row, "provider-test", new=False)


@require_POST
@login_required
def zones_list(request: HttpRequest, code: str, provider_id: int) -> HttpResponse:
    """Take over the list of zones from the provider."""
    row = provider_for(request.user, code, provider_id)
    return _ask(request, row, "provider-zones")


@require_POST
@login_required
def zones_add(request: HttpRequest, code: str, provider_id: int) -> HttpResponse:
    """Zones by hand, one name a line."""
    row = provider_for(request.user, code, provider_id)
    names = [text[:300] for text in request.POST.get("names", "").split()[:ADDED_AT_ONCE]]
    return _ask(request, row, "provider-add", names=names)


@require_POST
@login_required
def zone_remove(request: HttpRequest, code: str, provider_id: int, zone_id: int) -> HttpResponse:
    """Its domains become external, and stay verified."""
    row = provider_for(request.user, code, provider_id)
    zone = row.zones.filter(pk=zone_id).first()
    if zone is None:
        raise Http404
    name = zone.name
    remove_zone(zone, actor=person(request))
    messages.success(request, _("%(name)s is no longer managed here.") % {"name": to_unicode(name)})
    return redirect("domains:provider", code, row.pk)


@require_POST
@login_required
def provider_remove(request: HttpRequest, code: str, provider_id: int) -> HttpResponse:
    row = provider_for(request.user, code, provider_id, at_least=Role.OWNER)
    name = row.name
    remove(row, actor=person(request))
    messages.success(request, _("%(name)s has been removed. Its domains stay attached and verified.") % {"name": name})
    return redirect("domains:providers", code)


def _ask(request: HttpRequest, row: DnsProvider, kind: str, **subject: Any) -> HttpResponse:
    """To the provider's page, which shows how it went when a worker has done it."""
    asked = {"provider": row.pk, **subject}
    reading = readings.ask(kind, asked, organization=row.organization, by=person(request))
    page = reverse("domains:provider", args=[row.organization.code, row.pk])
    return redirect(f"{page}?{FIELD}={reading.pk}")


def _lines_of(request: HttpRequest, row: DnsProvider) -> list[tuple[str, str]]:
    """What the worker that the address speaks of has to tell, as (level, words). Raises StillReading."""
    text = request.GET.get(FIELD, "")
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        return []
    found = Reading.objects.filter(pk=int(text), organization=row.organization, kind__in=KINDS).first()
    if found is None or json.loads(found.subject)["provider"] != row.pk:
        return []
    if not found.is_over:
        raise StillReading(found)
    try:
        return [_line(*line) for line in readings.result(found)]
    except ProviderError as error:
        return [_line("error", error.code, {"detail": error.detail})]


def _line(level: str, code: str, facts: dict[str, Any]) -> tuple[str, str]:
    return {"error": "danger"}.get(level, level), line_words(code, facts)
