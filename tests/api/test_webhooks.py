from __future__ import annotations

import ipaddress
import json
import time
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.db import transaction
from django.utils import timezone

from accounts import ordering
from accounts.models import BulkRun
from accounts.runs import engine, loading
from api.models import Delivery, Endpoint, Event
from api.models.webhooks import WAITS
from api.webhooks import sending
from api.webhooks.http import NotDelivered, post
from api.webhooks.outbox import send_test
from api.webhooks.signing import verified
from diagnostics.models import CheckRun
from diagnostics.notifications import tell_people
from panel.actors import SYSTEM
from panel.errors import Refused
from tests.factories import make_check, make_tenant
from tests.servers import Knot

from .receiver import receiver, trickling

pytestmark = pytest.mark.django_db

ALL = [event.value for event in Event if event is not Event.TEST]


def listen(tenant, url, events=ALL):
    return Endpoint.create(tenant.organization if tenant else None, url, events, by=SYSTEM)


def test_an_order_is_told_of_signed_once(tenant):
    with receiver() as program:
        _endpoint, secret = listen(tenant, program.url)
        order = ordering.place(tenant.service, 3, by=tenant.owner)
        assert sending.deliver() == 1
        assert sending.deliver() == 0
        ((headers, body),) = program.received
    assert verified(secret, headers, body, int(time.time()))
    assert not verified(secret, headers, body + b" ", int(time.time()))
    assert not verified(secret, headers, body, int(time.time()) + 301)
    assert not verified("whsec_" + "A" * 44, headers, body, int(time.time()))
    told = json.loads(body)
    assert told["type"] == "order.placed"
    service, organization = tenant.service.name, tenant.organization.code
    assert told["data"] == {"organization": organization, "service": service, "order": order.pk, "quantity": 3}
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.status, delivery.attempts) == ("delivered", 204, 1)
    assert headers["webhook-id"] == delivery.webhook_id


def test_the_secret_is_encrypted_and_nowhere_else(tenant):
    endpoint, secret = listen(tenant, "https://x.example/")
    raw = Endpoint.objects.extra(select={"raw": "secret"}).values_list("raw", flat=True).get(pk=endpoint.pk)
    assert secret not in raw
    assert Endpoint.objects.get().secret == secret


def test_a_new_secret_signs_beside_the_old_one_for_a_day(tenant):
    with receiver() as program:
        endpoint, old = listen(tenant, program.url)
        new = endpoint.rotate_secret(by=tenant.owner)
        assert new != old
        send_test(endpoint)
        sending.deliver()
        Endpoint.objects.update(old_secret_until=timezone.now() - timedelta(seconds=1))
        send_test(endpoint)
        sending.deliver()
        (first, body), (second, later) = program.received
    now = int(time.time())
    assert verified(new, first, body, now)
    assert verified(old, first, body, now)
    assert verified(new, second, later, now)
    assert not verified(old, second, later, now)
    sending.forget()
    assert Endpoint.objects.get().old_secret == ""


def test_the_second_attempt_does_not_wait_for_beat(tenant, monkeypatch):
    woken = []
    monkeypatch.setattr(sending, "wake_sender", lambda *, after: woken.append(after))
    with receiver() as program:
        listen(tenant, program.url)
        program.answers = [500, 500]
        ordering.place(tenant.service, 3, by=tenant.owner)
        sending.deliver()
        assert woken == [WAITS[0]]
        Delivery.objects.update(next_at=timezone.now())
        sending.deliver()
    assert woken == [WAITS[0]]


def test_what_is_rolled_back_is_not_told(tenant):
    listen(tenant, "http://127.0.0.1:9/")
    with transaction.atomic():
        ordering.place(tenant.service, 3, by=tenant.owner)
        assert Delivery.objects.count() == 1
        transaction.set_rollback(True)
    assert not Delivery.objects.exists()


def test_only_who_listens_hears_and_staff_hear_of_everybody(tenant):
    other = make_tenant()
    listen(other, "http://127.0.0.1:9/other")
    listen(tenant, "http://127.0.0.1:9/deaf", ["check.red"])
    listen(None, "http://127.0.0.1:9/staff")
    listen(tenant, "http://127.0.0.1:9/off")[0].change(by=SYSTEM, active=False)
    ordering.place(tenant.service, 3, by=tenant.owner)
    assert [delivery.endpoint.url for delivery in Delivery.objects.all()] == ["http://127.0.0.1:9/staff"]


