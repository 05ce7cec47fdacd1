"""Signing in, sending and what ends it, as conversations with real Postfix and Dovecot."""

from __future__ import annotations

import imaplib
import smtplib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from email.message import EmailMessage

import dkim
import pytest
from django.test import Client
from django.utils import timezone

from accounts import aliases, app_passwords, catching, forwarding, policies, verbs
from accounts.hashing import hash_password
from accounts.lockout import THRESHOLD
from accounts.models import Alias, EmailAccount
from api.models import Token
from domains.models import Domain
from mailflow import blocking
from mailflow.models import Block, Failure, Use
from panel.actors import SYSTEM
from panel.models import Letter, Role
from tests.factories import make_member, make_organization, make_service, make_user
from tests.mailflow.conftest import PASSWORD, WEBMAIL, account_at, mailbox_of, signing_key
from tests.mailflow.machine import MailMachine, said, soon
from tests.servers.target import SmtpTarget

pytestmark = pytest.mark.django_db(transaction=True)


def letter(sender: str, *more: tuple[str, str]) -> str:
    lines = [f"From: {sender}", *(f"{name}: {value}" for name, value in more), "Subject: a letter", "", "hello", ""]
    return "\r\n".join(lines)


def submit(
    machine: MailMachine, login: str, sender: str, recipient: str, text: str, password: str = PASSWORD
) -> tuple[int, str]:
    """The answer that ends it: to RCPT where that is no 250, else to the message."""
    with machine.submission(login, password) as client:
        client.mail(sender)
        reply = said(client.rcpt(recipient))
        return said(client.data(text)) if reply[0] == 250 else reply


def may_sign_in(machine: MailMachine, login: str, password: str = PASSWORD) -> bool:
    try:
        machine.imap(login, password).logout()
    except imaplib.IMAP4.error:
        return False
    return True


def guess(machine: MailMachine, login: str) -> None:
    """THRESHOLD wrong passwords; Dovecot takes two seconds to say so, hence all at once."""
    with ThreadPoolExecutor(THRESHOLD) as pool:
        assert not any(pool.map(lambda _try: may_sign_in(machine, login, "wrong"), range(THRESHOLD)))


@pytest.fixture
def anna(domain: Domain) -> EmailAccount:
    return account_at(domain, "anna")


def test_mail_is_sent_as_the_login_s_own_address_only(
    machine: MailMachine, jan: EmailAccount, anna: EmailAccount
) -> None:
    own, others = str(jan), str(anna)
    assert submit(machine, own, own, others, letter(own))[0] == 250
    assert submit(machine, own, own.upper(), others, letter(f'"Jan K." <{own}>'))[0] == 250
    assert submit(machine, own, others, own, letter(others))[0] == 553
    assert submit(machine, own, own, others, letter(others))[0] == 553
    assert submit(machine, own, own, others, letter("president@elsewhere.test"))[0] == 553
    assert submit(machine, own, own, others, letter(f"{own}, {others}"))[0] == 550
    with machine.submission(own, PASSWORD) as client:
        client.mail(own)
        client.rcpt(others)
        assert said(client.data(b"From: \xff@\xff.test\r\n\r\nhello\r\n"))[0] == 550
    assert submit(machine, own, own, others, letter(own, ("From", others)))[0] == 550
    assert submit(machine, own, own, others, "Subject: without From\r\n\r\nhello\r\n")[0] == 550


def test_an_empty_sender_may_be_used_with_one_s_own_from(
    machine: MailMachine, jan: EmailAccount, anna: EmailAccount
) -> None:
    own, others = str(jan), str(anna)
    assert submit(machine, own, "", others, letter(own))[0] == 250
    assert submit(machine, own, "", others, letter(others))[0] == 553


def test_a_sender_that_was_refused_vouches_for_no_later_message(
    machine: MailMachine, jan: EmailAccount, anna: EmailAccount
) -> None:
    own, others = str(jan), str(anna)
    for again in (smtplib.SMTP.rset, smtplib.SMTP.ehlo):
        for sender in ("", own):
            with machine.submission(own, PASSWORD) as client:
                client.mail("boss@elsewhere.test")
                assert said(client.rcpt(others))[0] == 553
                again(client)
                client.mail(sender)
                assert said(client.rcpt(others))[0] == 250
                assert said(client.data(letter("boss@elsewhere.test")))[0] == 553


