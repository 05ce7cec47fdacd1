"""No letter is lost, whatever happens to the mail server and to the worker that sends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from panel import outbox
from panel.actors import SYSTEM
from panel.errors import Refused
from panel.models import Activity, Letter, Organization
from tests.factories import make_letter, make_organization, make_user
from tests.installation import Installation, until
from tests.processes import ROOT, manage
from tests.servers.smtp import Smtp

pytestmark = pytest.mark.django_db
SECRET = "https://panel.example/invitations/the-secret-token"


@pytest.fixture
def smtp() -> Iterator[Smtp]:
    with Smtp() as server:
        yield server


@pytest.fixture(autouse=True)
def _mailer(smtp: Smtp, settings: Any) -> None:
    settings.MAILERS = {
        "default": {
            "BACKEND": "panel.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": smtp.port, "timeout": 15},
        }
    }


def stored(letter: Letter) -> str:
    """What the database holds of its content."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM panel_letter WHERE id = %s", [letter.pk])
        return cursor.fetchone()[0]


def due_now() -> None:
    Letter.objects.update(next_at=timezone.now())


def test_a_letter_is_encrypted_while_it_waits_and_erased_once_it_is_delivered(smtp: Smtp) -> None:
    letter = outbox.post("invitation", "anna@people.example", "Hello", f"Open {SECRET}\n", html=f"<p>{SECRET}</p>")
    assert stored(letter)
    assert "secret-token" not in stored(letter)
    assert outbox.deliver() == 1
    assert stored(letter) == ""
    (received,) = smtp.letters
    assert received["To"] == "anna@people.example"
    assert received["Message-ID"] == f"<{letter.message_id}@localhost>"
    assert [part.get_content_type() for part in received.walk()][1:] == ["text/plain", "text/html"]
    assert SECRET in smtp.words()
    letter.refresh_from_db()
    assert (letter.state, letter.attempts, letter.error) == ("sent", 1, "")
    assert outbox.deliver() == 0


def test_many_letters_go_over_one_connection(smtp: Smtp) -> None:
    for _ in range(5):
        make_letter()
    assert outbox.deliver() == 5
    assert smtp.connections == 1


@pytest.mark.parametrize("way", ["refuses", "busy", "hangs up after data"])
def test_what_the_server_does_not_take_is_tried_again_after_ever_longer_waits(smtp: Smtp, way: str) -> None:
    letter, waits = make_letter(), []
    smtp.way = way
    for _ in range(9):
        assert outbox.deliver() == 0
        letter.refresh_from_db()
        assert letter.error
        waits.append(round((letter.next_at - timezone.now()).total_seconds() / 60))
        due_now()
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    smtp.way = "takes"
    smtp.letters.clear()
    assert outbox.deliver() == 1
    assert len(smtp.letters) == 1


def test_a_letter_that_is_refused_keeps_no_other(smtp: Smtp) -> None:
    make_letter(recipient="no mail goes here")
    make_letter(recipient="żółw@people.example")
    fine = make_letter()
    assert outbox.deliver() == 1
    assert smtp.recipients() == [fine.recipient]
    assert Letter.objects.exclude(error="").count() == 2


def test_after_some_days_it_is_given_up_and_staff_can_retry(smtp: Smtp) -> None:
    old = timezone.now() - timedelta(days=3, minutes=1)
    letter = make_letter(created_at=old)
    smtp.way = "refuses"
    outbox.deliver()
    letter.refresh_from_db()
    assert (letter.state, letter.error) == ("failed", "550 5.1.1 nobody of this name")
    due_now()
    smtp.way = "takes"
    assert outbox.deliver() == 0
    letter.retry(actor=make_user(staff=True))
    assert outbox.deliver() == 1


def test_a_letter_whose_link_has_expired_is_not_sent(smtp: Smtp) -> None:
    letter = make_letter(expires_at=timezone.now() - timedelta(seconds=1))
    assert outbox.deliver() == 0
    letter.refresh_from_db()
    assert (letter.state, stored(letter), smtp.connections) == ("failed", "", 0)


@pytest.mark.parametrize("way", ["silent", "drips"])
def test_a_mail_server_that_says_nothing_holds_a_worker_no_longer_than_its_deadline(
    smtp: Smtp, way: str, settings: Any
) -> None:
    settings.MAIL_DEADLINE = 1
    smtp.way = way
    for _ in range(3):
        make_letter()
    began = time.monotonic()
    assert outbox.deliver() == 0
    assert time.monotonic() - began < 4  # the other letters do not wait for it, too
    assert Letter.objects.filter(attempts=1, lease_until=None).count() == 1
    assert Letter.objects.filter(attempts=0).count() == 2


