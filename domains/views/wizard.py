"""Attaching a domain, step by step: domain, mode, and what is done: the records to write, or a review."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from panel.access import person, service_for
from panel.errors import Refused
from panel.models import Platform, Role, Service
from panel.once import not_done, once_apart

from .. import claims, readings
from ..models import Domain, Name, Reading, Zone
from ..models.domains import mode_or_refuse, name_or_refuse, target_or_refuse
from ..models.zones import zone_of
from ..names import to_unicode
from ..outside import zone_subject
from ..providers import ProviderError
from ..records import Kind
from ..rules.verdicts import Status
from ..search import encoded
from ..sentences import BOXES as BOX_SENTENCES
from ..sentences import CHOICES, LEFT, provider_sentence
from ..suffixes import private_suffix
from ..usecases import PlanChanged, Wish, attach_domain
from ..wizard import NOW, Choice, attached_here, candidate, facts_before, forget_candidate
from ..zones.diff import Outcome, cards
from ..zones.plan import KINDS
from ..zones.planning import BOXES, Preview, preview
from ..zones.reading import ZoneReading
from .waiting import FIELD, address_without_reading, reading_for, target_resolves, waits

ZONES_SHOWN = 50
MOST_TYPED = 253


@login_required
def attach(request: HttpRequest, service_name: str) -> HttpResponse:
    """Step 1: one field takes a name, or finds one of one's zones while it is typed; the list is there to look at."""
    service = service_for(request.user, service_name, at_least=Role.TECHNICIAN)
    data = request.GET
    typed = data.get("name", "").strip()[:MOST_TYPED]
    error = ""
    if "next" in data:
        try:
            name = name_or_refuse(typed)
            if attached_here(service, name):
                words = _("%(name)s is already attached to this service.")
                raise Refused("already-attached", words % {"name": to_unicode(name)})
            return redirect(reverse("domains:attach_mode", args=[service.name]) + Choice(name).query)
        except Refused as refusal:
            error = str(refusal)
    zones, more = _zones(service, typed.lower())
    context = {
        "service": service,
        "step": "domain",
        "error": error,
        "zones": zones,
        "more": more,
        "typed": typed,
        "any_zones": bool(zones) or Zone.objects.filter(provider__organization=service.organization).exists(),
        "first": not service.domains.exists(),
    }
    part = "#zones" if request.headers.get("HX-Target") == "zones" else ""
    return render(request, f"domains/attach.html{part}", context)


@login_required
@waits
def attach_mode(request: HttpRequest, service_name: str) -> HttpResponse:
    """Step 2: who handles the domain's mail."""
    service = service_for(request.user, service_name, at_least=Role.TECHNICIAN)
    try:
        choice = Choice.read(request.GET)
    except Refused:
        return redirect("domains:attach", service.name)
    zone = zone_of(service.organization, choice.name)
    context: dict[str, Any] = {"errors": {}}
    if "next" in request.GET:
        try:
            with claims.counting(service, choice.name, person(request)):
                choice = _mode_chosen(service, choice)
            resolves = target_resolves(request, service.organization, choice.target)
            if resolves or "anyway" in request.GET:
                step = "domains:attach_records" if zone else "domains:attach_review"
                return redirect(reverse(step, args=[service.name]) + choice.query)
            context["unresolved"] = True
        except claims.AuthoritativeDetected as refusal:
            context |= {"detected": refusal, "other": refusal.other}
        except Refused as refusal:
            context["errors"] = {refusal.field or "mode": str(refusal)}
    context |= {
        "service": service,
        "step": "mode",
        "choice": choice,
        "unicode": to_unicode(choice.name),
        "zone": zone,
        # As the guide says: non-authoritative where the domain is not managed here, one's own choice where it is.
        "mode": choice.mode or ("" if zone else Domain.Mode.NON_AUTHORITATIVE.value),
        "platforms": Platform.objects.exclude(pk=service.platform_id),
        "back": reverse("domains:attach", args=[service.name]) + "?" + urlencode({"name": choice.name}),
    }
    return render(request, "domains/attach_mode.html", context)


