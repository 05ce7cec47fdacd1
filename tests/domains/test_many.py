"""A pasted list of names: previewed in as many queries as one name, attached as far as a request has time."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from domains import many
from domains.models import DnsProvider, Domain, Zone
from panel.models import Role, Service
from tests.factories import make_domain, make_member, make_service

pytestmark = pytest.mark.django_db


@pytest.fixture
def service() -> Service:
    return make_service()


def test_names_are_read_however_they_are_separated_each_once() -> None:
    assert many.texts_of(" A.example,b.example;\n a.example\tc.example ") == ["a.example", "b.example", "c.example"]


def test_a_preview_says_what_becomes_of_each_name(service: Service) -> None:
    provider = DnsProvider.objects.create(organization=service.organization, kind="rfc2136", name="x", settings={})
    zone = Zone.objects.create(provider=provider, name="mine.example")
    make_domain(service, "here.example")
    make_domain(make_service(), "taken.example")
    texts = ["sub.mine.example", "here.example", "taken.example", "not_a_name", "żółw.example", "xn--w-uga1v8h.example"]
    managed, here, taken, none, turtle, twice = many.preview(service, texts, "authoritative", "")
    assert (managed.zone, managed.is_good) == (zone, True)
    assert (here.here, here.is_good) == (True, False)
    assert "excludes this mode" in taken.error
    assert none.error
    assert (turtle.is_good, turtle.unicode) == (True, "żółw.example")
    assert "twice" in twice.error


def test_a_preview_of_forty_names_asks_as_much_as_one_of_two(service: Service) -> None:
    def queries(count: int) -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            many.preview(service, [f"d{n}.example" for n in range(count)], "authoritative", "")
        return len(seen)

    assert queries(2) == queries(40)


def test_what_a_request_has_no_time_for_is_left_and_can_be_sent_again(
    service: Service, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(make_member(service.organization, Role.TECHNICIAN))
    url = f"/services/{service.name}/attach/list/"
    data: dict[str, Any] = {"names": "a.example b.example", "mode": "authoritative"}
    monkeypatch.setattr(many, "SECONDS", 0)
    page = client.post(url, data | {"attach": "1"})
    assert "Attach 2 more" in page.content.decode()
    assert not Domain.objects.exists()
    monkeypatch.setattr(many, "SECONDS", 30)
    for _again in range(2):
        client.post(url, data | {"attach": "1"})
    assert sorted(Domain.objects.values_list("name__name", flat=True)) == ["a.example", "b.example"]


def test_a_list_that_makes_no_sense_is_refused_beside_its_field(service: Service, client: Client) -> None:
    client.force_login(make_member(service.organization, Role.TECHNICIAN))
    url = f"/services/{service.name}/attach/list/"
    for data, words in (
        ({"names": " ", "mode": "authoritative"}, "Paste at least one name"),
        ({"names": "a.example"}, "Choose one of the two modes"),
        ({"names": "a.example", "mode": "non_authoritative"}, "needs a target server"),
        ({"names": " ".join(f"d{n}.example" for n in range(201)), "mode": "authoritative"}, "At most 200 names"),
    ):
        assert words in client.post(url, data).content.decode()
