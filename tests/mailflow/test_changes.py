"""Each change in the panel holds for the next RCPT or sign-in of the same connection."""

from __future__ import annotations

import imaplib
import smtplib
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.conf import settings
from django.db import connection

from accounts import verbs
from accounts.batch import Placement
from accounts.hashing import hash_password
from accounts.models import EmailAccount
from domains.models import Domain
from mailflow.deciding import REMEMBERED
from mailflow.making import drop, make
from panel.actors import SYSTEM
from panel.models import Service
from tests.factories import make_domain, make_slot, make_user
from tests.installation import until
from tests.mailflow.conftest import HOSTS, PASSWORD, account_at
from tests.mailflow.machine import CONTEXT, MailMachine, Reply, require_servers, said, soon
from tests.processes import environment, manage
from tests.servers import PostgreSql
from tests.servers.target import SmtpTarget

pytestmark = pytest.mark.django_db(transaction=True)

NON_AUTHORITATIVE = "non_authoritative"


class Connection:
    """One SMTP connection; each question is a transaction of its own."""

    def __init__(self, client: smtplib.SMTP) -> None:
        self.client = client

    def rcpt(self, recipient: str) -> Reply:
        self.client.rset()
        self.client.mail("a@outside.test")
        return said(self.client.rcpt(recipient))

    def code(self, recipient: str) -> int:
        return self.rcpt(recipient)[0]


@contextmanager
def connected(machine: MailMachine) -> Iterator[Connection]:
    with machine.smtp() as client:
        yield Connection(client)


class Door:
    """One IMAP connection and one of submission, in which somebody tries to sign in again and again."""

    def __init__(self, machine: MailMachine) -> None:
        self._machine = machine
        self._imap = imaplib.IMAP4_SSL("127.0.0.1", machine.imap_port, ssl_context=CONTEXT, timeout=30)
        self._smtp = smtplib.SMTP("127.0.0.1", machine.submission_port, local_hostname="client.test", timeout=30)
        self._smtp.starttls(context=CONTEXT)
        self._smtp.ehlo()

    def opens(self, login: str, password: str = PASSWORD) -> bool:
        """Both connections say the same. One that has opened is followed by another."""
        try:
            self._imap.login(login, password)
        except imaplib.IMAP4.error:
            reads = False
        else:
            reads = True
            self._imap.logout()
        try:
            self._smtp.login(login, password)
        except smtplib.SMTPAuthenticationError:
            sends = False
        else:
            sends = True
            self._smtp.quit()
        assert reads == sends
        if reads:
            self.__init__(self._machine)  # type: ignore[misc]
        return reads

    def close(self) -> None:
        self._imap.shutdown()
        self._smtp.close()


@pytest.fixture
def door(machine: MailMachine) -> Iterator[Door]:
    opened = Door(machine)
    yield opened
    opened.close()


@pytest.fixture
def second() -> Iterator[SmtpTarget]:
    with SmtpTarget(lambda recipient: "550 5.1.1 not here" if recipient.startswith("a@") else "250 2.1.5 Ok") as server:
        yield server


def test_another_target_is_asked_at_once(
    machine: MailMachine, split: Domain, target: SmtpTarget, second: SmtpTarget
) -> None:
    with connected(machine) as client:
        assert [client.code(f"{name}@{split}") for name in "ab"] == [250, 250]
        split.change_mode(NON_AUTHORITATIVE, f"127.0.0.1:{second.port}", SYSTEM)
        code, words = client.rcpt(f"a@{split}")  # accepted a moment ago: still refused at once, not put off
        assert (code, "not here" in words) == (550, True)
        assert client.code(f"b@{split}") == 451  # the queue manager remembers the other way
        assert client.code(f"c@{split}") == 250  # nobody was accepted under it
        split.change_mode(NON_AUTHORITATIVE, f"127.0.0.1:{target.port}", SYSTEM)
        assert client.code(f"b@{split}") == 250  # the way under which it was accepted
        assert client.code(f"c@{split}") == 451


