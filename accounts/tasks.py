"""Background work on accounts. Messages are wake-ups: what is to do is in the database, and each may come twice."""

from __future__ import annotations

from celery import shared_task

from panel import waking

from . import credentials
from .mailbox import sessions
from .models import BulkRun
from .runs import engine, loading, mailing, retention, selecting, slots

SLICE = 20  # seconds that one message works on a run before it lets other work come between
WORKERS = 2  # messages that a run starts with; each is a worker if there are so many


@shared_task(queue="bulk")
def work_on_run(run_id: int) -> None:
    """Apply some of a run's rows; once more where the time did not suffice."""
    progress = engine.work(run_id, seconds=SLICE)
    mailing.mail_links(run_id)
    if progress is engine.Progress.MORE:
        waking.wake(work_on_run, run_id)


@shared_task(queue="bulk")
def check_table(run_id: int) -> None:
    """Judge the rows of a large table, or list the accounts of a large selection."""
    run = BulkRun.objects.filter(pk=run_id).first()
    if run is not None:
        (loading.check if run.kind == BulkRun.Kind.CONFIGURE else selecting.fill)(run)


@shared_task(queue="bulk")
def carry_out_order(order_id: int) -> None:
    """Make, or take away, some of an order's slots; once more where the time did not suffice."""
    if slots.carry_out(order_id, seconds=SLICE):
        waking.wake(carry_out_order, order_id)


@shared_task(queue="bulk")
def resume_runs() -> None:
    """Go on with runs that nobody works on, with tables whose check died, and with orders."""
    for run_id in engine.unattended().values_list("pk", flat=True):
        waking.wake(work_on_run, run_id)
    for run_id in loading.unattended().values_list("pk", flat=True):
        waking.wake(check_table, run_id)
    for run_id in mailing.unsent().values_list("pk", flat=True):
        mailing.mail_links(run_id)
    for order_id in slots.unattended().values_list("pk", flat=True):
        waking.wake(carry_out_order, order_id)


@shared_task(queue="bulk")
def delete_run(run_id: int) -> None:
    """Take a discarded run's rows away."""
    retention.delete(BulkRun(pk=run_id))


@shared_task
def forget() -> None:
    """Erase secrets, links, runs and kept mail whose time is over."""
    retention.forget()
    credentials.forget()
    sessions.forget()


@shared_task
def warn_of_expiry() -> int:
    """Letters to mailboxes whose password expires soon."""
    return credentials.warn()


def wake(run: BulkRun) -> None:
    """Call the workers to a run once the transaction is committed."""
    for _number in range(WORKERS):
        waking.wake(work_on_run, run.pk)


def list_later(run: BulkRun) -> None:
    """Let a worker list the rest of a large selection once the transaction is committed."""
    waking.wake(check_table, run.pk)
