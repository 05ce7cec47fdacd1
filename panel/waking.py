"""Waking workers: the one place from which tasks are sent.

What is to be done stands in the database before anybody is woken, so a message that cannot be sent costs time and
nothing else: beat wakes for whatever is left.
"""

from __future__ import annotations

import logging
from typing import Any

from amqp.exceptions import AMQPError
from celery import Task
from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string
from kombu.exceptions import KombuError

from . import redis_server

log = logging.getLogger(__name__)


def wake(task: Task[Any, Any] | str, *args: Any, **options: Any) -> None:
    """Send `task`, once what was written can be seen. `options` are those of `apply_async`. Raises nothing.

    A task may be told by its name (`domains.tasks.read`): what wakes a worker need not know what the worker does.
    """
    transaction.on_commit(lambda: _send(import_string(task) if isinstance(task, str) else task, args, options))


def _send(task: Task[Any, Any], args: tuple[Any, ...], options: dict[str, Any]) -> None:
    if settings.REDIS_URL and not _redis_answers():
        return
    try:
        if options:
            task.apply_async(args, **options)
        else:
            task.delay(*args)
    except (KombuError, AMQPError, *redis_server.ERRORS) as error:
        log.warning("no worker could be woken for %s, beat will do it: %s", task.name, error)


def _redis_answers() -> bool:
    """Asked first, since a sender would wait longer for a Redis that hangs, and would try again."""
    if redis_server.is_left_alone():
        return False
    try:
        redis_server.client().ping()
    except redis_server.ERRORS as error:
        redis_server.failed(error)
        return False
    redis_server.answered()
    return True
