"""Background work of diagnostics. Each task may run twice: a look needs a lease."""

from __future__ import annotations

from celery import shared_task

from . import notifications, samples
from .sweep import keys
from .sweep import sweep as sweeping


@shared_task
def sweep() -> None:
    """Look at every domain that is due."""
    sweeping.sweep()


@shared_task
def check_run(pk: int) -> None:
    """Look at one domain that somebody waits for."""
    sweeping.check_domains([pk])


@shared_task
def look_for_keys() -> int:
    """Sign with the DKIM keys that are published by now."""
    return keys.look_for_waiting()


@shared_task
def notify() -> None:
    """Tell organizations what turned red and what recovered."""
    notifications.tell_people()


@shared_task
def take_sample() -> None:
    """How the sweep does, for the charts of the overview."""
    samples.take()


@shared_task
def count_colours() -> None:
    """How many domains have which colour today."""
    samples.count_colours()
