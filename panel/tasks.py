"""Background work of the panel itself. Each task may run twice."""

from celery import shared_task


@shared_task
def close_ended() -> None:
    """End the services and organizations whose day has come."""
    from .lifecycle import close_ended as close

    close()


@shared_task
def remind() -> None:
    """Remind owners and contacts of services that soon renew or end."""
    from .reminders import remind as write

    write()


@shared_task
def forget_attempts() -> None:
    """Counts of limits whose time is over."""
    from .limits import forget

    forget()


@shared_task
def send_letters() -> None:
    """Deliver letters that are due, and once more where the time did not suffice."""
    from . import outbox

    outbox.deliver()
    if outbox.is_due():
        outbox.wake()


@shared_task
def ask_contacts() -> None:
    """Ask new contacts whether they want to be told."""
    from .contacts import ask_waiting

    ask_waiting()


@shared_task
def prune() -> None:
    """Forget what is older than its rule keeps it."""
    from .retention import prune as run

    run()


@shared_task
def delete_organizations() -> None:
    """Delete those whose days of grace are over."""
    from .possessions import delete_due

    delete_due()


@shared_task
def forget() -> None:
    """Forget what nobody asks for any more."""
    from . import once

    once.prune()
