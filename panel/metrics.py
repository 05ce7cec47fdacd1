"""What processes count, for Prometheus: nothing unless METRICS_TOKEN or METRICS_NETWORKS is set.

Requests, tasks, calls and letters are counted in files of VAR_DIR/metrics, which all processes of a machine share.
`panel/views/metrics.py` shows them, with what the database knows.
"""

from __future__ import annotations

import functools
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from prometheus_client import Counter, Histogram


def enabled() -> bool:
    return bool(settings.METRICS_TOKEN or settings.METRICS_NETWORKS)


@functools.cache
def library() -> Any:
    """Told where processes meet before it is loaded. Machines that share VAR_DIR do not mix their files."""
    folder = Path(settings.VAR_DIR) / "metrics"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    import prometheus_client
    from prometheus_client import values

    values.ValueClass = values.MultiProcessValue(process_identifier=lambda: f"{socket.gethostname()}-{os.getpid()}")
    return prometheus_client


@functools.cache
def counters() -> tuple[Histogram, Counter, Counter, Counter]:
    """In no registry of this process: the files are read instead, and two threads may come here at once."""
    known = library()
    return (
        known.Histogram(
            "panel_http_request_seconds",
            "Requests answered",
            ["method", "view", "status"],
            buckets=(0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
            registry=None,
        ),
        known.Counter("panel_tasks", "Tasks done", ["task", "state"], registry=None),
        known.Counter("panel_provider_calls", "Calls to DNS providers", ["provider", "call", "outcome"], registry=None),
        known.Counter("panel_letters_attempted", "Attempts to deliver a letter", ["outcome"], registry=None),
    )


METHODS = {"GET", "HEAD", "POST"}


def saw_request(method: str, view: str, status: int, seconds: float) -> None:
    if enabled():
        method = method if method in METHODS else "other"
        counters()[0].labels(method, view, f"{status // 100}xx").observe(seconds)


def saw_task(name: str, state: str) -> None:
    if enabled():
        counters()[1].labels(name, state).inc()


def saw_letter(outcome: str) -> None:
    if enabled():
        counters()[3].labels(outcome).inc()


def count_calls[**P, R](provider: str, call: str, function: Callable[P, R]) -> Callable[P, R]:
    """`function`, counted by how it ended."""

    @functools.wraps(function)
    def counted(*args: P.args, **kwargs: P.kwargs) -> R:
        outcome = "failed"
        try:
            result = function(*args, **kwargs)
            outcome = "done"
            return result
        finally:
            if enabled():
                counters()[2].labels(provider, call, outcome).inc()

    return counted


def forget_dead(days: int = 7) -> int:
    """Files of processes that have long ended: their counts go with them, which Prometheus takes for a restart."""
    folder = Path(settings.VAR_DIR) / "metrics"
    if not folder.is_dir():
        return 0
    before = time.time() - days * 86400
    dead = [path for path in folder.glob("*.db") if path.stat().st_mtime < before]
    for path in dead:
        path.unlink(missing_ok=True)
    return len(dead)
