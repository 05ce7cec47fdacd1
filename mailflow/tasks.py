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


@shared_task
def forget_trace() -> int:
    from .trace.keeping import forget

    return forget()


@shared_task(queue="interactive")
def check_platform(pk: int) -> None:
    """What the operator publishes for one platform, that somebody waits for."""
    from panel.models import Platform

    from .publishing import check

    platform = Platform.objects.filter(pk=pk).first()
    if platform is not None:
        check(platform)


@shared_task
def check_platforms() -> int:
    from .publishing import check_all

    return check_all()
