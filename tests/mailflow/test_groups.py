"""Groups, as conversations with real Postfix and Dovecot."""

from __future__ import annotations

import email

import pytest

from accounts import aliases, groups, verbs
from accounts.models import EmailAccount, MailGroup
from accounts.policies import change_policy
from domains.models import Domain
from panel.actors import SYSTEM
from tests.factories import make_domain, make_organization, make_service
from tests.mailflow.conftest import PASSWORD, account_at
from tests.mailflow.machine import MailMachine, soon
from tests.mailflow.test_quota import MIB, used
from tests.mailflow.test_quota import send as send_octets
from tests.mailflow.test_sending import letter, submit
from tests.servers.target import SmtpTarget

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def anna(domain: Domain) -> EmailAccount:
    return account_at(domain, "anna")


@pytest.fixture
def team(domain: Domain, jan: EmailAccount, anna: EmailAccount) -> MailGroup:
    """Of Jan and Anna; everybody may write to it."""
    made = groups.create(domain.service, "team", domain, groups.GroupWish("Team", "everyone"), by=SYSTEM, owner=False)
    groups.add_members(made, "jan anna", by=SYSTEM)
    return made


def restrict(group: MailGroup, senders: str, *named: str) -> None:
    groups.change(group, groups.GroupWish("Team", senders, named), by=SYSTEM)


def test_each_member_gets_it_once(machine: MailMachine, team: MailGroup, jan: EmailAccount, anna: EmailAccount) -> None:
    aliases.add(jan, "info", by=SYSTEM, owner=False)
    with machine.smtp() as client:
        recipients = [str(team), str(jan), f"info@{jan.domain}"]
        client.sendmail("somebody@outside.test", recipients, "Subject: for the team\r\n\r\nhello\r\n")
    machine.send(str(team), subject="another one")
    for member in (jan, anna):
        machine.arrives(str(member), PASSWORD, "for the team")
        machine.arrives(str(member), PASSWORD, "another one")
        assert machine.subjects(str(member), PASSWORD).count("for the team") == 1


def test_a_change_acts_on_the_next_message(
    machine: MailMachine, team: MailGroup, jan: EmailAccount, anna: EmailAccount
) -> None:
    groups.remove_members(team, [team.members.get(account=anna).pk], by=SYSTEM)
    assert machine.send(str(team), subject="for one")[0] == 250
    machine.arrives(str(jan), PASSWORD, "for one")
    assert "for one" not in machine.subjects(str(anna), PASSWORD)
    verbs.reset(jan, by=SYSTEM)
    assert machine.rcpt(str(team))[0] == 550, "nobody is left"
    address = str(team)
    groups.add_members(team, "anna", by=SYSTEM)
    assert machine.rcpt(address)[0] == 250
    groups.delete(team, by=SYSTEM)
    assert machine.rcpt(address)[0] == 550


def test_the_organization_s_own_write_to_it_signed_in_only(
    machine: MailMachine, team: MailGroup, jan: EmailAccount
) -> None:
    restrict(team, "organization")
    assert machine.rcpt(str(team))[0] == 550
    assert machine.rcpt(str(team), sender=str(jan))[0] == 550, "anybody can write his address into an envelope"
    assert submit(machine, str(jan), str(jan), str(team), letter(str(jan)))[0] == 250
    other = make_domain(make_service(make_organization(), jan.service.platform), f"foreign-{jan.domain}")
    stranger = account_at(other, "boss")
    assert submit(machine, str(stranger), str(stranger), str(team), letter(str(stranger)))[0] == 550


def test_members_write_to_it(machine: MailMachine, team: MailGroup, jan: EmailAccount, domain: Domain) -> None:
    restrict(team, "members")
    eve = account_at(domain, "eve")
    assert submit(machine, str(eve), str(eve), str(team), letter(str(eve)))[0] == 550
    assert submit(machine, str(jan), str(jan), str(team), letter(str(jan)))[0] == 250
    groups.add_members(team, "friend@elsewhere.test", by=SYSTEM)
    assert machine.rcpt(str(team), sender="friend@elsewhere.test")[0] == 250
    assert machine.rcpt(str(team), sender="stranger@elsewhere.test")[0] == 550


def test_those_that_are_named_write_to_it(machine: MailMachine, team: MailGroup, jan: EmailAccount) -> None:
    restrict(team, "named", str(jan), "Boss@Elsewhere.test")
    assert machine.rcpt(str(team), sender="boss@elsewhere.test")[0] == 250
    assert machine.rcpt(str(team), sender="boss+news@elsewhere.test")[0] == 250
    assert machine.rcpt(str(team), sender="clerk@elsewhere.test")[0] == 550
    assert machine.rcpt(str(team), sender=str(jan))[0] == 550
    assert machine.rcpt(str(team), sender="")[0] == 550
    assert submit(machine, str(jan), str(jan), str(team), letter(str(jan)))[0] == 250


