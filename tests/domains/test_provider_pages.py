from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from domains.models import DnsProvider, Domain, Zone
from domains.providers.http import Api
from panel.models import Activity, Organization, Role
from tests.factories import make_domain, make_member, make_organization, make_service
from tests.servers.knot import TSIG_ALGORITHM, TSIG_NAME, TSIG_SECRET, Knot
from tests.servers.powerdns import PowerDns

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("readings_at_once")]


@pytest.fixture
def organization() -> Organization:
    return make_organization("ab12345")


@pytest.fixture
def owner(organization: Organization, client: Client) -> Client:
    client.force_login(make_member(organization, Role.OWNER))
    return client


@pytest.fixture
def other_client() -> Client:
    return Client()


def rfc2136(knot: Knot, **changes: Any) -> dict[str, Any]:
    return {
        "name": "Our name servers",
        "server": knot.address,
        "port": knot.port,
        "key_name": TSIG_NAME,
        "algorithm": TSIG_ALGORITHM,
        "secret": TSIG_SECRET,
        **changes,
    }


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


BASE = "/organizations/ab12345/dns/"


def test_a_name_server_is_added_with_its_zones_by_hand(owner: Client, organization: Organization) -> None:
    domain = make_domain(make_service(organization), "branch.example.test")
    with Knot({"example.test": ""}, update_with_key=["example.test"]) as knot:
        page = owner.post(f"{BASE}new/rfc2136/", rfc2136(knot), follow=True)
        row = DnsProvider.objects.get()
        assert "Add a zone: the connection is tested with it" in text(page)
        page = owner.post(f"{BASE}{row.pk}/zones/add/", {"names": "example.test nowhere.test bad_name"}, follow=True)
        assert "example.test has been added" in text(page)
        assert "nowhere.test: The server refuses" in text(page)
        assert "bad_name is not the name of a zone" in text(page)
        assert [zone.name for zone in Zone.objects.all()] == ["example.test"]
        domain.refresh_from_db()
        assert domain.zone == Zone.objects.get(), "a domain below the zone is managed from now on"
        page = owner.post(f"{BASE}{row.pk}/test/", follow=True)
        assert "The connection works" in text(page)
        page = owner.post(f"{BASE}{row.pk}/", rfc2136(knot, secret="d3Jvbmc="), follow=True)
        assert "The TSIG secret is wrong" in text(page)


def test_the_secret_is_stored_encrypted_and_never_shown_again(owner: Client) -> None:
    with Knot({"example.test": ""}) as knot:
        owner.post(f"{BASE}new/rfc2136/", rfc2136(knot))
        row = DnsProvider.objects.get()
        assert json.loads(row.credentials) == {"secret": TSIG_SECRET}
        with connection.cursor() as cursor:
            cursor.execute("SELECT credentials, settings FROM domains_dnsprovider")
            assert TSIG_SECRET not in str(cursor.fetchall())
        page = owner.get(f"{BASE}{row.pk}/")
        assert TSIG_SECRET not in text(page)
        owner.post(f"{BASE}{row.pk}/", rfc2136(knot, name="Renamed", secret=""))
        row.refresh_from_db()
        assert (row.name, json.loads(row.credentials)["secret"]) == ("Renamed", TSIG_SECRET)
    assert TSIG_SECRET not in str([(entry.before, entry.after, entry.note) for entry in Activity.objects.all()])


def test_zones_come_from_a_catalog_zone(owner: Client) -> None:
    catalog = 'version TXT "2"\na1.zones PTR one.test.\nb2.zones PTR two.test.\ngroup.b2.zones TXT "x"'
    with Knot({"catalog.test": catalog, "one.test": "", "two.test": ""}, update_with_key=["catalog.test"]) as knot:
        page = owner.post(f"{BASE}new/rfc2136/", rfc2136(knot, catalog="catalog.test."), follow=True)
        assert "2 zones are listed" in text(page)
        assert {zone.name for zone in Zone.objects.all()} == {"one.test", "two.test"}


