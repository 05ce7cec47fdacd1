"""Pages have workers ask: they wait, go on by themselves, and nobody's server keeps a thread."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from socket import create_server
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from domains import readings
from domains.facts import facts
from domains.models import DnsProvider, Domain, Reading, Zone, ZoneChange
from domains.providers import ProviderError, deadline, open_provider
from domains.providers.lexicon import Session
from domains.zones import changes
from domains.zones.planning import preview
from domains.zones.reading import ZoneReading, read_zone
from panel.actors import SYSTEM
from panel.models import Organization, Role, Service
from tests.factories import make_domain, make_member, make_organization, make_service
from tests.servers.knot import Knot

from .providers import knot_zone

pytestmark = pytest.mark.django_db

POLL = {"X-Waiting": "1", "HX-Request": "true"}


@contextmanager
def dripping(head: bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n") -> Iterator[int]:
    """A server that sends a byte now and then, for ever. Its port."""
    over = threading.Event()

    def serve(connection: Any) -> None:
        with connection:
            connection.recv(65536)
            try:
                connection.sendall(head)
                while not over.wait(0.2):
                    connection.sendall(b" ")
            except OSError:
                return

    def accept() -> None:
        while not over.is_set():
            try:
                connection, _caller = server.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=[connection], daemon=True).start()

    with create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, daemon=True).start()
        try:
            yield server.getsockname()[1]
        finally:
            over.set()


def dripping_provider(organization: Organization, port: int, name: str = "drips") -> DnsProvider:
    settings = {"url": f"http://127.0.0.1:{port}", "server_id": "localhost"}
    return DnsProvider.objects.create(
        organization=organization, kind="powerdns", name=name, settings=settings, credentials='{"api_key": "k"}'
    )


@pytest.fixture
def service() -> Service:
    return make_service()


@pytest.fixture
def technician(client: Client, service: Service) -> Client:
    client.force_login(make_member(service.organization, Role.TECHNICIAN))
    return client


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def test_a_plan_waits_for_a_worker_and_goes_on_by_itself(technician: Client, service: Service) -> None:
    with Knot({"managed.test": ""}, update_with_key=["managed.test"]) as knot:
        knot_zone(service.organization, knot, "managed.test")
        domain = Domain.attach(service, "managed.test", mode="authoritative", actor=SYSTEM)
        url = f"/services/{service.name}/domains/{domain.name.name}/plan/"
        page = text(technician.get(url))
        reading = Reading.objects.get()
        assert 'hx-trigger="every 1s"' in page
        assert f'content="2; url={url}?reading={reading.pk}"' in page, "without JavaScript the page comes again"
        data = {"reading": reading.pk}
        assert technician.get(url, data, headers=POLL).status_code == 204
        assert text(technician.get(url)).count("Asking the servers") == 1
        assert Reading.objects.count() == 1, "two pages share a reading"
        assert readings.perform(reading.pk)
        assert not readings.perform(reading.pk), "a message that comes twice"
        polled = technician.get(url, data, headers=POLL)
        assert polled.headers["HX-Retarget"] == "#main"
        found = re.search(r'name="plan" value="(\w+)"', text(polled))
        assert found
        knot.stop()
        applied = technician.post(url, {**data, "seen": "1", "plan": found[1], "box": ["SPF", "MX"]}, headers=POLL)
        change = ZoneChange.objects.get()
        assert f"/changes/{change.pk}/" in applied.headers["HX-Trigger"], "the page asks nobody"


def test_a_plan_of_another_reading_is_shown_again(technician: Client, service: Service) -> None:
    with Knot({"managed.test": ""}, update_with_key=["managed.test"]) as knot:
        knot_zone(service.organization, knot, "managed.test")
        domain = Domain.attach(service, "managed.test", mode="authoritative", actor=SYSTEM)
        url = f"/services/{service.name}/domains/{domain.name.name}/plan/"
        data = {"seen": "1", "plan": "0" * 32, "box": ["SPF"]}
        waiting = text(technician.post(url, data))
        reading = Reading.objects.get()
        assert f'name="reading" value="{reading.pk}"' in waiting
        assert "Continue" in waiting, "without JavaScript by a button"
        readings.perform(reading.pk)
        assert "has changed since you saw the plan" in text(technician.post(url, {**data, "reading": reading.pk}))
        stranger = Client()
        stranger.force_login(make_member(make_organization(), Role.OWNER))
        assert stranger.get(url, {"reading": reading.pk}).status_code == 404


def test_what_was_read_is_stored_whole(service: Service) -> None:
    with Knot(
        {"managed.test": '@ MX 10 mx.old.example.\n@ TXT "v=spf1 -all"'}, update_with_key=["managed.test"]
    ) as knot:
        zone = knot_zone(service.organization, knot, "managed.test")
        domain = Domain.attach(service, "managed.test", mode="authoritative", actor=SYSTEM)
        read = read_zone(zone, *facts(domain))
        again = ZoneReading.from_json(read.to_json())
        assert (again.zone, again.published, again.answers) == (read.zone, read.published, read.answers)
        assert again.plan({}) is not None
        assert preview(again, {}).fingerprint == preview(read, {}).fingerprint


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: ", b""])
def test_a_provider_that_drips_is_cut_off_when_the_call_has_lasted_long_enough(head: bytes) -> None:
    with dripping(head) as port, deadline.job(1.0):
        begun = time.monotonic()
        row = dripping_provider(make_organization(), port)
        with pytest.raises(ProviderError, match="timeout"):
            open_provider(row).zones()
        assert 0.8 < time.monotonic() - begun < 4


def test_lexicons_calls_are_cut_off_too() -> None:
    with dripping() as port, deadline.job(1.0):
        begun = time.monotonic()
        with pytest.raises(ProviderError, match="timeout"):
            Session().get(f"http://127.0.0.1:{port}/")
        assert time.monotonic() - begun < 4


def test_a_name_server_that_answers_slowly_has_its_job_only() -> None:
    with Knot({"example.test": ""}, update_with_key=["example.test"]) as knot:
        zone = knot_zone(make_organization(), knot)
        provider = open_provider(zone.provider)
        knot.freeze()
        begun = time.monotonic()
        with deadline.job(1.5), pytest.raises(ProviderError, match="timeout"):
            provider.read("example.test", [f"n{number}.example.test." for number in range(200)])
        assert time.monotonic() - begun < 5
        knot.thaw()
        with pytest.raises(ProviderError, match="server-error"):
            provider.read("example.test", [f"n{number}.example.test." for number in range(2000)])


def test_few_are_under_way_at_once_and_fewer_of_one_organization(settings) -> None:
    settings.CALLS_AT_ONCE = 3
    one, other = make_organization(), make_organization()
    rows = [readings.ask("target", {"host": f"{number}.test"}, organization=one) for number in range(4)]
    until = timezone.now() + timedelta(minutes=1)

    def under_way(*chosen: Reading) -> None:
        Reading.objects.filter(pk__in=[row.pk for row in chosen]).update(state="asking", lease_until=until)

    under_way(rows[0])
    with readings.room(one.pk) as free:
        assert free
    under_way(rows[1])
    with readings.room(one.pk) as free:
        assert not free, "one thread is left for others"
    assert not readings.perform(rows[2].pk)
    with readings.room(other.pk) as free:
        assert free
    service = make_service(other)
    ZoneChange.objects.create(zone_name="x", service=service, plan=[], state="applying", lease_until=until)
    with readings.room(other.pk) as free:
        assert not free, "zone changes are calls, too"


def test_a_reading_whose_worker_dies_is_taken_again_and_in_the_end_given_up() -> None:
    row = readings.ask("target", {"host": "dead.test"}, organization=make_organization())
    for _ in range(readings.LOST_AT_MOST):
        assert readings._claim(row.pk) is not None
        assert readings._claim(row.pk) is None
        Reading.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert readings.perform(row.pk)
    row.refresh_from_db()
    assert (row.state, row.error) == ("failed", "given-up")


def test_a_zone_change_whose_worker_dies_three_times_fails_with_a_reason(service: Service) -> None:
    domain = make_domain(service)
    zone = Zone.objects.create(provider=dripping_provider(service.organization, 9), name="example.test")
    change = ZoneChange.objects.create(
        zone=zone, zone_name=zone.name, domain=domain, service=service, plan=[], progress={"done": 0, "total": 1}
    )
    for _ in range(changes.LOST_AT_MOST):
        assert changes._claim(change.pk) is not None
        ZoneChange.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert changes.run(change.pk)
    change.refresh_from_db()
    assert (change.state, change.error) == ("failed", "given-up")


def test_others_get_their_turn_before_ones_second(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = make_organization(), make_organization()
    rows = [readings.ask("target", {"host": f"{number}.test"}, organization=one) for number in range(3)]
    late = readings.ask("target", {"host": "late.test"}, organization=other)
    woken: list[int] = []
    monkeypatch.setattr(readings, "_wake", woken.append)
    readings.wake_waiting(2)
    assert woken == [rows[0].pk, late.pk]


def test_what_was_read_is_forgotten_after_an_hour() -> None:
    row = readings.ask("target", {"host": "old.test"}, organization=None)
    Reading.objects.filter(pk=row.pk).update(state="done", finished_at=timezone.now() - timedelta(hours=2))
    readings.resume()
    assert not Reading.objects.exists()
