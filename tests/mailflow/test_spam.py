"""The spam filter as conversations with real Postfix, rspamd and Dovecot."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from accounts.inbox_rules import usecases
from accounts.inbox_rules.terms import Comparison, Deed, ReplyTerms, Rule, RuleAction, RuleCondition, Subject
from accounts.models import EmailAccount
from domains.models import Domain
from mailflow import filtering, teaching
from mailflow.models import Machine
from panel.actors import SYSTEM
from tests.factories import make_domain
from tests.mailflow.conftest import PASSWORD, account_at, started
from tests.mailflow.machine import ANYBODY, MailMachine, said, soon
from tests.processes import ROOT
from tests.servers.process import program
from tests.servers.target import SmtpTarget

pytestmark = pytest.mark.django_db(transaction=True)

# The pattern by which filters are tried out.
GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"


@pytest.fixture(scope="module")
def running(django_db_setup: None, django_db_blocker: object) -> Iterator[MailMachine]:
    for name, package in (("rspamd", "rspamd"), ("redis-server", "redis-server"), ("sievec", "dovecot-sieve")):
        program(name, package)
    yield from started(django_db_blocker, "--spam")


@pytest.fixture(autouse=True)
def filters(machine: MailMachine) -> None:
    """Asked as cheaply as can be: a busy machine takes minutes to start it."""
    soon(lambda: answers(machine), "rspamd answers", 300)


def answers(machine: MailMachine) -> bool:
    try:
        return not teaching.answers(machine.directory / "run" / "filter" / "scan")
    except (OSError, http.client.HTTPException):
        return False


def checked(machine: MailMachine) -> str:
    """What `mailflow check` says of the filter."""
    command = [sys.executable, "manage.py", "mailflow", "check", "--local", "--dir", str(machine.directory)]
    done = subprocess.run(command, env=machine.env, cwd=ROOT, capture_output=True, text=True, check=False)
    line = next(line for line in done.stdout.splitlines() if "spam filter" in line)
    return "Yes" if line.startswith("ok") else line


def headers(machine: MailMachine, account: EmailAccount, folder: str = "INBOX") -> str:
    client = machine.imap(str(account), PASSWORD)
    try:
        client.select(folder)
        found = client.fetch("*", "(BODY[HEADER])")[1][0]
        assert isinstance(found, tuple)
        return str(found[1].decode())
    finally:
        client.logout()


def test_spam_is_moved_to_junk_and_other_mail_is_not(machine: MailMachine, jan: EmailAccount) -> None:
    assert machine.send(str(jan), subject="buy", text=GTUBE)[0] == 250
    assert machine.send(str(jan), subject="lunch?")[0] == 250
    machine.arrives(str(jan), PASSWORD, "buy", "Junk")
    machine.arrives(str(jan), PASSWORD, "lunch?")
    assert machine.subjects(str(jan), PASSWORD) == ["lunch?"]
    assert "X-Spam: Yes" in headers(machine, jan, "Junk")
    assert "X-Spam: Yes" not in headers(machine, jan)
    assert checked(machine) == "Yes"


def test_rules_do_not_see_and_nothing_answers_what_was_moved_to_junk(
    machine: MailMachine, jan: EmailAccount, split: Domain, target: SmtpTarget
) -> None:
    condition = RuleCondition(Subject.SUBJECT, Comparison.CONTAINS, "buy")
    usecases.put(jan, [Rule(name="", conditions=(condition,), actions=(RuleAction(Deed.MOVE, "Offers"),))], by=SYSTEM)
    usecases.set_reply(jan, ReplyTerms("", "Away"), by=SYSTEM)
    machine.deliver(str(jan), f"shop@{split}", GTUBE, Subject="buy this")
    machine.arrives(str(jan), PASSWORD, "buy this", "Junk")
    machine.deliver(str(jan), f"friend@{split}", Subject="buy milk")
    machine.arrives(str(jan), PASSWORD, "buy milk", "Offers")
    soon(lambda: target.messages, "the one reply")
    machine.settle()
    assert [session.recipients for session in target.messages] == [[f"friend@{split}"]]


def test_what_the_domain_wants_holds_for_the_next_message(
    machine: MailMachine, domain: Domain, jan: EmailAccount
) -> None:
    filtering.set_filter(domain, action="identify", threshold=6, by=SYSTEM)
    assert machine.send(str(jan), subject="=?utf-8?q?za=C5=BC=C3=B3=C5=82=C4=87?=", text=GTUBE)[0] == 250
    soon(lambda: "X-Spam: Yes" in headers_or_none(machine, jan), "the message, marked")
    assert "[Spam]" in headers(machine, jan)
    filtering.set_filter(domain, action="none", threshold=6, by=SYSTEM)
    assert machine.send(str(jan), subject="left alone", text=GTUBE)[0] == 250
    machine.arrives(str(jan), PASSWORD, "left alone")
    filtering.set_filter(domain, action="move", threshold=6, by=SYSTEM)
    assert machine.send(str(jan), subject="moved", text=GTUBE)[0] == 250
    machine.arrives(str(jan), PASSWORD, "moved", "Junk")


def headers_or_none(machine: MailMachine, account: EmailAccount) -> str:
    return headers(machine, account) if machine.subjects(str(account), PASSWORD) else ""


def test_each_recipient_s_domain_decides_on_one_message(
    machine: MailMachine, domain: Domain, jan: EmailAccount
) -> None:
    neighbour = make_domain(domain.service, f"other-{domain}")
    other = account_at(neighbour, "ola")
    filtering.set_filter(neighbour, action="none", threshold=6, by=SYSTEM)
    with machine.smtp() as client:
        client.mail(ANYBODY)
        assert {said(client.rcpt(str(account)))[0] for account in (jan, other)} == {250}
        assert client.data(f"From: {ANYBODY}\r\nSubject: for both\r\n\r\n{GTUBE}\r\n")[0] == 250
    machine.arrives(str(jan), PASSWORD, "for both", "Junk")
    machine.arrives(str(other), PASSWORD, "for both")


def test_the_threshold_is_the_domain_s(machine: MailMachine, domain: Domain, jan: EmailAccount) -> None:
    """Scored by rspamd for what it is, and not by the pattern."""
    assert machine.send(str(jan), subject="ordinary")[0] == 250
    machine.arrives(str(jan), PASSWORD, "ordinary")
    level = stars(headers(machine, jan))
    assert 0 < level < 6, headers(machine, jan)
    filtering.set_filter(domain, action="move", threshold=level, by=SYSTEM)
    assert machine.send(str(jan), subject="ordinary again")[0] == 250
    machine.arrives(str(jan), PASSWORD, "ordinary again", "Junk")
    filtering.set_filter(domain, action="move", threshold=level + 1, by=SYSTEM)
    assert machine.send(str(jan), subject="and again")[0] == 250
    machine.arrives(str(jan), PASSWORD, "and again")


def stars(text: str) -> int:
    line = next((line for line in text.splitlines() if line.startswith("X-Spam-Level:")), "")
    return line.count("*")


def test_lists_hold_for_the_next_message(machine: MailMachine, domain: Domain, jan: EmailAccount) -> None:
    friend, shop = "friend@good.test", "offer@mail.shop.test"
    filtering.list_sender(domain, friend, "allow", by=SYSTEM)
    assert machine.send(str(jan), friend, "from a friend", GTUBE)[0] == 250
    machine.arrives(str(jan), PASSWORD, "from a friend")
    listed = filtering.list_sender(domain, "shop.test", "block", by=SYSTEM)
    assert machine.rcpt(str(jan), shop)[0] == 550
    assert machine.rcpt(str(jan), "offer@ashop.test")[0] == 250, "another domain"
    assert machine.rcpt(f"postmaster@{domain}", shop)[0] == 250, "somebody must read it"
    with machine.smtp() as client:
        client.mail("other@outside.test")
        client.rcpt(str(jan))
        assert client.data(f"From: {shop}\r\nSubject: by another envelope\r\n\r\nhello\r\n")[0] == 250
    machine.arrives(str(jan), PASSWORD, "by another envelope", "Junk")
    filtering.list_sender(domain, shop, "allow", by=SYSTEM)
    assert machine.rcpt(str(jan), shop)[0] == 250, "an entry that allows comes first"
    filtering.forget_sender(listed, by=SYSTEM)
    assert machine.rcpt(str(jan), "offer@shop.test")[0] == 250


def test_what_a_stranger_says_of_his_own_message_counts_for_nothing(machine: MailMachine, jan: EmailAccount) -> None:
    own = f"From: {ANYBODY}\r\nX-Spam: Yes\r\nX-Spam-Level: {'*' * 20}\r\nSubject: forged\r\n\r\nhello\r\n"
    with machine.smtp() as client:
        client.mail(ANYBODY)
        client.rcpt(str(jan))
        assert client.data(own)[0] == 250
    machine.arrives(str(jan), PASSWORD, "forged")
    assert stars(headers(machine, jan)) < 6
    assert "X-Spam: Yes" not in headers(machine, jan)


def test_moving_teaches_the_filter(machine: MailMachine, domain: Domain, jan: EmailAccount) -> None:
    assert machine.send(str(jan), subject="cheap watches", text="cheap watches for everybody " * 20)[0] == 250
    machine.arrives(str(jan), PASSWORD, "cheap watches")
    move(machine, jan, "INBOX", "Junk")
    soon(lambda: learned(machine, str(domain))["spam"] == 1, "it has learned spam")
    move(machine, jan, "Junk", "INBOX")
    soon(lambda: learned(machine, str(domain))["ham"] == 1, "it has learned what is none")
    assert learned(machine, str(domain))["spam"] == 0, "it has unlearned it"
    assert learned(machine, "elsewhere.test") == {"spam": 0, "ham": 0}


def move(machine: MailMachine, account: EmailAccount, source: str, target: str) -> None:
    client = machine.imap(str(account), PASSWORD)
    try:
        client.select(source)
        client._simple_command("MOVE", "1", target)  # imaplib knows no public name for it
    finally:
        client.logout()


def learned(machine: MailMachine, domain: str) -> dict[str, int]:
    """How many messages of either kind the domain's people have taught, as its Redis has it."""
    redis = ["redis-cli", "-s", str(machine.directory / "run" / "filter" / "redis"), "--no-raw"]
    key = f"RS{domain}"
    found = {}
    for kind in ("spam", "ham"):
        said = subprocess.run([*redis, "HGET", key, f"learns_{kind}"], capture_output=True, text=True, check=True)
        digits = "".join(char for char in said.stdout if char.isdigit())
        found[kind] = int(digits or 0)
    return found


