"""The operator's page: what is due, how fast it goes, how the resolvers do, and whether verdicts are held."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from domains import readings
from domains.providers import ProviderError
from domains.views.waiting import reading_for, waits
from panel.access import person, staff_required
from panel.models import Heartbeat

from ..models import CheckRun, CircuitBreaker
from ..resolvers import endpoint, resolvers_now
from ..samples import going_on
from ..sweep import breakers, schedule

RATE_WINDOW = timedelta(minutes=1)
COUNTED = 10_000  # domains that are counted one by one
QUEUES = ("background", "interactive")  # that looks are taken from


@staff_required
@waits
def operator(request: HttpRequest) -> HttpResponse:
    """With `ask` in the address every resolver is asked now, by a worker."""
    now = timezone.now()
    looks = going_on()
    waiting = looks & schedule.due(now)
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
            "resolvers": resolvers_now(),
            "asked": _asked(request),
        },
    )


def _counted(check_runs: QuerySet[CheckRun]) -> int:
    """One by one up to COUNTED; one more than that says more."""
    return check_runs.order_by()[: COUNTED + 1].count()


def _suspects(check_runs: QuerySet[CheckRun]) -> QuerySet[CheckRun]:
    """Domains that are checked alone, as their leases were lost twice in a row."""
    return check_runs.filter(lost__gte=schedule.LOST_TWICE).select_related("domain__name", "domain__service")[:20]


def _worker(queue: str) -> str:
    return f"worker:{queue}"


def _asked(request: HttpRequest) -> dict[str, Any] | None:
    """What a worker was told by every resolver. Raises StillReading."""
    if "ask" not in request.GET:
        return None
    try:
        asked: dict[str, Any] = readings.result(reading_for(request, "resolvers", {}, None))
    except ProviderError:
        return None
    servers = [{**one, "server": endpoint(one["host"], one["port"])} for one in asked["servers"]]
    return {**asked, "servers": servers}


@require_POST
@staff_required
def release_breaker(request: HttpRequest) -> HttpResponse:
    breaker = CircuitBreaker.objects.filter(state=CircuitBreaker.State.HOLDING).first()
    if breaker is not None and breaker.release(person(request)):
        breakers.forget()
        messages.success(request, _("The results count from the next check on."))
    return redirect("diagnostics:operator")
