"""A full mailbox refuses at RCPT; what is in a mailbox and when it was opened is known, also after a rename."""

from __future__ import annotations

import pytest
from django.db import connection

from accounts import verbs
from accounts.batch import Placement
from accounts.models import EmailAccount
from domains.models import Domain
from mailflow.models import Use
from panel.actors import SYSTEM
from tests.mailflow.conftest import PASSWORD, mailbox_of
from tests.mailflow.machine import ANYBODY, MailMachine, said, soon

pytestmark = pytest.mark.django_db(transaction=True)

MIB = 2**20


def used(account: EmailAccount) -> int:
    return Use.objects.filter(mailbox=mailbox_of(account)).values_list("bytes", flat=True).first() or 0


def send(machine: MailMachine, recipient: str, octets: int, *, declared: bool = False) -> tuple[int, str]:
    """The last answer."""
    text = f"From: {ANYBODY}\r\nSubject: large\r\n\r\n" + ("x" * 70 + "\r\n") * (octets // 72)
    with machine.smtp() as client:
        client.mail(ANYBODY, [f"size={len(text)}"] if declared else [])
        reply = said(client.rcpt(recipient))
        return said(client.data(text)) if reply[0] == 250 else reply


def test_a_full_mailbox_refuses_at_rcpt_until_it_has_room(
    machine: MailMachine, jan: EmailAccount, domain: Domain
) -> None:
    type(domain.service).objects.filter(pk=domain.service_id).update(quota=2)
    assert send(machine, str(jan), 2 * MIB + 1000)[0] == 250
    soon(lambda: used(jan) > 2 * MIB, "the size of the mailbox is known")
    code, words = machine.rcpt(str(jan))
    assert (code, words.split(">: ")[-1]) == (552, "the mailbox is full")
    EmailAccount.objects.filter(pk=jan.pk).update(quota=0)  # staff's word for this account goes first: without limit
    assert machine.rcpt(str(jan))[0] == 250
    EmailAccount.objects.filter(pk=jan.pk).update(quota=4096)
    assert machine.rcpt(str(jan))[0] == 250
    EmailAccount.objects.filter(pk=jan.pk).update(quota=None)
    client = machine.imap(str(jan), PASSWORD)
    client.select("INBOX")
    assert client.getquotaroot("INBOX")[1][1][0] is not None
    client.store("1", "+FLAGS", "\\Deleted")
    client.expunge()
    client.logout()
    soon(lambda: used(jan) == 0, "the mailbox is empty")
    assert machine.rcpt(str(jan))[0] == 250


def test_a_message_that_cannot_fit_is_refused_where_its_size_is_said(
    machine: MailMachine, jan: EmailAccount, domain: Domain
) -> None:
    type(domain.service).objects.filter(pk=domain.service_id).update(quota=1)
    assert send(machine, str(jan), 12 * MIB, declared=True)[0] == 552
    assert send(machine, str(jan), 1000, declared=True)[0] == 250


def test_what_is_known_of_a_mailbox_stays_when_it_is_renamed(
    machine: MailMachine, jan: EmailAccount, domain: Domain
) -> None:
    machine.send(str(jan), subject="one")
    machine.arrives(str(jan), PASSWORD, "one")
    soon(lambda: Use.objects.filter(mailbox=mailbox_of(jan), messages=1, last_login__isnull=False).exists(), "use")
    before = Use.objects.get(mailbox=mailbox_of(jan))
    verbs.rename(jan, Placement("janek", domain.name.name), by=SYSTEM)
    connection.close()
    assert machine.rcpt(str(jan))[0] == 250
    assert Use.objects.get(mailbox=mailbox_of(jan)).pk == before.pk
    machine.send(str(jan), subject="two")
    soon(lambda: Use.objects.get(pk=before.pk).messages == 2, "the second message")
