"""Background work on domains. Each task may run twice."""

from __future__ import annotations

from celery import shared_task

from . import pending, readings, rotation
from .zones import changes


@shared_task(queue="interactive")
def apply_zone_change(pk: int) -> bool:
    return changes.run(pk)


@shared_task
def resume_zone_changes() -> int:
    return changes.resume()


@shared_task(queue="interactive")
def read(pk: int) -> bool:
    return readings.perform(pk)


@shared_task
def resume_readings() -> int:
    return readings.resume()


@shared_task
def tend_pending() -> int:
    return pending.tend()


@shared_task
def tend_keys() -> int:
    return rotation.tend()
