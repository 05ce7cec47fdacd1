"""Where is my message? as real Postfix and Dovecot tell it, while the process that follows them is killed."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from typing import Any

import pytest

from accounts import aliases, forwarding
from accounts.models import EmailAccount
from domains.models import Domain
from mailflow.models import TracedMessage
from panel.actors import SYSTEM
from panel.models import Platform
from tests.factories import make_domain, make_organization, make_service
from tests.installation import descendants
from tests.mailflow.conftest import PASSWORD, account_at
from tests.mailflow.machine import ANYBODY, MailMachine, soon
from tests.servers.target import SmtpTarget

pytestmark = pytest.mark.django_db(transaction=True)


def rows(domain: Domain, **where: Any) -> list[TracedMessage]:
    return list(TracedMessage.objects.filter(recipient_domain=str(domain), **where).order_by("at", "pk"))


def states(domain: Domain, **where: Any) -> list[str]:
    return [row.state for row in rows(domain, **where)]


def settled(domain: Domain, *expected: str) -> list[TracedMessage]:
    soon(lambda: sorted(states(domain)) == sorted(expected), f"{expected}, not {states(domain)}", 120)
    return rows(domain)


@pytest.fixture
def ola(platform: Platform) -> EmailAccount:
    """Of another organization on the same platform."""
    service = make_service(make_organization(), platform)
    return account_at(make_domain(service, f"neighbour{service.pk}-{os.getpid()}.test"), "ola")


def test_delivered(machine: MailMachine, jan: EmailAccount, domain: Domain) -> None:
    assert machine.send(str(jan))[0] == 250
    [row] = settled(domain, "delivered")
    assert (row.sender, row.recipient, row.became, row.side) == (ANYBODY, str(jan), "", "in")
    assert (row.organization_id, row.service_id) == (domain.service.organization_id, domain.service_id)
    assert row.client.endswith("[127.0.0.1]")
    assert row.words.startswith("250 2.0.0")
    assert row.queue_id
    assert row.size > 0
    assert [state for _at, state, _words in row.steps] == ["accepted", "delivered"], row.steps
    soon(lambda: rows(domain)[0].words.endswith("→ INBOX"), "where Dovecot put it")


def test_relayed_to_the_target(machine: MailMachine, split: Domain, target: SmtpTarget) -> None:
    assert machine.send(f"there@{split}")[0] == 250
    [row] = settled(split, "relayed")
    assert row.relay == f"127.0.0.1[127.0.0.1]:{target.port}"
    assert row.words.startswith("250 ")


def test_refused_with_the_words_said(machine: MailMachine, jan: EmailAccount, domain: Domain) -> None:
    code, words = machine.rcpt(f"nobody@{domain}")
    assert code == 550
    [row] = settled(domain, "refused")
    assert "there is no such address" in row.words
    assert row.words.split(": ")[-1] == words.split(": ")[-1]
    assert (row.sender, row.organization_id) == (ANYBODY, domain.service.organization_id)


def test_refused_by_the_target_in_its_words(machine: MailMachine, split: Domain, target: SmtpTarget) -> None:
    target.answer = lambda _recipient: "550 5.1.1 gone; from=<a@b> to=<c@d> proto=SMTP helo=<x>"
    assert machine.rcpt(f"there@{split}")[0] == 550
    [row] = settled(split, "refused")
    assert row.words.endswith("gone; from=<a@b> to=<c@d> proto=SMTP helo=<x>")


def test_relay_denied_is_staffs(machine: MailMachine, jan: EmailAccount) -> None:
    assert machine.rcpt("x@nowhere-of-ours.test")[0] == 554
    found = TracedMessage.objects.filter(recipient="x@nowhere-of-ours.test")
    soon(lambda: found.exists(), "the refusal")
    assert [(row.organization_id, row.state) for row in found] == [(None, "refused")]


def test_deferred_and_then_relayed(machine: MailMachine, split: Domain, target: SmtpTarget) -> None:
    target.after_data = "451 4.3.0 not now"
    assert machine.send(f"there@{split}")[0] == 250
    [row] = settled(split, "deferred")
    assert "451 4.3.0 not now" in row.words
    target.after_data = "250 2.0.0 Ok"

    def relayed() -> bool:
        machine.flush()
        return states(split) == ["relayed"]

    soon(relayed, "the delivery")
    [after] = rows(split)
    assert (after.pk, after.queue_id) == (row.pk, row.queue_id)
    kinds = [state for _at, state, _words in after.steps]
    assert kinds[:2] == ["accepted", "deferred"]
    assert kinds[-1] == "relayed"


def test_between_two_organizations_each_sees_its_own(
    machine: MailMachine, jan: EmailAccount, ola: EmailAccount
) -> None:
    assert ola.domain is not None
    aliases.add(ola, "info", by=SYSTEM, owner=False)
    with machine.submission(str(jan), PASSWORD) as client:
        client.sendmail(str(jan), [f"info@{ola.domain}"], f"From: {jan}\r\nSubject: hello\r\n\r\nhello\r\n")
    out, come = sorted(settled(ola.domain, "delivered", "delivered"), key=lambda row: row.side, reverse=True)
    assert (out.side, out.organization, out.became, out.words, out.login) == (
        "out",
        jan.service.organization,
        "",
        "",
        str(jan),
    )
    assert (come.side, come.organization, come.became, come.login) == ("in", ola.service.organization, str(ola), "")
    assert come.client == ""
    with machine.submission(str(jan), PASSWORD) as client:
        client.mail(str(jan))
        assert client.rcpt(f"nobody@{ola.domain}")[0] == 550
    settled(ola.domain, "delivered", "delivered", "refused", "refused")
    assert sorted(row.login for row in rows(ola.domain, state="refused")) == ["", str(jan)]


def test_forwarded_by_alias_and_outside(
    machine: MailMachine, jan: EmailAccount, domain: Domain, split: Domain, target: SmtpTarget
) -> None:
    aliases.add(jan, "info", by=SYSTEM, owner=False)
    forwarding.set_forwarding(jan, f"friend@{split}", keep=True, by=SYSTEM)
    text = "Message-ID: <onward@outside.test>\r\nSubject: hello\r\n\r\nhello\r\n"
    with machine.smtp() as client:
        client.sendmail(ANYBODY, [f"info@{domain}"], text)
    kept, passed = sorted(settled(domain, "delivered", "passed_on"), key=lambda row: row.state)
    assert (kept.recipient, kept.became) == (f"info@{domain}", str(jan))
    assert (passed.recipient, passed.became) == (f"info@{domain}", "")
    [onward] = settled(split, "relayed")
    assert (onward.sender, onward.recipient, onward.side) == (str(jan), f"friend@{split}", "inside")
    assert onward.message_id == kept.message_id
    assert onward.queue_id != kept.queue_id


def test_nothing_is_doubled_or_lost_when_it_is_killed_and_logs_are_rotated(
    machine: MailMachine, jan: EmailAccount, domain: Domain, split: Domain, target: SmtpTarget
) -> None:
    log = machine.directory / "log" / "postfix.log"
    copies = 0

    def copy_and_empty() -> None:
        nonlocal copies
        copies += 1
        shutil.copyfile(log, log.with_name(f"postfix.log.{10 - copies}"))
        os.truncate(log, 0)

    def kill_copy_and_empty() -> None:
        kill(machine)
        copy_and_empty()

    happens: dict[int, Callable[[], object]] = {
        5: lambda: kill(machine),
        10: lambda: kill(machine),
        15: lambda: settle_and(machine, copy_and_empty),
        20: lambda: kill(machine),
        25: lambda: settle_and(machine, kill_copy_and_empty),
    }
    target.after_data = "451 4.3.0 not now"
    for number in range(30):
        if number in happens:
            happens[number]()
        assert machine.send(str(jan))[0] == 250
        assert machine.rcpt(f"nobody{number}@{domain}")[0] == 550
        if number % 10 == 0:
            assert machine.send(f"there{number}@{split}")[0] == 250
    settled(domain, *["delivered"] * 30, *["refused"] * 30)
    settled(split, *["deferred"] * 3)
    kill(machine)
    target.after_data = "250 2.0.0 Ok"

    def relayed() -> bool:
        machine.flush()
        return states(split) == ["relayed"] * 3

    soon(relayed, "what waited")
    assert len({row.queue_id for row in rows(domain, state="delivered")}) == 30


def kill(machine: MailMachine) -> None:
    """Once it is there: it may be starting again after the last time."""
    soon(lambda: followers(machine), "the process that follows the logs")
    os.kill(min(followers(machine)), signal.SIGKILL)


def followers(machine: MailMachine) -> list[int]:
    return [pid for pid, args in descendants(machine.pid).items() if "mailflow trace" in args]


def settle_and(machine: MailMachine, act: Callable[[], object]) -> None:
    """Between copying and emptying a file no server may write: what is written then is lost to everybody."""
    machine.settle()
    act()