def test_unknown_recipients_of_our_domains_are_refused_there_too(
    machine: MailMachine, jan: EmailAccount, split: Domain, target: SmtpTarget
) -> None:
    own = str(jan)
    assert submit(machine, own, own, f"nobody@{jan.domain}", letter(own))[0] == 550
    target.answer = lambda recipient: "550 5.1.1 no" if recipient.startswith("no") else "250 2.1.5 Ok"
    assert submit(machine, own, own, f"nobody@{split}", letter(own))[0] == 550
    assert submit(machine, own, own, f"somebody@{split}", letter(own))[0] == 250


def test_nobody_sends_without_signing_in(machine: MailMachine, jan: EmailAccount) -> None:
    with smtplib.SMTP("127.0.0.1", machine.submission_port) as client:
        client.ehlo()
        assert "auth" not in client.esmtp_features  # a password goes through TLS only
        assert client.mail(str(jan))[0] == 530
    with machine.smtp() as client:
        assert "auth" not in client.esmtp_features
        assert "starttls" in client.esmtp_features


def test_outgoing_mail_is_signed_with_the_domain_s_newest_active_key(
    machine: MailMachine, jan: EmailAccount, split: Domain, target: SmtpTarget
) -> None:
    assert jan.domain is not None
    signing_key(jan.domain, "old")
    key = signing_key(jan.domain, "new")
    message = EmailMessage()
    message["From"], message["To"] = f"Jan <{jan}>", f"friend@{split}"
    message["Subject"] = "Zażółć gęślą jaźń, a subject so long that it has to be folded into a second line"
    message.set_content("hello   world \n.dot\n\nłąka\n\n\n")
    assert submit(machine, str(jan), str(jan), f"friend@{split}", message.as_string().replace("\n", "\r\n"))[0] == 250
    soon(lambda: target.messages, "the message at the target")
    signed = target.messages[0].message
    record = f"v=DKIM1; k=rsa; p={key.public_key}".encode()

    def published(name: bytes, timeout: int = 5) -> bytes | None:
        return record if name.decode().rstrip(".") == f"new._domainkey.{jan.domain}" else None

    assert dkim.verify(signed, dnsfunc=published)
    assert not dkim.verify(signed.replace(b"Subject:", b"Subject: not"), dnsfunc=published)
    assert not dkim.verify(signed.replace(b"aGVsbG8", b"aGFsbG8"), dnsfunc=published)
    assert not dkim.verify(b"From: somebody@else.test\r\n" + signed, dnsfunc=published)


def test_an_account_writes_to_so_many_recipients_an_hour(machine: MailMachine, jan: EmailAccount) -> None:
    """The machine was started with MAIL_ACCOUNT_LIMIT=30."""
    with machine.submission(str(jan), PASSWORD) as client:
        client.mail(str(jan))
        codes = [client.rcpt(f"friend{number}@elsewhere.test")[0] for number in range(31)]
    assert codes == [250] * 30 + [450]


def beyond(machine: MailMachine, own: str, numbers: range, client: smtplib.SMTP) -> list[int]:
    """What is said to so many recipients; after a few refusals in one session Postfix slows it down."""
    client.rset()
    client.mail(own)
    return [client.rcpt(f"friend{number}@elsewhere.test")[0] for number in numbers]


