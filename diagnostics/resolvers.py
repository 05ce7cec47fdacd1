"""How the resolvers do, as the workers that are alive say: one row a resolver, with what each worker saw behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils import timezone

from .models import EngineReport

LATELY = timedelta(minutes=10)  # a sweep comes every few seconds: who has said nothing for so long is gone
REPORTS = 200


@dataclass(frozen=True, slots=True)
class SeenBy:
    """One resolver as one engine reported it."""

    report: EngineReport
    sent: int
    answered: int
    timeouts: int
    errors: int
    milliseconds: float | None
    resting: bool


@dataclass(slots=True)
class Resolver:
    server: str
    seen: list[SeenBy] = field(default_factory=list)

    @property
    def sent(self) -> int:
        return sum(one.sent for one in self.seen)

    @property
    def answered(self) -> int:
        return sum(one.answered for one in self.seen)

    @property
    def timeouts(self) -> int:
        return sum(one.timeouts for one in self.seen)

    @property
    def errors(self) -> int:
        return sum(one.errors for one in self.seen)

    @property
    def milliseconds(self) -> float | None:
        """The mean over all answers."""
        times = [(one.milliseconds, one.answered) for one in self.seen if one.milliseconds is not None]
        answers = sum(number for _time, number in times)
        return round(sum(time * number for time, number in times) / answers, 1) if answers else None

    @property
    def fastest(self) -> float | None:
        return min((one.milliseconds for one in self.seen if one.milliseconds is not None), default=None)

    @property
    def slowest(self) -> float | None:
        return max((one.milliseconds for one in self.seen if one.milliseconds is not None), default=None)

    @property
    def resting(self) -> int:
        """How many workers have stopped asking it."""
        return sum(one.resting for one in self.seen)

    @property
    def troubled(self) -> bool:
        return bool(self.resting) or bool(self.sent and self.answered * 2 < self.sent)


def resolvers_now() -> list[Resolver]:
    """By what workers have said in the last minutes; what a process that died said is left out. One query."""
    now = timezone.now()
    found: dict[str, Resolver] = {}
    for report in EngineReport.objects.filter(at__gt=now - LATELY).order_by("-at")[:REPORTS]:
        if report.died:
            continue
        for server in report.servers:
            name = endpoint(server["address"], server["port"])
            found.setdefault(name, Resolver(name)).seen.append(_seen(report, server))
    return [found[name] for name in sorted(found)]


def _seen(report: EngineReport, server: dict[str, Any]) -> SeenBy:
    return SeenBy(
        report=report,
        sent=server["sent"],
        answered=server["answered"],
        timeouts=server["timeouts"],
        errors=server["failures"] + server["malformed"] + server["unreachable"],
        milliseconds=round(server["seconds"] * 1000, 1) if server["answered"] else None,
        resting=bool(server["resting"]),
    )


def endpoint(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
