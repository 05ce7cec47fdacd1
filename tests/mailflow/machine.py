"""A mail machine: `manage.py mailflow up`, as people start it, on loopback and high ports."""

from __future__ import annotations

import contextlib
import email
import imaplib
import json
import os
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.installation import descendants, until
from tests.processes import ROOT
from tests.servers.process import free_port, program

READY_SECONDS = 60
ANYBODY = "somebody@outside.test"
CONTEXT = ssl.create_default_context()
CONTEXT.check_hostname, CONTEXT.verify_mode = False, ssl.CERT_NONE

type Reply = tuple[int, str]


def require_servers() -> None:
    """Root, Postfix and Dovecot: without them the tests are skipped, or fail where CI=true."""
    for name, package in (("postfix", "postfix"), ("dovecot", "dovecot-imapd dovecot-lmtpd")):
        program(name, package)
    if os.geteuid() != 0:
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail("Postfix and Dovecot are started by root")
        pytest.skip("Postfix and Dovecot are started by root")


class From(imaplib.IMAP4_SSL):
    """A connection from one of this machine's addresses."""

    def __init__(self, source: str, port: int) -> None:
        self._source = source
        super().__init__("127.0.0.1", port, ssl_context=CONTEXT, timeout=30)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        plain = socket.create_connection((self.host, self.port), timeout, (self._source, 0))
        return CONTEXT.wrap_socket(plain, server_hostname=self.host)


