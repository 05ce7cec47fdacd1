"""`mailflow up`, `render` and `check`: started and stopped as people do it, and what happens when parts die."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from domains.models import Domain
from mailflow.models import Use
from mailflow.rendering.writing import self_signed
from panel.models import Platform
from tests.factories import make_member
from tests.installation import alive, descendants, until
from tests.mailflow.conftest import HOSTS, PASSWORD, account_at, database_url, mailbox_of
from tests.mailflow.killing import send_while_killed
from tests.mailflow.machine import CONTEXT, MailMachine, require_servers, soon
from tests.processes import environment, manage
from tests.servers.process import program

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def env() -> dict[str, str]:
    return environment(DATABASE_URL=database_url(), REDIS_URL="", VAR_DIR=str(settings.VAR_DIR))


def listening(pids: set[int]) -> set[tuple[str, int]]:
    """(address, port) on which any of the processes listens for TCP connections."""
    lines = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True).stdout.splitlines()
    found = set()
    for line in lines:
        if pids & {int(pid) for pid in re.findall(r"pid=(\d+)", line)}:
            address, _colon, port = line.split()[3].rpartition(":")
            found.add((address, int(port)))
    return found


def test_up_says_ready_once_everything_greets_and_leaves_nothing_behind(
    env: dict[str, str], platform: Platform, domain: Domain
) -> None:
    require_servers()
    account_at(domain, "jan")
    machine = MailMachine(env, "--platform", platform.slug, "--native-lookup")
    try:
        machine.start()
        assert machine.rcpt(f"jan@{domain}")[0] == 250
        assert machine.imap(f"jan@{domain}", PASSWORD).logout()
        below = set(descendants(machine.pid))
        ports = {machine.smtp_port, machine.submission_port, machine.imap_port}
        policy = json.loads((machine.directory / "policy.json").read_text())["auth_policy_port"]
        # Dovecot's auth-policy is HTTP: the one port beside those asked for, on loopback.
        assert listening(below) == {("127.0.0.1", port) for port in {*ports, machine.sieve_port, policy}}
        checked = manage("mailflow", "check", "--dir", str(machine.directory), "--json", env=env)
        by_name = {item["what"]: item["ok"] for item in json.loads(checked.stdout)}
        assert by_name["policy server"]
        assert all(by_name[f"port {port}"] for port in ports)
        assert checked.returncode == 1  # mx1.pro.test has no address
        started = time.monotonic()
        machine.stop()
        assert time.monotonic() - started < 15
        assert not alive(below)
        checked = manage("mailflow", "check", "--dir", str(machine.directory), "--json", env=env)
        by_name = {item["what"]: item["ok"] for item in json.loads(checked.stdout)}
        assert not by_name["policy server"]
        assert not any(by_name[f"port {port}"] for port in ports)
    finally:
        machine.close()


def test_a_trial_shows_a_message_arriving(
    env: dict[str, str], platform: Platform, domain: Domain, client: Client
) -> None:
    """What `make mail` does beside the demonstration."""
    require_servers()
    account = account_at(domain, "jan")
    machine = MailMachine(env, "--platform", platform.slug, "--trial")
    try:
        machine.start()
        page = reverse("accounts:account", args=[domain.service.name, account.pk])
        until(lambda: "first message" in machine.output.read_text(), 15, "what became of it")
        assert page in machine.output.read_text(), machine.output.read_text()
        assert f"A first message has been delivered to {account}" in machine.output.read_text()
        machine.arrives(str(account), PASSWORD, "A first message")
        soon(lambda: Use.objects.filter(mailbox=mailbox_of(account), messages=1).exists(), "the panel knows", 10)
    finally:
        machine.close()
    client.force_login(make_member(domain.service.organization))
    assert "1 message" in client.get(page).text


def test_while_the_policy_server_is_away_mail_waits_and_it_is_back_within_seconds(
    machine: MailMachine, domain: Domain
) -> None:
    account_at(domain, "jan")
    with machine.smtp() as client:
        client.mail("a@outside.test")
        assert client.rcpt(f"jan@{domain}")[0] == 250
        machine.kill_policy_server()
        assert machine.rcpt(f"jan@{domain}")[0] in {250, 451}
        killed = time.monotonic()
        until(lambda: machine.rcpt(f"jan@{domain}")[0] == 250, 15, "a verdict")
        assert time.monotonic() - killed < 5  # no start of Python: another one stands by
        assert client.rcpt(f"jan@{domain}")[0] == 250


def test_while_the_policy_server_does_not_run_the_answer_is_451(machine: MailMachine, domain: Domain) -> None:
    account_at(domain, "jan")
    pid = machine.policy_server()
    os.kill(pid, signal.SIGSTOP)
    try:
        started = time.monotonic()
        assert machine.rcpt(f"jan@{domain}")[0] == 451
        assert time.monotonic() - started < 100
    finally:
        os.kill(pid, signal.SIGCONT)
    started = time.monotonic()
    until(lambda: machine.rcpt(f"jan@{domain}")[0] == 250, 5, "a verdict")
    assert time.monotonic() - started < 5


def presented(port: int, *, wrapped: bool) -> bytes:
    """The certificate that a server shows."""
    if wrapped:
        with socket.create_connection(("127.0.0.1", port), 30) as plain, CONTEXT.wrap_socket(plain) as client:
            return client.getpeercert(binary_form=True) or b""
    with smtplib.SMTP("127.0.0.1", port, local_hostname="client.test", timeout=30) as client:
        client.starttls(context=CONTEXT)
        assert isinstance(client.sock, ssl.SSLSocket)
        return client.sock.getpeercert(binary_form=True) or b""


def test_a_renewed_certificate_is_taken_up_by_itself(machine: MailMachine) -> None:
    servers = [(machine.smtp_port, False), (machine.submission_port, False), (machine.imap_port, True)]
    certificate, key = machine.directory / "tls" / "certificate.pem", machine.directory / "tls" / "key.pem"
    before = [presented(port, wrapped=wrapped) for port, wrapped in servers]
    assert len(set(before)) == 1
    renewed, its_key = self_signed("mx1.pro.test")
    certificate.write_text(renewed)
    time.sleep(6)  # whoever renews it writes one after the other
    key.write_text(its_key)
    wanted = ssl.PEM_cert_to_DER_cert(renewed)

    def taken_up() -> bool:
        try:
            return all(presented(port, wrapped=wrapped) == wanted for port, wrapped in servers)
        except (OSError, smtplib.SMTPException):  # certificate and key do not fit yet
            return False

    soon(taken_up, "the renewed certificate", 30)


def test_a_certificate_of_an_acme_client_is_taken_as_soon_as_it_is_there(machine: MailMachine) -> None:
    renewed, its_key = self_signed("mx1.pro.test")
    kept = machine.acme / "mx1.pro.test"
    kept.mkdir(parents=True)
    try:
        (kept / "fullchain.pem").write_text(renewed)
        (kept / "privkey.pem").write_text(its_key)
        wanted = ssl.PEM_cert_to_DER_cert(renewed)
        servers = [(machine.smtp_port, False), (machine.submission_port, False), (machine.imap_port, True)]
        soon(lambda: all(presented(port, wrapped=wrapped) == wanted for port, wrapped in servers), "it", 30)
    finally:
        shutil.rmtree(machine.acme)


def test_no_accepted_message_is_lost_when_parts_are_killed(machine: MailMachine, domain: Domain) -> None:
    """`python -m benchmarks mail_killed` does the same with 5,000."""
    account_at(domain, "jan")
    outcome = send_while_killed(machine, [f"jan@{domain}"], 300, seconds=90)
    assert len(outcome.accepted) >= 100
    assert not outcome.lost
    assert outcome.duplicates <= outcome.under_way
    until(lambda: machine.rcpt(f"jan@{domain}")[0] == 250, 15, "a verdict after all that")


def test_render_writes_for_either_version_and_postfix_and_dovecot_read_it(
    env: dict[str, str], platform: Platform, tmp_path: Path
) -> None:
    require_servers()
    for version in ("2.3", "2.4"):
        folder = tmp_path / version
        done = manage("mailflow", "render", str(folder), "--platform", "mail", "--dovecot", version, "--json", env=env)
        assert done.returncode == 0, done.stderr
        text = (folder / "dovecot" / "dovecot.conf").read_text()
        assert ("dovecot_config_version = 2.4.0" in text) == (version == "2.4")
        assert (folder / "dovecot" / "dovecot.conf").stat().st_mode & 0o077 == 0
    checked = subprocess.run(
        [program("postconf", "postfix"), "-c", str(tmp_path / "2.3" / "postfix"), "-n"], capture_output=True, text=True
    )
    assert checked.returncode == 0
    assert not checked.stderr
    assert "smtpd_relay_restrictions =" in checked.stdout
    checked = subprocess.run(
        [program("doveconf", "dovecot-core"), "-n", "-c", str(tmp_path / "2.3" / "dovecot" / "dovecot.conf")],
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0


def test_wrong_usage_ends_with_3_and_refusals_with_1(env: dict[str, str], platform: Platform, tmp_path: Path) -> None:
    assert manage("mailflow", "render", env=env).returncode == 3
    assert manage("mailflow", "up", "--dir", str(tmp_path), "--smtp-port", "many", env=env).returncode == 3
    assert manage("mailflow", "render", str(tmp_path), "--platform", "none-such", env=env).returncode == 1
    assert manage("mailflow", "check", "--dir", str(tmp_path), env=env).returncode == 1
    assert HOSTS["mx_hosts"] == platform.mx_hosts


def test_a_folder_that_postfix_cannot_enter_is_refused_in_words(
    env: dict[str, str], platform: Platform, tmp_path: Path
) -> None:
    require_servers()
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    done = manage("mailflow", "up", "--dir", str(closed / "mail"), "--native-lookup", env=env)
    assert done.returncode == 1
    assert f"chmod o+x {closed}" in done.stderr or "chmod o+x" in done.stderr
