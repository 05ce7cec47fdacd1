"""The catch-all of a domain, as conversations with real Postfix and Dovecot."""

from __future__ import annotations

import pytest

from accounts import aliases, catching, verbs
from accounts.models import CatchAll, EmailAccount
from domains.models import Domain
from mailflow.models import InboxMessage
from panel.actors import SYSTEM
from panel.errors import Refused
from panel.models import Activity
from tests.mailflow.conftest import PASSWORD, account_at
from tests.mailflow.machine import MailMachine, soon
from tests.mailflow.test_sending import letter, submit
from tests.servers.target import SmtpTarget

pytestmark = pytest.mark.django_db(transaction=True)


def test_unknown_recipients_go_to_the_chosen_account_and_known_ones_to_their_own(
    machine: MailMachine, domain: Domain, jan: EmailAccount
) -> None:
    anna = account_at(domain, "anna")
    unknown = f"whoever@{domain}"
    assert machine.rcpt(unknown)[0] == 550
    catching.set_catch_all(domain, jan, by=SYSTEM)
    assert machine.send(unknown, subject="for nobody")[0] == 250
    assert machine.send(f"whoever+shop@{domain}", subject="for nobody's shop")[0] == 250
    machine.arrives(str(jan), PASSWORD, "for nobody")
    machine.arrives(str(jan), PASSWORD, "for nobody's shop")
    assert machine.send(str(anna), subject="for anna")[0] == 250
    machine.arrives(str(anna), PASSWORD, "for anna")
    assert submit(machine, str(anna), str(anna), unknown, letter(str(anna)))[0] == 250
    machine.arrives(str(jan), PASSWORD, "a letter")
    assert submit(machine, str(jan), unknown, "friend@elsewhere.test", letter(unknown))[0] == 553, "it is no sender"
    catching.set_catch_all(domain, None, by=SYSTEM)
    assert machine.rcpt(unknown)[0] == 550


def test_mail_to_postmaster_stays_in_the_organizations_inbox(
    machine: MailMachine, domain: Domain, jan: EmailAccount
) -> None:
    catching.set_catch_all(domain, jan, by=SYSTEM)
    assert machine.send(f"postmaster@{domain}", subject="for the postmaster")[0] == 250
    soon(lambda: InboxMessage.objects.filter(subject="for the postmaster").exists(), "the message in the inbox")
    assert "for the postmaster" not in machine.subjects(str(jan), PASSWORD)


def test_another_mode_ends_it_and_says_so(
    machine: MailMachine, domain: Domain, jan: EmailAccount, target: SmtpTarget
) -> None:
    catching.set_catch_all(domain, jan, by=SYSTEM)
    aim = f"127.0.0.1:{target.port}"
    domain.change_mode("non_authoritative", aim, SYSTEM, judged=False)
    assert not CatchAll.objects.exists()
    assert Activity.objects.get(verb="domain.catch_all_ended").target == domain.name.name
    assert machine.send(f"elsewhere@{domain}", subject="for the target")[0] == 250
    soon(lambda: target.messages, "the message at the target")
    with pytest.raises(Refused) as refused:
        catching.set_catch_all(domain, jan, by=SYSTEM)
    assert refused.value.code == "not-authoritative"


def test_a_reset_account_takes_nothing_any_more(machine: MailMachine, domain: Domain, jan: EmailAccount) -> None:
    catching.set_catch_all(domain, jan, by=SYSTEM)
    verbs.reset(jan, by=SYSTEM)
    assert machine.rcpt(f"whoever@{domain}")[0] == 550


def test_one_message_to_an_account_its_alias_and_an_unknown_address_arrives_once(
    machine: MailMachine, domain: Domain, jan: EmailAccount
) -> None:
    aliases.add(jan, "info", by=SYSTEM, owner=False)
    catching.set_catch_all(domain, jan, by=SYSTEM)
    with machine.smtp() as client:
        client.sendmail(
            "somebody@outside.test", [str(jan), f"info@{domain}", f"whoever@{domain}"], "Subject: once\r\n\r\nhello\r\n"
        )
        client.sendmail("somebody@outside.test", [str(jan)], "Subject: later\r\n\r\nhello\r\n")
    machine.arrives(str(jan), PASSWORD, "later")
    machine.arrives(str(jan), PASSWORD, "once")
    assert machine.subjects(str(jan), PASSWORD).count("once") == 1


def test_a_name_with_a_comma_is_expanded_as_one(machine: MailMachine, domain: Domain) -> None:
    anna = account_at(domain, "a,b")
    aliases.add(anna, "x,y", by=SYSTEM, owner=False)
    assert machine.send(f'"x,y"@{domain}', subject="with a comma")[0] == 250
    machine.arrives(str(anna), PASSWORD, "with a comma")
