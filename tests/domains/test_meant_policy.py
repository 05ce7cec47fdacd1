"""The DMARC policy that was meant: offered after the change that made one record of several, and switched on apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from domains.models import Domain, ZoneChange
from domains.providers import Write
from domains.records import Kind
from domains.rrset import RRset
from domains.zones.changes import request_change, run
from domains.zones.meant_policy import meant_policy
from panel.actors import SYSTEM
from panel.models import Role
from tests.api.conftest import Api, make_token
from tests.factories import make_member, make_service
from tests.servers.knot import Knot

from .providers import knot_zone, plan_of

pytestmark = pytest.mark.django_db

NAME = "_dmarc.managed.test."
TWO = [
    '"v=DMARC1; p=reject; sp=quarantine; rua=mailto:a@managed.test"',
    '"v=DMARC1; p=quarantine; rua=mailto:b@managed.test"',
]
MILD = '"v=DMARC1; p=quarantine; rua=mailto:b@managed.test,mailto:a@managed.test"'
MEANT = '"v=DMARC1; p=reject; sp=quarantine; rua=mailto:b@managed.test,mailto:a@managed.test"'


def written(before: list[str], after: list[str], name: str = NAME) -> Write:
    old, new = (RRset(name, "TXT", 300, tuple(values)) if values else None for values in (before, after))
    return Write(old, new)


@pytest.mark.parametrize(
    ("writes", "policy"),
    [
        ([written(TWO, [MILD])], "reject"),
        ([written(['"v=dmarc1; p=quarantine"'], ['"v=DMARC1; p=none"'])], "quarantine"),
        (
            [
                written([], ['"v=DMARC1; p=none"']),
                written(['"v=DMARC1; p=reject"'], [], f"{NAME}managed.test."),
            ],
            "reject",
        ),
        ([written([], ['"v=DMARC1; p=none"'])], None),
        ([written(['"v=DMARC1; p=reject"'], ['"v=DMARC1; p=none"'])], None),  # was in effect: somebody's own will
        ([written(['"v=dmarc1; p=none"'], ['"v=DMARC1; p=none"'])], None),
        ([written(TWO, ['"v=DMARC1; p=reject"'])], None),
    ],
)
def test_what_a_change_tells_of_the_policy_that_was_meant(writes: list[Write], policy: str | None) -> None:
    offered = meant_policy(writes)
    assert (offered.policy if offered else None) == policy


@pytest.fixture
def case(client: Client) -> Iterator[tuple[Client, Knot, ZoneChange]]:
    service = make_service()
    client.force_login(make_member(service.organization, Role.TECHNICIAN))
    records = "\n".join(f"_dmarc TXT {value}" for value in TWO)
    with Knot({"managed.test": records}, update_with_key=["managed.test"]) as knot:
        zone = knot_zone(service.organization, knot, "managed.test")
        domain = Domain.attach(service, "managed.test", mode="authoritative", actor=SYSTEM)
        planned = plan_of(zone, domain)
        fixes = planned.fixes([Kind.DMARC], mx=False)
        change = request_change(zone, service, domain, fixes, planned.published, SYSTEM)
        assert change is not None
        yield client, knot, change


def page(client: Client, change: ZoneChange, verb: str = "", **data: Any) -> str:
    url = f"/services/{change.service.name}/changes/{change.pk}/{verb}"
    response = client.post(url, data, follow=True) if verb else client.get(url)
    return re.sub(r"\s+", " ", response.content.decode())


def published(knot: Knot, domain: Domain) -> tuple[str, ...]:
    assert domain.zone is not None
    found = plan_of(domain.zone, domain).published[NAME, "TXT"].values
    return tuple(found)


def test_it_is_offered_once_the_mild_one_stands_and_switched_on_when_confirmed(
    case: tuple[Client, Knot, ZoneChange],
) -> None:
    client, knot, change = case
    assert "Switch on p=" not in page(client, change)
    run(change.pk)
    assert "Switch on p=reject" in page(client, change)
    assert change.domain is not None
    assert set(published(knot, change.domain)) == {MILD}
    assert "tick the box" in page(client, change, "policy/", policy="reject")
    assert "no longer offered" in page(client, change, "policy/", policy="none", confirmed="1")
    assert ZoneChange.objects.count() == 1
    assert "Waiting for a worker" in page(client, change, "policy/", policy="reject", confirmed="1")
    step = ZoneChange.objects.latest("pk")
    assert step.applied_by is not None
    run(step.pk)
    assert published(knot, change.domain) == (MEANT,)
    assert "Switch on p=" not in page(client, change)
    assert "Switch on p=" not in page(client, step)
    assert "no longer offered" in page(client, change, "policy/", policy="reject", confirmed="1")


def test_a_token_sees_what_is_offered_and_switches_it_on(case: tuple[Client, Knot, ZoneChange]) -> None:
    _client, knot, change = case
    api = Api(make_token(change.service.organization)[1])
    one = f"services/{change.service.name}/changes/{change.pk}"
    assert api.get(one).data["offered_policy"] is None
    run(change.pk)
    assert api.get(one).data["offered_policy"] == "reject"
    assert api.post(f"{one}/dmarc", {"policy": "none"}).status_code == 422
    assert api.post(f"{one}/dmarc", {"policy": "quarantine"}).data["code"] == "no-policy"
    made = api.post(f"{one}/dmarc", {"policy": "reject"})
    assert made.status_code == 202
    run(made.data["id"])
    assert change.domain is not None
    assert published(knot, change.domain) == (MEANT,)
    assert api.get(one).data["offered_policy"] is None


def test_a_record_that_was_changed_since_is_not_overwritten(case: tuple[Client, Knot, ZoneChange]) -> None:
    client, knot, change = case
    run(change.pk)
    knot.publish(NAME, "TXT", ['"v=DMARC1; p=none; rua=mailto:c@managed.test"'])
    page(client, change, "policy/", policy="reject", confirmed="1")
    step = ZoneChange.objects.latest("pk")
    run(step.pk)
    step.refresh_from_db()
    assert (step.state, step.error) == ("failed", "zone-changed")
    assert change.domain is not None
    assert published(knot, change.domain) == ('"v=DMARC1; p=none; rua=mailto:c@managed.test"',)