def test_an_account_that_floods_is_blocked_until_staff_unblock_it(machine: MailMachine, jan: EmailAccount) -> None:
    """MAIL_ACCOUNT_LIMIT=30: it floods at the thirtieth recipient beyond it."""
    own = str(jan)
    assert jan.mailbox_id is not None
    staff = make_user("boss@operator.example", staff=True)
    owner = make_member(jan.service.organization, Role.OWNER)
    with machine.submission(own, PASSWORD) as client:
        assert beyond(machine, own, range(30), client) == [250] * 30
        for _again in range(4):  # a program that tries the same ones all over
            with machine.submission(own, PASSWORD) as other:
                assert beyond(machine, own, range(30, 38), other) == [450] * 8
        assert not Block.objects.exists()
        for first in (38, 46):
            with machine.submission(own, PASSWORD) as other:
                assert beyond(machine, own, range(first, first + 8), other) == [450] * 8
        with machine.submission(own, PASSWORD) as other:
            assert beyond(machine, own, range(54, 61), other) == [450] * 5 + [550] * 2
        code, words = said(client.rcpt("friend1@elsewhere.test"))  # the open session, too
        assert code == 550
        assert "blocked from sending" in words
        soon(Block.objects.exists, "the block", 5)
        code, words = said(client.rcpt("friend1@elsewhere.test"))
        assert (code, "blocked from sending" in words) == (550, True)
    block = Block.objects.get()
    assert (block.mailbox, block.kind, block.network, block.told_at) == (jan.mailbox_id, "flood", "", None)
    with machine.submission(own, PASSWORD) as client:  # whoever it is can still sign in
        assert beyond(machine, own, range(1), client) == [550]
        assert may_sign_in(machine, own)
        assert machine.send(own, subject="still received")[0] == 250
        assert blocking.tell() == 1
        told = set(Letter.objects.values_list("recipient", flat=True))
        assert told == {staff.email, owner.email}
        assert own in Letter.objects.first().subject  # type: ignore[union-attr]
        account = f"/api/v1/services/{jan.service.name}/accounts/{jan.pk}"
        _token, secret = Token.issue(None, "operator", ["accounts:write"], timezone.now() + timedelta(days=1), by=staff)
        done = Client().post(f"{account}/unblock", headers={"Authorization": f"Bearer {secret}"})
        assert done.status_code == 200, done.content
        assert beyond(machine, own, range(12), client) == [250] * 12  # at once, in the same connection
    machine.arrives(own, PASSWORD, "still received")


def test_all_accounts_of_a_service_together_write_to_so_many_recipients_an_hour(
    machine: MailMachine, jan: EmailAccount, anna: EmailAccount
) -> None:
    """The machine was started with MAIL_SERVICE_LIMIT=45. One account's limit is no flood of another's."""
    with machine.submission(str(jan), PASSWORD) as client:
        assert beyond(machine, str(jan), range(30), client) == [250] * 30
    with machine.submission(str(anna), PASSWORD) as client:
        client.mail(str(anna))
        replies = [said(client.rcpt(f"friend{number}@elsewhere.test")) for number in range(17)]
    assert [code for code, _words in replies] == [250] * 15 + [450] * 2
    assert "This service has written to 45 recipients" in replies[-1][1]


def test_suspended_and_reset_accounts_neither_sign_in_nor_send(machine: MailMachine, jan: EmailAccount) -> None:
    own = str(jan)
    with machine.submission(own, PASSWORD) as client:
        client.mail(own)
        assert said(client.rcpt("friend@elsewhere.test"))[0] == 250
        verbs.suspend(jan, by=SYSTEM)
        assert said(client.rcpt("friend@elsewhere.test"))[0] == 421
    assert not may_sign_in(machine, own)
    with pytest.raises(smtplib.SMTPAuthenticationError):
        submit(machine, own, own, "friend@elsewhere.test", letter(own))
    verbs.resume(jan, by=SYSTEM)
    assert may_sign_in(machine, own)
    verbs.reset(jan, by=SYSTEM)
    assert not may_sign_in(machine, own)


def test_accounts_of_suspended_services_neither_sign_in_nor_send(machine: MailMachine, jan: EmailAccount) -> None:
    with machine.submission(str(jan), PASSWORD) as client:
        jan.service.suspend(actor=SYSTEM)
        client.mail(str(jan))
        assert said(client.rcpt("friend@elsewhere.test"))[0] == 421
    assert not may_sign_in(machine, str(jan))


def test_a_new_password_holds_for_the_next_login(machine: MailMachine, jan: EmailAccount) -> None:
    assert may_sign_in(machine, str(jan))
    verbs.set_password(jan, hash_password("Another-one-7"), by=SYSTEM)
    assert not may_sign_in(machine, str(jan))
    assert may_sign_in(machine, str(jan), "Another-one-7")


