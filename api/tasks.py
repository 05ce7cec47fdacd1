"""Background work of the API. Messages are wake-ups: what is to do is in the database, and each may come twice."""

from __future__ import annotations

from celery import shared_task

from . import idempotency, jobs
from .webhooks import sending


@shared_task
def deliver() -> None:
    """Send webhooks that are due."""
    sending.deliver()


@shared_task(queue="interactive")
def run_job(pk: str) -> None:
    jobs.run(pk)


@shared_task
def resume_jobs() -> None:
    """Do what waits and what a dead worker left."""
    jobs.resume()


@shared_task
def forget() -> None:
    """Forget answers, jobs and deliveries that nobody asks for any more."""
    idempotency.prune()
    jobs.forget()
    sending.forget()
