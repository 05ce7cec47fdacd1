"""A new DKIM key signs once every authoritative server has it; the one before is withdrawn a week later."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import dns.message
import dns.query
import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from diagnostics.sweep.keys import look_for_waiting
from domains import rotation
from domains.facts import facts
from domains.models import DkimKey, Domain, ZoneChange
from domains.records import Kind, Level, required_records
from domains.rrset import quote_txt
from domains.zones import changes
from panel.actors import SYSTEM
from panel.errors import Refused
from panel.models import Platform
from tests.factories import make_domain, make_member, make_service
from tests.servers import Knot
from tests.servers.process import free_port

ZONE = "@ NS ns1\n@ NS ns2\nns1 A 127.0.0.1\nns2 A 127.0.0.2\n"
State = DkimKey.State


@pytest.fixture
def servers(settings: Any) -> Iterator[tuple[Knot, Knot]]:
    """Both hold shop.example; the first one takes the panel's updates and is its resolver."""
    port = free_port("127.0.0.1", "127.0.0.2")
    zones = {"example": "", "shop.example": ZONE}
    settings.ALLOWED_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]
    settings.DNS_AUTHORITATIVE_PORT = port
    settings.DNS_RESOLVERS = [("127.0.0.1", port)]
    first = Knot(zones, port=port, update_with_key=["shop.example"])
    second = Knot({"shop.example": ZONE}, address="127.0.0.2", port=port)
    with first, second:
        yield first, second


@pytest.fixture
def domain(platform: Platform) -> Domain:
    return make_domain(make_service(platform=platform), "shop.example")


def new_key(domain: Domain, state: str = State.WAITING) -> DkimKey:
    key = DkimKey.rotate(domain, actor=SYSTEM)
    if state != State.WAITING:
        DkimKey.objects.filter(pk=key.pk).update(state=state)
    return key


def publish(key: DkimKey, *servers: Knot) -> None:
    for server in servers:
        text = quote_txt(f"v=DKIM1; k=rsa; p={key.public_key}")
        server.publish(f"{key}.{key.name}.", "TXT", [text])


def state_of(key: DkimKey) -> str:
    return DkimKey.objects.values_list("state", flat=True).get(pk=key.pk)


def look_now() -> int:
    DkimKey.objects.filter(state=State.WAITING).update(due_at=timezone.now())
    return look_for_waiting()


def signing_selectors(domain: Domain) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT selector FROM mailflow_dkim WHERE domain = %s", [domain.name.name])
        return [selector for (selector,) in cursor.fetchall()]


def test_a_key_signs_only_once_every_server_that_answers_has_it(servers: tuple[Knot, Knot], domain: Domain) -> None:
    first, second = servers
    old, new = new_key(domain, State.ACTIVE), new_key(domain)
    assert look_now() == 0
    publish(new, first)
    assert look_now() == 0
    assert (state_of(new), signing_selectors(domain)) == (State.WAITING, [old.selector])
    publish(new, second)
    assert look_now() == 1
    assert (state_of(new), state_of(old), signing_selectors(domain)) == (State.ACTIVE, State.RETIRING, [new.selector])


def test_a_server_that_is_away_holds_up_no_key(servers: tuple[Knot, Knot], domain: Domain) -> None:
    first, second = servers
    key = new_key(domain)
    publish(key, first)
    second.stop()
    assert look_now() == 1
    assert state_of(key) == State.ACTIVE


def test_another_key_at_the_selector_is_not_ours(servers: tuple[Knot, Knot], domain: Domain) -> None:
    key = new_key(domain)
    other = DkimKey(name=domain.name, selector=key.selector, public_key=new_key_text())
    publish(other, *servers)
    assert look_now() == 0
    assert state_of(key) == State.WAITING


def new_key_text() -> str:
    from domains.keys import new_identity

    return new_identity().public_key


@pytest.mark.django_db
def test_what_is_required_follows_the_keys(domain: Domain) -> None:
    first = new_key(domain)
    assert levels(domain) == {first.selector: Level.REQUIRED}
    first.activate()
    second = new_key(domain)
    assert levels(domain) == {first.selector: Level.REQUIRED, second.selector: Level.RECOMMENDED}
    second.activate()
    assert levels(domain) == {second.selector: Level.REQUIRED}


def levels(domain: Domain) -> dict[str, Level]:
    records = required_records(*facts(domain))
    return {record.name.partition(".")[0]: record.level for record in records if record.kind == Kind.DKIM}