def test_a_domain_that_is_detached_or_released_takes_nothing_more(
    machine: MailMachine, split: Domain, domain: Domain
) -> None:
    account_at(domain, "jan")
    with connected(machine) as client:
        assert client.code(f"x@{split}") == 250
        assert client.code(f"jan@{domain}") == 250
        split.detach(SYSTEM)
        assert client.code(f"x@{split}") == 554
        domain.release(make_user(staff=True))
        assert client.code(f"jan@{domain}") == 554
        domain.verify(Domain.Proof.TOKEN, SYSTEM)
        assert client.code(f"jan@{domain}") == 250
        assert client.code(f"x@{split}") == 554


def test_whoever_is_configured_renamed_and_reset_is_known_by_the_address_of_that_moment(
    machine: MailMachine, domain: Domain, door: Door
) -> None:
    slot = make_slot(domain.service)
    old, new = f"old@{domain}", f"new@{domain}"
    with connected(machine) as client:
        assert client.code(old) == 550
        verbs.configure(slot, Placement("old", str(domain), password_hash=hash_password(PASSWORD)), by=SYSTEM)
        assert (client.code(old), client.code(new)) == (250, 550)
        assert door.opens(old)
        verbs.rename(slot, Placement("new", str(domain)), by=SYSTEM)
        assert (client.code(old), client.code(new)) == (550, 250)
        assert not door.opens(old)
        assert door.opens(new)
        verbs.reset(slot, by=SYSTEM)
        assert (client.code(old), client.code(new)) == (550, 550)
        assert not door.opens(new)
        verbs.configure(slot, Placement("new", str(domain), password_hash=hash_password(PASSWORD)), by=SYSTEM)
        assert client.code(new) == 250


def test_suspended_accounts_receive_and_sign_in_again_once_resumed(
    machine: MailMachine, domain: Domain, door: Door
) -> None:
    account = account_at(domain, "jan")
    with connected(machine) as client:
        for verb, opens in ((None, True), (verbs.suspend, False), (verbs.resume, True)):
            if verb is not None:
                verb(account, by=SYSTEM)
            assert client.code(str(account)) == 250
            assert door.opens(str(account)) == opens


def test_a_password_holds_for_the_next_try_in_the_same_connection(domain: Domain, door: Door) -> None:
    account = account_at(domain, "jan")
    assert not door.opens(str(account), "Another-one-7")
    assert door.opens(str(account))
    verbs.set_password(account, hash_password("Another-one-7"), by=SYSTEM)
    assert not door.opens(str(account))
    assert door.opens(str(account), "Another-one-7")


def test_services_that_are_suspended_receive_and_ended_ones_do_nothing(
    machine: MailMachine, domain: Domain, door: Door
) -> None:
    account = account_at(domain, "jan")
    service = domain.service
    with connected(machine) as client:
        assert (client.code(str(account)), door.opens(str(account))) == (250, True)
        service.suspend(actor=SYSTEM)
        assert (client.code(str(account)), door.opens(str(account))) == (250, False)
        service.resume(actor=SYSTEM)
        assert (client.code(str(account)), door.opens(str(account))) == (250, True)
        service.end(actor=SYSTEM)
        assert (client.code(str(account)), door.opens(str(account))) == (554, False)


def to_the_target(account: EmailAccount, target: SmtpTarget) -> None:
    """Its mailbox goes, and the target has the address from now on: the way changes."""
    domain = account.domain
    assert domain is not None
    domain.change_mode(NON_AUTHORITATIVE, f"127.0.0.1:{target.port}", SYSTEM)
    verbs.reset(account, by=SYSTEM)


def refused_at_the_target(account: EmailAccount, target: SmtpTarget) -> None:
    target.answer = lambda _recipient: "550 5.1.1 not here either"
    to_the_target(account, target)


REFUSING: list[tuple[str, Callable[[EmailAccount, SmtpTarget], object], int]] = [
    ("reset", lambda account, _target: verbs.reset(account, by=SYSTEM), 550),
    (
        "renamed",
        lambda account, _target: verbs.rename(account, Placement("other", str(account.domain)), by=SYSTEM),
        550,
    ),
    ("released", lambda account, _target: account.domain.release(make_user(staff=True)), 554),  # type: ignore[union-attr]
    ("ended", lambda account, _target: account.service.end(actor=SYSTEM), 554),
    ("refused by the target", refused_at_the_target, 550),
]


