"""The operator's page: what is due, how fast it goes, how the resolvers do, and whether verdicts are held."""

from __future__ import annotations

from datetime import timedelta
from time import perf_counter
from typing import Any

from django.contrib import messages
from django.db.models import Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from panel.access import person, staff_required

from .. import brakes
from ..answers import Question
from ..asking import engine_config
from ..engine import Engine, EngineConfig, run
from ..models import Brake, Look

RATE_WINDOW = timedelta(minutes=1)
PROBE_SECONDS = 3.0


@staff_required
def operator(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    looks = Look.objects.all()
    lately = looks.filter(looked_at__gt=now - RATE_WINDOW).count()
    return render(
        request,
        "diagnostics/operator.html",
        {
            "total": looks.count(),
            "due": looks.filter(next_at__lte=now).count(),
            "under_way": looks.filter(lease_until__gt=now).count(),
            "rate": round(lately / RATE_WINDOW.total_seconds(), 1),
            "lately": lately,
            "oldest": looks.aggregate(oldest=Min("looked_at"))["oldest"],
            "never": looks.filter(looked_at=None).count(),
            "latest_due": looks.filter(next_at__lte=now).aggregate(oldest=Min("next_at"))["oldest"],
            "brake": Brake.objects.filter(state=Brake.State.HOLDING).first(),
            "brakes": Brake.objects.filter(state=Brake.State.RELEASED).order_by("-pk")[:5],
        },
    )


@staff_required
def resolvers(request: HttpRequest) -> HttpResponse:
    """Ask every resolver now. Loaded by itself, since a silent one takes seconds."""
    names = brakes.control_names()[:1] or ["."]
    config = engine_config()
    asked = [*config.resolvers, *config.stub_zones.values()]
    health = run(_probe(config, list(dict.fromkeys(asked)), names[0]))
    return render(request, "diagnostics/operator.html#resolvers", {"resolvers": health, "asked_for": names[0]})


@require_POST
@staff_required
def release_brake(request: HttpRequest) -> HttpResponse:
    brake = Brake.objects.filter(state=Brake.State.HOLDING).first()
    if brake is not None and brake.release(person(request)):
        brakes.forget()
        messages.success(request, _("The verdicts are believed from the next look on."))
    return redirect("diagnostics:operator")


async def _probe(config: EngineConfig, endpoints: list[tuple[str, int]], name: str) -> list[dict[str, Any]]:
    """How each of these answers one question, and how long that takes."""
    health = []
    question = Question(name.rstrip(".").lower() + ".", "SOA" if name == "." else "A")
    for endpoint in endpoints:
        alone = EngineConfig(
            resolvers=(endpoint,),
            allowed_networks=config.allowed_networks,
            question_seconds=PROBE_SECONDS,
        )
        started = perf_counter()
        async with Engine(alone) as asking:
            answer = await asking.ask(question)
        host, port = endpoint
        health.append(
            {
                "server": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
                "failure": str(answer.failure) if answer.failure else "",
                "milliseconds": round((perf_counter() - started) * 1000),
            }
        )
    return health
