"""Background work of the API. Messages are wake-ups: what is to do is in the database, and each may come twice."""

from __future__ import annotations

from celery import shared_task


@shared_task
def deliver() -> None:
    """Send webhooks that are due."""
    from .webhooks import sending

    sending.deliver()


@shared_task(queue="interactive")
def run_job(pk: str) -> None:
    from .jobs import run

    run(pk)


@shared_task
def resume_jobs() -> None:
    """Do what waits and what a dead worker left."""
    from .jobs import resume

    resume()


@shared_task
def forget() -> None:
    """Forget answers, jobs and deliveries that nobody asks for any more."""
    from . import idempotency, jobs
    from .webhooks import sending

    idempotency.prune()
    jobs.forget()
    sending.forget()
