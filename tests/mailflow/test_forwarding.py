"""Forwarding, as conversations with real Postfix and Dovecot."""

from __future__ import annotations

import email

import pytest

from accounts import aliases, forwarding, groups
from accounts.models import EmailAccount, ForwardTarget
from accounts.policies import change_policy
from domains.models import Domain
from mailflow import passing_on
from panel.actors import SYSTEM
from tests.mailflow.conftest import PASSWORD, account_at, mailbox_of
from tests.mailflow.machine import MailMachine, soon
from tests.servers.target import SmtpTarget

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def anna(domain: Domain) -> EmailAccount:
    return account_at(domain, "anna")


def forward(account: EmailAccount, *to: str, keep: bool = True) -> list[str]:
    return forwarding.set_forwarding(account, "\n".join(to), keep=keep, by=SYSTEM)


def test_it_goes_to_several_addresses_and_a_copy_stays(
    machine: MailMachine, jan: EmailAccount, anna: EmailAccount, split: Domain, target: SmtpTarget
) -> None:
    forward(jan, "anna", f"friend@{split}", f"pal@{split}")
    assert machine.send(str(jan), subject="for three")[0] == 250
    machine.arrives(str(jan), PASSWORD, "for three")
    machine.arrives(str(anna), PASSWORD, "for three")
    soon(lambda: len(target.messages) == 2, "both messages at the target")
    assert sorted(session.recipients[0] for session in target.messages) == [f"friend@{split}", f"pal@{split}"]


def test_without_a_copy_nothing_stays_and_the_end_acts_at_once(
    machine: MailMachine, jan: EmailAccount, anna: EmailAccount
) -> None:
    forward(jan, "anna", keep=False)
    assert machine.send(str(jan), subject="for anna alone")[0] == 250
    machine.arrives(str(anna), PASSWORD, "for anna alone")
    forward(jan)
    assert machine.send(str(jan), subject="for jan again")[0] == 250
    machine.arrives(str(jan), PASSWORD, "for jan again")
    assert machine.subjects(str(jan), PASSWORD) == ["for jan again"]


def test_the_envelope_is_ours_and_the_message_as_it_was(
    machine: MailMachine, jan: EmailAccount, split: Domain, target: SmtpTarget
) -> None:
    forward(jan, f"friend@{split}", keep=False)
    text = (
        b"From: boss@outside.test\r\nDate: Sat, 28 Nov 2026 12:00:00 +0000\r\nMessage-ID: <m@outside.test>\r\n"
        b"Subject: =?utf-8?q?=C5=BC?=\r\nX-Kept:  as  it  is\r\n\r\nZa\xc5\xbc\xc3\xb3\xc5\x82\xc4\x87\r\n.dot\r\n"
    )
    with machine.smtp() as client:
        client.sendmail("boss@outside.test", [str(jan)], text)
    soon(lambda: target.messages, "the message at the target")
    got = target.messages[0]
    assert (got.sender, got.recipients) == (str(jan), [f"friend@{split}"])
    assert text.replace(b"\r\n", b"\n").strip() in got.message.replace(b"\r\n", b"\n")
    message = email.message_from_bytes(got.message)
    assert message["From"] == "boss@outside.test"
    assert message["Delivered-To"] == str(jan)
    with machine.smtp() as client:
        client.sendmail("", [str(jan)], b"From: mailer-daemon@outside.test\r\nSubject: a bounce\r\n\r\nx\r\n")
    soon(lambda: len(target.messages) == 2, "the bounce at the target")
    assert target.messages[1].sender == ""


def test_it_holds_for_aliases_details_and_groups(
    machine: MailMachine, jan: EmailAccount, anna: EmailAccount, domain: Domain
) -> None:
    aliases.add(jan, "info", by=SYSTEM, owner=False)
    forward(jan, "anna")
    team = groups.create(domain.service, "team", domain, groups.GroupWish("", "everyone"), by=SYSTEM, owner=False)
    groups.add_members(team, "jan", by=SYSTEM)
    for number, address in enumerate((f"info@{domain}", f"jan+shop@{domain}", str(team))):
        assert machine.send(address, subject=f"letter {number}")[0] == 250
        machine.arrives(str(anna), PASSWORD, f"letter {number}")
        machine.arrives(str(jan), PASSWORD, f"letter {number}")


