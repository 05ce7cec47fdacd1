"""Background work around the mail servers. Each task may run twice."""

from __future__ import annotations

from celery import shared_task

from panel.models import Platform

from . import blocking, filling, forgetting, inbox, publishing
from .trace import keeping


@shared_task
def tell_blocked() -> int:
    return blocking.tell()


@shared_task
def warn_nearly_full() -> int:
    return filling.warn()


@shared_task
def tend_inbox() -> int:
    inbox.forget()
    return inbox.tell()


@shared_task
def forget_sign_ins() -> int:
    return forgetting.forget()


@shared_task
def forget_trace() -> int:
    return keeping.forget()


@shared_task(queue="interactive")
def check_platform(pk: int) -> None:
    """What the operator publishes for one platform, that somebody waits for."""
    platform = Platform.objects.filter(pk=pk).first()
    if platform is not None:
        publishing.check(platform)


@shared_task
def check_platforms() -> int:
    return publishing.check_all()
