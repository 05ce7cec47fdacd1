"""Mail that outlives its account, and mail to postmaster and abuse that no account takes."""

from __future__ import annotations

import json
import os
import signal
import smtplib
import time
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import verbs
from accounts.batch import Placement
from accounts.hashing import hash_password
from accounts.models import EmailAccount, RetiredMailbox
from accounts.restoring import restore
from domains.models import Domain
from mailflow import inbox, journal
from mailflow.models import InboxMessage, Use
from mailflow.purging import purge
from panel.actors import SYSTEM
from panel.errors import Refused
from panel.models import Contact, Letter
from panel.outbox import message_of
from tests.factories import make_member, make_slot, make_user
from tests.mailflow.conftest import PASSWORD, mailbox_of
from tests.mailflow.machine import ANYBODY, MailMachine, said, soon
from tests.servers.target import SmtpTarget

pytestmark = pytest.mark.django_db(transaction=True)


def configured(account: EmailAccount, name: str, domain: Domain) -> None:
    verbs.configure(account, Placement(name, domain.name.name, password_hash=hash_password(PASSWORD)), by=SYSTEM)


def delivered(machine: MailMachine, account: EmailAccount, subject: str) -> None:
    machine.send(str(account), subject=subject)
    machine.arrives(str(account), PASSWORD, subject)


def test_a_reused_address_opens_no_earlier_mail_and_kept_mail_comes_back_by_staff(
    machine: MailMachine, jan: EmailAccount, domain: Domain
) -> None:
    delivered(machine, jan, "of the first")
    first = mailbox_of(jan)
    verbs.reset(jan, by=SYSTEM)
    configured(jan, "jan", domain)
    assert mailbox_of(jan) != first
    delivered(machine, jan, "of the second")
    assert machine.subjects(str(jan), PASSWORD) == ["of the second"]
    make_slot(domain.service)
    kept = RetiredMailbox.objects.get(mailbox_id=first)
    with pytest.raises(Refused):  # somebody has the address
        restore(kept, by=SYSTEM)
    account = restore(kept, by=SYSTEM, address=f"earlier@{domain.name.name}")
    verbs.set_password(account, hash_password(PASSWORD), by=SYSTEM)
    assert machine.subjects(f"earlier@{domain.name.name}", PASSWORD) == ["of the first"]
    assert not RetiredMailbox.objects.exists()


def test_mail_whose_days_are_over_is_deleted_where_it_is(
    machine: MailMachine, jan: EmailAccount, domain: Domain
) -> None:
    delivered(machine, jan, "hello")
    time.sleep(2 * journal.EVERY)  # what is to be written of it is
    folder = machine.directory / "mail" / mailbox_of(jan).hex
    Use.objects.get_or_create(mailbox=mailbox_of(jan))
    verbs.reset(jan, by=SYSTEM)
    assert purge(machine.directory / "mail", "mail") == 0
    assert folder.exists()
    kept = RetiredMailbox.objects.get()
    RetiredMailbox.objects.update(purge_at=timezone.now() - timedelta(seconds=1))
    make_slot(domain.service)
    with pytest.raises(Refused):
        restore(kept, by=SYSTEM)
    assert purge(machine.directory / "mail", "another") == 0
    out = StringIO()
    call_command("mailflow", "purge", "--dir", str(machine.directory), "--json", stdout=out)
    assert json.loads(out.getvalue()) == {"purged": 1}
    assert not folder.exists()
    assert not RetiredMailbox.objects.exists()
    assert not Use.objects.filter(mailbox=folder.name).exists()


def test_what_cannot_be_deleted_now_is_tried_again(jan: EmailAccount, tmp_path: Path) -> None:
    mailbox = mailbox_of(jan)
    verbs.reset(jan, by=SYSTEM)
    RetiredMailbox.objects.update(purge_at=timezone.now())
    (tmp_path / mailbox.hex).write_text("in the way of a directory")
    assert purge(tmp_path, "mail") == 0
    assert RetiredMailbox.objects.exists()


