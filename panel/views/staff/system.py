from __future__ import annotations

import platform as machine
import sqlite3
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from ... import health
from ...access import staff_required
from ...history import History
from ...models import Activity, Heartbeat

PACKAGES = ("Django", "celery", "django-allauth", "dnspython", "cryptography")


@staff_required
def system(request: HttpRequest) -> HttpResponse:
    """Whether everything runs, and what runs."""
    if connection.vendor == "sqlite":
        database = f"SQLite {sqlite3.sqlite_version}"
    else:
        database = f"PostgreSQL {connection.pg_version // 10000}"  # type: ignore[attr-defined]
    advice = []
    if not settings.EMAIL_CONFIGURED:
        advice.append(
            _("EMAIL_URL is not set: mail is written to the folder “mail” in VAR_DIR, and links must be copied.")
        )
    if not settings.STAFF_NEED_SECOND_FACTOR:
        advice.append(_("Staff sign in without a second factor. STAFF_NEED_SECOND_FACTOR=1 asks for one."))
    public = urlsplit(settings.PUBLIC_URL)
    if public.scheme != "https" and public.hostname not in {"localhost", "127.0.0.1", "::1"}:
        advice.append(_("PUBLIC_URL is not https: cookies and passwords are sent unencrypted."))
    context = {
        "parts": _parts(),
        "heartbeats": Heartbeat.objects.order_by("name"),
        "versions": [("Python", machine.python_version()), *((name, version(name)) for name in PACKAGES)],
        "database": database,
        "broker": "Redis" if settings.REDIS_URL else _("file system"),
        "public_url": settings.PUBLIC_URL,
        "advice": advice,
    }
    return render(request, "panel/staff/system.html", context)


def _parts() -> list[tuple[Any, health.Part]]:
    """What /healthz says, under the words of people; when processes were heard of stands in a table of its own."""
    words = {
        "database": _("Database"),
        "write": _("Writing"),
        "space": _("Disk space"),
        "broker": _("Broker"),
        "queues": _("Messages that wait"),
        "worker": _("Workers"),
        "beat": _("Clock (beat)"),
        "sweep": _("Regular checks"),
        "resolvers": _("Resolvers"),
    }
    return [(words.get(part.name, part.name), part) for part in health.found()]


@staff_required
def activity(request: HttpRequest) -> HttpResponse:
    """What was done in the whole installation."""
    return render(request, "panel/staff/activity.html", {"history": History.of(Activity.objects.all(), request.GET)})
