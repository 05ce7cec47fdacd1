"""Where an organization's zones can be changed: its DNS providers and the zones they hold."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
from ..forms import FORMS, ProviderForm
from ..holding_zones import keep, line_words, remove, remove_zone, settings_subject, typed_settings
from ..models import DnsProvider, Reading
from ..names import to_unicode
from ..outside import ADDED_AT_ONCE
from ..providers import ProviderError
from .waiting import FIELD, StillReading, waits

if TYPE_CHECKING:
    from panel.models import Organization

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
@waits
def provider_new(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    organization = organization_for(request.user, code, at_least=Role.OWNER)
    if kind not in FORMS:
        raise Http404
    tried = _tried(request, organization, kind)
    if tried is not None and tried.kept:
        return _shown(organization, tried.kept, tried.reading)
    form = FORMS[kind](request.POST or None, organization=organization, tried=tried.row if tried is not None else None)
    if request.method == "POST" and form.is_valid():
        return _try(request, form)
    context = {
        "organization": organization,
        "form": form,
        "tried": tried,
        "kind_name": DnsProvider.Kind(kind).label,
    }
    return render(request, "domains/provider_new.html", context)


@login_required
@once_apart
@waits
def provider(request: HttpRequest, code: str, provider_id: int) -> HttpResponse:
    """Its zones, and its settings for whoever may change them."""
    row = provider_for(request.user, code, provider_id, at_least=_needed(request))
    tried = _tried(request, row.organization, row.kind, row)
    form = FORMS[row.kind](
        request.POST or None,
        organization=row.organization,
        row=row,
        tried=tried.row if tried and not tried.kept else None,
    )
    if request.method == "POST" and form.is_valid():
        return _try(request, form)
    lines = tried.lines if tried else _lines_of(request, row)
    query = request.GET.get("q", "").strip().lower()[:253]
    zones = row.zones.annotate(domain_count=Count("domains")).order_by("name")
    total = zones.count()
    if query:
        zones = zones.filter(name__contains=query)
    context = {
        "organization": row.organization,
        "provider": row,
        "form": form,
        "tried": tried,
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
    return _shown(row.organization, row.pk, reading)


def _shown(organization: Organization, pk: int, reading: Reading) -> HttpResponse:
    return redirect(f"{reverse('domains:provider', args=[organization.code, pk])}?{FIELD}={reading.pk}")


@dataclass(frozen=True, kw_only=True)
class Tried:
    """Settings that somebody typed and a worker tried. `kept`: the key of the provider that has them now, or None."""

    reading: Reading
    row: DnsProvider
    kept: int | None
    lines: list[tuple[str, str]]


def _try(request: HttpRequest, form: ProviderForm) -> HttpResponse:
    """Settings are kept once they work, or where somebody wants them kept all the same; a new name alone, at once."""
    row = form.typed()
    same = form.row is not None and (row.settings, row.credentials) == (form.row.settings, form.row.credentials)
    if same or "untested" in request.POST:
        keep(row, actor=person(request))
        messages.success(request, _("Saved."))
        return redirect("domains:provider", row.organization.code, row.pk)
    subject = settings_subject(row)
    reading = readings.ask("provider-try", subject, organization=row.organization, by=person(request))
    return redirect(f"{request.path}?{FIELD}={reading.pk}")


def _tried(request: HttpRequest, organization: Organization, kind: str, row: DnsProvider | None = None) -> Tried | None:
    """The trial that the page's address or form names: this person's own alone, since it knows what was typed.
    Raises StillReading."""
    found = _named(request, organization, "provider-try")
    if found is None or found.requested_by != request.user:
        return None
    subject = json.loads(found.subject)
    if subject["kind"] != kind:
        return None
    kept, lines = _outcome(found)
    if row is not None and row.pk not in {subject["provider"], kept}:
        return None
    return Tried(reading=found, row=typed_settings(subject, row, organization), kept=kept, lines=lines)


def _lines_of(request: HttpRequest, row: DnsProvider) -> list[tuple[str, str]]:
    """What the worker that the address speaks of has to tell, as (level, words). Raises StillReading."""
    found = _named(request, row.organization, *KINDS)
    if found is None or json.loads(found.subject)["provider"] != row.pk:
        return []
    return _outcome(found)[1]


def _outcome(found: Reading) -> tuple[int | None, list[tuple[str, str]]]:
    """The provider that the worker kept, and what it has to tell, as (level, words). Raises StillReading."""
    if not found.is_over:
        raise StillReading(found)
    try:
        result = readings.result(found)
    except ProviderError as error:
        result = [("error", error.code, {"detail": error.detail})]
    kept, lines = (result["kept"], result["lines"]) if isinstance(result, dict) else (None, result)
    return kept, [_line(*line) for line in lines]


def _named(request: HttpRequest, organization: Organization, *kinds: str) -> Reading | None:
    """The reading of one of these kinds that the page's address or form names."""
    text = request.POST.get(FIELD) or request.GET.get(FIELD, "")
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        return None
    return Reading.objects.filter(pk=int(text), organization=organization, kind__in=kinds).first()


def _line(level: str, code: str, facts: dict[str, Any]) -> tuple[str, str]:
    return {"error": "danger"}.get(level, level), line_words(code, facts)
