"""Applying a plan to a domain's zone, watching it, undoing it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from panel.access import person, require, service_for
from panel.counting import accounts_at
from panel.errors import Refused
from panel.models import Role
from panel.once import not_done, once_apart

from .. import readings
from ..access import change_for, domain_for
from ..facts import facts
from ..models import Domain, ZoneChange
from ..names import to_unicode
from ..outside import zone_subject
from ..providers import ProviderError
from ..providers.base import removals_first
from ..records import Kind
from ..sentences import provider_sentence
from ..usecases import PlanChanged, apply, note_delegation
from ..wizard import LATER, NOW
from ..zones.changes import can_undo, offered_policy, request_policy, request_undo, run_again
from ..zones.diff import lines_of_write
from ..zones.planning import BOXES, Preview, preview, usual_boxes, write_from_json
from ..zones.reading import ZoneReading, intents_of
from .numbers import number_or_zero
from .waiting import FIELD, StillReading, address_without_reading, reading_for, waits
from .wizard import plan_context

SHOWN = 50
APART = "apart"  # a form that leaves for later what it asks for by itself and nobody ticked


@login_required
@once_apart
@waits
def plan(request: HttpRequest, service_name: str, domain_name: str) -> HttpResponse:
    """The plan for an attached domain; a POST applies exactly what was shown."""
    domain = domain_for(request.user, service_name, domain_name, at_least=Role.TECHNICIAN)
    posted = request.method == "POST"
    data = request.POST if posted else request.GET
    boxes = _boxes(data, domain)
    context, planned = _planned(request, domain, boxes, every=True)
    if posted and planned is not None:
        taken = planned.takes_mail_from() if Kind.MX in boxes else ()
        same = data.get("plan") == planned.fingerprint
        if same and taken and data.get("mx") not in {NOW, LATER} and APART not in data:
            context["ask_mx"] = True
        elif same and planned.removals(boxes) and "removals" not in data and APART not in data:
            context["ask_removals"] = True
        else:
            try:
                return _applied(request, domain, planned, _confirmed(data, planned, boxes))
            except PlanChanged:
                context["changed"] = True
    return render(request, "domains/plan.html", context)


@login_required
def plan_card(request: HttpRequest, service_name: str, domain_name: str) -> HttpResponse:
    """The same plan as a part of other pages, with its one button: fetched once the page stands, while a worker reads
    the zone."""
    domain = domain_for(request.user, service_name, domain_name, at_least=Role.TECHNICIAN)
    boxes = _boxes(request.GET, domain)
    try:
        context, planned = _planned(request, domain, boxes, every=False)
    except StillReading as still:
        query = request.GET.copy()
        query[FIELD] = str(still.reading.pk)
        context = {"service": domain.service, "domain": domain, "again": f"{request.path}?{query.urlencode()}"}
        return render(request, "domains/_apply.html#waiting", context)
    if planned is not None:
        asking = planned.asking(boxes)
        at_once = [kind for kind in boxes if kind not in asking]
        context |= {
            "asking": asking,
            "kinds": boxes,
            "changes": planned.count([Kind.CNAME, *at_once]),
            "left": [why for _card, _choice, why in context["cards"] if why],
        }
    return render(request, "domains/_apply.html", context)


def _planned(
    request: HttpRequest, domain: Domain, boxes: tuple[Kind, ...], *, every: bool
) -> tuple[dict[str, Any], Preview | None]:
    """What a page shows of the plan, and the plan, where there is one. Raises StillReading."""
    data = request.POST if request.method == "POST" else request.GET
    context: dict[str, Any] = {
        "service": domain.service,
        "domain": domain,
        "unicode": domain.name.unicode,
        "zone": domain.zone,
        "mx": data.get("mx", ""),
        "tab": "domains",
    }
    if domain.zone is None:
        return context, None
    intents = intents_of(domain)
    context["again"] = address_without_reading(request)
    subject = zone_subject(domain.zone, *facts(domain), intents)
    found = reading_for(request, "zone", subject, domain.service.organization)
    context["reading"] = found.pk
    try:
        reading = ZoneReading.from_json(readings.result(found))
    except ProviderError as error:
        return context | {"error": provider_sentence(error.code), "detail": error.detail}, None
    planned = preview(reading, intents)
    if planned.delegated_at:
        note_delegation(domain)
        return context | {"delegated_at": to_unicode(planned.delegated_at.rstrip("."))}, None
    taken = planned.takes_mail_from() if every or Kind.MX in boxes else ()
    context |= plan_context(planned, boxes, taken, accounts=accounts_at(domain), every=every)
    context |= {"fingerprint": planned.fingerprint, "removals": planned.removals(BOXES if every else boxes)}
    return context, planned


def _confirmed(data: Any, planned: Preview, boxes: tuple[Kind, ...]) -> tuple[Kind, ...]:
    """Those of `boxes` that are written: what moves mail, or removes records of others, only by its own word."""
    moves = bool(planned.takes_mail_from())
    asked = planned.asking(boxes)
    return tuple(
        kind
        for kind in boxes
        if kind not in asked or (data.get("mx") == NOW if kind == Kind.MX and moves else "removals" in data)
    )


def _applied(request: HttpRequest, domain: Domain, planned: Preview, kinds: tuple[Kind, ...]) -> HttpResponse:
    """Raises PlanChanged."""
    service = domain.service
    confirmed = request.POST.get("plan", "")
    try:
        change = apply(domain, planned, kinds, mx=True, confirmed=confirmed, actor=person(request))
    except PlanChanged:
        raise
    except Refused as refusal:
        messages.error(request, str(refusal))
        return not_done(redirect("domains:plan", service.name, domain.name.name))
    if change is None:
        messages.info(request, _("There was nothing to change."))
        return redirect("diagnostics:domain", service.name, domain.name.name)
    return redirect("domains:change", service.name, change.pk)


def _boxes(data: Any, domain: Domain) -> tuple[Kind, ...]:
    """What is ticked; a link may name the one kind that it is about; without either, everything that leads nobody
    astray."""
    if data.get("kind") == Kind.CNAME:
        return ()  # always written: it needs no box
    ticked = set(data.getlist("box")) or {data.get("kind", "")} & {kind.value for kind in BOXES}
    if not ticked and "seen" not in data:
        return usual_boxes(domain.mode)
    return tuple(kind for kind in BOXES if kind.value in ticked)


@login_required
def changes(request: HttpRequest, service_name: str) -> HttpResponse:
    """What was changed in zones for this service, the newest first."""
    service = service_for(request.user, service_name)
    rows = ZoneChange.objects.filter(service=service).select_related("applied_by", "zone")
    before = number_or_zero(request.GET.get("before", ""))
    if before:
        rows = rows.filter(pk__lt=before)
    page = list(rows[: SHOWN + 1])
    context = {
        "service": service,
        "changes": page[:SHOWN],
        "following": page[SHOWN - 1].pk if len(page) > SHOWN else None,
        "tab": "domains",
    }
    return render(request, "domains/changes.html", context)


@login_required
def change(request: HttpRequest, service_name: str, change_id: int) -> HttpResponse:
    """One change and how far it is; htmx asks again while it runs."""
    found = change_for(request.user, service_name, change_id)
    role = require(request.user, found.service.organization)
    running = found.state in ZoneChange.UNFINISHED
    context = {
        "service": found.service,
        "change": found,
        "unicode": to_unicode(found.domain_name or found.zone_name),
        "running": running,
        "writes": _writes(found),
        "sentence": provider_sentence(found.error) if found.error else "",
        "may_change": role.rank >= Role.TECHNICIAN.rank,
        "can_undo": can_undo(found),
        "offered_policy": offered_policy(found),
        "may_run_again": _may_run_again(found),
        "older_undone": _waits_for(found),
        "new_plan": found.error == "zone-changed" and found.state == ZoneChange.State.FAILED and found.domain,
        "tab": "domains",
    }
    part = "#status" if request.headers.get("HX-Target") == "status" else ""
    return render(request, f"domains/change.html{part}", context)


def _writes(found: ZoneChange) -> list[dict[str, Any]]:
    """Every record set that the change touches, in the order of writing; where it stopped, which are done."""
    writes = [write_from_json(data) for data in found.snapshot]
    if found.progress.get("undo") and found.state == ZoneChange.State.PARTIAL:  # it is the undo that stopped
        writes = [write.reversed for write in reversed(writes)]
    writes = removals_first(writes)
    stopped = found.state == ZoneChange.State.PARTIAL
    done = found.progress.get("done", 0)
    return [
        {"lines": lines_of_write(write.before, write.after), "stopped": stopped, "done": index < done}
        for index, write in enumerate(writes)
    ]


def _may_run_again(found: ZoneChange) -> bool:
    """Whether it stopped, and running it again could finish it; nothing is written for a domain that is gone."""
    stopped = found.state == ZoneChange.State.PARTIAL or (
        found.state == ZoneChange.State.FAILED and found.error != "zone-changed"
    )
    return stopped and (found.domain_id is not None or not found.domain_name)


def _waits_for(found: ZoneChange) -> ZoneChange | None:
    """An older change of the same domain that is being undone after this one."""
    older = ZoneChange.objects.filter(zone=found.zone, pk__lt=found.pk, state=ZoneChange.State.UNDOING)
    return older.order_by("-pk").first() if found.zone_id else None


@login_required
def change_undo(request: HttpRequest, service_name: str, change_id: int) -> HttpResponse:
    """What an undo puts back, on a page of its own; a POST does it. What moves mail wants its own word, as it does when
    it is applied."""
    user = person(request)
    found = change_for(user, service_name, change_id, at_least=Role.TECHNICIAN)
    if not can_undo(found):
        messages.error(request, _("This change cannot be undone here."))
        return redirect("domains:change", found.service.name, found.pk)
    writes = removals_first([write.reversed for write in reversed([write_from_json(data) for data in found.snapshot])])
    moves_mail = any(rrset.type == "MX" for write in writes for rrset in (write.before, write.after) if rrset)
    if request.method == "POST" and ("confirmed" in request.POST or not moves_mail):
        return _act(request, service_name, change_id, lambda change: request_undo(change, user))
    context = {
        "service": found.service,
        "change": found,
        "unicode": to_unicode(found.domain_name or found.zone_name),
        "writes": [lines_of_write(write.before, write.after) for write in writes],
        "moves_mail": moves_mail,
        "unconfirmed": request.method == "POST",
        "tab": "domains",
    }
    return render(request, "domains/undo.html", context)


@require_POST
@login_required
def change_again(request: HttpRequest, service_name: str, change_id: int) -> HttpResponse:
    return _act(request, service_name, change_id, run_again)


@require_POST
@login_required
def change_policy(request: HttpRequest, service_name: str, change_id: int) -> HttpResponse:
    """Switch on the DMARC policy that was meant: asked for by name, and confirmed."""
    found = change_for(request.user, service_name, change_id, at_least=Role.TECHNICIAN)
    if not request.POST.get("confirmed"):
        messages.error(request, _("Nothing was changed: tick the box to confirm."))
        return redirect("domains:change", found.service.name, found.pk)
    try:
        found.service.require_open()
        requested = request_policy(found, request.POST.get("policy", ""), person(request))
    except Refused as refusal:
        messages.error(request, str(refusal))
        requested = found
    return redirect("domains:change", found.service.name, requested.pk)


def _act(request: HttpRequest, service_name: str, change_id: int, verb: Any) -> HttpResponse:
    found = change_for(request.user, service_name, change_id, at_least=Role.TECHNICIAN)
    try:
        found.service.require_open()
        verb(found)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("domains:change", found.service.name, found.pk)
