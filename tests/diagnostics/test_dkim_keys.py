"""A new DKIM key signs once every authoritative server has it; the one before is withdrawn a week later."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from typing import Any

import dkim
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
from domains.facts import facts, with_keys_of
from domains.holding_zones import keep_dkim_in
from domains.models import DkimKey, Domain, Zone, ZoneChange
from domains.records import Kind, Level, required_records
from domains.rrset import quote_txt, txt_text
from domains.zones import changes
from mailflow import publishing
from mailflow.models import PlatformCheck
from panel.actors import SYSTEM
from panel.errors import Refused
from panel.models import Platform, Role, Service
from tests.factories import make_domain, make_member, make_organization, make_service, make_user
from tests.servers import Knot
from tests.servers.process import free_port

ZONE = "@ NS ns1\n@ NS ns2\nns1 A 127.0.0.1\nns2 A 127.0.0.2\n"
State = DkimKey.State


@pytest.fixture
def servers(settings: Any) -> Iterator[tuple[Knot, Knot]]:
    """Both hold shop.example; the first one takes the panel's updates and is its resolver."""
    port = free_port("127.0.0.1", "127.0.0.2")
    zones = {"example": "", "shop.example": ZONE, "dkim.example": ""}
    settings.ALLOWED_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]
    settings.DNS_AUTHORITATIVE_PORT = port
    settings.DNS_RESOLVERS = [("127.0.0.1", port)]
    first = Knot(zones, port=port, update_with_key=["shop.example", "dkim.example"])
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


# Keys in a zone of the platform


@pytest.fixture
def platform_zone(servers: tuple[Knot, Knot], domain: Domain, second_is_away: None) -> Knot:
    """dkim.pro.test, which the operator's organization manages through the panel and the platform keeps its keys in."""
    from tests.domains.providers import knot_zone

    first, _second = servers
    operator = make_organization("operator1")
    knot_zone(operator, first, "dkim.example")
    keep_dkim_in(domain.platform, "operator1", "dkim.example", actor=SYSTEM)
    return first


@pytest.fixture
def second_is_away(servers: tuple[Knot, Knot]) -> None:
    _first, second = servers
    second.stop()


def point(server: Knot, domain: Domain) -> None:
    """What the customer does, once."""
    for record in required_records(*facts(domain)):
        if record.kind == Kind.DKIM:
            assert record.type == "CNAME"
            server.publish(record.name, "CNAME", list(record.values))


def dkim_status(domain: Domain) -> tuple[str, list[str]]:
    out = StringIO()
    with suppress(SystemExit):  # its other records are red
        call_command("diagnose", domain.name.name, "--json", stdout=out)
    (entry,) = json.loads(out.getvalue())
    check = next(check for check in entry["checks"] if check["kind"] == "DKIM")
    return check["status"], [fix["action"] for fix in check["fixes"]]


def verifies(domain: Domain, server: Knot) -> bool:
    """Whether dkimpy, by the DNS, takes what the policy server signs."""
    from mailflow.addresses import split
    from mailflow.queries import reader_of
    from mailflow.signing import Signer
    from panel.secrets import decrypt
    from tests.mailflow.conftest import database_url

    headers = [(b"From", f"jan@{domain}".encode()), (b"Subject", b"hello")]
    reader = reader_of(database_url())
    signer = Signer(reader, domain.platform.slug, decrypt)
    value = signer.outgoing(str(domain), split(f"jan@{domain}")).signature(headers, b"hello\r\n")
    reader.close()
    assert value is not None
    message = b"DKIM-Signature: " + value.replace("\n", "\r\n").encode()
    message += b"".join(b"\r\n" + name + b": " + text for name, text in headers) + b"\r\n\r\nhello\r\n"

    def published(name: bytes, timeout: int = 5) -> bytes | None:
        said = texts(server, name.decode())
        if len(said) == 1 and "DKIM1" not in said[0]:  # the alias, which a resolver follows
            said = texts(server, said[0])
        return txt_text(said[0]).encode() if said else None

    return bool(dkim.verify(message, dnsfunc=published))