class MailMachine:
    def __init__(self, env: dict[str, str], *options: str) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="mailflow-", dir="/tmp"))
        self.smtp_port, self.submission_port, self.imap_port = free_port(), free_port(), free_port()
        self.sieve_port = free_port()
        self.acme = self.directory.with_name(f"{self.directory.name}-acme")  # of an ACME client that has nothing yet
        self._env, self._options = {**env, "MAIL_TLS_ACME": str(self.acme)}, options
        self._process: subprocess.Popen[str] | None = None
        self.output = self.directory / "output"

    def start(self) -> None:
        ports = [
            "--smtp-port",
            self.smtp_port,
            "--submission-port",
            self.submission_port,
            "--imap-port",
            self.imap_port,
            "--sieve-port",
            self.sieve_port,
        ]
        command = [sys.executable, "manage.py", "mailflow", "up", "--dir", self.directory, *ports, *self._options]
        with self.output.open("w") as output:
            self._process = subprocess.Popen(
                [str(word) for word in command],
                env=self._env,
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                text=True,
            )
        process = self._process

        def ready() -> bool:
            assert process.poll() is None, self.output.read_text()
            return "ready" in self.output.read_text().splitlines()

        try:
            until(ready, READY_SECONDS, "ready")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.output.read_text()}\n{self.logs()[-4000:]}") from error

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
            self._process = None

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def child(self, words: str) -> int:
        return min(pid for pid, args in descendants(self.pid).items() if words in args)

    def children(self, words: str) -> list[int]:
        return [pid for pid, args in descendants(self.pid).items() if words in args]

    @property
    def env(self) -> dict[str, str]:
        return self._env

    def policy_server(self) -> int:
        """The process that serves, not the one that stands by."""
        return int((self.directory / "run" / "policy" / "lock").read_text())

    def kill_policy_server(self) -> None:
        os.kill(self.policy_server(), signal.SIGKILL)

    def reload_dovecot(self) -> None:
        """On SQLite each of Dovecot's workers fails once when it finds the schema changed: have it start others."""
        os.kill(self.child("dovecot -F"), signal.SIGHUP)
        time.sleep(0.5)

    @contextlib.contextmanager
    def nothing_delivered(self) -> Iterator[None]:
        """What is accepted meanwhile waits: Postfix's queue manager stands still, and the database does not."""
        manager = self.child("qmgr -l")
        os.kill(manager, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(manager, signal.SIGCONT)

    def flush(self) -> None:
        """Have Postfix try everything that waits now."""
        command = ["postqueue", "-c", str(self.directory / "postfix"), "-f"]
        subprocess.run(command, env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"}, check=False)

    def settle(self, seconds: float = 20) -> None:
        """Wait until nothing is being delivered: emptying the tables meanwhile is a deadlock on PostgreSQL. Where the
        servers were stopped there is nothing to wait for."""
        command = ["postqueue", "-c", str(self.directory / "postfix"), "-j"]
        env = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"}
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
            if not any(json.loads(line)["queue_name"] in {"active", "incoming"} for line in done.stdout.splitlines()):
                return
            time.sleep(0.1)

    def passed_on(self, address: str) -> tuple[int, int]:
        """How many messages to an address of ours were passed on outside, and how many were told to wait."""
        lines = [line for line in self.logs().splitlines() if f"orig_to=<{address}>" in line]
        return sum("Passed on" in line for line in lines), sum("is passed on later" in line for line in lines)

    def logs(self) -> str:
        return "".join(path.read_text(errors="replace") for path in sorted((self.directory / "log").glob("*.log")))

    def questions(self) -> dict[str, int]:
        """How often the policy server has asked the database, by question."""
        with socket.socket(socket.AF_UNIX) as policy:
            policy.connect(str(self.directory / "run" / "policy" / "sessions"))
            policy.sendall(b"[]\n")
            return dict(json.loads(policy.makefile().readline())["questions"])

    # As strangers and customers meet it

    @contextlib.contextmanager
    def smtp(self) -> Iterator[smtplib.SMTP]:
        with smtplib.SMTP("127.0.0.1", self.smtp_port, local_hostname="client.test", timeout=30) as client:
            client.ehlo()
            yield client

    def rcpt(self, recipient: str, sender: str = ANYBODY) -> Reply:
        """The answer to one RCPT on a connection of its own."""
        with self.smtp() as client:
            client.mail(sender)
            return said(client.rcpt(recipient))

    def send(self, recipient: str, sender: str = ANYBODY, subject: str = "hello", text: str = "hello") -> Reply:
        """Deliver a message; the last answer."""
        with self.smtp() as client:
            client.mail(sender)
            reply = said(client.rcpt(recipient))
            if reply[0] != 250:
                return reply
            return said(client.data(f"From: {sender}\r\nTo: {recipient}\r\nSubject: {subject}\r\n\r\n{text}\r\n"))

    @contextlib.contextmanager
    def submission(self, login: str, password: str, source: str = "127.0.0.1") -> Iterator[smtplib.SMTP]:
        """`source`: from which of this machine's addresses."""
        address = "127.0.0.1", self.submission_port
        where = (source, 0)
        with smtplib.SMTP(*address, local_hostname="client.test", timeout=30, source_address=where) as client:
            client.starttls(context=CONTEXT)
            client.login(login, password)
            yield client

    def imap(self, login: str, password: str, source: str = "127.0.0.1") -> imaplib.IMAP4_SSL:
        """Raises imaplib.IMAP4.error where the password does not fit."""
        client = From(source, self.imap_port)
        try:
            client.login(login, password)
        except imaplib.IMAP4.error:
            client.shutdown()
            raise
        return client

    def subjects(self, login: str, password: str, folder: str = "INBOX") -> list[str]:
        client = self.imap(login, password)
        try:
            client.select(folder)
            numbers = client.search(None, "ALL")[1][0].split()
            messages = [client.fetch(number.decode(), "(BODY[HEADER])")[1][0] for number in numbers]
            return [str(email.message_from_bytes(item[1])["Subject"]) for item in messages if isinstance(item, tuple)]
        finally:
            client.logout()

    def deliver(self, recipient: str, sender: str = ANYBODY, body: str = "hello", **headers: str) -> None:
        """A message with these headers beside the usual ones; `_` in their names stands for `-`."""
        lines = {"From": sender, "To": recipient, **{name.replace("_", "-"): text for name, text in headers.items()}}
        text = "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + f"\r\n{body}\r\n"
        with self.smtp() as client:
            client.sendmail(sender, [recipient], text.encode())

    def folders(self, login: str, password: str) -> dict[str, list[tuple[str, str]]]:
        """Subject and flags of the messages in each folder that has some."""
        client = self.imap(login, password)
        try:
            lines = [line.decode() for line in client.list()[1] if isinstance(line, bytes)]
            names = [line.rpartition(" ")[2].strip('"') for line in lines]
            return {name: found for name in names if (found := _listed(client, name))}
        finally:
            client.logout()

    def arrives(self, login: str, password: str, subject: str, folder: str = "INBOX") -> None:
        """Where signing in is for later (on a busy machine SQLite may keep Dovecot waiting), it is tried again."""

        def there() -> bool:
            try:
                return subject in self.subjects(login, password, folder)
            except imaplib.IMAP4.error as error:
                if "[UNAVAILABLE]" not in str(error):
                    raise
                return False

        until(there, 90, f"{subject!r} at {login}")


def _listed(client: imaplib.IMAP4_SSL, folder: str) -> list[tuple[str, str]]:
    if client.select(f'"{folder}"', readonly=True)[0] != "OK":
        return []  # a name that only has folders inside
    found = []
    for number in client.search(None, "ALL")[1][0].split():
        part = client.fetch(number.decode(), "(FLAGS BODY.PEEK[HEADER])")[1][0]
        assert isinstance(part, tuple)
        flags = " ".join(sorted(flag.decode() for flag in imaplib.ParseFlags(part[0]) if flag != b"\\Recent"))
        found.append((str(email.message_from_bytes(part[1])["Subject"]), flags))
    return found


def said(reply: tuple[int, bytes]) -> Reply:
    return reply[0], reply[1].decode()


def soon(look: object, what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    assert callable(look)
    while not look():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.1)
