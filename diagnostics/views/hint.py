"""What a name's MX says now: the wizard suggests a target server from it."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from domains import readings
from domains.names import NameRefused, to_ascii, to_unicode
from domains.platforms import own_hosts
from domains.views.waiting import FIELD
from panel.access import person, service_for
from panel.limits import allowed
from panel.models import Role, Service

HINTS_A_MINUTE = 20  # for one person
MAX_SHOWN = 10


@login_required
def mx_hint(request: HttpRequest, service_name: str) -> HttpResponse:
    """`name`: a domain name as people type it. A partial for htmx, JSON for everybody else."""
    service = service_for(request.user, service_name, at_least=Role.TECHNICIAN)
    hint = _hint(request, service)
    if request.htmx:  # type: ignore[attr-defined]
        page = reverse("domains:attach_mode", args=[service.name])
        asked = {"name": request.GET.get("name", ""), "mode": "non_authoritative", "target": hint["target"]}
        return render(
            request,
            "diagnostics/_mx_hint.html",
            hint | {"use": f"{page}?{urlencode(asked)}", "again": _again(request, hint)},
        )
    return JsonResponse(hint)


@login_required
def delegation_hint(request: HttpRequest, service_name: str) -> HttpResponse:
    """Whether the name of the wizard is delegated at all: says something only where it certainly is not."""
    service = service_for(request.user, service_name, at_least=Role.TECHNICIAN)
    context: dict[str, object] = {}
    try:
        name = to_ascii(request.GET.get("name", "")[:300])
    except NameRefused:
        return render(request, "diagnostics/_delegation_hint.html", context)
    reading = readings.shown(request.GET.get(FIELD, ""), "delegation", {"name": name}, service.organization)
    if reading is None and allowed("delegation-hint", request.user.pk, times=HINTS_A_MINUTE, seconds=60):
        reading = readings.ask("delegation", {"name": name}, organization=service.organization, by=person(request))
    if reading is not None and not reading.is_over:
        context["again"] = f"{request.path}?{urlencode({'name': name, FIELD: reading.pk})}"
    elif reading is not None and not reading.error and readings.result(reading) is False:
        context["undelegated"] = to_unicode(name)
    return render(request, "diagnostics/_delegation_hint.html", context)


def _hint(request: HttpRequest, service: Service) -> dict[str, object]:
    """state: `none` (no name, or nothing known), `limited`, `waiting` (for a worker: ask again with its `reading`),
    `unknown`, `missing`, `ours` or `foreign`."""
    try:
        name = to_ascii(request.GET.get("name", "")[:300])
    except NameRefused:
        return _said("none")
    reading = readings.shown(request.GET.get(FIELD, ""), "mx", {"name": name}, service.organization)
    if reading is None and not allowed("mx-hint", request.user.pk, times=HINTS_A_MINUTE, seconds=60):
        return _said("limited")
    if reading is None:
        reading = readings.ask("mx", {"name": name}, organization=service.organization, by=person(request))
    if not reading.is_over:
        return _said("waiting") | {"reading": reading.pk}
    values = None if reading.error else readings.result(reading)
    if values is None:
        return _said("unknown")
    hosts = [value.split(" ", 1)[1].rstrip(".") for value in sorted(values, key=_priority) if " " in value]
    hosts = [host for host in hosts if host]
    if not hosts:
        return _said("missing")
    ours = own_hosts(service.platform)
    foreign = [host for host in hosts if host not in ours]
    if not foreign:
        return _said("ours", hosts)
    return _said("foreign", hosts, foreign[0])


def _again(request: HttpRequest, hint: dict[str, object]) -> str:
    """Where to ask once more, while a worker asks."""
    if hint["state"] != "waiting":
        return ""
    return f"{request.path}?{urlencode({'name': request.GET.get('name', ''), FIELD: hint['reading']})}"


def _said(state: str, hosts: list[str] | None = None, target: str = "") -> dict[str, object]:
    return {"state": state, "found": state == "foreign", "hosts": (hosts or [])[:MAX_SHOWN], "target": target}


def _priority(value: str) -> int:
    number = value.partition(" ")[0]
    return int(number) if number.isdigit() else 0