def ends(client: imaplib.IMAP4_SSL | smtplib.SMTP) -> bool:
    """Whether the server has closed the session."""
    try:
        return client.noop()[0] in {421, "BYE"}
    except (OSError, imaplib.IMAP4.abort, smtplib.SMTPServerDisconnected):
        return True


def test_open_sessions_end_within_a_minute(machine: MailMachine, domain: Domain, anna: EmailAccount) -> None:
    """IMAP and submission of accounts that were suspended, reset or given another password; nobody else's."""
    changed = {
        "suspended": lambda account: verbs.suspend(account, by=SYSTEM),
        "reset": lambda account: verbs.reset(account, by=SYSTEM),
        "password": lambda account: verbs.set_password(account, hash_password("Another-one-7"), by=SYSTEM),
    }
    accounts = {what: account_at(domain, what) for what in changed}
    with ExitStack() as stack:
        sessions = {
            f"{what} {kind}": session
            for what, account in accounts.items()
            for kind, session in (
                ("reading", machine.imap(str(account), PASSWORD)),
                ("sending", stack.enter_context(machine.submission(str(account), PASSWORD))),
            )
        }
        untouched = machine.imap(str(anna), PASSWORD)
        others = stack.enter_context(machine.submission(str(anna), PASSWORD))
        time.sleep(0.5)
        assert not [name for name, session in sessions.items() if ends(session)]
        for what, change in changed.items():
            change(accounts[what])
        started = time.monotonic()
        while sessions := {name: session for name, session in sessions.items() if not ends(session)}:
            assert time.monotonic() - started < 60, sorted(sessions)
            time.sleep(0.2)
        assert untouched.noop()[0] == "OK"
        assert others.noop()[0] == 250
    untouched.logout()


def test_deliveries_go_on_while_everybody_signs_in(machine: MailMachine, jan: EmailAccount, anna: EmailAccount) -> None:
    """Forty at once, each a password to verify: what arrives meanwhile is taken and delivered at its usual pace."""
    started = time.monotonic()
    with ThreadPoolExecutor(40) as pool:
        opened = [pool.submit(may_sign_in, machine, str(jan)) for _number in range(40)]
        spent = []
        for number in range(5):
            before = time.monotonic()
            assert machine.send(str(anna), subject=f"meanwhile {number}")[0] == 250
            spent.append(time.monotonic() - before)
        assert all(future.result() for future in opened)
    took = time.monotonic() - started
    assert max(spent) < 3
    assert took < 30, spent
    machine.arrives(str(anna), PASSWORD, "meanwhile 4")


def test_wrong_passwords_shut_out_their_network_for_this_account_only(
    machine: MailMachine, jan: EmailAccount, anna: EmailAccount
) -> None:
    guess(machine, str(jan))
    assert not may_sign_in(machine, str(jan))
    assert may_sign_in(machine, str(anna))
    soon(lambda: Block.objects.filter(mailbox=mailbox_of(jan), kind="passwords").exists(), "the block", 5)
    failure = Failure.objects.get(mailbox=mailbox_of(jan))
    assert (failure.network, failure.failures) == ("127.0.0.0/24", THRESHOLD)


def test_a_network_with_a_success_stays_open(machine: MailMachine, jan: EmailAccount) -> None:
    assert may_sign_in(machine, str(jan))
    guess(machine, str(jan))
    assert may_sign_in(machine, str(jan))
    soon(lambda: Use.objects.filter(mailbox=mailbox_of(jan), last_login__isnull=False).exists(), "its use", 5)
    assert not Block.objects.filter(mailbox=mailbox_of(jan)).exists()