@pytest.mark.parametrize(("what", "change", "code"), REFUSING, ids=[row[0] for row in REFUSING])
def test_a_refusal_is_never_put_off(
    machine: MailMachine,
    domain: Domain,
    target: SmtpTarget,
    what: str,
    change: Callable[[EmailAccount, SmtpTarget], object],
    code: int,
) -> None:
    account = account_at(domain, "jan")
    address = str(account)
    with connected(machine) as client:
        assert client.code(address) == 250
        change(account, target)
        assert client.code(address) == code


def test_only_an_acceptance_by_another_way_is_put_off_and_for_half_a_minute(
    machine: MailMachine, domain: Domain, target: SmtpTarget
) -> None:
    account = account_at(domain, "jan")
    address = str(account)
    with connected(machine) as client:
        assert client.code(address) == 250
        accepted = time.monotonic()
        to_the_target(account, target)
        assert client.code(address) == 451
        machine.kill_policy_server()  # whoever serves next knows it, too
        until(lambda: machine.rcpt(f"other@{domain}")[0] == 250, 15, "a verdict")
        assert client.code(address) == 451
        assert time.monotonic() < accepted + REMEMBERED
        soon(lambda: client.code(address) == 250, "accepted again", REMEMBERED + 3)
        assert time.monotonic() > accepted + REMEMBERED - 1


def test_another_port_of_our_own_address_is_another_server(
    machine: MailMachine, service: Service, target: SmtpTarget
) -> None:
    """Also of the public address, which a NAT may pass on to another machine."""
    own = make_domain(service, "ported.test", target="127.0.0.1", target_port=target.port)
    with connected(machine) as client:
        assert client.code(f"x@{own}") == 250
        own.change_mode(NON_AUTHORITATIVE, f"127.0.0.1:{machine.smtp_port}", SYSTEM, judged=False)
        assert client.rcpt(f"x@{own}")[1].startswith("5.4.6")
        for port in (machine.submission_port, 25):  # where a NAT has us is known by the platform's own address
            own.change_mode(NON_AUTHORITATIVE, f"192.0.2.10:{port}", SYSTEM, judged=False)
            assert client.rcpt(f"x@{own}")[1].startswith("5.4.6")
        own.change_mode(NON_AUTHORITATIVE, f"192.0.2.10:{target.port}", SYSTEM, judged=False)
        assert client.code(f"x@{own}") == 450  # nothing answers there, but it is no loop


def test_one_client_s_questions_at_once_are_bounded(platform: object) -> None:
    """Of the policy server's own part: Postfix bounds a client's connections as well."""
    import asyncio

    from mailflow.asking import PER_CLIENT, Asker

    async def loopback(_host: str) -> list[str]:
        return ["127.0.0.1"]

    async def ask() -> tuple[list[int], int]:
        asker = Asker(
            helo="mx.test",
            sender="q@mx.test",
            resolve=loopback,
            is_ours=lambda _address, _port: False,
            may_connect=lambda _address: True,
        )
        with SmtpTarget() as slow, SmtpTarget() as other:
            slow.pause = 1
            asked = [
                asker.ask(f"[127.0.0.1]:{slow.port}", f"x{number}@split.test", "198.51.100.0/24")
                for number in range(PER_CLIENT + 5)
            ]
            neighbour = asker.ask(f"[127.0.0.1]:{other.port}", "y@split.test", "203.0.113.0/24")
            *replies, last = await asyncio.gather(*asked, neighbour)
            return sorted(reply.code for reply in replies), last.code

    codes, neighbour = asyncio.run(ask())
    assert codes == [250] * PER_CLIENT + [450] * 5
    assert neighbour == 250


def test_while_the_views_are_away_mail_waits_and_is_taken_as_soon_as_they_are_back(
    machine: MailMachine, domain: Domain, door: Door
) -> None:
    """As in every migration that alters a table under them."""
    account = account_at(domain, "jan")
    with connected(machine) as client:
        assert client.code(str(account)) == 250
        drop(connection)
        try:
            assert client.code(str(account)) == 451
            assert client.code(f"nobody@{domain}") == 451  # not even a refusal is guessed
            assert not door.opens(str(account))
        finally:
            make(connection)
        back = time.monotonic()
        until(lambda: client.code(str(account)) == 250, 5, "a verdict")
        assert client.code(f"nobody@{domain}") == 550
        assert time.monotonic() - back < 5
        machine.reload_dovecot()