def test_it_is_tried_again_after_ever_longer_waits_and_then_given_up(tenant):
    with receiver() as program:
        listen(tenant, program.url)
        program.answers = [500, 302, *[503] * 50]
        ordering.place(tenant.service, 3, by=tenant.owner)
        waits = []
        while Delivery.objects.get().state == "waiting":
            assert sending.deliver() == 1
            delivery = Delivery.objects.get()
            waits.append((delivery.next_at - timezone.now()).total_seconds())
            Delivery.objects.update(next_at=timezone.now())
        ids = {headers["webhook-id"] for headers, _body in program.received}
    assert len(ids) == 1
    assert len(program.received) == len(WAITS) + 1
    assert all(abs(wait - due.total_seconds()) < 5 for wait, due in zip(waits[:-1], WAITS, strict=True))
    assert Delivery.objects.get().state == "failed"


def test_a_receiver_that_is_gone_is_left_alone(tenant):
    with receiver() as program:
        endpoint, _secret = listen(tenant, program.url)
        program.answers = [410]
        ordering.place(tenant.service, 3, by=tenant.owner)
        sending.deliver()
    endpoint.refresh_from_db()
    assert not endpoint.active
    assert Delivery.objects.get().state == "failed"


def test_a_dead_workers_delivery_is_taken_over(tenant):
    with receiver() as program:
        listen(tenant, program.url)
        ordering.place(tenant.service, 3, by=tenant.owner)
        Delivery.objects.update(lease_until=timezone.now() + timedelta(minutes=1))
        assert sending.deliver() == 0
        Delivery.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert sending.deliver() == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]"])
def test_nothing_is_sent_into_the_operators_network(settings, host):
    settings.ALLOWED_NETWORKS = []
    with pytest.raises(NotDelivered, match="forbidden"):
        post(f"http://{host}:9/", b"{}", {})


def test_a_slow_answer_does_not_stretch_the_deadline():
    with trickling(10) as url:
        begun = time.monotonic()
        with pytest.raises(NotDelivered, match="timeout"):
            post(url, b"{}", {}, seconds=0.5)
        assert time.monotonic() - begun < 2


@pytest.mark.parametrize(
    "url", ["", "ftp://x.example/", "https://", "https://u:p@x.example/", "https://x.example/#a", "http://x y/", "//x"]
)
def test_an_address_that_is_none_is_refused(tenant, url):
    with pytest.raises(Refused) as refused:
        listen(tenant, url)
    assert refused.value.code == "url"


def test_a_check_that_turned_red_and_recovered_is_told_of_once_each(tenant):
    listen(tenant, "http://127.0.0.1:9/", ["check.red", "check.recovered"])
    now = timezone.now()
    check = make_check(tenant.domain, "MX", "missing", changed_at=now - timedelta(hours=1))
    run = {"organization_id": tenant.organization.pk, "next_at": now, "checked_at": now}
    CheckRun.objects.update_or_create(domain=tenant.domain, defaults=run)
    for _twice in range(2):
        tell_people()
    assert [d.event for d in Delivery.objects.all()] == ["check.red"]
    assert Delivery.objects.get().payload["data"]["domain"] == tenant.domain.name.name
    check.turn("ok", intended=False)
    CheckRun.objects.update(checked_at=timezone.now() + timedelta(seconds=1))
    for _twice in range(2):
        tell_people()
    assert [d.event for d in Delivery.objects.all()] == ["check.recovered", "check.red"]


def test_the_log_and_a_test_through_the_api(tenant, api):
    with receiver() as program:
        made = api.post("webhooks", {"url": program.url, "events": ["check.red"]})
        assert made.status_code == 201, made.data
        assert made.data["secret"].startswith("whsec_")
        assert api.post(f"{made['Location']}/test").status_code == 202
        sending.deliver()
        ((headers, body),) = program.received
    assert verified(made.data["secret"], headers, body, int(time.time()))
    log = api.get(f"{made['Location']}/deliveries").data["items"]
    assert [(d["event"], d["state"], d["status"]) for d in log] == [("test", "delivered", 204)]
    assert "secret" not in api.get(made["Location"]).data


def test_a_dry_run_of_a_test_sends_nothing(tenant, api):
    made = api.post("webhooks", {"url": "http://127.0.0.1:9/", "events": ["check.red"]})
    assert api.post(f"{made['Location']}/test?dry_run=true").status_code == 202
    assert not Delivery.objects.exists()


