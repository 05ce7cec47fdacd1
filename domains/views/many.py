"""Many domains at once: attaching a list, writing the records of those that were ticked, changing their mode."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from panel.access import person, service_for
from panel.errors import Refused
from panel.models import Platform, Role, Service

from .. import many, readings
from ..facts import facts
from ..models import Domain, Reading
from ..models.domains import mode_or_refuse
from ..outside import zone_subject
from ..providers import ProviderError
from ..records import Kind
from ..sentences import provider_sentence
from ..usecases import PlanChanged, apply
from ..zones.diff import Outcome, cards
from ..zones.planning import Preview, preview, usual_boxes
from ..zones.reading import ZoneReading, intents_of
from .lists import list_of
from .numbers import number_or_zero
from .waiting import target_resolves, waits

MOST = 50  # domains whose records are written at once, or whose mode is changed


@login_required
@waits
def attach_many(request: HttpRequest, service_name: str) -> HttpResponse:
    """Paste a list, see what would become of each name, attach them."""
    service = service_for(request.user, service_name, at_least=Role.TECHNICIAN)
    data = request.POST if request.method == "POST" else request.GET
    pasted, mode, target = data.get("names", ""), data.get("mode", ""), data.get("target", "").strip()
    context: dict[str, Any] = {
        "service": service,
        "pasted": pasted,
        "mode": mode,
        "target": target,
        "most": many.MOST,
        "platforms": Platform.objects.exclude(pk=service.platform_id),
        "errors": {},
        "tab": "domains",
    }
    if request.method == "POST":
        try:
            return _previewed(request, service, context)
        except Refused as refusal:
            context["errors"] = {refusal.field or "names": str(refusal)}
    return render(request, "domains/attach_many.html", context)


def _previewed(request: HttpRequest, service: Service, context: dict[str, Any]) -> HttpResponse:
    """Raises Refused, StillReading."""
    service.require_open()
    texts = many.texts_of(context["pasted"])
    if not texts:
        raise Refused("names", _("Paste at least one name."), field="names")
    if len(texts) > many.MOST:
        words = ngettext("At most %(most)d name at once.", "At most %(most)d names at once.", many.MOST)
        raise Refused("names", words % {"most": many.MOST}, field="names")
    if not context["mode"]:
        raise Refused("mode", _("Choose one of the two modes."), field="mode")
    mode = str(mode_or_refuse(context["mode"]))
    target = context["target"] if mode == Domain.Mode.NON_AUTHORITATIVE else ""
    lines = many.preview(service, texts, mode, target)
    resolves = target_resolves(request, service.organization, target) or "anyway" in request.POST
    good = [line.name for line in lines if line.is_good]
    if "attach" in request.POST and resolves:
        done = many.attach(service, good, mode, target, person(request))
        context |= {"done": done, "left": "\n".join(done.left), "managed": _managed(done.domains)}
        if not done.left and not done.refused:
            return _all_attached(request, service, done.domains)
    context |= {"lines": lines, "good": len(good), "mode_name": Domain.Mode(mode).label, "unresolved": not resolves}
    return render(request, "domains/attach_many.html", context)


def _all_attached(request: HttpRequest, service: Service, domains: tuple[Domain, ...]) -> HttpResponse:
    count = len(domains)
    words = ngettext("%(count)d domain has been attached.", "%(count)d domains have been attached.", count)
    messages.success(request, words % {"count": count})
    managed = _managed(domains)
    if managed:
        return redirect(managed)
    return redirect(list_of(service) + "?status=pending")


def _managed(domains: tuple[Domain, ...]) -> str:
    """Where the records of those in one's own zones are written; empty where none is."""
    pks = [("d", domain.pk) for domain in domains if domain.zone_id][:MOST]
    if not pks:
        return ""
    return reverse("domains:apply_many", args=[domains[0].service.name]) + "?" + urlencode(pks)


@dataclass(frozen=True, slots=True)
class Written:
    """One domain on the page that writes the records of many."""

    domain: Domain
    state: str  # waiting, error, ready, nothing
    reading: int = 0
    fingerprint: str = ""
    changes: int = 0
    cards: tuple[Any, ...] = ()
    asking: tuple[str, ...] = ()  # kinds that are written only on the domain's own page
    error: str = ""


@login_required
def apply_many(request: HttpRequest, service_name: str) -> HttpResponse:
    """The plans of the domains `d`, and one button that applies what is shown of each. What moves mail or removes
    records of others is left to each domain's own page."""
    service = service_for(request.user, service_name, at_least=Role.TECHNICIAN)
    domains = _ticked(request, service)
    rows = [_row(request, domain) for domain in domains]
    if request.method == "POST":
        return _apply_all(request, service, [(row, plan) for row, plan in rows if plan is not None])
    shown = [row for row, _plan in rows]
    context = {
        "service": service,
        "rows": shown,
        "waiting": any(row.state == "waiting" for row in shown),
        "ready": sum(row.state == "ready" for row in shown),
        "changes": sum(row.changes for row in shown),
        "external": sum(domain.zone_id is None for domain in domains),
        "tab": "domains",
    }
    part = "#plans" if request.headers.get("HX-Target") == "plans" else ""
    return render(request, f"domains/apply_many.html{part}", context)