def test_a_device_signs_in_behind_a_star(machine: MailMachine, jan: EmailAccount, anna: EmailAccount) -> None:
    phone, secret = app_passwords.create(jan, "Phone", seed="a" * 24, by=SYSTEM)
    tablet, other = app_passwords.create(jan, "Tablet", seed="b" * 24, by=SYSTEM)
    assert may_sign_in(machine, f"{jan}*phone", secret)
    assert may_sign_in(machine, str(jan))
    assert not may_sign_in(machine, f"{jan}*phone")
    assert not may_sign_in(machine, f"{jan}*phone", other)
    assert not may_sign_in(machine, str(jan), secret)
    assert not may_sign_in(machine, f"{anna}*phone", secret)
    assert not may_sign_in(machine, f"{jan}*", PASSWORD)
    own = str(jan)
    assert submit(machine, f"{own}*phone", own, str(anna), letter(own), secret)[0] == 250
    soon(lambda: app_passwords.devices_of(jan)[0].use is not None, "when it was used", 10)
    assert [device.use for device in app_passwords.devices_of(jan)][1] is None
    with machine.submission(f"{own}*phone", secret) as sending:
        session = machine.imap(f"{jan}*phone", secret)
        assert app_passwords.revoke(jan, phone.pk, by=SYSTEM) == "phone"
        assert not may_sign_in(machine, f"{jan}*phone", secret)
        assert may_sign_in(machine, f"{jan}*tablet", other)
        soon(lambda: ends(session), "the end of the device's session", 60)
        soon(lambda: ends(sending), "the end of its sending", 60)
    assert app_passwords.revoke(anna, tablet.pk, by=SYSTEM) == ""
    assert may_sign_in(machine, f"{jan}*tablet", other)


def test_the_main_password_opens_mail_from_the_webmail_only_where_the_policy_says_so(
    machine: MailMachine, jan: EmailAccount, anna: EmailAccount
) -> None:
    own, (_phone, secret) = str(jan), app_passwords.create(jan, "Phone", seed="a" * 24, by=SYSTEM)

    def reads_from(source: str, login: str = own, password: str = PASSWORD) -> bool:
        try:
            machine.imap(login, password, source).logout()
        except imaplib.IMAP4.error:
            return False
        return True

    def sends_from(source: str) -> bool:
        try:
            with machine.submission(own, PASSWORD, source) as client:
                client.mail(own)
                return client.rcpt(str(anna))[0] == 250
        except smtplib.SMTPAuthenticationError:
            return False

    session = machine.imap(own, PASSWORD)
    policies.change_policy(jan.service, {"main_for_web": True}, by=SYSTEM)
    assert not reads_from("127.0.0.1")
    assert not sends_from("127.0.0.1")
    assert reads_from(WEBMAIL)
    assert sends_from(WEBMAIL)
    assert reads_from("127.0.0.1", f"{own}*phone", secret)
    soon(lambda: ends(session), "the end of what the main password had opened", 60)
    for _try in range(THRESHOLD + 1):
        assert not reads_from("127.0.0.1")
    assert not Failure.objects.filter(mailbox=mailbox_of(jan), failures__gt=0).exists()  # nobody has guessed
    webmail = machine.imap(own, PASSWORD, WEBMAIL)
    time.sleep(12)  # longer than between two looks of whoever ends sessions
    assert webmail.noop()[0] == "OK"
    webmail.logout()
    policies.change_policy(jan.service, {"main_for_web": False}, by=SYSTEM)
    assert reads_from("127.0.0.1")


AGAIN = 5  # messages of a kind