def test_members_outside_get_it_under_the_group_s_own_envelope(
    machine: MailMachine, team: MailGroup, jan: EmailAccount, split: Domain, target: SmtpTarget
) -> None:
    groups.add_members(team, f"friend@{split} pal@{split}", by=SYSTEM)
    assert machine.send(str(team), subject="also outside")[0] == 250
    machine.arrives(str(jan), PASSWORD, "also outside")
    soon(lambda: len(target.messages) == 2, "both messages at the target")
    assert sorted(session.recipients[0] for session in target.messages) == [f"friend@{split}", f"pal@{split}"]
    bounces = f"team+bounces@{jan.domain}"
    assert {session.sender for session in target.messages} == {bounces}
    message = email.message_from_bytes(target.messages[0].message)
    assert (message["From"], message["Subject"]) == ("somebody@outside.test", "also outside")
    assert machine.send(bounces, sender="", subject="it came back")[0] == 250
    assert machine.send(str(jan), subject="afterwards")[0] == 250
    machine.arrives(str(jan), PASSWORD, "afterwards")
    assert "it came back" not in machine.subjects(str(jan), PASSWORD)


def test_what_the_policy_forbids_goes_out_no_more(machine: MailMachine, team: MailGroup, jan: EmailAccount) -> None:
    from tests.mailflow.machine import ANYBODY

    groups.add_members(team, "friend@elsewhere.test", by=SYSTEM)
    change_policy(team.service, {"forward_outside": False}, by=SYSTEM)
    assert machine.send(str(team), ANYBODY, "only inside")[0] == 250
    machine.arrives(str(jan), PASSWORD, "only inside")
    its_own = [line for line in machine.logs().splitlines() if f"orig_to=<{team}>" in line]
    assert its_own
    assert not [line for line in its_own if "mailflow-member" in line]


def test_a_group_of_many_is_taken_in_parts(
    machine: MailMachine, team: MailGroup, domain: Domain, jan: EmailAccount
) -> None:
    from mailflow.deciding import PART

    for number in range(PART):
        account_at(domain, f"n{number:03}")
    last = account_at(domain, "zoe")
    groups.add_members(team, "\n".join(f"n{number:03}" for number in range(PART)) + "\nzoe", by=SYSTEM)
    assert machine.send(str(team), subject="for all of you")[0] == 250
    machine.arrives(str(last), PASSWORD, "for all of you")
    machine.arrives(f"n{PART - 1:03}@{domain}", PASSWORD, "for all of you")


def test_a_group_takes_mail_while_a_member_is_full_and_its_sender_is_told(
    machine: MailMachine, team: MailGroup, jan: EmailAccount, anna: EmailAccount, domain: Domain
) -> None:
    """One bounce, which names the member; nobody else misses the message."""
    writer = account_at(domain, "writer")
    type(domain.service).objects.filter(pk=domain.service_id).update(quota=2)
    assert send_octets(machine, str(jan), 2 * MIB + 1000)[0] == 250
    soon(lambda: used(jan) > 2 * MIB, "the size of the mailbox is known")
    assert machine.rcpt(str(jan))[0] == 552
    assert submit(machine, str(writer), str(writer), str(team), letter(str(writer)))[0] == 250
    machine.arrives(str(anna), PASSWORD, "a letter")
    machine.arrives(str(writer), PASSWORD, "Undelivered Mail Returned to Sender")
    client = machine.imap(str(writer), PASSWORD)
    client.select("INBOX")
    bounce = str(client.fetch("1", "(BODY[])")[1])
    client.logout()
    assert str(jan) in bounce
    assert "full" in bounce.lower() or "quota" in bounce.lower()
    assert machine.subjects(str(writer), PASSWORD).count("Undelivered Mail Returned to Sender") == 1


def test_one_message_to_many_outside_goes_out_no_faster_than_a_service_may_send(
    machine: MailMachine, team: MailGroup, split: Domain, target: SmtpTarget
) -> None:
    """The machine was started with MAIL_SERVICE_LIMIT=45: the rest waits in the queue."""
    groups.add_members(team, " ".join(f"friend{number}@{split}" for number in range(50)), by=SYSTEM)
    assert machine.send(str(team), subject="to all of you")[0] == 250
    # Those that wait are tried again, and told so again, while a slow machine still passes others on.
    soon(lambda: machine.passed_on(str(team))[0] >= 45 and machine.passed_on(str(team))[1] >= 5, "five that wait")
    assert machine.passed_on(str(team))[0] == 45
    assert target.messages
