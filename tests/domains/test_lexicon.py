"""Cloudflare and OVHcloud through dns-lexicon, against local servers of the same shape as their APIs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from domains.models import DnsProvider, Domain, Zone, ZoneChange
from domains.providers import ProviderError, open_provider
from domains.providers.other import OFFERED
from domains.providers.values import canonical
from domains.zones.changes import request_undo, run, run_again
from domains.zones.diff import Outcome
from panel.actors import SYSTEM
from panel.models import Role
from tests.factories import make_member, make_service

from .apis import Api, Cloudflare, Ovh
from .providers import asked_for, choices, plan_of

pytestmark = pytest.mark.django_db

ZONE = "example.test"


def cloudflare(type_: str, name: str, content: str, **more: Any) -> dict[str, Any]:
    full = f"{name}.{ZONE}" if name else ZONE
    return {"type": type_, "name": full, "content": content, "ttl": 300, **more}


def ovh(type_: str, name: str, target: str) -> dict[str, Any]:
    return {"fieldType": type_, "subDomain": name, "target": target, "ttl": 300}


CLOUDFLARE = [
    cloudflare("MX", "", "mx.old-host.example", priority=10),
    cloudflare("TXT", "", '"v=spf1 mx ip4:192.0.2.77 -all"'),
    cloudflare("TXT", "", "some-verification=42"),
    cloudflare("A", "www", "192.0.2.80", proxied=True),
    cloudflare("CNAME", "autodiscover", "autodiscover.old-host.example", proxied=False),
    cloudflare("NS", "sub", "ns1.elsewhere.example"),
]
OVH = [
    ovh("MX", "", "10 mx.old-host.example."),
    ovh("SPF", "", '"v=spf1 mx ip4:192.0.2.77 -all"'),
    ovh("TXT", "", '"some-verification=42"'),
    ovh("A", "www", "192.0.2.80"),
    ovh("CNAME", "autodiscover", "autodiscover.old-host.example."),
    ovh("NS", "sub", "ns1.elsewhere.example."),
]


@dataclass
class Place:
    zone: Zone
    domain: Domain
    api: Api

    @property
    def provider(self) -> DnsProvider:
        return self.zone.provider


@pytest.fixture(params=["cloudflare", "ovh"])
def place(request: Any, monkeypatch: Any) -> Iterator[Place]:
    service = make_service()
    if request.param == "cloudflare":
        api: Api = Cloudflare({ZONE: CLOUDFLARE, **{f"zone{n}.test": [] for n in range(60)}})
        monkeypatch.setattr("domains.providers.cloudflare.API", api.url)
        monkeypatch.setattr("domains.providers.cloudflare.PER_PAGE", 3)
        credentials = {"token": Cloudflare.TOKEN}
    else:
        api = Ovh({ZONE: OVH, "other.test": []})
        monkeypatch.setitem(__import__("domains.providers.ovh", fromlist=["ENDPOINTS"]).ENDPOINTS, "ovh-eu", api.url)
        credentials = {"application_key": Ovh.KEY, "application_secret": Ovh.SECRET, "consumer_key": Ovh.CONSUMER}
    row = DnsProvider.objects.create(
        organization=service.organization, kind=request.param, name="x", credentials=json.dumps(credentials)
    )
    with api:
        zone = Zone.objects.create(provider=row, name=ZONE)
        yield Place(zone, Domain.attach(service, ZONE, mode="authoritative", actor=SYSTEM), api)


def ask(place: Place) -> ZoneChange:
    planned = plan_of(place.zone, place.domain)
    change = asked_for(place.zone, place.domain, planned)
    assert change is not None
    return change


def done(change: ZoneChange) -> ZoneChange:
    run(change.pk)
    change.refresh_from_db()
    return change


def test_zones_are_listed_over_all_pages(place: Place) -> None:
    zones = open_provider(place.provider).zones()
    assert ZONE in zones
    assert len(zones) == len(place.api.zones)


def test_everything_is_applied_and_undone(place: Place) -> None:
    before = place.api.dump(ZONE)
    change = done(ask(place))
    assert (change.state, change.error, change.detail) == ("done", "", "")
    planned = plan_of(place.zone, place.domain)
    assert choices(planned) == {Outcome.RIGHT}
    www = [record for record in place.api.zones[ZONE].values() if "192.0.2.80" in record.values()]
    assert len(www) == 1
    request_undo(change, SYSTEM)
    assert done(change).state == "undone"
    assert [entry for entry in place.api.dump(ZONE) if '"MX"' in str(entry)] == [
        entry for entry in before if '"MX"' in str(entry)
    ]
    assert len(place.api.dump(ZONE)) == len(before)


def test_what_stops_in_the_middle_says_how_far_it_came_and_can_be_finished(place: Place) -> None:
    change = ask(place)
    place.api.fail_after = 4
    done(change)
    assert (change.state, change.error) == ("partial", "server-error")
    assert 0 < change.progress["done"] < change.progress["total"]
    place.api.fail_after = None
    run_again(change)
    assert done(change).state == "done"
    planned = plan_of(place.zone, place.domain)
    assert choices(planned) == {Outcome.RIGHT}


def test_a_delegation_below_the_zone_is_seen(place: Place) -> None:
    domain = Domain.attach(place.domain.service, "mail.sub.example.test", mode="authoritative", actor=SYSTEM)
    assert plan_of(place.zone, domain).delegated_at == "sub.example.test."


def test_wrong_credentials_and_zones_of_others_are_told_apart(place: Place) -> None:
    for zone in ("elsewhere.test",):
        with pytest.raises(ProviderError) as caught:
            open_provider(place.provider).test(zone)
        assert caught.value.code in {"no-such-zone", "credentials"}
    place.provider.credentials = json.dumps(
        {"token": "wrong", "application_key": "k", "application_secret": "wrong", "consumer_key": "c"}
    )
    with pytest.raises(ProviderError) as caught:
        open_provider(place.provider).test(ZONE)
    assert caught.value.code == "credentials"
    assert "wrong" not in str(caught.value)


@pytest.mark.parametrize("name", sorted(OFFERED))
def test_other_providers_open_without_asking_anything_and_know_no_undo(name: str) -> None:
    secrets = dict.fromkeys(OFFERED[name][1], "x")
    row = DnsProvider(kind="lexicon", settings={"provider": name}, credentials=json.dumps(secrets))
    opened = open_provider(row)
    assert not row.can_undo
    with pytest.raises(ProviderError) as caught:
        opened.zones()
    assert caught.value.code == "cannot-list"


def test_an_undo_that_fails_leaves_what_was_applied_in_part_as_it_was(place: Place) -> None:
    change = ask(place)
    place.api.fail_after = 4
    done(change)
    credentials = place.provider.credentials
    DnsProvider.objects.update(credentials=json.dumps(dict.fromkeys(json.loads(credentials), "wrong")))
    change = ZoneChange.objects.get()
    request_undo(change, SYSTEM)
    done(change)
    assert (change.state, change.error, change.progress["done"]) == ("partial", "credentials", 0), "not: applied"
    place.provider.credentials = credentials
    place.provider.save()
    place.api.fail_after = None
    change = ZoneChange.objects.get()
    run_again(change)
    done(change)
    assert (change.state, change.progress["done"]) == ("done", change.progress["total"])


def test_where_an_undo_stopped_the_page_says_what_is_back_and_what_is_not(place: Place, client: Client) -> None:
    change = done(ask(place))
    place.api.fail_after = 1
    request_undo(change, SYSTEM)
    done(change)
    assert change.state == "partial"
    client.force_login(make_member(place.domain.service.organization, Role.VIEWER))
    writes = client.get(f"/services/{place.domain.service.name}/changes/{change.pk}/").context["writes"]
    assert [write["done"] for write in writes].count(True) == change.progress["done"]
    published = open_provider(place.provider).read(ZONE, {line.name for write in writes for line in write["lines"]})
    for write in writes:
        new = [line for line in write["lines"] if line.sign == "+"]
        if write["done"] and new:
            there = [canonical(new[0].type, value) for value in published[new[0].name, new[0].type].values]
            assert {canonical(line.type, line.value) for line in new} <= set(there)
