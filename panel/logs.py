"""The log: one event a line, JSON where a machine reads it, aligned words where a person does.

Each line of a request has its `request` id and each line of a task its `task` id, name and the id of the request that
asked for it. What lets somebody in is taken out of every line, whoever wrote it.
"""

from __future__ import annotations

import logging
import re
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from celery import signals
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars
from structlog.typing import EventDict, WrappedLogger

from . import metrics

REQUEST_ID = re.compile(r"\A[A-Za-z0-9_-]{8,64}\Z")
HIDDEN = "[hidden]"
# Links that let in whoever has them; tests/panel/test_logs.py holds this to the project's addresses.
LINKS = re.compile(
    r"(/(?:invitations?|contacts|dns|set-password|account/password/reset/key|account/confirm-email)/)[^/\s\"'?<>]+"
)
FERNET = re.compile(r"gAAAA[A-Za-z0-9_=-]{20,}")
NAMED = re.compile(
    r"(?i)((?:password|passwd|secret|token|api[_-]?key|authorization|cookie)[\"']?\s{0,8}[=:]\s{0,8}[\"']?)(?!\s|\[)[^\s,;&\"']+"
)
IN_URL = re.compile(r"(://[^/\s:@]{0,200}:)[^@/\s]{1,500}@")
SECRET_NAMES = re.compile(r"(?i)password|passwd|secret|token|api_?key|authorization|cookie")

log = logging.getLogger("panel.requests")


def hide(text: str) -> str:
    """The same without what lets somebody in."""
    for pattern in (LINKS, NAMED):
        text = pattern.sub(rf"\g<1>{HIDDEN}", text)
    text = IN_URL.sub(rf"\g<1>{HIDDEN}@", text)
    return FERNET.sub(HIDDEN, text)


def _hide_secrets(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    return {
        name: HIDDEN if SECRET_NAMES.search(name) else hide(value) if isinstance(value, str) else value
        for name, value in event.items()
    }


def _say_level_last(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    event.pop("_record", None)
    event.pop("_from_structlog", None)
    return event


def formatter() -> logging.Formatter:
    """For the settings' LOGGING. LOG_FORMAT: `json`, `text`, or what suits whoever reads standard error."""
    as_json = settings.LOG_FORMAT == "json" or (not settings.LOG_FORMAT and not sys.stderr.isatty())
    last: list[Any] = (
        [structlog.processors.format_exc_info, _hide_secrets, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if as_json
        else [
            structlog.processors.format_exc_info,
            _hide_secrets,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ]
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.stdlib.ExtraAdder(allow=EXTRAS),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[_say_level_last, *last],
    )


EXTRAS = ("method", "route", "status", "ms", "user")


def requests(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: gives each request an id, says it in the answer, and logs and counts what became of it.

    The address is named by its route, not as it was asked for: addresses can hold what lets somebody in.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        clear_contextvars()
        began = time.perf_counter()
        identifier = _identifier(request)
        bind_contextvars(request=identifier)
        try:
            response = get_response(request)
        except BaseException:
            clear_contextvars()
            raise
        seconds = time.perf_counter() - began
        match = request.resolver_match
        route = f"/{match.route}" if match else "none"
        response.headers["X-Request-ID"] = identifier
        extra = {"method": request.method, "route": route, "status": response.status_code, "ms": round(seconds * 1000)}
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated:
            extra["user"] = user.pk
        log.info("request", extra=extra)
        metrics.saw_request(request.method or "", match.view_name if match else "none", response.status_code, seconds)
        clear_contextvars()
        return response

    return middleware


def _identifier(request: HttpRequest) -> str:
    """A proxy's, where there is one to be believed."""
    given = request.headers.get("X-Request-ID", "")
    return given if settings.TRUSTED_PROXY_COUNT and REQUEST_ID.match(given) else uuid.uuid4().hex


# Tasks


@signals.before_task_publish.connect
def _take_along(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """The request that asks for a task goes with it."""
    if headers is not None and (asked_by := get_contextvars().get("request")):
        headers["asked_by"] = asked_by


@signals.task_prerun.connect
def _task_begins(task_id: str = "", task: Any = None, **_: Any) -> None:
    clear_contextvars()
    asked_by = getattr(task.request, "asked_by", None) if task is not None else None
    words = {"task": task_id, "task_name": getattr(task, "name", "")} | ({"request": asked_by} if asked_by else {})
    bind_contextvars(**words)


@signals.task_postrun.connect
def _task_ended(task: Any = None, state: str = "", **_: Any) -> None:
    metrics.saw_task(getattr(task, "name", "none"), state or "none")
    clear_contextvars()
