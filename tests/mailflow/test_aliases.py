"""Aliases, as conversations with real Postfix and Dovecot: each change acts on the next message."""

from __future__ import annotations

import pytest

from accounts import aliases, verbs
from accounts.models import Alias, EmailAccount
from domains.models import Domain
from panel.actors import SYSTEM
from panel.models import Service
from tests.factories import make_domain
from tests.mailflow.conftest import PASSWORD, account_at
from tests.mailflow.machine import MailMachine
from tests.mailflow.test_sending import letter, may_sign_in, submit

pytestmark = pytest.mark.django_db(transaction=True)


def add(account: EmailAccount, *addresses: str) -> None:
    aliases.add(account, "\n".join(addresses), by=SYSTEM, owner=False)


def test_mail_to_an_alias_arrives_in_the_mailbox_from_the_next_message_on(
    machine: MailMachine, service: Service, jan: EmailAccount
) -> None:
    other = make_domain(service, f"other-{jan.domain}")
    info, away = f"info@{jan.domain}", f"jan@{other}"
    with machine.smtp() as client:
        client.mail("somebody@outside.test")
        assert client.rcpt(info)[0] == 550
        add(jan, info, away)
        assert client.rcpt(info)[0] == 250
        assert client.rcpt(away.upper())[0] == 250
    for number, address in enumerate((info, away, f"info+shop@{jan.domain}", f"jan+shop@{jan.domain}")):
        assert machine.send(address, subject=f"letter {number}")[0] == 250
        machine.arrives(str(jan), PASSWORD, f"letter {number}")
    aliases.remove(jan, Alias.objects.values_list("pk", flat=True), by=SYSTEM)
    assert machine.rcpt(info)[0] == 550
    assert machine.rcpt(away)[0] == 550


def test_aliases_of_a_suspended_account_receive_and_of_a_reset_one_do_not(
    machine: MailMachine, jan: EmailAccount
) -> None:
    info = f"info@{jan.domain}"
    add(jan, info)
    verbs.suspend(jan, by=SYSTEM)
    assert machine.rcpt(info)[0] == 250
    verbs.reset(jan, by=SYSTEM)
    assert machine.rcpt(info)[0] == 550


def test_an_alias_of_a_split_domain_is_not_asked_at_the_target(
    machine: MailMachine, split: Domain, target: object
) -> None:
    jan = account_at(split, "jan")
    add(jan, f"info@{split}")
    assert machine.send(f"info@{split}", subject="for the alias")[0] == 250
    machine.arrives(f"jan@{split}", PASSWORD, "for the alias")
    assert not target.questions  # type: ignore[attr-defined]


def test_its_account_sends_as_an_alias_and_nobody_else_does(machine: MailMachine, jan: EmailAccount) -> None:
    assert jan.domain is not None
    anna = account_at(jan.domain, "anna")
    own, info, friend = str(jan), f"info@{jan.domain}", "friend@elsewhere.test"
    assert submit(machine, own, info, friend, letter(info))[0] == 553
    add(jan, info)
    assert submit(machine, own, info, friend, letter(info))[0] == 250
    assert submit(machine, own, f"info+shop@{jan.domain}", friend, letter(info))[0] == 250
    assert submit(machine, own, own, friend, letter(info))[0] == 250
    assert submit(machine, str(anna), info, friend, letter(info))[0] == 553
    aliases.remove(jan, [Alias.objects.get().pk], by=SYSTEM)
    assert submit(machine, own, info, friend, letter(info))[0] == 553


def test_nobody_signs_in_with_an_alias(machine: MailMachine, jan: EmailAccount) -> None:
    add(jan, f"info@{jan.domain}")
    assert not may_sign_in(machine, f"info@{jan.domain}")
    assert may_sign_in(machine, str(jan))


def test_what_an_alias_receives_counts_for_the_mailbox(machine: MailMachine, jan: EmailAccount) -> None:
    from mailflow.models import Use
    from tests.mailflow.conftest import mailbox_of
    from tests.mailflow.machine import soon

    add(jan, f"info@{jan.domain}")
    assert machine.send(f"info@{jan.domain}", subject="counted")[0] == 250
    soon(lambda: Use.objects.filter(mailbox=mailbox_of(jan), messages=1).exists(), "its use", 20)