def test_mail_is_delivered_unmarked_while_the_filter_is_away_and_the_check_says_so(
    machine: MailMachine, jan: EmailAccount
) -> None:
    soon(lambda: Machine.objects.filter(filters_spam=True).exists(), "the panel knows that there is a filter")
    main = machine.child("rspamd: main")
    os.kill(main, signal.SIGSTOP)  # one that ends is started again at once
    workers = [pid for pid in machine.children("rspamd: ") if pid != main]
    for pid in workers:
        os.kill(pid, signal.SIGSTOP)
    assert "unmarked" in checked(machine), "its socket takes connections while it stands still"
    try:
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
        (machine.directory / "run" / "filter" / "scan").rename(machine.directory / "run" / "filter" / "away")
        assert "unmarked" in checked(machine)
        assert machine.send(str(jan), subject="unmarked", text=GTUBE)[0] == 250
        machine.arrives(str(jan), PASSWORD, "unmarked")
    finally:
        os.kill(main, signal.SIGKILL)
    soon(lambda: answers(machine), "it was started again", 300)
    assert machine.send(str(jan), subject="marked again", text=GTUBE)[0] == 250
    machine.arrives(str(jan), PASSWORD, "marked again", "Junk")


def test_what_is_larger_than_spam_passes_unmarked(machine: MailMachine, jan: EmailAccount) -> None:
    assert machine.send(str(jan), subject="small")[0] == 250
    machine.arrives(str(jan), PASSWORD, "small")
    assert "X-Spam-Score: " in headers(machine, jan)
    large = ("x" * 900 + "\r\n") * 11_800
    assert machine.send(str(jan), subject="large", text=large)[0] == 250
    machine.arrives(str(jan), PASSWORD, "large")
    assert "X-Spam-Score: " not in headers(machine, jan)
