"""Background work of diagnostics. Each task may run twice: a look needs a lease."""

from __future__ import annotations

from celery import shared_task


@shared_task
def sweep() -> None:
    """Look at every domain that is due."""
    from .sweep.sweep import sweep as run

    run()


@shared_task
def check_run(pk: int) -> None:
    """Look at one domain that somebody waits for."""
    from .sweep.sweep import check_domains

    check_domains([pk])


@shared_task
def look_for_keys() -> int:
    """Sign with the DKIM keys that are published by now."""
    from .sweep.keys import look_for_waiting

    return look_for_waiting()


@shared_task
def notify() -> None:
    """Tell organizations what turned red and what recovered."""
    from .notifications import tell_people

    tell_people()


@shared_task
def take_sample() -> None:
    """How the sweep does, for the charts of the overview."""
    from .samples import take

    take()


@shared_task
def count_colours() -> None:
    """How many domains have which colour today."""
    from .samples import count_colours as count

    count()
