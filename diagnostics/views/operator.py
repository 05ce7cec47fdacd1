"""The operator's page: what is due, how fast it goes, how the resolvers do, and whether verdicts are held."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from domains import readings
from domains.providers import ProviderError
from domains.views.waiting import reading_for, waits
from panel.access import person, staff_required
from panel.models import Heartbeat, Organization, Service

from ..models import CheckRun, CircuitBreaker, EngineReport
from ..sweep import breakers, schedule

RATE_WINDOW = timedelta(minutes=1)
COUNTED = 10_000  # domains that are counted one by one
REPORTS = 12  # shown, the latest
QUEUES = ("background", "interactive")  # that looks are taken from


@staff_required
@waits
def operator(request: HttpRequest) -> HttpResponse:
    """With `ask` in the address every resolver is asked now, by a worker."""
    now = timezone.now()
    ended = _ended()
    looks = CheckRun.objects.exclude(ended)
    waiting = schedule.due(now).exclude(ended)
    held = list(CircuitBreaker.objects.select_related("released_by").order_by("-pk")[:6])  # at most one still holds
    served = {beat.name for beat in Heartbeat.objects.filter(name__in=map(_worker, QUEUES)) if beat.fresh}
    due = list(waiting.order_by("next_at").values_list("next_at", flat=True)[: COUNTED + 1])
    lately = _counted(looks.filter(checked_at__gt=now - RATE_WINDOW))
    return render(
        request,
        "diagnostics/operator.html",
        {
            "total": _counted(looks),
            "due": len(due),
            "under_way": _counted(looks.filter(lease_until__gt=now)),
            "counted": COUNTED,
            "rate": round(lately / RATE_WINDOW.total_seconds(), 1),
            "lately": lately,
            "oldest": looks.exclude(checked_at=None)
            .order_by("checked_at")
            .values_list("checked_at", flat=True)
            .first(),
            "never": _counted(looks.filter(checked_at=None)),
            "latest_due": due[0] if due else None,
            "suspects": _suspects(looks),
            "breaker": next((one for one in held if one.state == CircuitBreaker.State.HOLDING), None),
            "breakers": [one for one in held if one.state == CircuitBreaker.State.RELEASED][:5],
            "queues": [(queue, _worker(queue) in served) for queue in QUEUES],
            "reports": [(report, list(map(_health, report.servers))) for report in _reports()],
            "asked": _asked(request),
        },
    )


def _ended() -> Q:
    """Nobody looks at what has ended: it would be the oldest for ever. Mostly nothing has, and nothing is joined."""
    ended = Service.objects.filter(Q(state=Service.State.ENDED) | Q(organization__state=Organization.State.ENDED))
    return Q(domain__service__in=ended) if ended.exists() else Q(pk__in=[])


def _counted(check_runs: QuerySet[CheckRun]) -> int:
    """One by one up to COUNTED; one more than that says more."""
    return check_runs.order_by()[: COUNTED + 1].count()


def _suspects(check_runs: QuerySet[CheckRun]) -> QuerySet[CheckRun]:
    """Domains that are checked alone, as their leases were lost twice in a row."""
    return check_runs.filter(lost__gte=schedule.LOST_TWICE).select_related("domain__name", "domain__service")[:20]


def _worker(queue: str) -> str:
    return f"worker:{queue}"


def _reports() -> QuerySet[EngineReport]:
    """Of those at work first."""
    return EngineReport.objects.order_by(F("ended_at").desc(nulls_first=True), "-at")[:REPORTS]


def _health(server: dict[str, Any]) -> dict[str, Any]:
    """One server as an engine reported it."""
    sent = server["sent"]
    return {
        **server,
        "server": _endpoint(server["address"], server["port"]),
        "errors": server["failures"] + server["malformed"] + server["unreachable"],
        "milliseconds": round(server["seconds"] * 1000, 1) if server["answered"] else None,
        "troubled": server["resting"] or bool(sent and server["answered"] * 2 < sent),
    }


def _endpoint(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _asked(request: HttpRequest) -> dict[str, Any] | None:
    """What a worker was told by every resolver. Raises StillReading."""
    if "ask" not in request.GET:
        return None
    try:
        asked: dict[str, Any] = readings.result(reading_for(request, "resolvers", {}, None))
    except ProviderError:
        return None
    servers = [{**one, "server": _endpoint(one["host"], one["port"])} for one in asked["servers"]]
    return {**asked, "servers": servers}


@require_POST
@staff_required
def release_breaker(request: HttpRequest) -> HttpResponse:
    breaker = CircuitBreaker.objects.filter(state=CircuitBreaker.State.HOLDING).first()
    if breaker is not None and breaker.release(person(request)):
        breakers.forget()
        messages.success(request, _("The results count from the next check on."))
    return redirect("diagnostics:operator")
