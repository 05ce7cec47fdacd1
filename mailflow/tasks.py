"""Background work around the mail servers. Each task may run twice."""

from __future__ import annotations

from celery import shared_task


@shared_task
def tell_blocked() -> int:
    from .blocking import tell

    return tell()


@shared_task
def warn_nearly_full() -> int:
    from .filling import warn

    return warn()


@shared_task
def tend_inbox() -> int:
    from .inbox import forget, tell

    forget()
    return tell()
