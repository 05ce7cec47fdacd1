"""Tells staff when what nobody looks at stops working: workers, beat, resolvers, writing, the disk.

Beat looks once a minute, and so does every worker, since beat may be what died: whoever comes first claims the minute.
A letter goes out once per failure, after GRACE (a restart is none), and another when it is over.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import Error, connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from . import health, mail
from .models import Condition, User

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=1)
GRACE = timedelta(minutes=2)
SECONDS = 10  # for all parts to answer
OWN = ("worker", "beat", "broker", "queues", "write", "space")
TURN = "watch"  # the row that says when somebody last looked

_under_way = threading.Lock()
_monitor = health.Monitor()
_asked = float("-inf")


def soon() -> None:
    """Look, beside what the process does, if nobody has within the last minute. Costs the caller no time."""
    global _asked
    if time.monotonic() - _asked < EVERY.total_seconds() / 2:
        return
    _asked = time.monotonic()
    threading.Thread(target=_look, name="watch", daemon=True).start()


def _look() -> None:
    if not _under_way.acquire(blocking=False):
        return
    try:
        if _my_turn(timezone.now()):
            look()
    except Error as error:
        log.warning("could not look whether everything works: %s", error)
    finally:
        _under_way.release()
        connection.close()


def _my_turn(now: datetime) -> bool:
    turn, made = Condition.objects.get_or_create(name=TURN, defaults={"looked_at": now})
    return made or bool(Condition.objects.filter(pk=turn.pk, looked_at__lte=now - EVERY).update(looked_at=now))


def look() -> None:
    """Look at everything, keep what was found, tell staff of what has changed."""
    found = _monitor.look(OWN, SECONDS)
    found += [import_string(path)() for path in settings.WATCHED]
    now = timezone.now()
    for part in found:
        _keep(part, now)
    failing = Condition.objects.filter(failing_since__lte=now - GRACE, told_at=None).order_by("name")
    _tell("panel/mail/stopped.txt", [one for one in failing if _claim(one, now)])
    over = Condition.objects.filter(failing_since=None).exclude(told_at=None).order_by("name")
    _tell("panel/mail/works_again.txt", [one for one in over if _release(one)])


def _keep(part: health.Part, now: datetime) -> None:
    values = {"looked_at": now, "detail": part.detail[:200]}
    with transaction.atomic():
        condition, _made = Condition.objects.update_or_create(name=part.name, defaults=values)
        if part.ok:
            Condition.objects.filter(pk=condition.pk).update(failing_since=None)
        else:
            Condition.objects.filter(pk=condition.pk, failing_since=None).update(failing_since=now)


def _claim(condition: Condition, now: datetime) -> bool:
    """Whoever changes the row writes the letter."""
    rows = Condition.objects.filter(pk=condition.pk, told_at=None)
    return bool(rows.exclude(failing_since=None).update(told_at=now))


def _release(condition: Condition) -> bool:
    rows = Condition.objects.filter(pk=condition.pk, failing_since=None).exclude(told_at=None)
    return bool(rows.update(told_at=None))


def _tell(template: str, conditions: list[Condition]) -> None:
    if conditions:
        staff = User.objects.filter(is_staff=True, is_active=True)
        mail.send(template, staff, {"conditions": conditions, "name": conditions[0].name})
