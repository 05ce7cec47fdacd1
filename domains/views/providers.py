"""Where an organization's zones can be changed: its DNS providers and the zones they hold."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from panel.access import organization_for, person
from panel.activity import record
from panel.errors import Refused
from panel.models import Role
from panel.once import once_apart

from ..access import provider_for
from ..forms import FORMS
from ..models import DnsProvider, Zone
from ..models.domains import name_or_refuse
from ..names import NameRefused, host_to_ascii, to_unicode
from ..providers import ProviderError, open_provider
from ..sentences import provider_sentence
from ..zones.holding import adopt

MOST_ZONES = 20_000  # of one provider
ZONES_SHOWN = 100
ADDED_AT_ONCE = 20  # zones by hand: each is tried


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
        row = form.save()
        record("provider.created", actor=person(request), organization=organization, target=row.name, after=_facts(row))
        _test(request, row)
        _import(request, row, quiet=True)
        return redirect("domains:provider", organization.code, row.pk)
    context = {"organization": organization, "form": form, "kind_name": DnsProvider.Kind(kind).label}
    return render(request, "domains/provider_new.html", context)


@login_required
def provider(request: HttpRequest, code: str, provider_id: int) -> HttpResponse:
    """Its zones, and its settings for whoever may change them."""
    row = provider_for(request.user, code, provider_id, at_least=_needed(request))
    before = _facts(row)
    form = FORMS[row.kind](request.POST or None, organization=row.organization, row=row)
    if request.method == "POST" and form.is_valid():
        row = form.save()
        record(
            "provider.changed",
            actor=person(request),
            organization=row.organization,
            target=row.name,
            before=before,
            after=_facts(row),
        )
        messages.success(request, _("Saved."))
        _test(request, row)
        return redirect("domains:provider", code, row.pk)
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
    _test(request, row)
    return redirect("domains:provider", code, row.pk)


@require_POST
@login_required
def zones_list(request: HttpRequest, code: str, provider_id: int) -> HttpResponse:
    """Take over the list of zones from the provider."""
    row = provider_for(request.user, code, provider_id)
    _import(request, row)
    return redirect("domains:provider", code, row.pk)


@require_POST
@login_required
def zones_add(request: HttpRequest, code: str, provider_id: int) -> HttpResponse:
    """Zones by hand, one name a line. Each is read once, so that a slip of the pen is noticed."""
    row = provider_for(request.user, code, provider_id)
    for text in request.POST.get("names", "").split()[:ADDED_AT_ONCE]:
        try:
            name = name_or_refuse(text)
            open_provider(row).test(name)
        except Refused as refusal:
            messages.error(request, f"{text}: {refusal}")
        except ProviderError as error:
            messages.error(request, f"{text}: {provider_sentence(error.code)}")
        else:
            zone, created = Zone.objects.get_or_create(
                provider=row, name=name, defaults={"by_hand": True, "seen_at": timezone.now()}
            )
            if created:
                record("zone.added", actor=person(request), organization=row.organization, target=zone.name)
                messages.success(request, _("%(name)s is added.") % {"name": to_unicode(name)})
    adopt(row.organization)
    return redirect("domains:provider", code, row.pk)


@require_POST
@login_required
def zone_remove(request: HttpRequest, code: str, provider_id: int, zone_id: int) -> HttpResponse:
    """Its domains become external, and stay verified."""
    row = provider_for(request.user, code, provider_id)
    zone = row.zones.filter(pk=zone_id).first()
    if zone is None:
        raise Http404
    name = zone.name
    zone.delete()
    adopt(row.organization)
    record("zone.removed", actor=person(request), organization=row.organization, target=name)
    messages.success(request, _("%(name)s is no longer managed here.") % {"name": to_unicode(name)})
    return redirect("domains:provider", code, row.pk)


@require_POST
@login_required
def provider_remove(request: HttpRequest, code: str, provider_id: int) -> HttpResponse:
    row = provider_for(request.user, code, provider_id, at_least=Role.OWNER)
    facts, name, organization = _facts(row), row.name, row.organization
    row.delete()
    adopt(organization)
    record("provider.removed", actor=person(request), organization=organization, target=name, before=facts)
    messages.success(request, _("%(name)s is removed. Its domains stay attached and verified.") % {"name": name})
    return redirect("domains:providers", code)


def _facts(row: DnsProvider) -> dict[str, Any]:
    """What the activity log may know: never the credentials."""
    return {"kind": row.kind, "name": row.name, **row.settings}


def _test(request: HttpRequest, row: DnsProvider) -> None:
    zone = row.zones.order_by("pk").first()
    try:
        opened = open_provider(row)
        if zone is not None:
            opened.test(zone.name)
            messages.success(request, _("The connection works: %(zone)s can be changed.") % {"zone": zone.name})
        else:
            found = opened.zones()
            words = ngettext(
                "The connection works: %(number)s zone is there.",
                "The connection works: %(number)s zones are there.",
                len(found),
            )
            messages.success(request, words % {"number": len(found)})
    except ProviderError as error:
        if error.code == "cannot-list":
            messages.info(request, _("Add a zone: the connection is tested with it."))
            return
        said = f" ({error.detail})" if error.detail else ""
        messages.error(request, f"{provider_sentence(error.code)}{said}")


def _import(request: HttpRequest, row: DnsProvider, *, quiet: bool = False) -> None:
    """Zones as the provider lists them now; those added by hand stay."""
    try:
        names = {name for text in open_provider(row).zones()[:MOST_ZONES] if (name := _zone_name(text))}
    except ProviderError as error:
        if not quiet:
            messages.error(request, provider_sentence(error.code))
        return
    now = timezone.now()
    with transaction.atomic():
        known = set(row.zones.values_list("name", flat=True))
        Zone.objects.bulk_create([Zone(provider=row, name=name, seen_at=now) for name in sorted(names - known)])
        gone, _each = row.zones.filter(by_hand=False).exclude(name__in=names).delete() if names else (0, {})
        row.zones.filter(name__in=names).update(seen_at=now)
        adopt(row.organization)
        if names - known or gone:
            note = f"+{len(names - known)} -{gone}"
            record("zone.listed", actor=person(request), organization=row.organization, target=row.name, note=note)
    words = ngettext("%(number)s zone is listed.", "%(number)s zones are listed.", len(names))
    messages.success(request, words % {"number": len(names)})


def _zone_name(text: str) -> str | None:
    """A zone as it is stored; reverse zones and the like hold no mail domain."""
    try:
        return host_to_ascii(text)
    except NameRefused:
        return None