def test_a_circle_through_outside_ends(
    machine: MailMachine, jan: EmailAccount, split: Domain, target: SmtpTarget
) -> None:
    forward(jan, f"friend@{split}", keep=False)
    assert machine.send(str(jan), subject="round")[0] == 250
    soon(lambda: target.messages, "the message at the target")
    came = target.messages[0]
    with machine.smtp() as client:
        client.sendmail(came.sender, [str(jan)], came.message)
    soon(lambda: passing_on.LOOP.split(": ")[1] in machine.logs(), "the refusal in the log")
    assert target.messages[0].message.count(b"Delivered-To: ") == 1


def test_a_circle_that_was_made_all_the_same_ends(machine: MailMachine, jan: EmailAccount, anna: EmailAccount) -> None:
    """As by two people at once: each mailbox has it once."""
    forward(jan, "anna")
    made = forwarding.Forwarding.objects.create(account=anna)
    ForwardTarget.objects.create(forwarding=made, local_part="jan", domain=jan.domain.name.name)  # type: ignore[union-attr]
    assert machine.send(str(jan), subject="in a circle")[0] == 250
    machine.arrives(str(anna), PASSWORD, "in a circle")
    assert machine.send(str(jan), subject="another")[0] == 250
    machine.arrives(str(jan), PASSWORD, "another")
    assert machine.subjects(str(jan), PASSWORD).count("in a circle") == 1


def test_the_policy_keeps_it_in_the_mailbox(machine: MailMachine, jan: EmailAccount, split: Domain) -> None:
    forward(jan, "friend@elsewhere.test", keep=False)
    change_policy(jan.service, {"forward_outside": False}, by=SYSTEM)
    assert machine.send(str(jan), subject="kept after all")[0] == 250
    machine.arrives(str(jan), PASSWORD, "kept after all")


def test_a_full_mailbox_that_keeps_nothing_refuses_nothing(
    machine: MailMachine, jan: EmailAccount, anna: EmailAccount
) -> None:
    from mailflow.models import Use

    EmailAccount.objects.filter(pk=jan.pk).update(quota=1)
    Use.objects.create(mailbox=mailbox_of(jan), bytes=2**21)
    assert machine.rcpt(str(jan))[0] == 552
    forward(jan, "anna")
    assert machine.rcpt(str(jan))[0] == 552
    forward(jan, "anna", keep=False)
    assert machine.rcpt(str(jan))[0] == 250


def test_nobody_from_outside_uses_our_own_addresses(machine: MailMachine, jan: EmailAccount) -> None:
    forward(jan, "friend@elsewhere.test")
    number = ForwardTarget.objects.get().pk
    assert machine.rcpt(f"mailflow-forward-{number}@mx1.pro.test")[0] == 554


def test_nobody_outside_gets_more_of_it_than_an_account_may_send(
    machine: MailMachine, jan: EmailAccount, split: Domain, target: SmtpTarget
) -> None:
    """The machine was started with MAIL_ACCOUNT_LIMIT=30. What is beyond waits in the queue."""
    forward(jan, f"victim@{split}", keep=False)
    for number in range(33):
        assert machine.send(str(jan), subject=f"letter {number}")[0] == 250
    soon(lambda: machine.passed_on(str(jan)) == (30, 3), "three that wait")
    assert target.messages


def test_it_goes_to_an_account_with_a_detail_also_where_nothing_may_go_outside(
    machine: MailMachine, jan: EmailAccount, anna: EmailAccount
) -> None:
    change_policy(jan.service, {"forward_outside": False}, by=SYSTEM)
    forward(jan, f"anna+work@{anna.domain}", keep=False)
    assert machine.send(str(jan), subject="with a detail")[0] == 250
    machine.arrives(str(anna), PASSWORD, "with a detail")
    assert machine.subjects(str(jan), PASSWORD) == []
