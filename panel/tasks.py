"""Background work of the panel itself. Each task may run twice."""

from celery import shared_task

from . import contacts, lifecycle, limits, once, outbox, possessions, reminders, retention


@shared_task
def close_ended() -> None:
    """End the services and organizations whose day has come."""
    lifecycle.close_ended()


@shared_task
def remind() -> None:
    """Remind owners and contacts of services that soon renew or end."""
    reminders.remind()


@shared_task
def forget_attempts() -> None:
    """Counts of limits whose time is over."""
    limits.forget()


@shared_task
def send_letters() -> None:
    """Deliver letters that are due, and once more where the time did not suffice."""
    outbox.deliver()
    if outbox.is_due():
        outbox.wake()


@shared_task
def ask_contacts() -> None:
    """Ask new contacts whether they want to be told."""
    contacts.ask_waiting()


@shared_task
def prune() -> None:
    """Forget what is older than its rule keeps it."""
    retention.prune()


@shared_task
def delete_organizations() -> None:
    """Delete those whose days of grace are over."""
    possessions.delete_due()


@shared_task
def forget() -> None:
    """Forget what nobody asks for any more."""
    once.prune()
