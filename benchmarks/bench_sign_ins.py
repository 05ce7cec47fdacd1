"""A rush of sign-ins, each a password hashed with Argon2id: how many get in a second, and what deliveries notice."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from tests.mailflow.machine import MailMachine

from .bench_mail import fill
from .panel import panel
from .results import Measure, Ratio, Result
from .running import apart

SIGN_INS, AT_ONCE, MESSAGES = 300, 60, 30
PASSWORD = "Correct-horse-9"


def rush() -> tuple[float, float, float, float]:
    """Milliseconds from RCPT to the end of the message, in peace and in the rush; sign-ins a second; seconds that the
    slowest waited."""
    with panel(MAIL_POSTMASTER="staff@outside.test"):
        from accounts.hashing import hash_password
        from accounts.models import EmailAccount

        reader, receiver = fill()[:2]
        EmailAccount.objects.update(password_hash=hash_password(PASSWORD))
        machine = MailMachine(dict(os.environ), "--native-lookup")
        try:
            machine.start()
            deliver(machine, receiver)
            calm = [deliver(machine, receiver) for _message in range(MESSAGES)]
            started = time.perf_counter()
            with ThreadPoolExecutor(AT_ONCE) as pool:
                opened = [pool.submit(sign_in, machine, reader) for _number in range(SIGN_INS)]
                busy = []
                while not all(future.done() for future in opened):
                    busy.append(deliver(machine, receiver))
                waited = [future.result() for future in opened]
            rate = SIGN_INS / (time.perf_counter() - started)
        finally:
            machine.close()
    return statistics.median(calm), statistics.median(busy), rate, max(waited)


def deliver(machine: MailMachine, recipient: str) -> float:
    started = time.perf_counter()
    code, words = machine.send(recipient)
    assert code == 250, words
    return (time.perf_counter() - started) * 1000


def sign_in(machine: MailMachine, login: str) -> float:
    started = time.perf_counter()
    machine.imap(login, PASSWORD).logout()
    return time.perf_counter() - started


def bench() -> Iterator[Result]:
    calm, busy, rate, waited = apart(rush)
    yield Measure("message taken, nobody signing in", calm, "ms", "median")
    yield Measure("message taken in a rush of sign-ins", busy, "ms", f"median; {AT_ONCE} at once")
    yield Measure("sign-ins in the rush", rate, "a second", f"slowest {waited:.0f} s")
    yield Ratio("mail rush busy/calm", busy / calm, most=10)