def test_what_waits_for_a_webhook_that_was_switched_off_is_not_sent(tenant):
    with receiver() as program:
        endpoint, _secret = listen(tenant, program.url)
        ordering.place(tenant.service, 3, by=tenant.owner)
        endpoint.change(by=SYSTEM, active=False)
        sending.deliver()
    assert program.received == []
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.error, delivery.attempts) == ("failed", "off", 0)


def test_a_receiver_that_takes_nothing_holds_up_nobody_else(tenant):
    other = make_tenant()
    with receiver() as deaf, receiver() as program:
        deaf.answers = [500] * 50
        listen(tenant, deaf.url)
        listen(other, program.url)
        for _number in range(5):
            ordering.place(tenant.service, 1, by=tenant.owner)
        ordering.place(other.service, 1, by=other.owner)
        assert sending.deliver() == 2
    assert (len(deaf.received), len(program.received)) == (1, 1)


def test_one_worker_at_a_time_waits_for_an_organizations_receivers(tenant, settings):
    other = make_tenant()
    with receiver() as program, receiver() as others:
        listen(tenant, program.url)
        listen(other, others.url)
        ordering.place(tenant.service, 1, by=tenant.owner)
        ordering.place(tenant.service, 2, by=tenant.owner)
        Delivery.objects.filter(payload__data__quantity=1).update(lease_until=timezone.now() + timedelta(minutes=1))
        ordering.place(other.service, 1, by=other.owner)
        settings.CALLS_AT_ONCE = 1
        assert sending.deliver() == 0  # one worker is kept for other work
        settings.CALLS_AT_ONCE = 3
        assert sending.deliver() == 1
    assert (len(program.received), len(others.received)) == (0, 1)


def test_a_message_of_the_log_is_sent_again_under_its_id(tenant, api):
    with receiver() as program:
        endpoint, secret = listen(tenant, program.url)
        program.answers = [410]
        ordering.place(tenant.service, 3, by=tenant.owner)
        sending.deliver()
        where = f"webhooks/{endpoint.pk}/deliveries/{Delivery.objects.get().pk}/again"
        assert api.post(where).data["code"] == "webhook-off"
        endpoint.refresh_from_db()
        endpoint.change(by=SYSTEM, active=True)
        again = api.post(where)
        assert (again.status_code, again.data["state"], again.data["attempts"]) == (202, "waiting", 0)
        assert api.post(where).data["code"] == "wrong-state"
        assert sending.deliver() == 1
    (first, _body), (second, body) = program.received
    assert first["webhook-id"] == second["webhook-id"]
    assert verified(secret, second, body, int(time.time()))
    assert Delivery.objects.get().state == "delivered"


def test_an_order_is_named_so_that_a_program_can_decide_it(tenant, staff):
    listen(tenant, "http://127.0.0.1:9/")
    order = ordering.place(tenant.service, 3, by=tenant.owner)
    told = Delivery.objects.get().payload["data"]
    assert told["order"] == order.pk
    assert staff.post(f"services/{told['service']}/orders/{told['order']}/approve").data["state"] == "approved"


def test_a_name_that_leads_into_the_operators_network_is_not_asked(settings):
    """Whatever the name resolved to before: the address that is checked is the one that is connected to."""
    with receiver() as program, Knot({"hook.test": "inside A 127.0.0.1\nboth A 10.0.0.1\n"}) as knot:
        settings.DNS_STUB_ZONES = {"hook.test": (knot.address, knot.port)}
        port = urlsplit(program.url).port
        settings.ALLOWED_NETWORKS = []
        for host in ("inside", "both"):
            with pytest.raises(NotDelivered, match="forbidden"):
                post(f"http://{host}.hook.test:{port}/", b"{}", {})
        with pytest.raises(NotDelivered, match="no-such-host"):
            post(f"http://nowhere.hook.test:{port}/", b"{}", {})
        settings.ALLOWED_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]
        assert post(f"http://inside.hook.test:{port}/", b"{}", {}) == 204
    assert len(program.received) == 1


def test_a_finished_run_is_told_of(tenant, api):
    listen(tenant, "http://127.0.0.1:9/", ["run.finished", "account.configured"])
    table = f"E-mail address\nann.example@{tenant.domain.name.name}\n"
    run = api.post(f"services/{tenant.service.name}/runs", {"table": table}).headers["Location"]
    loading.check(BulkRun.objects.get())
    assert not Delivery.objects.exists()
    api.post(f"{run}/start", {})
    engine.work(BulkRun.objects.get().pk)
    (told,) = Delivery.objects.all()
    assert (told.event, told.payload["data"]["kind"], told.payload["data"]["done"]) == ("run.finished", "configure", 1)
