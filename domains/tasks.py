"""Background work on domains. Each task may run twice."""

from __future__ import annotations

from celery import shared_task


@shared_task(queue="interactive")
def apply_zone_change(pk: int) -> bool:
    from .zones.changes import run

    return run(pk)


@shared_task
def resume_zone_changes() -> int:
    from .zones.changes import resume

    return resume()


@shared_task(queue="interactive")
def read(pk: int) -> bool:
    from .readings import perform

    return perform(pk)


@shared_task
def resume_readings() -> int:
    from .readings import resume

    return resume()


@shared_task
def tend_pending() -> int:
    from .pending import tend

    return tend()


@shared_task
def tend_keys() -> int:
    from .rotation import tend

    return tend()
