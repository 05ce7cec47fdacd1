"""Footers, as conversations with real Postfix and Dovecot: what leaves bears them, and its signature holds."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage

import dkim
import pytest

from accounts import verbs
from accounts.models import EmailAccount
from domains.footer_changes import FooterContent, remove_footer, set_footer
from domains.models import DkimKey, Domain
from mailflow.footing import MARK
from mailflow.queries import reader_of
from panel.actors import SYSTEM
from tests.factories import make_domain, make_organization, make_service
from tests.mailflow.conftest import PASSWORD, account_at, database_url, signing_key
from tests.mailflow.machine import MailMachine, said, soon
from tests.mailflow.test_sending import letter, submit
from tests.servers.target import SmtpTarget

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = "Z poważaniem\n{{display_name}} <{{address}}>"
HTML = "<p>Z poważaniem<br><b>{{display_name}}</b></p>"
PDF = bytes(range(256)) * 1000


@pytest.fixture
def lis(domain: Domain) -> EmailAccount:
    return account_at(domain, "jan", first_name="Jan", last_name="Lis", display_name="Jan Łoś & syn")


def whole(sender: str, recipient: str, subject: str = "a letter") -> EmailMessage:
    """Text, HTML and a file."""
    message = EmailMessage(policy=policy.SMTP)
    message["From"], message["To"], message["Subject"] = f"Jan <{sender}>", recipient, subject
    message["Message-ID"] = f"<{subject.replace(' ', '.')}@client.test>"
    message.set_content("hello\n")
    message.add_alternative("<html><body><p>hello</p></body></html>\n", subtype="html")
    message.add_attachment(PDF, maintype="application", subtype="pdf", filename="a.pdf")
    return message


def sent(machine: MailMachine, target: SmtpTarget, own: str, raw: bytes, *recipients: str) -> bytes:
    """As it came to the target."""
    before = len(target.messages)
    with machine.submission(own, PASSWORD) as client:
        client.mail(own)
        assert [client.rcpt(recipient)[0] for recipient in recipients] == [250] * len(recipients)
        assert said(client.data(raw))[0] == 250
    soon(lambda: len(target.messages) > before, "the message at the target")
    return target.messages[before].message


def parsed(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def verifies(raw: bytes, domain: Domain, key: DkimKey) -> bool:
    record = f"v=DKIM1; k=rsa; p={key.public_key}".encode()

    def published(name: bytes, timeout: int = 5) -> bytes | None:
        return record if name.decode().rstrip(".") == f"{key.selector}._domainkey.{domain}" else None

    return bool(dkim.verify(raw, dnsfunc=published))


def received(machine: MailMachine, account: EmailAccount, subject: str) -> bytes:
    machine.arrives(str(account), PASSWORD, subject)
    client = machine.imap(str(account), PASSWORD)
    try:
        client.select("INBOX")
        numbers = client.search(None, "SUBJECT", f'"{subject}"')[1][0].split()
        (item,) = [item for item in client.fetch(numbers[-1].decode(), "(RFC822)")[1] if isinstance(item, tuple)]
        return bytes(item[1])
    finally:
        client.logout()


def test_text_html_and_a_file_leave_with_the_footer_and_signed(
    machine: MailMachine, domain: Domain, lis: EmailAccount, split: Domain, target: SmtpTarget
) -> None:
    key = signing_key(domain)
    own, friend = str(lis), f"friend@{split}"
    set_footer(domain, FooterContent(TEXT, HTML), by=SYSTEM)
    raw = sent(machine, target, own, whole(own, friend).as_bytes(), friend)
    message = parsed(raw)
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().replace("\r\n", "\n") == f"hello\nZ poważaniem\nJan Łoś & syn <{own}>\n"
    assert "<b>Jan &#321;o&#347; &amp; syn</b></p></div>" in html.get_content()
    assert html.get_content().rstrip().endswith("</body></html>")
    assert [part.get_content() for part in message.iter_attachments()] == [PDF]
    assert verifies(raw, domain, key)
    assert raw.count(MARK + b":") == 1


def test_it_is_live_and_changes_with_the_next_message(
    machine: MailMachine, domain: Domain, lis: EmailAccount, split: Domain, target: SmtpTarget
) -> None:
    key = signing_key(domain)
    own, friend = str(lis), f"friend@{split}"

    def body() -> str:
        raw = sent(machine, target, own, letter(own).encode(), friend)
        assert verifies(raw, domain, key)
        return str(parsed(raw).get_content()).replace("\r\n", "\n")

    assert body() == "hello\n"
    set_footer(domain, FooterContent("one", ""), by=SYSTEM)
    assert body() == "hello\none\n"
    set_footer(domain, FooterContent("", "<p>Zażółć <i>two</i></p>"), by=SYSTEM)
    assert body() == "hello\nZażółć two\n"
    set_footer(domain, FooterContent("one", "", active=False), by=SYSTEM)
    assert body() == "hello\n"
    remove_footer(domain, by=SYSTEM)
    assert body() == "hello\n"


def test_only_outside_means_another_domain_and_one_such_recipient_is_enough(
    machine: MailMachine, domain: Domain, lis: EmailAccount, split: Domain, target: SmtpTarget
) -> None:
    own, anna, friend = str(lis), account_at(domain, "anna"), f"friend@{split}"
    set_footer(domain, FooterContent("the footer", "", only_outside=True), by=SYSTEM)
    assert submit(machine, own, own, str(anna), letter(own))[0] == 250
    assert b"the footer" not in received(machine, anna, "a letter")
    both = whole(own, friend, "to both").as_bytes()
    assert b"the footer" in sent(machine, target, own, both, str(anna), friend)
    assert b"the footer" in received(machine, anna, "to both")
    set_footer(domain, FooterContent("the footer", ""), by=SYSTEM)
    assert submit(machine, own, own, str(anna), whole(own, str(anna), "inside").as_string())[0] == 250
    assert b"the footer" in received(machine, anna, "inside")


def test_signed_and_encrypted_messages_arrive_octet_by_octet(
    machine: MailMachine, domain: Domain, lis: EmailAccount, split: Domain, target: SmtpTarget
) -> None:
    key = signing_key(domain)
    own, friend = str(lis), f"friend@{split}"
    set_footer(domain, FooterContent("the footer", ""), by=SYSTEM)
    head = f"From: {own}\r\nTo: {friend}\r\nSubject: a letter\r\nMIME-Version: 1.0\r\n"
    parts = "--s\r\nContent-Type: text/plain\r\n\r\nhello \r\n--s\r\nContent-Type: {}\r\n\r\nx\r\n--s--\r\n"
    bodies = {
        'multipart/signed; boundary=s; micalg=pgp-sha512; protocol="application/pgp-signature"': parts.format(
            "application/pgp-signature"
        ),
        'multipart/signed; boundary=s; micalg=sha-256; protocol="application/pkcs7-signature"': parts.format(
            "application/pkcs7-signature"
        ),
        'multipart/encrypted; boundary=s; protocol="application/pgp-encrypted"': parts.format(
            "application/octet-stream"
        ),
        "application/pkcs7-mime; smime-type=enveloped-data": "MIIB\r\n",
        "text/plain": "-----BEGIN PGP MESSAGE-----\r\n\r\nhQ==\r\n-----END PGP MESSAGE-----\r\n",
    }
    for kind, body in bodies.items():
        raw = sent(machine, target, own, f"{head}Content-Type: {kind}\r\n\r\n{body}".encode(), friend)
        assert raw.partition(b"\r\n\r\n")[2].rstrip(b"\r\n") == body.encode().rstrip(b"\r\n"), kind
        assert f"Content-Type: {kind}".encode() in raw
        assert verifies(raw, domain, key), kind


def test_replies_of_programs_and_messages_that_come_again_get_none(
    machine: MailMachine, domain: Domain, lis: EmailAccount, split: Domain, target: SmtpTarget
) -> None:
    own, friend = str(lis), f"friend@{split}"
    set_footer(domain, FooterContent("the footer", ""), by=SYSTEM)
    away = letter(own, ("Auto-Submitted", "auto-replied")).encode()
    assert b"the footer" not in sent(machine, target, own, away, friend)
    once = sent(machine, target, own, letter(own, ("Message-ID", "<once@client.test>")).encode(), friend)
    assert once.count(b"the footer") == 1
    set_footer(domain, FooterContent("another footer", ""), by=SYSTEM)
    again = sent(machine, target, own, once, friend)
    assert again.count(b"the footer") == 1
    assert b"another footer" not in again
    forged = sent(machine, target, own, once.replace(b"<once@", b"<other@"), friend)
    assert b"another footer" in forged


def test_a_large_message_is_signed_with_its_footer_too(
    machine: MailMachine, domain: Domain, lis: EmailAccount, split: Domain, target: SmtpTarget
) -> None:
    key = signing_key(domain)
    own, friend = str(lis), f"friend@{split}"
    set_footer(domain, FooterContent(TEXT, HTML), by=SYSTEM)
    message = whole(own, friend)
    message.add_attachment(PDF * 12, maintype="application", subtype="octet-stream", filename="b.bin")
    raw = sent(machine, target, own, message.as_bytes(), friend)
    assert [len(part.get_content()) for part in parsed(raw).iter_attachments()] == [len(PDF), 12 * len(PDF)]
    assert b"Jan &#321;o&#347;" in raw
    assert verifies(raw, domain, key)


def test_a_footer_costs_no_question_more(
    machine: MailMachine, domain: Domain, lis: EmailAccount, split: Domain, target: SmtpTarget
) -> None:
    own, friend = str(lis), f"friend@{split}"
    signing_key(domain)

    def cost() -> dict[str, int]:
        before = machine.questions()
        sent(machine, target, own, letter(own).encode(), friend)
        after = machine.questions()
        return {name: after[name] - before.get(name, 0) for name in after if name not in {"credentials", "platforms"}}

    cost()  # the queue manager knows the route for half a minute now
    without = cost()
    set_footer(domain, FooterContent(TEXT, HTML), by=SYSTEM)
    assert cost() == without
    assert without["outgoing"] == 1


def test_the_footer_is_that_of_the_domain_in_from_and_of_its_own_service(domain: Domain, lis: EmailAccount) -> None:
    set_footer(domain, FooterContent(TEXT, "", only_outside=True), by=SYSTEM)
    stranger = make_domain(make_service(make_organization(), domain.platform), "foreign.test")
    account_at(stranger, "jan")
    reader = reader_of(database_url())

    def footers(login: str, login_domain: Domain, of: Domain = domain) -> list[tuple[object, ...]]:
        values = {"platform": "mail", "domain": str(of), "login_local": login, "login_domain": str(login_domain)}
        return [row[1:] for row in reader.rows("outgoing", values) if row[0] == "footer"]

    try:
        assert footers("jan", domain) == [(TEXT, "", 1, "Jan", "Lis", "Jan Łoś & syn")]
        assert footers("jan", stranger) == footers("jan", stranger, stranger) == footers("nobody", domain) == []
        verbs.suspend(lis, by=SYSTEM)
        assert footers("jan", domain) == []
    finally:
        reader.close()