def test_staff_restore_by_page_and_command(jan: EmailAccount, domain: Domain, client: Client) -> None:
    mailbox, address = mailbox_of(jan), str(jan)
    verbs.reset(jan, by=SYSTEM)
    kept = RetiredMailbox.objects.get()
    url = reverse("accounts:restore", args=[domain.service.name, kept.pk])
    client.force_login(make_member(domain.service.organization))
    assert client.post(url).status_code == 404
    client.force_login(make_user(staff=True))
    assert "Restore into an unused account" in client.get(reverse("accounts:retired", args=[domain.service.name])).text
    client.post(url, {"address": address})
    jan.refresh_from_db()
    assert (str(jan), jan.mailbox_id) == (address, mailbox)
    verbs.reset(jan, by=SYSTEM)
    call_command("restore_mailbox", address, "--to", f"janek@{domain.name.name}")
    jan.refresh_from_db()
    assert (str(jan), jan.mailbox_id) == (f"janek@{domain.name.name}", mailbox)


def test_what_the_database_knows_nothing_of_goes_only_when_asked_for(machine: MailMachine, jan: EmailAccount) -> None:
    orphan = machine.directory / "mail" / ("0" * 32)
    orphan.mkdir()
    delivered(machine, jan, "stays")
    call_command("mailflow", "purge", "--dir", str(machine.directory), stdout=StringIO())
    assert orphan.exists()
    call_command("mailflow", "purge", "--dir", str(machine.directory), "--orphans", stdout=StringIO())
    assert not orphan.exists()
    assert machine.subjects(str(jan), PASSWORD) == ["stays"]


# postmaster and abuse


def kept(domain: Domain) -> list[tuple[str, str]]:
    rows = InboxMessage.objects.filter(organization=domain.service.organization)
    return list(rows.order_by("pk").values_list("recipient", "subject"))


def test_postmaster_and_abuse_without_an_account_are_kept_for_the_organization(
    machine: MailMachine, domain: Domain
) -> None:
    name = domain.name.name
    assert machine.send(f"postmaster@{name}", subject="your mail")[0] == 250
    assert machine.send(f"Abuse@{name}", subject="a complaint")[0] == 250
    assert machine.rcpt(f"webmaster@{name}")[0] == 550
    soon(lambda: len(kept(domain)) == 2, "both are kept")
    assert sorted(subject for _recipient, subject in kept(domain)) == ["a complaint", "your mail"]


def test_a_configured_postmaster_gets_its_own_mail(machine: MailMachine, jan: EmailAccount, domain: Domain) -> None:
    verbs.rename(jan, Placement("postmaster", domain.name.name), by=SYSTEM, owner=True)
    assert machine.send(f"postmaster@{domain.name.name}", subject="for me")[0] == 250
    machine.arrives(f"postmaster@{domain.name.name}", PASSWORD, "for me")
    assert not kept(domain)


def test_in_a_split_domain_the_target_is_asked_first(machine: MailMachine, split: Domain, target: SmtpTarget) -> None:
    postmaster = f"postmaster@{split.name.name}"
    assert machine.send(postmaster, subject="to the target")[0] == 250
    soon(lambda: len(target.messages) == 1, "the target has it")
    target.answer = lambda _recipient: "550 5.1.1 unknown"
    assert machine.send(f"abuse@{split.name.name}", subject="to us")[0] == 250
    soon(lambda: kept(split) == [(f"abuse@{split.name.name}", "to us")], "it is kept")
    target.answer = lambda _recipient: "451 4.3.0 later"
    assert machine.rcpt(f"abuse+x@{split.name.name}")[0] == 450
    assert len(target.messages) == 1


def test_without_a_domain_postmaster_is_the_operator_s(machine: MailMachine, domain: Domain) -> None:
    with machine.smtp() as client:
        client.mail(ANYBODY)
        assert said(client.rcpt("postmaster"))[0] == 250
    assert not kept(domain)


HOSTILE = (
    b"From: =?utf-8?q?J=C3=B3zef?= <j@outside.test>\r\nTo: abuse@x.test\r\n"
    b"Subject: <b>hello</b> =?utf-8?b?4oCu?=\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    b"<html><head><title>t</title><script>alert(1)</script></head><body onload=x()><p>first &lt;i&gt;</p>"
    b"<p>second<img src='https://outside.test/pixel'></p></body></html>\r\n"
)