def _row(request: HttpRequest, domain: Domain) -> tuple[Written, Preview | None]:
    if domain.zone is None:
        return Written(domain, "error", error=_("not in one of your zones")), None
    intents = intents_of(domain)
    subject = zone_subject(domain.zone, *facts(domain), intents)
    organization = domain.service.organization
    named = request.POST.get(f"reading-{domain.pk}", "")
    found = readings.shown(named, "zone", subject, organization) or readings.ask(
        "zone", subject, organization=organization, by=person(request), anew=False
    )
    if found.state in Reading.UNFINISHED:
        return Written(domain, "waiting", found.pk), None
    try:
        planned = preview(ZoneReading.from_json(readings.result(found)), intents)
    except ProviderError as error:
        return Written(domain, "error", error=provider_sentence(error.code)), None
    if planned.plan is None:
        return Written(domain, "error", error=_("The zone does not hold this name")), None
    boxes = usual_boxes(domain.mode)
    asking = planned.asking(boxes)
    kinds = [Kind.CNAME, *(kind for kind in boxes if kind not in asking)]
    changes = planned.count(kinds)
    shown = [card for card in cards(planned.plan, kinds) if card.choice in {Outcome.ADD, Outcome.REPLACE}]
    row = Written(
        domain,
        "ready" if changes else "nothing",
        reading=found.pk,
        fingerprint=planned.fingerprint,
        changes=changes,
        cards=tuple(shown),
        asking=tuple(sorted(asking)),
    )
    return row, planned


def _apply_all(request: HttpRequest, service: Service, rows: list[tuple[Written, Preview]]) -> HttpResponse:
    """Each as it was shown; one whose zone has changed since is left as it is, and told."""
    applied = 0
    for row, planned in rows:
        confirmed = request.POST.get(f"plan-{row.domain.pk}", "")
        if not confirmed or not row.changes:
            continue
        kinds = [kind for kind in usual_boxes(row.domain.mode) if kind.value not in row.asking]
        name = {"name": row.domain.name.unicode}
        try:
            change = apply(row.domain, planned, kinds, mx=True, confirmed=confirmed, actor=person(request))
        except PlanChanged:
            messages.warning(request, _("%(name)s: the zone has changed since you saw the plan.") % name)
        except Refused as refusal:
            messages.error(request, f"{row.domain.name.unicode}: {refusal}")
        else:
            applied += change is not None
    words = ngettext(
        "The records of %(count)d domain are being written.",
        "The records of %(count)d domains are being written.",
        applied,
    )
    messages.success(request, words % {"count": applied})
    return redirect("domains:changes", service.name)


@login_required
@waits
def mode_many(request: HttpRequest, service_name: str) -> HttpResponse:
    """Another mode or target for the domains `d`."""
    service = service_for(request.user, service_name, at_least=Role.TECHNICIAN)
    domains = _ticked(request, service)
    data = request.POST if request.method == "POST" else request.GET
    chosen, target = data.get("mode", ""), data.get("target", "").strip()
    context: dict[str, Any] = {"errors": {}}
    if request.method == "POST":
        target = target if chosen != Domain.Mode.AUTHORITATIVE else ""
        try:
            if target_resolves(request, service.organization, target) or "anyway" in request.POST:
                return _mode_of_all(request, service, domains, chosen, target)
            context["unresolved"] = True
        except Refused as refusal:
            context["errors"] = {refusal.field or "mode": str(refusal)}
    context |= {
        "service": service,
        "domains": domains,
        "mode": chosen,
        "target": target,
        "platforms": Platform.objects.exclude(pk=service.platform_id),
        "tab": "domains",
    }
    return render(request, "domains/mode_many.html", context)


def _mode_of_all(request: HttpRequest, service: Service, domains: list[Domain], mode: str, target: str) -> HttpResponse:
    """Raises Refused where the wish itself makes no sense; a domain that cannot follow it is told."""
    mode_or_refuse(mode)
    changed = 0
    for domain in domains:
        try:
            domain.change_mode(mode, target, person(request))
        except Refused as refusal:
            if refusal.field == "target":
                raise
            messages.error(request, f"{domain.name.unicode}: {refusal}")
        else:
            changed += 1
    words = ngettext(
        "The mode of %(count)d domain has been changed.", "The mode of %(count)d domains has been changed.", changed
    )
    messages.success(request, words % {"count": changed})
    return redirect(list_of(service))


def _ticked(request: HttpRequest, service: Service) -> list[Domain]:
    data = request.POST if request.method == "POST" else request.GET
    pks = {number_or_zero(text) for text in data.getlist("d")[:MOST]}
    related = ("name", "platform", "ownership", "zone__provider")
    found = Domain.objects.filter(service=service, pk__in=pks).select_related(*related).order_by("name__name")
    domains = list(found)
    for domain in domains:
        domain.service = service
    return domains