def test_no_more_are_sending_at_once_than_there_may(smtp: Smtp, settings: Any) -> None:
    settings.MAIL_SENDERS = 1
    make_letter(lease_until=timezone.now() + timedelta(minutes=1), next_at=timezone.now() + timedelta(minutes=1))
    make_letter()
    assert outbox.deliver() == 0
    assert not outbox.is_due()
    Letter.objects.filter(attempts=0, lease_until=None).update(next_at=timezone.now())
    settings.MAIL_SENDERS = 2
    assert outbox.deliver() == 1


def test_a_lease_that_ended_is_taken_again_and_its_first_holder_cannot_overrule(smtp: Smtp) -> None:
    make_letter()
    lost = Letter.claim()
    assert lost is not None
    assert Letter.claim() is None
    Letter.objects.update(lease_until=timezone.now(), next_at=timezone.now())
    assert outbox.deliver() == 1
    assert not lost.failed("late")
    assert Letter.objects.get().state == "sent"


def test_what_no_key_reads_is_given_up(smtp: Smtp, settings: Any) -> None:
    letter = make_letter()
    settings.ENCRYPTION_KEYS = ["b3RoZXIga2V5LCBvdGhlciBrZXksIG90aGVyIGtleSE="]
    assert outbox.deliver() == 0
    letter = Letter.objects.defer("content").get()
    assert (letter.state, "ENCRYPTION_KEYS" in letter.error) == ("failed", True)


def test_what_is_told_but_once_is_written_once() -> None:
    first = outbox.post("quota", "a@people.example", "s", "t", key="once")
    assert outbox.post("quota", "a@people.example", "s", "t", key="once") == first


def test_beyond_the_quota_letters_wait_and_staff_are_told_once_a_day(smtp: Smtp, settings: Any) -> None:
    boss, organization = make_user(staff=True), make_organization("ab12345")
    settings.MAIL_QUOTA = 2
    for number in range(4):
        outbox.post("instructions", f"r{number}@people.example", "s", "t", organization=organization)
    outbox.post("instructions", "of.another@people.example", "s", "t", organization=make_organization())
    outbox.deliver()
    assert sorted(smtp.recipients()) == sorted(
        ["r0@people.example", "r1@people.example", boss.email, "of.another@people.example"]
    )
    assert "quota of 2 letters" in " ".join(smtp.words(smtp.recipients().index(boss.email)))
    Letter.objects.filter(state="waiting").update(next_at=timezone.now())
    assert outbox.deliver() == 2


def test_a_worker_killed_while_it_sends_loses_no_letter_and_doubles_at_most_one(
    process_environment: dict[str, str], smtp: Smtp
) -> None:
    for _ in range(6):
        make_letter()
    smtp.way = "slow"
    env = process_environment | {"EMAIL_URL": smtp.url, "VAR_DIR": os.environ["VAR_DIR"]}
    worker = subprocess.Popen([sys.executable, "-c", SENDS], env=env, cwd=ROOT)
    try:
        until(lambda: len(smtp.letters) >= 2, 60, "two letters")
        worker.send_signal(signal.SIGKILL)
    finally:
        worker.kill()
        worker.wait(30)
    smtp.way = "takes"
    time.sleep(1.1)  # what the server is still taking
    assert Letter.objects.filter(lease_until__gt=timezone.now()).count() <= 1
    Letter.objects.exclude(lease_until=None).update(lease_until=timezone.now(), next_at=timezone.now())
    outbox.deliver()
    assert set(Letter.objects.values_list("state", flat=True)) == {"sent"}
    assert len(set(smtp.recipients())) == 6
    assert len(smtp.recipients()) <= 7
    twice = [letter["Message-ID"] for letter in smtp.letters]
    assert len(set(twice)) == 6


SENDS = "import django; django.setup(); from panel import outbox; outbox.deliver()"