def test_a_message_costs_four_questions_at_most_and_one_more_for_the_rules_of_a_mailbox(
    machine: MailMachine, jan: EmailAccount, anna: EmailAccount, split: Domain, target: SmtpTarget
) -> None:
    assert jan.domain is not None
    signing_key(jan.domain)
    own = str(jan)
    aliases.add(jan, "info", by=SYSTEM, owner=False)
    ewa, eve = (account_at(jan.domain, name) for name in ("ewa", "eve"))
    forwarding.set_forwarding(ewa, f"friend@{split}", keep=False, by=SYSTEM)
    forwarding.set_forwarding(eve, str(anna), keep=False, by=SYSTEM)
    catching.set_catch_all(jan.domain, anna, by=SYSTEM)
    machine.rcpt(own)  # the platforms' hosts are known from here on

    def asked() -> int:
        """Without those of the watch over open sessions, and of the platforms' host names, read once a second."""
        return sum(count for name, count in machine.questions().items() if name not in {"credentials", "platforms"})

    def cost(send: Callable[[str], object], recipient: str, arrived: Callable[[], int], most: int) -> float:
        """Once more where it was too much: a busy machine forgets what it asked some seconds before."""
        count = once(send, recipient, arrived)
        return count if count <= most else min(count, once(send, recipient, arrived))

    def once(send: Callable[[str], object], recipient: str, arrived: Callable[[], int]) -> float:
        """Questions for one message, from its RCPT until it has arrived and Dovecot has said so. Each is to another
        address: the queue manager remembers the one before."""
        before, there = asked(), arrived()
        local, _at, domain = recipient.partition("@")
        for number in range(AGAIN):
            send(f"{local}+{number}@{domain}")
        soon(lambda: arrived() == there + AGAIN, "the messages")
        machine.settle()
        last = -1
        while last != (last := asked()):
            time.sleep(1)
        return (last - before) / AGAIN

    def at(account: EmailAccount) -> Callable[[], int]:
        return lambda: len(machine.subjects(str(account), PASSWORD))

    def at_target() -> int:
        return len(target.messages)

    with machine.submission(own, PASSWORD) as client:

        def submitted(recipient: str) -> None:
            client.sendmail(own, [recipient], letter(own))

        costs = {
            # Where a message is delivered here, Dovecot asks for the mailbox's inbox rules as well.
            "inbound, local": cost(machine.send, own, at(jan), 5),
            "inbound, relayed": cost(machine.send, f"x@{split}", at_target, 4),
            "inbound, to an alias": cost(machine.send, f"info@{jan.domain}", at(jan), 5),
            "inbound, caught": cost(machine.send, f"nobody@{jan.domain}", at(anna), 5),
            "inbound, forwarded outside": cost(machine.send, str(ewa), at_target, 4),
            "inbound, forwarded to a colleague": cost(machine.send, str(eve), at(anna), 5),
            "submitted, local": cost(submitted, str(anna), at(anna), 5),
            "submitted, relayed": cost(submitted, f"y@{split}", at_target, 3),
            "submitted, to an alias": cost(submitted, f"info@{jan.domain}", at(jan), 5),
        }
    relayed = {"inbound, relayed", "inbound, forwarded outside", "submitted, relayed"}
    spare = 1 / AGAIN  # the queue manager's question for a mailbox that all five reach
    assert not {kind: count for kind, count in costs.items() if count > (4 if kind in relayed else 5) + spare}
    assert costs["submitted, relayed"] == 3, costs


def test_what_a_recipient_stands_for_changes_for_the_next_message(
    machine: MailMachine, jan: EmailAccount, anna: EmailAccount
) -> None:
    """In one connection, however soon: what was read with the verdict on a recipient is used for that message alone."""
    assert jan.domain is not None
    own = str(jan)
    with machine.smtp() as client:

        def send(recipient: str, subject: str) -> None:
            client.sendmail("a@outside.test", [recipient], f"Subject: {subject}\r\n\r\nhello\r\n")

        send(own, "to jan")
        forwarding.set_forwarding(jan, str(anna), keep=False, by=SYSTEM)
        send(own, "to anna")
        forwarding.set_forwarding(jan, "", keep=True, by=SYSTEM)
        aliases.add(jan, "info", by=SYSTEM, owner=False)
        send(f"info@{jan.domain}", "by the alias of jan")
        aliases.remove(jan, Alias.objects.values_list("pk", flat=True), by=SYSTEM)
        aliases.add(anna, "info", by=SYSTEM, owner=False)
        send(f"info@{jan.domain}", "by the alias of anna")
    machine.arrives(str(anna), PASSWORD, "by the alias of anna")
    machine.settle()
    assert sorted(machine.subjects(own, PASSWORD)) == ["by the alias of jan", "to jan"]
    assert sorted(machine.subjects(str(anna), PASSWORD)) == ["by the alias of anna", "to anna"]


def test_another_organization_s_address_is_no_sender_of_ours(machine: MailMachine, jan: EmailAccount) -> None:
    from tests.factories import make_domain

    other = make_domain(make_service(make_organization(), jan.service.platform), "foreign.test")
    stranger = account_at(other, "boss")
    assert submit(machine, str(jan), str(stranger), "friend@elsewhere.test", letter(str(jan)))[0] == 553
    assert submit(machine, str(jan), str(jan), "friend@elsewhere.test", letter(str(stranger)))[0] == 553
