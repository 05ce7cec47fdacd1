"""CPU time for a message from a stranger to a mailbox: the policy server on either database against hash maps.

The same Postfix and Dovecot, the same messages. With hash maps Postfix knows all domains and mailboxes from files that
were made beforehand, has no policy server and no milter; nothing that the panel changes would ever take effect there.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import statistics
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.installation import until
from tests.mailflow.machine import MailMachine
from tests.servers import PostgreSql
from tests.servers.target import SmtpTarget

from .panel import panel
from .results import Measure, Ratio, Result
from .running import apart

DOMAINS, ACCOUNTS = 20, 25  # accounts of each domain
WARM_UP, MESSAGES, TIMES = 100, 500, 4
VERDICTS = 200
CONNECTIONS, EACH = 10, 10  # at once; messages of one connection
TICKS = os.sysconf("SC_CLK_TCK")


def milliseconds(url: str, postgresql: int, *, hash_maps: bool) -> float:
    """CPU time a message. `postgresql`: the server's process, which works, too; 0 where there is none."""
    with panel(DATABASE_URL=url, MAIL_POSTMASTER="staff@outside.test"):
        recipients = fill()
        machine = MailMachine(dict(os.environ), "--native-lookup")
        try:
            machine.start()
            if hash_maps:
                use_hash_maps(machine, recipients)
            roots = [machine.pid, *([postgresql] if postgresql else [])]
            deliver(machine, recipients, WARM_UP)
            spent = []
            for _time in range(TIMES):
                before = cpu_seconds(roots)
                deliver(machine, recipients, MESSAGES)
                spent.append((cpu_seconds(roots) - before) * 1000 / MESSAGES)
            return min(spent)  # what else the machine does makes it more, never less
        finally:
            machine.close()


def verdict() -> float:
    """Median of milliseconds from RCPT to the answer, for recipients about whom a target has to be asked."""
    with panel(MAIL_POSTMASTER="staff@outside.test", ALLOWED_NETWORKS="127.0.0.0/8"), SmtpTarget() as target:
        from tests.factories import make_domain, make_organization, make_platform, make_service

        service = make_service(make_organization(), make_platform("mail", is_default=True))
        make_domain(service, "split.test", target="127.0.0.1", target_port=target.port)
        machine = MailMachine(dict(os.environ), "--native-lookup")
        spent = []
        try:
            machine.start()
            with machine.smtp() as client:
                client.mail("a@outside.test")
                for number in range(VERDICTS):
                    started = time.perf_counter()
                    code, text = client.rcpt(f"unknown{number}@split.test")
                    spent.append((time.perf_counter() - started) * 1000)
                    assert code == 250, text
        finally:
            machine.close()
        assert len(target.questions) == VERDICTS
        return statistics.median(spent)


def fill() -> list[str]:
    from django.db import connection

    from tests.factories import make_account, make_domain, make_organization, make_platform, make_service

    service = make_service(make_organization(), make_platform("mail", is_default=True))
    domains = [make_domain(service, f"bench{number}.test") for number in range(DOMAINS)]
    accounts = [make_account(domain, f"user{number}") for domain in domains for number in range(ACCOUNTS)]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    connection.close()
    return [str(account.address) for account in accounts]


def use_hash_maps(machine: MailMachine, recipients: list[str]) -> None:
    folder = machine.directory / "postfix"
    domains = sorted({address.partition("@")[2] for address in recipients})
    for name, keys in (("domains", domains), ("mailboxes", recipients)):
        (folder / name).write_text("".join(f"{key} OK\n" for key in keys))
        subprocess.run(["postmap", f"hash:{folder / name}"], check=True)
    changes = {
        "virtual_mailbox_domains": f"hash:{folder}/domains",
        "virtual_mailbox_maps": f"hash:{folder}/mailboxes",
        "virtual_transport": f"lmtp:unix:{machine.directory}/run/lmtp",
        "transport_maps": "",
        "smtpd_recipient_restrictions": "reject_unauth_destination",
        "smtpd_reject_unlisted_recipient": "yes",
    }
    subprocess.run(
        ["postconf", "-c", folder, "-e", *(f"{name}={value}" for name, value in changes.items())], check=True
    )
    master = folder / "master.cf"
    text = master.read_text()
    master.write_text(re.sub(r"(?m)^  -o (rewrite_service_name|cleanup_service_name).*\n", "", text))
    os.kill(int((machine.directory / "spool" / "pid" / "master.pid").read_text()), signal.SIGHUP)
    time.sleep(2)


def deliver(machine: MailMachine, recipients: list[str], count: int) -> None:
    log = machine.directory / "log" / "postfix.log"

    def delivered() -> int:
        return log.read_text().count("status=sent")

    wanted = delivered() + count
    asyncio.run(_send(machine.smtp_port, [recipients[i * 7 % len(recipients)] for i in range(count)]))
    until(lambda: delivered() >= wanted or None, 120, "the messages in their mailboxes")


async def _send(port: int, recipients: list[str]) -> None:
    batches = [recipients[start : start + EACH] for start in range(0, len(recipients), EACH)]

    async def client() -> None:
        while batches:
            await _converse(port, batches.pop())

    await asyncio.gather(*(client() for _number in range(CONNECTIONS)))


async def _converse(port: int, recipients: list[str]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def say(text: str, wanted: str) -> None:
        if text:
            writer.write(text.encode() + b"\r\n")
        while (line := (await reader.readline()).decode())[3:4] == "-":
            continue
        if not line.startswith(wanted):
            raise RuntimeError(f"{text!r}: {line}")

    await say("", "220")
    await say("EHLO client.test", "250")
    for recipient in recipients:
        await say("MAIL FROM:<a@outside.test>", "250")
        await say(f"RCPT TO:<{recipient}>", "250")
        await say("DATA", "354")
        await say(f"From: a@outside.test\r\nTo: {recipient}\r\nSubject: bench\r\n\r\n{'x' * 70}\r\n.", "250")
    await say("QUIT", "221")
    writer.close()


def cpu_seconds(roots: list[int]) -> float:
    """Of these processes and all below them, what has ended included."""
    children: dict[int, list[int]] = {}
    ticks: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(path.parent.name)
        children.setdefault(int(fields[1]), []).append(pid)
        ticks[pid] = sum(int(field) for field in fields[11:15])

    def of(pid: int) -> int:
        return ticks.get(pid, 0) + sum(of(child) for child in children.get(pid, []))

    return sum(of(root) for root in roots) / TICKS


def bench() -> Iterator[Result]:
    maps = apart(milliseconds, "", 0, hash_maps=True)
    yield Measure("hash maps: CPU time", maps, "ms", "a message")
    sqlite = apart(milliseconds, "", 0, hash_maps=False)
    yield Measure("policy server, SQLite: CPU time", sqlite, "ms", "a message")
    with PostgreSql() as server:
        assert server.process is not None
        postgresql = apart(milliseconds, server.url, server.process.pid, hash_maps=False)
    yield Measure("policy server, PostgreSQL: CPU time", postgresql, "ms", "a message")
    answered = apart(verdict)
    yield Measure("verdict on an unknown recipient, target asked", answered, "ms", "median; < 100 ms")
    yield Ratio("mail verdict/100 ms", answered / 100, most=1)
    yield Ratio("mail sqlite/hash-maps", maps / sqlite, target=0.85)
    yield Ratio("mail postgresql/hash-maps", maps / postgresql, target=0.7)
