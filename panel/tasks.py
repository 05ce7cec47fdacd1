"""Background work of the panel itself. Each task may run twice."""

from celery import shared_task

from .models import Heartbeat


@shared_task
def beat_heartbeat() -> None:
    """Beat sent this and a worker ran it: beat lives."""
    Heartbeat.beat("beat")


@shared_task
def worker_heartbeat(queue: str) -> None:
    Heartbeat.beat(f"worker:{queue}")


@shared_task
def close_ended() -> None:
    """End the services and organizations whose day has come."""
    from .lifecycle import close_ended as close

    close()
