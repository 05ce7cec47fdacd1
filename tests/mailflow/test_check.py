"""`mailflow check` names each thing that is wrong, and ends with 1."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from django.core.management import call_command
from django.db import connection

from mailflow.making import drop, make
from mailflow.rendering.writing import self_signed
from panel.models import Platform
from tests.mailflow.conftest import HOSTS, database_url
from tests.mailflow.machine import MailMachine
from tests.processes import environment, manage
from tests.servers import Knot
from tests.servers.process import free_port

pytestmark = pytest.mark.django_db(transaction=True)

RECORDS = """
mx1 A 192.0.2.10
imap A 192.0.2.10
smtp A 192.0.2.10
spf TXT "v=spf1 ip4:192.0.2.10 -all"
"""
PTR = "10.2.0.192.in-addr.arpa."


@dataclass
class Checked:
    """A machine that runs, as its folder describes it; what the folder says can be changed."""

    machine: MailMachine
    dns: Knot
    folder: Path
    capsys: Any
    settings: Any
    changed: dict[str, Any] = field(default_factory=dict)

    def check(self, *options: str) -> tuple[int, dict[str, str]]:
        """The exit status, and what is wrong in words."""
        policy = json.loads((self.machine.directory / "policy.json").read_text())
        (self.folder / "policy.json").write_text(
            json.dumps(policy | {"native": False, "postmaster": "ola@pro.test"} | self.changed)
        )
        self.capsys.readouterr()
        status = 0
        try:
            call_command("mailflow", "check", "--dir", str(self.folder), "--json", *options)
        except SystemExit as end:
            status = int(end.code or 0)
        found = json.loads(self.capsys.readouterr().out)
        return status, {item["what"]: item["text"] for item in found if not item["ok"]}

    @property
    def smtp(self) -> str:
        return f"port {self.machine.smtp_port}"


@pytest.fixture
def dns(settings: Any) -> Iterator[Knot]:
    with Knot({"pro.test": RECORDS, "2.0.192.in-addr.arpa": "10 PTR mx1.pro.test.\n"}) as server:
        settings.DNS_RESOLVERS = [server.endpoint]
        settings.DNS_AUTHORITATIVE_PORT = server.port
        yield server


@pytest.fixture
def checked(machine: MailMachine, platform: Platform, dns: Knot, tmp_path: Path, capsys: Any, settings: Any) -> Checked:
    Platform.objects.update(spf_include="spf.pro.test")
    settings.MAIL_READER_URL = database_url()
    return Checked(machine=machine, dns=dns, folder=tmp_path, capsys=capsys, settings=settings)


def test_all_is_well_and_the_exit_status_says_so(checked: Checked) -> None:
    assert checked.check() == (0, {})
    server = f"{checked.dns.address}:{checked.dns.port}"
    env = environment(
        DATABASE_URL=database_url(), REDIS_URL="", DNS_RESOLVERS=server, DNS_AUTHORITATIVE_PORT=str(checked.dns.port)
    )
    done = manage("mailflow", "check", "--dir", str(checked.folder), env=env)
    assert done.returncode == 0, done.stdout
    checked.dns.publish(PTR, "PTR", [])
    done = manage("mailflow", "check", "--dir", str(checked.folder), env=env)
    assert done.returncode == 1
    assert "!!  PTR of 192.0.2.10: there is none" in done.stdout
    assert "ok  policy server: answers" in done.stdout


def certificate(path: Path, *, begins: timedelta, ends: timedelta) -> Path:
    """One that is valid from and until then."""
    text, key_text = self_signed("mx1.pro.test")
    key: Any = serialization.load_pem_private_key(key_text.encode(), None)
    given, now = x509.load_pem_x509_certificate(text.encode()), datetime.now(UTC)
    builder = x509.CertificateBuilder(subject_name=given.subject, issuer_name=given.issuer)
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    signed = builder.not_valid_before(now + begins).not_valid_after(now + ends).sign(key, hashes.SHA256())
    path.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    return path


def test_certificates_that_end_have_ended_or_cannot_be_read(checked: Checked) -> None:
    path = checked.folder / "certificate.pem"
    checked.changed = {"certificate": str(path)}
    status, wrong = checked.check()
    assert (status, list(wrong)) == (1, ["certificate"])
    assert "No such file" in wrong["certificate"]
    path.write_text("-----BEGIN CERTIFICATE-----\nnonsense\n")
    assert checked.check()[1].keys() == {"certificate"}
    certificate(path, begins=timedelta(days=-80), ends=timedelta(days=10, hours=1))
    assert checked.check() == (1, {"certificate": "valid for 10 more days"})
    assert checked.check("--days", "10") == (0, {})
    certificate(path, begins=timedelta(days=-90), ends=timedelta(hours=-1))
    assert checked.check() == (1, {"certificate": "has expired"})


def test_somebody_has_to_read_the_operator_s_mail(checked: Checked) -> None:
    checked.changed = {"postmaster": json.loads((checked.machine.directory / "policy.json").read_text())["postmaster"]}
    status, wrong = checked.check()
    assert (status, list(wrong)) == (1, ["mail to <postmaster>"])
    assert "set MAIL_POSTMASTER" in wrong["mail to <postmaster>"]
    assert checked.check("--local") == (0, {}), "the servers are as they were told to be"
    checked.changed = {"postmaster": None}  # files of an older version
    assert checked.check() == (0, {})


@contextmanager
def answering(line: bytes) -> Iterator[int]:
    """A port on which everybody is greeted with `line`."""
    port = free_port()
    listener = socket.create_server(("127.0.0.1", port))

    def serve() -> None:
        while True:
            try:
                client, _address = listener.accept()
            except OSError:
                return
            with client:
                client.sendall(line)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield port
    finally:
        listener.close()


def test_ports_that_are_closed_silent_or_turn_people_away(checked: Checked) -> None:
    closed = free_port()
    checked.changed = {"plain": [checked.machine.smtp_port, closed], "imap": checked.machine.imap_port}
    assert checked.check() == (1, {f"port {closed}": "no answer"})
    with answering(b"554 5.3.2 not today\r\n") as port:
        checked.changed = {"plain": [port]}
        assert checked.check() == (1, {f"port {port}": "554 5.3.2 not today"})
    checked.changed = {"imap": checked.machine.smtp_port}  # no TLS there
    assert checked.check() == (1, {checked.smtp: "no answer"})


def test_a_policy_server_that_is_away(checked: Checked) -> None:
    checked.changed = {"sockets": str(checked.folder)}
    status, wrong = checked.check("--local")
    assert (status, list(wrong)) == (1, ["policy server"])
    assert "No such file" in wrong["policy server"]


def test_views_that_cannot_be_read_and_a_platform_that_is_gone(checked: Checked) -> None:
    drop(connection)
    try:
        status, wrong = checked.check()
    finally:
        make(connection)
    assert (status, list(wrong)) == (1, ["views of the database"])
    assert "mailflow_platform" in wrong["views of the database"]
    checked.settings.MAIL_READER_URL = "postgresql://nobody@127.0.0.1:1/none"
    assert list(checked.check()[1]) == ["views of the database"]
    checked.settings.MAIL_READER_URL = database_url()
    Platform.objects.all().delete()
    assert checked.check() == (1, {"views of the database": "platform mail no longer exists"})


WRONG: list[tuple[str, Callable[[Knot], None], dict[str, str]]] = [
    ("a host without address", lambda dns: dns.publish("imap.pro.test.", "A", []), {"imap.pro.test": "has no address"}),
    ("no PTR", lambda dns: dns.publish(PTR, "PTR", []), {"PTR of 192.0.2.10": "there is none"}),
    (
        "a PTR to somebody else",
        lambda dns: dns.publish(PTR, "PTR", ["ns1.pro.test."]),
        {"PTR of 192.0.2.10": "ns1.pro.test. does not have this address"},
    ),
    (
        "SPF that fails",
        lambda dns: dns.publish("spf.pro.test.", "TXT", ['"v=spf1 ip4:192.0.2.99 -all"']),
        {"SPF of 192.0.2.10": "spf.pro.test: fail"},
    ),
    ("no SPF", lambda dns: dns.publish("spf.pro.test.", "TXT", []), {"SPF of 192.0.2.10": "spf.pro.test: none"}),
]


@pytest.mark.parametrize(("what", "breaks", "told"), WRONG, ids=[row[0] for row in WRONG])
def test_what_the_dns_says_wrong(
    checked: Checked, what: str, breaks: Callable[[Knot], None], told: dict[str, str]
) -> None:
    breaks(checked.dns)
    assert checked.check() == (1, told)
    assert checked.check("--local") == (0, {})


def test_silence_of_the_dns_is_no_missing_record(checked: Checked) -> None:
    checked.dns.stop()
    status, wrong = checked.check()
    assert status == 1
    assert wrong.keys() == {"imap.pro.test", "mx1.pro.test", "smtp.pro.test", "PTR of 192.0.2.10", "SPF of 192.0.2.10"}
    assert set(wrong.values()) == {"could not be looked up"}
    assert HOSTS["outbound_addresses"] == ["192.0.2.10"]
