"""What staff see: the queue, and what a platform publishes and runs."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from domains.models import Domain
from domains.rrset import quote_txt
from mailflow import publishing
from mailflow.models import Machine, PlatformCheck, QueuedMessage
from mailflow.queueing import keep, read_queue
from panel.models import Platform
from tests.factories import make_domain, make_organization, make_platform, make_service, make_user
from tests.mailflow.conftest import signing_key
from tests.mailflow.machine import MailMachine, soon
from tests.servers import Knot
from tests.servers.target import SmtpTarget

pytestmark = pytest.mark.django_db(transaction=True)


def press(client: Client, action: str, sender: str) -> None:
    number = QueuedMessage.objects.get(sender=sender).pk
    client.post(reverse("mailflow:queue_act"), {"message": number, "action": action})


def waits(sender: str) -> bool:
    return QueuedMessage.objects.filter(sender=sender, queue="deferred").exists()


def test_deferred_mail_is_listed_with_its_reason_tried_again_and_deleted(
    machine: MailMachine, split: Domain, target: SmtpTarget, client: Client
) -> None:
    client.force_login(make_user(staff=True))
    target.after_data = "451 4.3.0 come back tomorrow"
    retried, deleted = f"a{time.time()}@outside.test", f"b{time.time()}@outside.test"
    for sender in (retried, deleted):
        assert machine.send(f"piotr@{split.name.name}", sender=sender)[0] == 250
    soon(lambda: waits(retried) and waits(deleted), "both are in the list", 40)
    page = client.get(reverse("mailflow:queue"), {"queue": "deferred", "q": retried})
    assert "come back tomorrow" in page.text
    assert deleted not in page.text
    target.after_data = "250 2.0.0 Ok"
    before = len(target.messages)
    press(client, "retry", retried)
    press(client, "delete", deleted)
    soon(lambda: len(target.messages) > before, "the one is delivered", 40)
    soon(lambda: not QueuedMessage.objects.exists(), "neither waits any more", 40)
    assert [message.sender for message in target.messages[before:]] == [retried]


def line(queue_id: str, **fields: Any) -> str:
    data = {
        "queue_name": "deferred",
        "queue_id": queue_id,
        "arrival_time": 1_780_000_000,
        "message_size": 321,
        "sender": "a@outside.test",
        "recipients": [{"address": "b@outside.test", "delay_reason": "connection\nrefused"}],
    }
    return json.dumps(data | fields)


def test_the_list_follows_the_queue_and_keeps_what_was_asked(platform: Platform) -> None:
    machine = Machine.objects.create(name="mx1.pro.test", platform=platform)
    keep(machine, list(read_queue([line("3AAAAA"), line("3BBBBB"), "{cut of", line("--all"), "[]"])))
    assert sorted(QueuedMessage.objects.values_list("queue_id", flat=True)) == ["3AAAAA", "3BBBBB"]
    assert QueuedMessage.objects.get(queue_id="3AAAAA").recipients == [["b@outside.test", "connection refused"]]
    QueuedMessage.objects.update(action="retry")
    keep(machine, list(read_queue([line("3BBBBB", queue_name="hold")])))
    message = QueuedMessage.objects.get()
    assert (message.queue_id, message.queue, message.action) == ("3BBBBB", "hold", "retry")
    machine.refresh_from_db()
    assert machine.queued == 1
    assert not machine.is_silent


# What a platform publishes


HOSTS = """
mx1 A 127.0.0.10
imap A 127.0.0.10
spf TXT "v=spf1 ip4:192.0.2.10 -all"
"""


@pytest.fixture
def dns(settings: Any) -> Iterator[Knot]:
    reverse_zone = "2.0.192.in-addr.arpa"
    with Knot({"pro.test": HOSTS, reverse_zone: "10 PTR mx1.pro.test.\n"}) as server:
        settings.DNS_RESOLVERS = [server.endpoint]
        settings.DNS_AUTHORITATIVE_PORT = server.port
        yield server


@pytest.fixture
def ours(transactional_db: None) -> Platform:
    hosts = dict.fromkeys(("imap_host", "smtp_host", "autodiscover_host", "webmail_host"), "imap.pro.test")
    return make_platform(
        "ours",
        mx_hosts=["mx1.pro.test"],
        verification_host="verify.pro.test",
        spf_include="spf.pro.test",
        outbound_addresses=["192.0.2.10"],
        **hosts,
    )


def statuses(platform: Platform) -> dict[str, str]:
    rows = PlatformCheck.objects.filter(platform=platform)
    return {f"{check.kind} {check.subject}": check.status for check in rows}


def test_what_is_published_is_told_from_what_is_missing_and_wrong(dns: Knot, ours: Platform) -> None:
    publishing.check(ours)
    assert statuses(ours) == {
        "A mx1.pro.test": "ok",
        "A imap.pro.test": "ok",
        "A verify.pro.test": "missing",
        "PTR 192.0.2.10": "wrong",
        "SPF spf.pro.test": "ok",
        "DKIM pro.test": "missing",
    }
    dns.publish("mx1.pro.test.", "A", ["192.0.2.10"])
    dns.publish("verify.pro.test.", "A", ["192.0.2.10"])
    dns.publish("spf.pro.test.", "TXT", [quote_txt("v=spf1 ip4:192.0.2.99 -all")])
    signing_key(make_domain(make_service(make_organization(), ours), "pro.test"))
    publishing.check(ours)
    assert {what for what, status in statuses(ours).items() if status != "ok"} == {"SPF spf.pro.test"}
    wrong = PlatformCheck.objects.get(kind="SPF")
    assert (wrong.status, wrong.record) == ("wrong", 'spf.pro.test. 3600 IN TXT "v=spf1 ip4:192.0.2.10 -all"')


def test_silence_is_never_a_missing_record(ours: Platform, settings: Any) -> None:
    settings.DNS_RESOLVERS = [("127.0.0.1", 9)]
    publishing.check(ours)
    told = {status for what, status in statuses(ours).items() if not what.startswith("DKIM")}
    assert told == {"unknown"}


def test_the_page_shows_what_to_publish_and_what_runs(ours: Platform, client: Client) -> None:
    client.force_login(make_user(staff=True))
    url = reverse("mailflow:platform", args=["ours"])
    assert "Not checked yet" in client.get(url).text
    PlatformCheck.objects.create(
        platform=ours, kind="SPF", subject="spf.pro.test", status="missing", record="spf.pro.test. 3600 IN TXT x",
        checked_at=timezone.now(),
    )  # fmt: skip
    finding = {"what": "port 25", "ok": False, "text": "no answer"}
    Machine.objects.create(name="mx1.pro.test", platform=ours, findings=[finding])
    page = client.get(url).text
    for words in ("spf.pro.test. 3600 IN TXT x", "no answer", "has not reported lately"):
        assert words in page
    client.post(reverse("mailflow:platform_check", args=["ours"]))
    assert Machine.objects.get().check_asked_at is not None


def test_a_machine_says_how_it_is(machine: MailMachine, platform: Platform) -> None:
    soon(lambda: Machine.objects.filter(platform=platform, reported_at__isnull=False).exists(), "it reports", 40)
    publishing.ask_machines(platform)
    soon(lambda: Machine.objects.filter(check_asked_at=None, checked_at__isnull=False).exists(), "it checks", 40)
    found = {item["what"]: item["ok"] for item in Machine.objects.get().findings}
    assert found["policy server"]
    assert found[f"port {machine.smtp_port}"]
