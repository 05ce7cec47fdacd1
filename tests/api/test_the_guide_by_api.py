"""The guide from its first page to its last, by the API alone, with a real name server and a real receiver."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from accounts.hashing import verify
from accounts.models import EmailAccount
from api.webhooks.signing import verified
from domains.models import ZoneChange
from panel.models import Organization
from tests.diagnostics.conftest import PLATFORM_ZONE
from tests.domains.providers import knot_zone
from tests.factories import make_platform
from tests.installation import until
from tests.servers import Knot

from .conftest import Api, make_token
from .receiver import receiver

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 60


@pytest.fixture
def knot(settings: Any) -> Iterator[Knot]:
    zones = {"example": "", "mail.example": PLATFORM_ZONE, "shop.example": ""}
    with Knot(zones, update_with_key=["shop.example"]) as server:
        settings.DNS_RESOLVERS = [server.endpoint]
        settings.DNS_AUTHORITATIVE_PORT = server.port
        yield server


def ended(api: Api, response: Any) -> dict[str, Any]:
    assert response.status_code == 202, response.data

    def look() -> dict[str, Any] | None:
        job = api.get(response["Location"]).data
        return job if job["state"] not in ("waiting", "running") else None

    job = until(look, PATIENCE, "the end of the job")
    assert job["state"] == "done", job
    return job["result"]


def test_from_an_organization_to_a_mailbox_and_a_webhook(knot: Knot, worker: None) -> None:
    make_platform("pro7", is_default=True)
    staff = Api(make_token()[1])
    assert staff.post("organizations", {"code": "ab12345", "name": "Aurora Clinic"}).status_code == 201
    member = {"email": "owner@people.example", "role": "owner"}
    assert staff.post("organizations/ab12345/members", member).data["link"]
    service = staff.post("services", {"organization": "ab12345"})["Location"]

    organization = Organization.objects.get(code="ab12345")
    api = Api(make_token(organization)[1])
    knot_zone(organization, knot, "shop.example")
    with receiver() as program:
        events = ["domain.verified", "account.configured", "order.placed"]
        secret = api.post("webhooks", {"url": program.url, "events": events}).data["secret"]
        domain = f"{service}/domains/shop.example"

        attached = ended(api, api("PUT", domain, {"mode": "authoritative", "records": ["MX"]}))
        assert attached["attach"]
        plan = ended(api, api.post(f"{domain}/plan", {}))
        assert {fix["type"] for fix in plan["fixes"]} >= {"TXT"}
        applied = ended(api, api.post(f"{domain}/apply", {"plan": plan["plan"]}))
        for change in (attached["change"], applied["change"]):
            where = f"{service}/changes/{change}"
            until(lambda: api.get(where).data["state"] == "done", PATIENCE, "records written")  # noqa: B023

        def green() -> bool:
            checks = api.get(f"{domain}/checks").data
            if not checks["pending"] and not checks["green"]:
                api.post(f"{domain}/checks")
            return checks["green"] and api.get(domain).data["state"] == "verified"

        until(green, PATIENCE, "green")

        order = api.post(f"{service}/orders", {"quantity": 2}, idempotency_key="order-7")
        assert order.data["state"] == "requested"
        assert staff.post(f"{order['Location']}/approve").data["state"] == "approved"
        slots = api.get(f"{service}/accounts?state=slot").data["items"]
        assert len(slots) == 2
        wish = {"name": "ann.smith", "domain": "shop.example", "first_name": "Ann", "last_name": "Smith"}
        made = api.post(f"{service}/accounts/{slots[0]['id']}/configure", wish)
        assert made.status_code == 200, made.data
        assert (made.data["address"], made.data["state"]) == ("ann.smith@shop.example", "active")

        until(lambda: len(program.received) == 3, PATIENCE, "three events")
        received = list(program.received)
    assert all(verified(secret, headers, body, int(time.time())) for headers, body in received)
    told = {json.loads(body)["type"]: json.loads(body)["data"] for _headers, body in received}
    assert told.keys() == set(events)
    assert told["domain.verified"]["domain"] == "shop.example"
    assert told["account.configured"]["address"] == "ann.smith@shop.example"
    account = EmailAccount.objects.get(pk=made.data["id"])
    assert verify(account.password_hash, made.data["password"])
    assert ZoneChange.objects.filter(state="done").count() == 2
    verbs = {entry["verb"] for entry in api.get("activity").data["items"]}
    assert {"domain.attached", "domain.verified", "order.approved", "account.configured"} <= verbs
