"""The pages of the message trace: who sees what, and what they cost."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from mailflow.models import TracedMessage
from mailflow.trace import keeping, reading
from mailflow.trace.reading import TraceQuestion
from panel.keyset import Where
from tests.factories import Tenant, make_organization, make_tenant, make_traced_message, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("ab12345")


def page(client: Client, tenant: Tenant, **filters: str) -> str:
    return client.get(reverse("mailflow:trace", args=[tenant.organization.code]), filters).content.decode()


def found(organization: Any, **filters: str) -> list[str]:
    rows = reading.rows_of(organization)
    return [row.queue_id for row in reading.page_of(rows, TraceQuestion.of(filters), Where())[0]]


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ({}, ["BBBBB2", "AAAAA1"]),
        ({"from": "ann@outside.example"}, ["AAAAA1"]),
        ({"from": "<Ann@Outside.Example>"}, ["AAAAA1"]),
        ({"from": "outside.example"}, ["AAAAA1"]),
        ({"from": "@outside.example"}, ["AAAAA1"]),
        ({"from": "utside.example"}, []),
        ({"to": "info@żółw.example"}, ["BBBBB2"]),
        ({"to": "jan@old.example"}, ["BBBBB2", "AAAAA1"]),
        ({"to": "old.example"}, ["BBBBB2", "AAAAA1"]),
        ({"to": "xn--w-uga1v8h.example"}, ["BBBBB2"]),
        ({"from": "bob@other.example", "to": "jan@old.example"}, ["BBBBB2"]),
        ({"id": "<2@other.example>"}, ["BBBBB2"]),
        ({"id": "AAAAA1"}, ["AAAAA1"]),
        ({"state": "deferred"}, ["BBBBB2"]),
        ({"state": "nonsense", "since": "yesterday", "to": "\0"}, ["BBBBB2", "AAAAA1"]),
        ({"since": "2026-11-27T11:00"}, ["BBBBB2"]),
        ({"until": "2026-11-27T11:00:00+00:00"}, ["AAAAA1"]),
        ({"until": "9999-12-31T23:59:59-23:59"}, ["BBBBB2", "AAAAA1"]),
    ],
)
def test_the_list_is_narrowed(tenant: Tenant, filters: dict[str, str], ids: list[str]) -> None:
    at = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
    make_traced_message(tenant.organization, queue_id="AAAAA1", at=at)
    make_traced_message(
        tenant.organization,
        queue_id="BBBBB2",
        message_id="2@other.example",
        at=at + timedelta(hours=2),
        sender="bob@other.example",
        sender_domain="other.example",
        recipient="info@xn--w-uga1v8h.example",
        recipient_domain="xn--w-uga1v8h.example",
        became="jan@old.example",
        became_domain="old.example",
        state="deferred",
    )
    make_traced_message(make_organization(), queue_id="CCCCC3")
    assert found(tenant.organization, **filters) == ids


def test_only_ones_own_is_shown(tenant: Tenant, client: Client) -> None:
    """Also not as another recipient of the same message, by its Message-ID."""
    other = make_organization()
    mine = make_traced_message(tenant.organization)
    theirs = make_traced_message(other, recipient="secret@their.example", words="550 secret words")
    client.force_login(tenant.technician)
    detail = client.get(reverse("mailflow:trace_message", args=[tenant.organization.code, mine.pk])).content.decode()
    for text in (page(client, tenant), page(client, tenant, id="1@outside.example"), detail):
        assert "jan@old.example" in text
        assert "secret" not in text
    for code in (tenant.organization.code, other.code):
        url = reverse("mailflow:trace_message", args=[code, theirs.pk])
        assert client.get(url).status_code == 404
    assert client.get(reverse("mailflow:staff_trace")).status_code == 404


def test_staff_see_all_and_whose(client: Client) -> None:
    make_traced_message(make_organization(name="Their own"))
    nobodys = make_traced_message(
        None, recipient="x@nobody.example", state="refused", words="554 5.7.1 Relay access denied"
    )
    client.force_login(make_user(staff=True))
    text = client.get(reverse("mailflow:staff_trace")).content.decode()
    assert all(words in text for words in ("Their own", "x@nobody.example", "Relay access denied"))
    assert client.get(reverse("mailflow:staff_trace_message", args=[nobodys.pk])).status_code == 200


def test_a_message_is_a_line_of_time(tenant: Tenant, client: Client) -> None:
    steps = [
        ["2026-11-27T10:00:00+00:00", "accepted", ""],
        ["2026-11-27T10:00:01+00:00", "deferred", "451 4.3.0 <b>later</b>"],
        ["2026-11-27T10:05:00+00:00", "delivered", "250 2.0.0 Saved"],
    ]
    row = make_traced_message(tenant.organization, steps=steps)
    onward = make_traced_message(
        tenant.organization,
        queue_id="4cGqXy0Nkjz1Zq",
        sender="jan@old.example",
        recipient="friend@away.example",
        state="relayed",
        steps=[["2026-11-27T10:05:01+00:00", "accepted", ""], ["2026-11-27T10:05:02+00:00", "relayed", "250 ok"]],
    )
    client.force_login(tenant.technician)
    text = client.get(reverse("mailflow:trace_message", args=[tenant.organization.code, row.pk])).content.decode()
    words = ["accepted", "&lt;b&gt;later&lt;/b&gt;", "250 2.0.0 Saved", "250 ok"]
    places = [text.index(word, text.index('id="steps"')) for word in words]
    assert places == sorted(places)
    assert reverse("mailflow:trace_message", args=[tenant.organization.code, onward.pk]) in text


def test_pages_lead_there(tenant: Tenant, client: Client) -> None:
    client.force_login(tenant.technician)
    at = reverse("mailflow:trace", args=[tenant.organization.code])
    tenant.account.set_keys(f"jan@{tenant.domain.name.name}")
    tenant.account.save()
    for url, query in (
        (reverse("panel:organization", args=[tenant.organization.code]), ""),
        (reverse("diagnostics:domain", args=[tenant.service.name, tenant.domain.name.name]), f"?to={tenant.domain}"),
    ):
        assert f'href="{at}{query}"' in client.get(url).content.decode()


def test_many_pages_there_and_back(tenant: Tenant, client: Client) -> None:
    at = timezone.now()
    for number in range(7):
        make_traced_message(
            tenant.organization,
            queue_id=f"AAAAA{number}",
            at=at - timedelta(seconds=number // 2),
            **({"became": "eva@old.example", "recipient": "info@old.example"} if number % 2 else {}),
        )
    question, rows = TraceQuestion(recipient="old.example"), reading.rows_of(tenant.organization)
    seen, where = [], Where()
    while True:
        several, keys = reading.page_of(rows, question, where, size=3)
        seen.append([row.queue_id for row in several])
        if keys.next is None:
            break
        where = Where(after=keys.next)
    assert [len(part) for part in seen] == [3, 3, 1]
    assert len({one for part in seen for one in part}) == 7
    back, keys = reading.page_of(rows, question, Where(before=keys.previous), size=3)
    assert [row.queue_id for row in back] == seen[1]
    assert [row.queue_id for row in reading.page_of(rows, question, Where(last=True), size=3)[0]] == [
        *seen[1][1:],
        *seen[2],
    ]


def test_one_organization_searches_so_often(tenant: Tenant, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("mailflow.views.trace"), "SEARCHES_A_MINUTE", 2)
    address = reverse("mailflow:trace", args=[tenant.organization.code])
    client.force_login(tenant.technician)
    assert [client.get(address, {"state": "deleted"}).status_code for _ in range(3)] == [200, 200, 429]
    assert client.get(address).status_code == 200
    other = make_tenant()
    client.force_login(other.technician)
    address = reverse("mailflow:trace", args=[other.organization.code])
    assert client.get(address, {"state": "deleted"}).status_code == 200


def test_old_rows_and_what_is_too_much_go(tenant: Tenant, settings: Any) -> None:
    settings.TRACE_DAYS, settings.TRACE_ROWS = 7, 3
    now = timezone.now()
    for hours in (1, 2, 3, 4, 24 * 8):
        make_traced_message(tenant.organization, queue_id=f"AAAAA{hours}", at=now - timedelta(hours=hours))
    assert keeping.forget() == 2
    assert found(tenant.organization) == ["AAAAA1", "AAAAA2", "AAAAA3"]
    assert keeping.forget() == 0


def test_rows_go_with_their_organization(tenant: Tenant, tmp_path: Any) -> None:
    make_traced_message(tenant.organization)
    call_command("export_organization", tenant.organization.code, str(tmp_path / "copy"))
    assert "jan@old.example" in (tmp_path / "copy" / "mailflow-tracedmessage.json").read_text()
    other = make_organization()
    row = make_traced_message(other)
    make_traced_message(None)
    other.delete()
    assert not TracedMessage.objects.filter(pk=row.pk).exists()
    late = make_traced_message(make_organization())
    TracedMessage.objects.filter(pk=late.pk).update(organization_id=2**40)  # written when it was already gone
    assert keeping.forget() == 1
    assert TracedMessage.objects.count() == 2


MANY = 120_000


@pytest.fixture
def many(tenant: Tenant) -> Tenant:
    """As they are in the field: one organization has most of them, and a sender writes to everybody."""
    others = [make_organization() for _number in range(20)]
    now = timezone.now()
    rows = []
    for number in range(MANY):
        organization = tenant.organization if number % 3 else others[number % 20]
        sender_domain = "news.example" if number % 2 else f"d{number % 5000}.example"
        rows.append(
            TracedMessage(
                key=uuid.UUID(int=number),
                organization=organization,
                at=now - timedelta(seconds=number),
                changed_at=now,
                side="in",
                state="delivered",
                sender=f"s{number % 1000}@{sender_domain}",
                sender_domain=sender_domain,
                recipient=f"r{number % 700}@old{number % 9}.example",
                recipient_domain=f"old{number % 9}.example",
                became=f"b{number % 70}@old.example" if number % 10 == 0 else "",
                became_domain="old.example" if number % 10 == 0 else "",
                message_id=f"{number}@news.example",
                queue_id=f"Q{number}",
                machine="mx1.mail.example",
            )
        )
    TracedMessage.objects.bulk_create(rows, batch_size=1000)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE mailflow_trace")
    return tenant


QUESTIONS = {
    "all": {},
    "sender": {"from": "s7@news.example"},
    "domain of senders": {"from": "d5.example"},
    "large domain of senders": {"from": "news.example"},
    "recipient": {"to": "r7@old1.example"},
    "what it became": {"to": "b60@old.example"},
    "domain of recipients": {"to": "old3.example"},
    "Message-ID": {"id": "4711@news.example"},
    "queue id": {"id": "Q4711"},
    "both": {"from": "s7@news.example", "to": "old3.example"},
    "time": {"since": "2020-01-01T00:00", "until": "2026-01-01T00:00"},
    "nobody": {"from": "nobody@nowhere.example"},
}


def test_no_question_reads_the_whole_table(many: Tenant, client: Client) -> None:
    """With 120,000 rows, of an organization and of all."""
    client.force_login(many.technician)
    counts = set()
    for name, filters in QUESTIONS.items():
        question = TraceQuestion.of(filters)
        for organization in (many.organization, None):
            for branch in question.branches(reading.rows_of(organization)):
                plan = branch.order_by("-at", "-pk").values_list("at", "pk")[:51].explain()
                assert "Seq Scan" not in plan, (name, organization, plan)
                for line in plan.splitlines():
                    assert "SCAN mailflow_trace" not in line or "USING" in line, (name, organization, plan)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page(client, many, **filters)
        counts.add(len(queries) - len(question.branches(TracedMessage.objects.all())))
    assert len(counts) <= 2, counts  # where there is nothing, no rows are read