@login_required
@waits
def attach_records(request: HttpRequest, service_name: str) -> HttpResponse:
    """Step 3, the last for a name in one of the organization's zones: everything once more, which records to write and
    exactly what that changes; Validate writes it."""
    service = service_for(request.user, service_name, at_least=Role.TECHNICIAN)
    try:
        choice = Choice.read(request.GET)
        with claims.counting(service, choice.name, person(request)):
            choice = _mode_chosen(service, choice)
    except Refused:
        return redirect(reverse("domains:attach_mode", args=[service.name]) + "?" + request.GET.urlencode())
    zone = zone_of(service.organization, choice.name)
    review = reverse("domains:attach_review", args=[service.name])
    if zone is None:
        return redirect(review + choice.query)
    context: dict[str, Any] = {
        "service": service,
        "step": "records",
        "choice": choice,
        "unicode": to_unicode(choice.name),
        "zone": zone,
        "managed": True,
        "back": reverse("domains:attach_mode", args=[service.name]) + choice.query,
        "without": review + choice.but(plan="", seen=True, boxes=()).query,
        "changed": "changed" in request.GET,
    }
    found = _reading(request, service, zone, choice)
    context |= {"reading": found.pk, "again": address_without_reading(request)}
    try:
        planned = preview(ZoneReading.from_json(readings.result(found)), {})
    except ProviderError as error:
        context |= {"error": provider_sentence(error.code), "detail": error.detail}
        return render(request, "domains/attach_records.html", context)
    if planned.delegated_at:
        context["delegated_at"] = to_unicode(planned.delegated_at.rstrip("."))
        return render(request, "domains/attach_records.html", context)
    context |= plan_context(planned, choice.boxes, planned.takes_mail_from(), accounts=0)
    context |= {"fingerprint": planned.fingerprint, "removals": planned.removals(BOXES)}
    context |= {"ask_mx": "ask_mx" in request.GET, "ask_removals": "ask_removals" in request.GET}
    context["mode_name"] = Domain.Mode(choice.mode).label
    return render(request, "domains/attach_records.html", context)


@login_required
@once_apart
@waits
def attach_review(request: HttpRequest, service_name: str) -> HttpResponse:
    """Step 3 for every other name, and what Validate posts to: writes it."""
    service = service_for(request.user, service_name, at_least=Role.TECHNICIAN)
    try:
        choice = Choice.read(request.POST if request.method == "POST" else request.GET)
        with claims.counting(service, choice.name, person(request)):
            choice = _mode_chosen(service, choice)
        service.require_open()
    except Refused as refusal:
        messages.error(request, str(refusal))
        return not_done(redirect("domains:attach", service.name))
    zone = zone_of(service.organization, choice.name)
    if request.method == "POST":
        return _validate(request, service, choice, zone)
    step = "domains:attach_records" if zone else "domains:attach_mode"
    context = {
        "service": service,
        "step": "review",
        "choice": choice,
        "unicode": to_unicode(choice.name),
        "managed": zone is not None,
        "mode_name": Domain.Mode(choice.mode).label,
        "back": reverse(step, args=[service.name]) + choice.query,
    }
    return render(request, "domains/attach_review.html", context)


def _validate(request: HttpRequest, service: Service, choice: Choice, zone: Zone | None) -> HttpResponse:
    records = reverse("domains:attach_records", args=[service.name])
    reading: ZoneReading | None = None
    if zone is not None:
        found = _reading(request, service, zone, choice)
        try:
            reading = ZoneReading.from_json(readings.result(found))
        except ProviderError:
            reading = None
        if reading is not None and (unsaid := _unsaid(preview(reading, {}), choice)):
            return not_done(redirect(f"{records}{choice.but(plan='').query}&{unsaid}=1&{FIELD}={found.pk}"))
    try:
        attached, change = attach_domain(
            service,
            Wish(
                name=choice.name,
                mode=choice.mode,
                target=choice.target,
                boxes=choice.boxes,
                mx_now=choice.mx == NOW,
                plan=choice.plan,
            ),
            zone,
            reading,
            actor=person(request),
            identity=candidate(request.session, service, choice.name),
            resolves=partial(target_resolves, request, service.organization),
        )
    except PlanChanged:
        # What was confirmed is not what would be done now: show it again.
        return not_done(redirect(records + choice.but(plan="").query + "&changed=1"))
    except Refused as refusal:
        messages.error(request, str(refusal))
        back = "domains:attach_mode" if refusal.code != "already-attached" else "domains:attach"
        return not_done(redirect(reverse(back, args=[service.name]) + choice.query))
    forget_candidate(request.session)
    messages.success(request, _("%(name)s has been attached.") % {"name": attached.name.unicode})
    if shared := private_suffix(attached.name.name):
        messages.warning(
            request,
            _(
                "Different people register names below %(suffix)s. Unless %(name)s is a zone of its own, our staff "
                "must confirm it."
            )
            % {"suffix": shared, "name": attached.name.unicode},
        )
    if change is not None:
        return redirect("domains:change", service.name, change.pk)
    return redirect("diagnostics:domain", service.name, attached.name.name)