class Apart:
    """A machine over a database of its own, which can be taken away: a folder, or a server with its two roles."""

    domain = "away.test"

    def __init__(self, folder: Path, server: PostgreSql | None) -> None:
        self.folder, self.server = folder, server
        self.env = environment(REDIS_URL="", VAR_DIR=str(settings.VAR_DIR))
        if server is None:
            folder.mkdir()
            self.env["DATABASE_URL"] = f"sqlite:///{folder / 'panel.sqlite3'}"
        else:
            self.env["DATABASE_URL"] = server.url
            for role in ("reader", "writer"):
                self.env[f"MAIL_{role.upper()}_URL"] = server.url.replace("panel@", f"mailflow_{role}:secret@")
        self._prepare()
        self.machine = MailMachine(self.env, "--native-lookup")

    def _prepare(self) -> None:
        self._manage("migrate", "-v0")
        if self.server is not None:
            self._manage("mailflow", "roles")
        hosts = dict.fromkeys(("autodiscover_host", "webmail_host", "verification_host", "spf_include"), "x.test")
        imports = "from panel.actors import SYSTEM; from panel.models import Platform"
        fields = {"slug": "mail", **hosts, **HOSTS}
        self._manage("shell", "-c", f"{imports}; Platform.create(actor=SYSTEM, **{fields!r})")
        self._manage("create_organization", "ab12345", "Aurora")
        self._manage("create_service", "ab12345")
        self._manage("attach_domain", "emailpro-ab12345-1", self.domain, "--verified")

    def _manage(self, *words: str) -> None:
        done = manage(*words, env=self.env, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr

    @contextmanager
    def away(self) -> Iterator[None]:
        if self.server is not None:
            self.server.stop()
            yield
            self.server.start()
            return
        aside = self.folder.with_name("aside")
        self.folder.rename(aside)
        self.machine.kill_policy_server()  # what is open stays open
        yield
        aside.rename(self.folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def apart(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Apart]:
    require_servers()
    with ExitStack() as stack:
        server = stack.enter_context(PostgreSql()) if request.param == "postgresql" else None
        with TemporaryDirectory(dir="/tmp") as folder:
            Path(folder).chmod(0o711)
            found = Apart(Path(folder) / "database", server)
            stack.callback(found.machine.close)
            found.machine.start()
            yield found
            found.machine.close()


def test_while_the_database_is_away_mail_waits_and_is_served_within_seconds(apart: Apart) -> None:
    known, unknown = f"postmaster@{apart.domain}", f"nobody@{apart.domain}"
    with connected(apart.machine) as client:
        assert (client.code(known), client.code(unknown)) == (250, 550)
        with apart.away():
            until(lambda: client.code(known) == 451, 15, "451")
            assert client.code(unknown) == 451  # a refusal is not guessed either
        back = time.monotonic()
        until(lambda: client.code(known) == 250, 10, "a verdict")
        assert time.monotonic() - back < 5
        assert client.code(unknown) == 550


def test_what_waits_takes_the_new_way_at_its_next_try(
    machine: MailMachine, split: Domain, target: SmtpTarget, second: SmtpTarget
) -> None:
    target.after_data = "451 4.3.0 come back later"
    assert machine.send(f"x@{split}", subject="on its way")[0] == 250
    soon(lambda: target.messages, "the first try")
    split.change_mode(NON_AUTHORITATIVE, f"127.0.0.1:{second.port}", SYSTEM)
    deadline = time.monotonic() + REMEMBERED + 60
    while not second.messages:
        assert time.monotonic() < deadline
        machine.flush()
        time.sleep(2)
    assert b"Subject: on its way" in second.messages[0].message
    assert len(target.messages) <= 1 + REMEMBERED / 2  # while the queue manager remembered


def test_a_local_delivery_is_decided_again_when_it_is_made(machine: MailMachine, domain: Domain) -> None:
    """Accepted, then the account is gone before anybody could deliver: its sender is told."""
    anna, jan = account_at(domain, "anna"), account_at(domain, "jan")
    with machine.nothing_delivered():
        assert machine.send(str(jan), sender=str(anna), subject="too late")[0] == 250
        verbs.reset(jan, by=SYSTEM)
    soon(lambda: any("Undelivered" in subject for subject in machine.subjects(str(anna), PASSWORD)), "a bounce", 120)