@pytest.mark.django_db(transaction=True)  # the policy server's part reads on a connection of its own
def test_keys_in_a_zone_of_the_platform_are_rotated_by_nobody(platform_zone: Knot, domain: Domain) -> None:
    old = new_key(domain, State.ACTIVE)
    publish(old, platform_zone)
    one, two = DkimKey.host(domain, actor=SYSTEM)
    assert levels(domain) == dict.fromkeys((old.selector,), Level.REQUIRED) | dict.fromkeys(
        (one.selector, two.selector), Level.RECOMMENDED
    )
    rotation.tend()
    assert texts(platform_zone, f"{one.selector}.dkim.example.")
    assert look_now() == 0  # nothing leads there yet: the key before signs on
    assert signing_selectors(domain) == [old.selector]
    platform_zone.publish(f"{one}.shop.example.", "CNAME", [f"{one.selector}.dkim.example."])
    platform_zone.publish(f"{two}.shop.example.", "CNAME", [f"{two.selector}.dkim.example."])
    assert dkim_status(domain) == ("ok", [])
    assert look_now() == 1
    assert signing_selectors(domain) == [one.selector]
    assert verifies(domain, platform_zone)
    assert dkim_status(domain) == ("ok", [])

    for before, after in ((one, two), (two, one), (one, two)):  # the customer's zone is never touched again
        with pytest.raises(Refused) as refused:
            DkimKey.rotate(domain, actor=SYSTEM) and DkimKey.rotate(domain, actor=SYSTEM)
        assert refused.value.code == "key-waits"
        assert dkim_status(domain) == ("ok", [])
        rotation.tend()
        assert look_now() == 1
        assert signing_selectors(domain) == [after.selector]
        assert verifies(domain, platform_zone)
        assert texts(platform_zone, f"{before.selector}.dkim.example.")  # mail on its way needs it
        with pytest.raises(Refused) as refused:
            DkimKey.rotate(domain, actor=SYSTEM)
        assert refused.value.code == "key-retires"
        DkimKey.objects.filter(state=State.RETIRING).update(due_at=timezone.now())
        rotation.tend()
        assert texts(platform_zone, f"{before.selector}.dkim.example.") == []
        assert dkim_status(domain) == ("ok", [])
    assert DkimKey.objects.exclude(hosted="").count() == 2


def test_the_schedule_rotates_them_and_a_missing_alias_is_told_and_mended(platform_zone: Knot, domain: Domain) -> None:
    one, two = DkimKey.host(domain, actor=SYSTEM)
    rotation.tend()
    status, fixes = dkim_status(domain)
    assert (status, fixes) == ("missing", ["add", "add"])
    platform_zone.publish(f"{one}.shop.example.", "TXT", [quote_txt("v=DKIM1; k=rsa; p=" + new_key_text())])
    assert dkim_status(domain) == ("wrong", ["remove", "add", "add"])
    platform_zone.publish(f"{one}.shop.example.", "TXT", [])
    point(platform_zone, domain)
    assert look_now() == 1
    Service.objects.update(dkim_rotation_days=30)
    DkimKey.objects.filter(pk=one.pk).update(activated_at=timezone.now() - timedelta(days=31))
    rotation.tend()
    two.refresh_from_db()
    assert two.state == State.WAITING
    rotation.tend()
    assert look_now() == 1
    assert signing_selectors(domain) == [two.selector]


def test_attached_again_it_is_asked_for_the_same_aliases(platform_zone: Knot, domain: Domain) -> None:
    DkimKey.host(domain, actor=SYSTEM)
    given, platform = facts(domain)
    bare = replace(given, dkim={"new": "key"}, dkim_next=frozenset(), dkim_hosted={})
    found = with_keys_of(domain.ownership, bare)  # what the wizard and the API plan by, before it is attached
    assert required_records(found, platform) == required_records(given, platform)
    assert [r.type for r in required_records(found, platform) if r.kind == Kind.DKIM] == ["CNAME", "CNAME"]
    assert with_keys_of(None, bare) == bare


def test_a_provider_that_is_away_keeps_the_key_waiting(platform_zone: Knot, domain: Domain) -> None:
    one, _two = DkimKey.host(domain, actor=SYSTEM)
    platform_zone.stop()
    rotation.tend()
    one.refresh_from_db()
    assert (one.state, one.to_write) == (State.WAITING, True)
    assert one.due_at is not None
    assert one.due_at > timezone.now()
    platform_zone.start()
    DkimKey.objects.filter(pk=one.pk).update(due_at=timezone.now())
    rotation.tend()
    assert texts(platform_zone, f"{one.selector}.dkim.example.")


