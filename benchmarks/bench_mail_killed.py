"""5,000 messages while policy server, Dovecot and Postfix are killed with SIGKILL: what was accepted arrives, and
what arrives twice is at most what was being delivered at a kill."""

from __future__ import annotations

import os
from collections.abc import Iterator

from tests.mailflow.killing import send_while_killed
from tests.mailflow.machine import MailMachine

from .bench_mail import fill
from .panel import panel
from .results import Measure, Ratio, Result
from .running import apart

MESSAGES = 5000
SECONDS = 600  # for what waits in the queue at the end


def killed() -> tuple[int, int, int, int]:
    """Accepted, lost, duplicates, deliveries under way."""
    with panel(MAIL_POSTMASTER="staff@outside.test"):
        recipients = fill()
        machine = MailMachine(dict(os.environ), "--native-lookup")
        try:
            machine.start()
            outcome = send_while_killed(machine, recipients, MESSAGES, seconds=SECONDS)
        finally:
            machine.close()
    return len(outcome.accepted), len(outcome.lost), outcome.duplicates, outcome.under_way


def bench() -> Iterator[Result]:
    accepted, lost, duplicates, under_way = apart(killed)
    yield Measure("accepted while parts were killed", accepted, "messages", f"of {MESSAGES:,}")
    yield Measure("lost of them", lost, "messages", "")
    yield Measure("arrived twice", duplicates, "messages", f"{under_way} deliveries under way at the kills, at most")
    yield Ratio("mail killed lost/accepted", lost / accepted, most=0)
    yield Ratio("mail killed duplicates/under-way", duplicates / max(under_way, 1), most=1)