def test_staff_see_the_outbox_and_retry_and_discard(smtp: Smtp, client: Client) -> None:
    boss = make_user(staff=True)
    client.force_login(boss)
    assert "No letter yet" in client.get(reverse("panel:staff_mail")).content.decode()
    organization = make_organization("ab12345")
    failed = make_letter(organization, state="failed", error="550 nobody", recipient="gone@people.example")
    make_letter(make_organization("cd12345"))
    page = client.get(reverse("panel:staff_mail") + "?state=trouble").content.decode()
    assert "550 nobody" in page
    assert page.count("people.example</span>") == 1
    assert "gone@people.example" in client.get(reverse("panel:staff_mail") + "?q=ab12345").content.decode()
    client.post(reverse("panel:staff_mail_retry", args=[failed.pk]))
    assert outbox.deliver() == 2
    assert (
        "cannot be sent again"
        in client.post(reverse("panel:staff_mail_retry", args=[failed.pk]), follow=True).content.decode()
    )
    waiting = make_letter(organization)
    client.post(reverse("panel:staff_mail_discard", args=[waiting.pk]))
    waiting.refresh_from_db()
    assert (waiting.state, stored(waiting)) == ("discarded", "")
    assert set(Activity.objects.values_list("verb", flat=True)) == {"letter.retried", "letter.discarded"}


def test_after_a_mail_server_was_put_right_all_go_at_once(smtp: Smtp, client: Client) -> None:
    client.force_login(make_user(staff=True))
    later = timezone.now() + timedelta(hours=1)
    for state in ("waiting", "failed"):
        make_letter(state=state, error="connection refused", next_at=later)
    make_letter(state="failed", error="expired", content="")
    assert "2 letters" in client.post(reverse("panel:staff_mail_retry_all"), follow=True).content.decode()
    assert outbox.deliver() == 2


def test_ten_contacts_each_confirmed_by_a_link(smtp: Smtp, client: Client) -> None:
    organization: Organization = make_organization("ab12345")
    with pytest.raises(Refused, match="limit of contacts for an organization is 10"):
        organization.change(contacts=[f"c{number}@people.example" for number in range(11)], actor=SYSTEM)
    organization.change(contacts=["c@people.example"], actor=SYSTEM)
    outbox.deliver()
    link = next(word for word in smtp.words() if word.startswith("http://localhost:8000/contacts"))
    address = link.removeprefix("http://localhost:8000")
    contact = organization.contacts.get()
    assert client.get(address).status_code == 200
    contact.refresh_from_db()
    assert contact.confirmed_at is None
    client.post(address)
    contact.refresh_from_db()
    assert contact.confirmed_at
    assert client.get(address.replace("/contacts/", "/contacts/x")).status_code == 410
    organization.change(contacts=[], actor=SYSTEM)
    assert client.get(address).status_code == 410


def test_nobody_is_asked_by_more_than_three_organizations_a_day(smtp: Smtp) -> None:
    for _ in range(5):
        make_organization().change(contacts=["victim@people.example"], actor=SYSTEM)
    outbox.deliver()
    assert smtp.recipients() == ["victim@people.example"] * 3


def test_taking_a_contact_out_and_in_again_writes_no_second_letter(smtp: Smtp) -> None:
    organization = make_organization()
    for contacts in (["c@people.example"], [], ["c@people.example"]):
        organization.change(contacts=contacts, actor=SYSTEM)
    assert outbox.deliver() == 1


def test_a_letter_holds_nothing_in_the_clear_but_whom_it_is_for_and_what_it_is_about(smtp: Smtp) -> None:
    letter = outbox.post("invitation", "a@people.example", "s", SECRET, headers={"List-Unsubscribe": f"<{SECRET}>"})
    row = Letter.objects.filter(pk=letter.pk).values().get()
    assert "secret-token" in row["content"]
    assert "secret-token" not in json.dumps({**row, "content": stored(letter)}, default=str)


def test_a_running_installation_delivers_what_the_command_line_writes_and_logs_no_link(tmp_path: Path) -> None:
    """Command, broker, worker and mail server as processes of their own."""
    with Smtp() as server:
        installation = Installation(tmp_path / "var", EMAIL_URL=server.url, LOG_LEVEL="DEBUG", LOG_REQUESTS="1")
        try:
            installation.start()
            for verb in (
                ["create_organization", "ab12345", "Aurora"],
                ["add_member", "ab12345", "a@people.example", "owner"],
            ):
                done = manage(*verb, env=installation.env)
                assert done.returncode == 0, done.stderr
            until(lambda: "a@people.example" in server.recipients(), 60, "the letter")
        finally:
            installation.stop()
        number = server.recipients().index("a@people.example")
        link = next(word for word in server.words(number) if "/account/password/reset/key/" in word)
        assert link.rpartition("/key/")[2].strip("/") not in installation.output.read_text()