def test_a_message_is_shown_as_text_and_nothing_else(domain: Domain, client: Client) -> None:
    assert inbox.deliver("mail", f"abuse@{domain.name.name}", "j@outside.test", HOSTILE)
    message = InboxMessage.objects.get()
    code = domain.service.organization.code
    client.force_login(make_member(domain.service.organization, "technician"))
    page = client.get(reverse("mailflow:inbox", args=[code])).text
    assert "&lt;b&gt;hello&lt;/b&gt;" in page
    page = client.get(reverse("mailflow:inbox_message", args=[code, message.pk])).text
    assert "Józef" in page
    assert "first &lt;i&gt;" in page
    for never in ("alert(1)", "outside.test/pixel", "onload", "\u202e", "<b>hello"):
        assert never not in page
    message.refresh_from_db()
    assert message.read_at is not None
    client.post(reverse("mailflow:inbox_delete", args=[code, message.pk]))
    assert not InboxMessage.objects.exists()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff\xfe",
        b"Subject: =?x-unknown?q?=ff?=\r\nContent-Type: text/plain; charset=nonsense\r\n\r\n\xff",
        b"From: <<<@@\r\nDate: never\r\nContent-Type: multipart/mixed\r\n\r\n--\r\n",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<!--<p>x\r\n--b--\r\n",
        b"Content-Transfer-Encoding: base64\r\nContent-Type: text/plain\r\n\r\n%%%\r\n",
        b"Subject: x" + b"\r\n y" * 10_000 + b"\r\n\r\n",
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(2000)),
        b"Content-Type: message/rfc822\r\n\r\n" * 5000,
        b"From: " + b"(" * 3000 + b"\r\n\r\nhello\r\n",
        b"Content-Type: " + b"(" * 3000 + b"\r\n\r\nhello\r\n",
        b"To: " + b"a@b.test, " * 20_000 + b"\r\n\r\nhello\r\n",
        b"Content-Type: text/html\r\n\r\n<![x[hello\r\n",
    ],
)
def test_whatever_strangers_write_can_be_listed_and_read(raw: bytes, domain: Domain, client: Client) -> None:
    assert inbox.deliver("mail", f"abuse@{domain.name.name}", "", raw)
    code = domain.service.organization.code
    client.force_login(make_member(domain.service.organization))
    assert client.get(reverse("mailflow:inbox", args=[code])).status_code == 200
    number = InboxMessage.objects.get().pk
    assert client.get(reverse("mailflow:inbox_message", args=[code, number])).status_code == 200


def test_contacts_are_told_once_an_hour_and_not_of_automatic_mail(domain: Domain) -> None:
    organization = domain.service.organization
    Contact.add(organization, "it@customer.example").confirm()
    address = f"abuse@{domain.name.name}"
    inbox.deliver("mail", address, "a@outside.test", b"Subject: one\r\n\r\n")
    inbox.deliver("mail", address, "a@outside.test", b"Auto-Submitted: auto-generated\r\n\r\n")
    inbox.deliver("mail", address, "", b"Subject: a bounce\r\n\r\n")
    assert (inbox.tell(), inbox.tell()) == (1, 0)
    inbox.deliver("mail", address, "a@outside.test", b"Subject: two\r\n\r\n")
    assert inbox.tell() == 0
    InboxMessage.objects.filter(told_at__isnull=False).update(told_at=timezone.now() - timedelta(minutes=61))
    assert inbox.tell() == 1
    assert list(Letter.objects.values_list("recipient", flat=True)) == ["it@customer.example"] * 2
    assert message_of(Letter.objects.earliest("pk")).extra_headers["Auto-Submitted"] == "auto-generated"


def test_a_flood_fills_no_disk(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "KEPT_MESSAGES", 3)
    for number in range(5):
        inbox.deliver("mail", f"abuse@{domain.name.name}", "", b"Subject: %d\r\n\r\n" % number + b"x" * 300_000)
    assert [subject for _recipient, subject in kept(domain)] == ["2", "3", "4"]
    assert max(len(message.raw) for message in InboxMessage.objects.all()) == inbox.KEPT_OCTETS


def test_while_the_agent_is_away_nothing_is_lost(machine: MailMachine, domain: Domain) -> None:
    os.kill(machine.child("mailflow agent"), signal.SIGKILL)
    with smtplib.SMTP("127.0.0.1", machine.smtp_port, timeout=30) as client:
        client.sendmail(ANYBODY, [f"abuse@{domain.name.name}"], "Subject: meanwhile\r\n\r\n")
    soon(lambda: (machine.directory / "run" / "inbox").exists(), "the agent is back")

    def arrived() -> bool:
        machine.flush()
        return bool(kept(domain))

    soon(arrived, "it is kept", 60)