def test_zones_of_powerdns_are_listed_and_follow_what_is_there(owner: Client, organization: Organization) -> None:
    with PowerDns({"example.test": [], "gone.test": []}) as server:
        data = {"name": "PowerDNS", "url": server.api_url, "server_id": "localhost", "api_key": server.api_key}
        page = owner.post(f"{BASE}new/powerdns/", data, follow=True)
        assert "2 zones are listed" in text(page)
        domain = make_domain(make_service(organization), "gone.test")
        row = DnsProvider.objects.get()
        Domain.objects.update(zone=row.zones.get(name="gone.test"))
        server.api("DELETE", "/servers/localhost/zones/gone.test.")
        owner.post(f"{BASE}{row.pk}/zones/")
        assert {zone.name for zone in Zone.objects.all()} == {"example.test"}
        domain.refresh_from_db()
        assert domain.zone is None
        assert domain.is_verified


def test_removing_a_provider_leaves_its_domains_verified(owner: Client, organization: Organization) -> None:
    row = DnsProvider.objects.create(organization=organization, kind="rfc2136", name="x", settings={"server": "x"})
    zone = Zone.objects.create(provider=row, name="example.test")
    domain = make_domain(make_service(organization), "example.test", zone=zone)
    page = owner.post(f"{BASE}{row.pk}/remove/", follow=True)
    assert "stay attached and verified" in text(page)
    domain.refresh_from_db()
    assert (domain.zone, domain.is_verified) == (None, True)


def test_a_technician_sees_the_zones_but_does_not_change_credentials(
    organization: Organization, client: Client
) -> None:
    client.force_login(make_member(organization, Role.TECHNICIAN))
    row = DnsProvider.objects.create(organization=organization, kind="rfc2136", name="x", settings={"server": "x"})
    assert client.get(f"{BASE}{row.pk}/").status_code == 200
    assert client.post(f"{BASE}{row.pk}/", {"name": "y"}).status_code == 403
    assert client.get(f"{BASE}new/rfc2136/").status_code == 403


def test_what_is_missing_is_said_beside_the_field(owner: Client) -> None:
    page = owner.post(f"{BASE}new/cloudflare/", {"name": ""})
    assert text(page).count("invalid-feedback") == 2
    page = owner.post(f"{BASE}new/lexicon/", {"name": "x", "provider": "porkbun", "auth_key": "k"})
    assert "This field is required." in text(page)
    data = {"name": "x", "url": "http://me:secret@dns.example.com:8081", "server_id": "localhost", "api_key": "k"}
    assert "in the form https://" in text(owner.post(f"{BASE}new/powerdns/", data))
    assert not DnsProvider.objects.exists()


def test_a_catalog_that_is_no_name_is_refused_beside_the_field(owner: Client) -> None:
    data = {"name": "x", "server": "192.0.2.1", "port": "53", "key_name": "k", "algorithm": TSIG_ALGORITHM}
    for catalog in ("a..b", "a" * 64):
        page = owner.post(f"{BASE}new/rfc2136/", data | {"catalog": catalog})
        assert "Type a domain name" in text(page)
    assert not DnsProvider.objects.exists()


def test_a_key_that_no_header_can_carry_is_said_and_not_shown(owner: Client) -> None:
    with PowerDns({"example.test": []}) as server:
        for number, key in enumerate(("kłucz-tajny", "tajny\nX-Other: 1")):
            data = {"name": f"x{number}", "url": server.api_url, "server_id": "localhost", "api_key": key}
            page = owner.post(f"{BASE}new/powerdns/", data, follow=True)
            assert "does not accept these credentials" in text(page)
            assert "tajny" not in text(page)


def test_the_address_of_an_api_may_be_an_international_name() -> None:
    api = Api("https://dns.żółw.example/ż", {})
    assert (api.host, api.path) == ("dns.xn--w-uga1v8h.example", "/%C5%BC")


