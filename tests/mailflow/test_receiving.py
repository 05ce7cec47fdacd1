"""What is accepted at RCPT, as conversations with real Postfix and Dovecot."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from accounts import verbs
from domains.models import Domain
from mailflow.asking import REFUSALS
from mailflow.deciding import PLATFORMS_KEPT
from panel.actors import SYSTEM
from panel.models import Platform, Service
from tests.factories import make_domain, make_organization, make_platform, make_service, make_slot
from tests.mailflow.conftest import PASSWORD, account_at
from tests.mailflow.machine import MailMachine, said, soon
from tests.servers.process import free_port
from tests.servers.target import SmtpTarget

pytestmark = pytest.mark.django_db(transaction=True)

AUTHORITATIVE, NON_AUTHORITATIVE = "authoritative", "non_authoritative"


def unknown_here(reply: tuple[int, str]) -> bool:
    return reply[0] == 550 and reply[1].startswith("5.1.1")


def test_known_recipients_are_delivered_and_unknown_ones_refused(machine: MailMachine, domain: Domain) -> None:
    account_at(domain, "jan")
    assert machine.send(f"jan@{domain}", subject="for jan")[0] == 250
    machine.arrives(f"jan@{domain}", PASSWORD, "for jan")
    assert machine.rcpt(f"JAN@{str(domain).upper()}")[0] == 250
    assert machine.rcpt(f"jan+shop@{domain}")[0] == 250
    assert unknown_here(machine.rcpt(f"nobody@{domain}"))
    assert machine.rcpt(f"jan@sub.{domain}")[0] == 554


@pytest.mark.parametrize(
    "recipient",
    [
        "somebody@elsewhere.test",
        "somebody%elsewhere.test@{domain}",
        "elsewhere.test!somebody@{domain}",
        '"somebody@elsewhere.test"@{domain}',
        "@{domain}:somebody@elsewhere.test",
        "somebody@[127.0.0.1]",
    ],
)
def test_it_is_no_open_relay(machine: MailMachine, domain: Domain, recipient: str) -> None:
    account_at(domain, "jan")
    code, _text = machine.rcpt(recipient.format(domain=domain), sender=f"jan@{domain}")
    assert 500 <= code < 600


@pytest.mark.parametrize("separator", ["\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\r"])
def test_nobody_writes_attributes_of_the_policy_protocol_into_an_address(
    machine: MailMachine, domain: Domain, separator: str
) -> None:
    """It was an open relay: the policy server took the rest of the name for the recipient."""
    jan = account_at(domain, "jan")
    with machine.smtp() as client:
        client.mail("a@outside.test")
        client.send(f'RCPT TO:<"victim+{separator}recipient={jan}"@elsewhere.test>\r\n'.encode())
        assert client.getreply()[0] == 554


@pytest.mark.parametrize("end", ["\n.\n", "\n.\r\n", "\r\n.\n"])
def test_no_message_is_smuggled_within_another(machine: MailMachine, domain: Domain, end: str) -> None:
    """CVE-2023-51764: only a dot between two CR LF ends a message, whatever another server takes for its end."""
    jan = str(account_at(domain, "jan"))
    hidden = f"MAIL FROM:<boss@elsewhere.test>\r\nRCPT TO:<{jan}>\r\nDATA\r\nSubject: smuggled\r\n\r\nevil"
    with machine.smtp() as client:
        client.mail("a@outside.test")
        client.rcpt(jan)
        client.docmd("DATA")
        client.send(f"Subject: outer\r\n\r\nhello{end}{hidden}\r\n.\r\n")
        assert client.getreply()[0] == 250
        assert client.noop()[0] == 250
    machine.arrives(jan, PASSWORD, "outer")
    machine.settle()
    assert machine.subjects(jan, PASSWORD) == ["outer"]


def test_whom_the_target_takes_is_passed_on_to_it(machine: MailMachine, split: Domain, target: SmtpTarget) -> None:
    account_at(split, "here")
    assert machine.send(f"here@{split}", subject="for here")[0] == 250
    assert machine.send(f"there@{split}", subject="for there")[0] == 250
    machine.arrives(f"here@{split}", PASSWORD, "for here")
    soon(lambda: target.messages, "the message at the target")
    assert [session.recipients for session in target.messages] == [[f"there@{split}"]]
    assert [session.recipients for session in target.questions] == [[f"there@{split}"]]


def test_whom_the_target_refuses_is_refused_in_its_own_words(
    machine: MailMachine, split: Domain, target: SmtpTarget
) -> None:
    target.answer = lambda _recipient: "550 5.1.1 we never heard of them"
    code, text = machine.rcpt(f"gone@{split}")
    assert code == 550
    assert "550 5.1.1 we never heard of them" in text


@pytest.mark.parametrize("local_part", ['"a> X=Y"', '"a b"', '"a@b"', r'"a\"b"', "Up.Case"])
def test_the_target_is_asked_about_the_very_address(
    machine: MailMachine, split: Domain, target: SmtpTarget, local_part: str
) -> None:
    """Written without its quotes a name would be another, or further commands."""
    assert machine.rcpt(f"{local_part}@{split}")[0] == 250
    said = [line for session in target.sessions for line in session.lines if line.startswith("RCPT")]
    assert said == [f"RCPT TO:<{local_part}@{split}>"]


def test_the_target_is_not_asked_about_what_no_command_can_say(
    machine: MailMachine, split: Domain, target: SmtpTarget
) -> None:
    with machine.smtp() as client:
        client.mail("a@outside.test")
        client.send(f'RCPT TO:<"a>\vDATA\vx"@{split}>\r\n'.encode())
        assert 500 <= client.getreply()[0] < 600
        client.send(f"RCPT TO:<żółw@{split}>\r\n".encode())
        assert 500 <= client.getreply()[0] < 600
    assert not target.sessions


def test_what_is_no_text_at_all_is_refused(machine: MailMachine, domain: Domain, split: Domain) -> None:
    with machine.smtp() as client:
        client.mail("a@outside.test")
        for name in (domain, split):
            client.send(b'RCPT TO:<"\xff\xc0"@%s>\r\n' % str(name).encode())
            assert client.getreply()[0] == 550


def test_a_name_that_only_looks_like_ours_is_another(machine: MailMachine, domain: Domain) -> None:
    """The Kelvin sign, in small letters, is a k: it was accepted, and came back from Dovecot as a bounce."""
    account_at(domain, "kate")
    assert machine.rcpt(f"KATE@{domain}")[0] == 250
    with machine.smtp() as client:
        client.mail("a@outside.test")
        client.send(f"RCPT TO:<\u212aate@{domain}>\r\n".encode())
        assert client.getreply()[0] == 550


def test_quotes_that_belong_to_a_name_make_it_another(machine: MailMachine, domain: Domain) -> None:
    """It was accepted, and came back from Dovecot as a bounce."""
    account_at(domain, "jan")
    assert machine.rcpt(f'"jan"@{domain}')[0] == 250
    assert unknown_here(machine.rcpt(rf'"\"jan\""@{domain}'))


def test_while_the_target_cannot_say_it_is_tried_later(machine: MailMachine, split: Domain, target: SmtpTarget) -> None:
    target.answer = lambda _recipient: "451 4.7.1 greylisted"
    assert machine.rcpt(f"x@{split}")[0] == 450
    target.stop()
    assert machine.rcpt(f"x@{split}")[0] == 450
    target.start()
    target.answer = lambda _recipient: "250 2.1.5 Ok"
    assert machine.rcpt(f"x@{split}")[0] == 250


def test_a_target_that_keeps_silent_is_waited_for_ten_seconds_at_most(
    machine: MailMachine, split: Domain, target: SmtpTarget
) -> None:
    target.pause = 30
    started = time.monotonic()
    assert machine.rcpt(f"x@{split}")[0] == 450
    assert time.monotonic() - started < 10.5


def test_one_target_is_asked_in_few_conversations_at_once(
    machine: MailMachine, split: Domain, target: SmtpTarget
) -> None:
    target.pause = 0.3
    replies: list[int] = []
    threads = [threading.Thread(target=lambda i=i: replies.append(machine.rcpt(f"x{i}@{split}")[0])) for i in range(18)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies == [250] * 18
    assert target.most_at_once <= 10  # the target notes later than we do that a conversation is over


def test_a_target_that_is_this_very_server_is_a_loop(machine: MailMachine, service: Service) -> None:
    loop = make_domain(service, "loop.test", target="127.0.0.1", target_port=machine.smtp_port)
    account_at(loop, "here")
    code, text = machine.rcpt(f"x@{loop}")
    assert (code, text[:5]) == (550, "5.4.6")
    assert machine.rcpt(f"here@{loop}")[0] == 250
    for name in ("mx1.pro.test", "mx1.pro.test:25"):  # wherever that is
        loop.change_mode(NON_AUTHORITATIVE, name, SYSTEM, judged=False)
        assert machine.rcpt(f"x@{loop}")[1].startswith("5.4.6")
    # The platform's public address, which a NAT passes on to here.
    loop.change_mode(NON_AUTHORITATIVE, f"192.0.2.10:{machine.smtp_port}", SYSTEM, judged=False)
    assert machine.rcpt(f"x@{loop}")[1].startswith("5.4.6")


@pytest.fixture
def detour(machine: MailMachine) -> Iterator[tuple[int, list[int]]]:
    """A port that leads to the mail machine, and how many came through it."""
    port, came = free_port(), list[int]()
    listener = socket.create_server(("127.0.0.1", port))

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(4096):
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _address = listener.accept()
                came.append(1)
                far = socket.create_connection(("127.0.0.1", machine.smtp_port))
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=pump, args=pair, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield port, came
    listener.close()


def test_a_target_that_leads_back_by_a_detour_is_asked_once(
    machine: MailMachine, service: Service, detour: tuple[int, list[int]]
) -> None:
    port, came = detour
    loop = make_domain(service, "detour.test", target="127.0.0.1", target_port=port)
    assert machine.rcpt(f"x@{loop}")[0] == 550
    assert len(came) == 1


def test_a_question_is_never_answered_by_a_question(machine: MailMachine, split: Domain, target: SmtpTarget) -> None:
    account_at(split, "here")
    question = "mailflow-question@mx1.pro.test"
    assert unknown_here(machine.rcpt(f"x@{split}", sender=question))
    assert machine.rcpt(f"here@{split}", sender=question)[0] == 250
    assert not target.sessions


def asked_back(machine: MailMachine, name: str, recipient: str) -> str:
    """What we answer to a RCPT of a target that greets as `name`."""
    with smtplib.SMTP("127.0.0.1", machine.smtp_port, local_hostname=name, timeout=30) as client:
        client.ehlo()
        client.mail("")
        code, text = said(client.rcpt(recipient))
        return f"{code} {text}"


@pytest.mark.parametrize("name", ["target.test", "another-name.test"])
def test_a_target_that_asks_us_back_ends_it(machine: MailMachine, split: Domain, target: SmtpTarget, name: str) -> None:
    """Its sender and its greeting are its own: nothing of our question is left in it."""
    target.answer = lambda recipient: asked_back(machine, name, recipient)
    assert machine.rcpt(f"x@{split}")[0] == 550
    assert len(target.questions) == 1


def test_a_target_may_ask_whether_our_sender_exists(machine: MailMachine, split: Domain, target: SmtpTarget) -> None:
    target.answer = lambda _recipient: asked_back(machine, "target.test", target.sessions[-1].sender)
    assert machine.rcpt(f"x@{split}")[0] == 250


def test_a_private_target_is_not_connected_to(machine: MailMachine, service: Service) -> None:
    private = make_domain(service, "private.test", target="10.255.255.1")
    started = time.monotonic()
    assert machine.rcpt(f"x@{private}")[0] == 450
    assert time.monotonic() - started < 2


def test_a_change_of_the_mode_holds_for_the_next_rcpt_of_the_same_connection(
    machine: MailMachine, domain: Domain, target: SmtpTarget
) -> None:
    with machine.smtp() as client:
        client.mail("a@outside.test")
        assert unknown_here(said(client.rcpt(f"x@{domain}")))
        domain.change_mode(NON_AUTHORITATIVE, f"127.0.0.1:{target.port}", SYSTEM)
        assert said(client.rcpt(f"x@{domain}"))[0] == 250
        domain.change_mode(AUTHORITATIVE, "", SYSTEM)
        assert unknown_here(said(client.rcpt(f"x@{domain}")))
        domain.change_mode(NON_AUTHORITATIVE, f"127.0.0.1:{target.port}", SYSTEM)
        assert said(client.rcpt(f"x@{domain}"))[0] == 250
        client.data("Subject: at the target\r\n\r\nhello\r\n")
    soon(lambda: target.messages, "the message at the target")


def test_an_acceptance_by_another_way_than_a_moment_ago_waits_half_a_minute(
    machine: MailMachine, split: Domain, target: SmtpTarget
) -> None:
    assert machine.send(f"new@{split}", subject="before")[0] == 250
    soon(lambda: target.messages, "the message at the target")
    accepted = time.monotonic()
    account_at(split, "new")
    assert machine.send(f"new@{split}")[0] == 451
    assert machine.rcpt(f"other@{split}")[0] == 250
    split.change_mode(AUTHORITATIVE, "", SYSTEM)
    assert unknown_here(machine.rcpt(f"other@{split}"))  # a refusal does not wait
    soon(lambda: machine.send(f"new@{split}", subject="after")[0] == 250, "accepted again", 33)
    assert time.monotonic() - accepted > 28
    machine.arrives(f"new@{split}", PASSWORD, "after")
    assert len(target.messages) == 1


def test_what_was_merely_refused_does_not_count(machine: MailMachine, domain: Domain) -> None:
    assert unknown_here(machine.rcpt(f"late@{domain}"))
    account_at(domain, "late")
    assert machine.send(f"late@{domain}", subject="for late")[0] == 250
    machine.arrives(f"late@{domain}", PASSWORD, "for late")


def test_slots_pending_domains_and_ended_services_receive_nothing(machine: MailMachine, service: Service) -> None:
    slot = make_slot(service)
    assert machine.rcpt(slot.shown_address)[0] == 554
    pending = make_domain(service, "pending.test", pending=True)
    assert machine.rcpt(f"x@{pending}")[0] == 554
    ended = make_domain(make_service(make_organization(), service.platform), "ended.test")
    account_at(ended, "jan")
    assert machine.rcpt(f"jan@{ended}")[0] == 250
    ended.service.end(actor=SYSTEM)
    assert machine.rcpt(f"jan@{ended}")[0] == 554


def test_suspended_accounts_and_services_receive(machine: MailMachine, domain: Domain) -> None:
    verbs.suspend(account_at(domain, "asleep"), by=SYSTEM)
    domain.service.suspend(actor=SYSTEM)
    assert machine.send(f"asleep@{domain}", subject="meanwhile")[0] == 250
    domain.service.resume(actor=SYSTEM)
    account = domain.accounts.get()
    account.service.refresh_from_db()
    verbs.resume(account, by=SYSTEM)
    machine.arrives(f"asleep@{domain}", PASSWORD, "meanwhile")


def test_a_renamed_account_keeps_its_mail_and_a_reset_one_loses_its_address(
    machine: MailMachine, domain: Domain
) -> None:
    from accounts.batch import Placement

    account = account_at(domain, "old")
    machine.send(f"old@{domain}", subject="first")
    machine.arrives(f"old@{domain}", PASSWORD, "first")
    verbs.rename(account, Placement("new", str(domain)), by=SYSTEM)
    assert unknown_here(machine.rcpt(f"old@{domain}"))
    assert "first" in machine.subjects(f"new@{domain}", PASSWORD)
    verbs.reset(account, by=SYSTEM)
    assert unknown_here(machine.rcpt(f"new@{domain}"))
    again = account_at(domain, "new")
    assert again.mailbox_id != account.mailbox_id
    assert machine.subjects(f"new@{domain}", PASSWORD) == []


def test_a_name_on_two_platforms_is_looked_up_across_them_first(
    machine: MailMachine, split: Domain, target: SmtpTarget
) -> None:
    other = make_platform("other", mx_hosts=["mx1.other.test"], imap_host="imap.other.test", smtp_host="mx1.other.test")
    twin = make_domain(
        make_service(split.service.organization, other), str(split), target="127.0.0.1", target_port=target.port
    )
    account_at(twin, "twin")
    time.sleep(PLATFORMS_KEPT)
    target.answer = lambda _recipient: "550 5.1.1 unknown"
    assert machine.rcpt(f"twin@{split}")[0] == 250
    assert not target.sessions


def test_a_target_that_is_another_platform_is_decided_from_the_database(
    machine: MailMachine, service: Service, target: SmtpTarget
) -> None:
    other = make_platform("other", mx_hosts=["mx1.other.test"], imap_host="imap.other.test", smtp_host="mx1.other.test")
    here = make_domain(service, "joint.test", target="mx1.other.test")
    time.sleep(PLATFORMS_KEPT)
    assert unknown_here(machine.rcpt(f"x@{here}"))  # the other platform does not know the name at all
    there = make_domain(
        make_service(service.organization, other), "joint.test", target="127.0.0.1", target_port=target.port
    )
    assert machine.rcpt(f"x@{here}")[0] == 250  # it passes the rest on to the target
    there.change_mode(NON_AUTHORITATIVE, "mx1.pro.test", SYSTEM)
    assert unknown_here(machine.rcpt(f"y@{here}"))  # the two point at each other: nobody has it


def test_many_unknown_recipients_of_one_network_are_cut_off(platform: Platform) -> None:
    """Of the policy server's own question: 200 conversations would only show Postfix's limits."""
    import asyncio

    from mailflow.asking import Asker, Guessing

    async def guess() -> int:
        asker = Asker(
            helo="mx.test",
            sender="q@mx.test",
            resolve=_loopback,
            is_ours=lambda _address, _port: False,
            may_connect=lambda _address: True,
        )
        with SmtpTarget(lambda _recipient: "550 5.1.1 unknown") as guessed:
            for number in range(REFUSALS):
                reply = await asker.ask(f"[127.0.0.1]:{guessed.port}", f"x{number}@split.test", "198.51.100.0/24")
                assert reply.refused
            with pytest.raises(Guessing):
                await asker.ask(f"[127.0.0.1]:{guessed.port}", "x@split.test", "198.51.100.0/24")
            reply = await asker.ask(f"[127.0.0.1]:{guessed.port}", "x@split.test", "203.0.113.0/24")
            assert reply.refused
            return len(guessed.sessions)

    async def _loopback(_host: str) -> list[str]:
        return ["127.0.0.1"]

    assert asyncio.run(guess()) == REFUSALS + 1