def _unsaid(planned: Preview, choice: Choice) -> str:
    """What of the plan that was shown wants a word of its own, and has none; empty where nothing does."""
    if not choice.plan or choice.plan != planned.fingerprint:
        return ""
    if Kind.MX in choice.boxes and planned.takes_mail_from() and not choice.mx:
        return "ask_mx"
    return "ask_removals" if planned.removals(choice.boxes) and not choice.removals else ""


def plan_context(
    planned: Preview, boxes: tuple[Kind, ...], taken: tuple[str, ...], *, accounts: int, every: bool = True
) -> dict[str, Any]:
    """What shows a plan: with `every` each kind has its box, ticked where it is among `boxes`; else only those are
    shown."""
    kinds = KINDS if every else (Kind.CNAME, *boxes)
    shown = cards(planned.plan, kinds) if planned.plan is not None else []
    shown = [card for card in shown if card.decision.verdict.status != Status.OFF]
    described = [(card, CHOICES[card.choice], LEFT[card.left] if card.left else "") for card in shown]
    return {
        "cards": described,
        "plan": [
            (card, choice, left, BOX_SENTENCES.get(card.kind, ""), card.kind in boxes)
            for card, choice, left in described
        ],
        "taken": taken,
        "accounts": accounts,
        "nothing": not any(card.choice in {Outcome.ADD, Outcome.REPLACE} for card in shown),
        "anything_left": any(card.left for card in shown),
    }


def _reading(request: HttpRequest, service: Service, zone: Zone, choice: Choice) -> Reading:
    """Of the zone, for the domain as it will be. Raises StillReading."""
    subject = zone_subject(zone, *facts_before(choice, service, request.session, timezone.localdate()))
    return reading_for(request, "zone", subject, service.organization)


def _mode_chosen(service: Service, choice: Choice) -> Choice:
    """The choice with its mode and target made sure of. Raises Refused."""
    if not choice.mode:
        raise Refused("mode", _("Choose one of the two modes."), field="mode")
    mode = mode_or_refuse(choice.mode)
    if mode == Domain.Mode.AUTHORITATIVE:
        choice = choice.but(target="")
    target = target_or_refuse(choice.target, mode, service.platform)
    row = Name.objects.filter(name=choice.name).first()
    if row is not None:
        authoritative = mode == Domain.Mode.AUTHORITATIVE
        claims.require_free(row, organization=service.organization, authoritative=authoritative, joining=True)
    return choice.but(target=str(target) if target else "")


def _zones(service: Service, query: str) -> tuple[list[dict[str, Any]], bool]:
    """The organization's zones, each once though several providers may have it, and whether there are more."""
    zones: QuerySet[Zone] = Zone.objects.filter(provider__organization=service.organization)
    if query:
        zones = zones.filter(name__contains=_ascii_part(query))
    rows = list(zones.select_related("provider").order_by("name", "pk")[: ZONES_SHOWN * 2])
    once = list({zone.name: zone for zone in reversed(rows)}.values())[::-1]
    here = set(
        Domain.objects.filter(service=service, name__name__in=[zone.name for zone in once]).values_list(
            "name__name", flat=True
        )
    )
    shown = [
        {"zone": zone, "unicode": to_unicode(zone.name), "attached": zone.name in here} for zone in once[:ZONES_SHOWN]
    ]
    return shown, len(once) > ZONES_SHOWN


def _ascii_part(text: str) -> str:
    return text if text.isascii() else encoded(text)