def test_settings_that_do_not_work_are_not_kept_before_somebody_says_so(owner: Client) -> None:
    with PowerDns({"example.test": []}) as server:
        data = {"name": "Ours", "url": server.api_url, "server_id": "localhost", "api_key": "wrong-but-typed"}
        page = owner.post(f"{BASE}new/powerdns/", data, follow=True)
        assert "does not accept these credentials" in text(page)
        assert "Nothing has been saved yet" in text(page)
        assert 'value="Ours"' in text(page)
        assert "wrong-but-typed" not in text(page)
        assert not DnsProvider.objects.exists()
        trial = re.search(r'name="reading" value="(\d+)"', text(page))
        assert trial
        again = {**data, "api_key": "", "reading": trial[1], "name": "Ours too"}
        assert "does not accept these credentials" in text(owner.post(f"{BASE}new/powerdns/", again, follow=True))
        assert not DnsProvider.objects.exists()
        page = owner.post(f"{BASE}new/powerdns/", again | {"untested": "1"}, follow=True)
        assert "Saved." in text(page)
        row = DnsProvider.objects.get()
        assert (row.name, json.loads(row.credentials)) == ("Ours too", {"api_key": "wrong-but-typed"})
        right = data | {"name": "Ours", "api_key": server.api_key}
        page = owner.post(f"{BASE}{row.pk}/", right, follow=True)
        assert "1 zone found" in text(page)
        row.refresh_from_db()
        assert (row.name, json.loads(row.credentials)) == ("Ours", {"api_key": server.api_key})
        page = owner.post(f"{BASE}{row.pk}/", right | {"api_key": "spoilt"}, follow=True)
        assert "Nothing has been saved yet" in text(page)
        row.refresh_from_db()
        assert json.loads(row.credentials) == {"api_key": server.api_key}


def test_what_was_typed_is_shown_to_whoever_typed_it_alone(
    owner: Client, organization: Organization, other_client: Client
) -> None:
    with PowerDns({"example.test": []}) as server:
        data = {"name": "Ours", "url": server.api_url, "server_id": "localhost", "api_key": "wrong"}
        answer = owner.post(f"{BASE}new/powerdns/", data)
        other_client.force_login(make_member(organization, Role.OWNER))
        assert 'value="Ours"' in text(owner.get(answer["Location"]))
        assert 'value="Ours"' not in text(other_client.get(answer["Location"]))
        other_kind = answer["Location"].replace("powerdns", "cloudflare")
        assert 'value="Ours"' not in text(owner.get(other_kind))


@pytest.mark.usefixtures("nothing_resolves")
def test_a_stored_key_does_not_follow_to_another_address(owner: Client) -> None:
    data = {"name": "x", "url": "https://dns.example.com:8081", "server_id": "localhost", "api_key": "k"}
    owner.post(f"{BASE}new/powerdns/", data | {"untested": "1"})
    row = DnsProvider.objects.get()
    page = owner.post(f"{BASE}{row.pk}/", data | {"url": "https://elsewhere.example:8081", "api_key": ""})
    assert "This field is required." in text(page), "whoever types another address would be sent the key"
    row.refresh_from_db()
    assert row.settings["url"] == data["url"]
    elsewhere = data | {"url": "https://elsewhere.example:8081", "api_key": "other"}
    owner.post(f"{BASE}{row.pk}/", elsewhere | {"untested": "1"})
    row.refresh_from_db()
    assert (row.settings["url"], json.loads(row.credentials)) == (
        "https://elsewhere.example:8081",
        {"api_key": "other"},
    )
    owner.post(f"{BASE}{row.pk}/", data | {"name": "y", "url": "https://elsewhere.example:8081", "api_key": ""})
    row.refresh_from_db()
    assert (row.name, json.loads(row.credentials)) == ("y", {"api_key": "other"})


def test_a_form_marks_what_it_needs_and_keeps_what_is_stored(owner: Client, organization: Organization) -> None:
    new = owner.get(f"{BASE}new/powerdns/").content.decode()
    assert "(optional)" not in new.partition("API key")[2].partition("</label>")[0]
    missing = owner.post(f"{BASE}new/powerdns/", {"name": "PowerDNS", "url": "https://dns.example", "server_id": "x"})
    assert missing.content.decode().count("This field is required.") == 1
    row = DnsProvider.objects.create(
        organization=organization,
        name="PowerDNS",
        kind="powerdns",
        settings={"url": "https://dns.example", "server_id": "x"},
        credentials='{"api_key": "stored"}',
    )
    stored = owner.get(f"{BASE}{row.pk}/").content.decode()
    assert "(optional)" in stored.partition("API key")[2].partition("</label>")[0]
