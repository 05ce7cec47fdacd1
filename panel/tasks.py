"""Background work of the panel itself. Each task may run twice."""

from celery import shared_task


@shared_task
def close_ended() -> None:
    """End the services and organizations whose day has come."""
    from .lifecycle import close_ended as close

    close()


@shared_task
def forget_attempts() -> None:
    """Counts of limits whose time is over."""
    from .limits import forget

    forget()


@shared_task
def forget() -> None:
    """Forget what nobody asks for any more."""
    from . import once

    once.prune()