@pytest.mark.django_db
def test_one_key_waits_at_a_time(domain: Domain) -> None:
    new_key(domain)
    with pytest.raises(Refused) as refused:
        new_key(domain)
    assert refused.value.code == "key-waits"


@pytest.mark.django_db
def test_an_old_key_is_withdrawn_after_a_week_and_its_secret_forgotten(domain: Domain) -> None:
    old, new = new_key(domain, State.ACTIVE), new_key(domain)
    new.activate()
    rotation.tend()
    assert state_of(old) == State.RETIRING
    DkimKey.objects.filter(pk=old.pk).update(due_at=timezone.now() - timedelta(seconds=1))
    rotation.tend()
    old.refresh_from_db()
    assert (old.state, old.private_key) == (State.WITHDRAWN, "")
    assert signing_selectors(domain) == [new.selector]


@pytest.mark.django_db
def test_a_name_attached_again_shows_its_key_before_it_signs(domain: Domain) -> None:
    key = new_key(domain, State.ACTIVE)
    service, name = domain.service, domain.name.name
    domain.detach(SYSTEM)
    again = Domain.attach(service, name, mode="authoritative", actor=SYSTEM, verified=True)
    assert [(k.pk, k.state) for k in again.ownership.dkim_keys.all()] == [(key.pk, State.WAITING)]


def test_in_a_managed_zone_one_press_does_it_all(servers: tuple[Knot, Knot], domain: Domain) -> None:
    from tests.domains.providers import knot_zone

    first, second = servers
    second.stop()
    Domain.objects.filter(pk=domain.pk).update(zone=knot_zone(domain.service.organization, first, "shop.example"))
    domain.refresh_from_db()
    old = new_key(domain, State.ACTIVE)
    publish(old, first)
    DkimKey.objects.filter(pk=old.pk).update(to_write=False)
    new = new_key(domain)
    rotation.tend()
    run_changes()
    assert look_now() == 1
    assert (state_of(new), state_of(old)) == (State.ACTIVE, State.RETIRING)
    assert texts(first, f"{old}.shop.example.")
    DkimKey.objects.filter(pk=old.pk).update(due_at=timezone.now())
    rotation.tend()
    run_changes()
    assert state_of(old) == State.WITHDRAWN
    assert texts(first, f"{old}.shop.example.") == []
    assert texts(first, f"{new}.shop.example.")


def texts(server: Knot, name: str) -> list[str]:
    query = dns.message.make_query(name, "TXT")
    answer = dns.query.tcp(query, server.address, port=server.port, timeout=5)
    return [record.to_text() for rrset in answer.answer for record in rrset]


def run_changes() -> None:
    waiting = ZoneChange.objects.filter(state=ZoneChange.State.WAITING)
    done = [changes.run(pk) for pk in waiting.values_list("pk", flat=True)]
    assert all(done)
    assert set(ZoneChange.objects.values_list("state", flat=True)) == {ZoneChange.State.DONE}


def test_a_service_with_a_term_gets_new_keys_in_its_managed_zones(servers: tuple[Knot, Knot], domain: Domain) -> None:
    from tests.domains.providers import knot_zone

    Domain.objects.filter(pk=domain.pk).update(zone=knot_zone(domain.service.organization, servers[0], "shop.example"))
    key = new_key(domain, State.ACTIVE)
    DkimKey.objects.filter(pk=key.pk).update(activated_at=timezone.now() - timedelta(days=91))
    rotation.tend()
    assert DkimKey.objects.count() == 1
    domain.service.change(actor=SYSTEM, dkim_rotation_days=90)
    rotation.tend()
    assert sorted(DkimKey.objects.values_list("state", flat=True)) == [State.ACTIVE, State.WAITING]
    rotation.tend()
    assert DkimKey.objects.count() == 2


@pytest.mark.django_db
def test_the_command_and_the_page_make_a_new_key(domain: Domain, client: Client) -> None:
    out = StringIO()
    call_command("rotate_dkim", domain.service.name, "shop.example", "--json", stdout=out)
    said = json.loads(out.getvalue())
    key = DkimKey.objects.get()
    assert (said["selector"], said["state"]) == (key.selector, "waiting")
    assert key.public_key[:40] in said["record"]
    client.force_login(make_member(domain.service.organization))
    page = client.get(reverse("diagnostics:domain", args=[domain.service.name, "shop.example"]))
    assert "waiting to be published" in page.text
    assert "New key" not in page.text
    key.activate()
    client.post(reverse("domains:rotate", args=[domain.service.name, "shop.example"]))
    assert sorted(DkimKey.objects.values_list("state", flat=True)) == [State.ACTIVE, State.WAITING]