def zone_said(domain: Domain, client: Client) -> tuple[str, str]:
    """Status and text of the platform's page after a check; empty where nothing is said of the zone."""
    publishing.check(domain.platform)
    check = PlatformCheck.objects.filter(platform=domain.platform, kind="ZONE").first()
    return check.status if check else "", client.get(reverse("mailflow:platform", args=[domain.platform.slug])).text


@pytest.mark.django_db(transaction=True)
def test_a_zone_for_keys_that_went_is_told_on_the_platform_s_page(
    platform_zone: Knot, domain: Domain, client: Client
) -> None:
    client.force_login(make_user(staff=True))
    one, _two = DkimKey.host(domain, actor=SYSTEM)
    rotation.tend()
    DkimKey.objects.filter(pk=one.pk).update(state=State.ACTIVE)
    assert zone_said(domain, client)[0] == "ok"

    platform_zone.remove_zone("dkim.example")
    status, text = zone_said(domain, client)
    assert status == "wrong"
    assert "check-red" in text
    assert "Make the zone anew at its provider" in text

    platform_zone.add_zone("dkim.example")
    platform_zone.withdraw(f"{one.selector}.dkim.example.", "TXT")  # Knot's journal has it still
    status, text = zone_said(domain, client)
    assert (status, "written them again" in text) == ("wrong", True)
    assert texts(platform_zone, f"{one.selector}.dkim.example.")
    assert zone_said(domain, client)[0] == "ok"

    platform_zone.stop()
    status, text = zone_said(domain, client)
    assert (status, "tried again every hour" in text) == ("unknown", True)
    platform_zone.start()

    Zone.objects.filter(dkim_of=domain.platform).delete()
    status, text = zone_said(domain, client)
    assert (status, "connect it again" in text) == ("wrong", True)
    DkimKey.objects.all().delete()
    assert zone_said(domain, client)[0] == ""


def test_people_press_it_and_staff_choose_the_zone(platform_zone: Knot, domain: Domain, client: Client) -> None:
    client.force_login(make_member(domain.service.organization, Role.TECHNICIAN))
    page = reverse("diagnostics:domain", args=[domain.service.name, domain.name.name])
    new_key(domain, State.ACTIVE)
    assert "Publish by CNAME" in client.get(page).text
    client.post(reverse("domains:host_keys", args=[domain.service.name, domain.name.name]))
    assert DkimKey.objects.exclude(hosted="").count() == 2
    text = client.get(page).text
    assert "Publish by CNAME" not in text
    assert "The panel is about to write its record." in text
    rotation.tend()
    assert "as soon as the CNAME is published that leads to it" in client.get(page).text
    client.force_login(make_user(staff=True))
    url = reverse("mailflow:platform_zone", args=[domain.platform.slug])
    client.post(url, {"organization": "", "zone": ""})
    assert Zone.objects.filter(dkim_of=domain.platform).exists()  # domains point there
    DkimKey.objects.all().delete()
    client.post(url, {"organization": "", "zone": ""})
    assert not Zone.objects.filter(dkim_of=domain.platform).exists()
    client.post(url, {"organization": "operator1", "zone": "dkim.example"})
    assert "dkim.example" in client.get(reverse("mailflow:platform", args=[domain.platform.slug])).text
    assert Zone.objects.get(dkim_of=domain.platform).name == "dkim.example"
    with pytest.raises(Refused):
        keep_dkim_in(domain.platform, "operator1", "other.example", actor=SYSTEM)


def test_without_a_zone_of_the_platform_nothing_is_offered(domain: Domain, client: Client) -> None:
    with pytest.raises(Refused) as refused:
        DkimKey.host(domain, actor=SYSTEM)
    assert refused.value.code == "no-dkim-zone"
    client.force_login(make_member(domain.service.organization, Role.TECHNICIAN))
    page = reverse("diagnostics:domain", args=[domain.service.name, domain.name.name])
    assert "Publish by CNAME" not in client.get(page).text
