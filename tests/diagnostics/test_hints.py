"""What the wizard says of a name while a worker asks the DNS."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client

from panel.models import Role, Service
from tests.factories import make_member, make_service
from tests.servers import Knot

pytestmark = pytest.mark.django_db


@pytest.fixture
def service() -> Service:
    return make_service()


@pytest.fixture
def technician(service: Service, client: Client) -> Client:
    client.force_login(make_member(service.organization, Role.TECHNICIAN))
    return client


@pytest.mark.usefixtures("readings_at_once")
def test_a_name_that_nobody_delegates_is_told_and_no_answer_says_nothing(
    service: Service, technician: Client, zones: Knot, settings: Any
) -> None:
    settings.DNS_RESOLVERS = [zones.endpoint]

    def hint(name: str) -> str:
        return technician.get(f"/services/{service.name}/delegation-hint/", {"name": name}).content.decode()

    assert "a typo, or not set up yet?" in hint("shpo.example")
    assert "a typo, or not set up yet?" in hint("branch.shpo.example")
    assert "alert" not in hint("shop.example")
    assert "alert" not in hint("branch.shop.example"), "a zone is there to publish it in"
    assert "alert" not in hint("no name at all")
    zones.stop()
    assert "alert" not in hint("shpo.example")


def test_it_waits_for_a_worker_without_blocking(
    service: Service, technician: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domains.readings._wake", lambda pk: None)
    url = f"/services/{service.name}/delegation-hint/"
    page = technician.get(url, {"name": "shop.example"}).content.decode()
    [again] = re.findall(r'hx-get="([^"]*)"', page)
    assert "hx-get" in technician.get(html.unescape(again)).content.decode()
