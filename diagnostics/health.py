"""What diagnostics says of itself to /healthz, and what `panel.watch` finds out about the resolvers."""

from __future__ import annotations

from django.db import Error
from django.db.models import Min
from django.utils import timezone

from domains.asking import engine_config
from domains.lookup.answers import Question
from domains.lookup.engine import Engine, EngineConfig, run
from panel.health import Part, watched

from .sweep import schedule

LATE_SECONDS = 1800  # that a due domain may wait for its check run
ASK_SECONDS = 6.0  # for each resolver to answer


def sweep() -> Part:
    """How long the domain that has waited longest has been due."""
    now = timezone.now()
    try:
        since = schedule.due(now).aggregate(since=Min("next_at"))["since"]
    except Error as error:
        return Part("sweep", False, type(error).__name__)
    late = (now - since).total_seconds() if since else 0
    return Part("sweep", late <= LATE_SECONDS, f"{late:.0f} s late")


def resolvers() -> Part:
    return watched("resolvers", "answer")


def ask_resolvers() -> Part:
    """Ask each of the configured resolvers for the root's SOA: one packet each, more where it is lost."""
    endpoints = list(dict.fromkeys(engine_config().resolvers))
    silent = [f"{host}:{port}" for host, port in endpoints if not run(_answers((host, port)))]
    if len(silent) == len(endpoints):
        return Part("resolvers", False, "none answers: " + ", ".join(silent))
    return Part("resolvers", True, f"silent: {', '.join(silent)}" if silent else "all answer")


async def _answers(endpoint: tuple[str, int]) -> bool:
    async with Engine(EngineConfig(resolvers=(endpoint,), question_seconds=ASK_SECONDS)) as engine:
        answer = await engine.ask(Question(".", "SOA"))
    return answer.failure is None
