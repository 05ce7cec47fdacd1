"""Writing the records of an attached domain from its page, and what comes after."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from domains.models import Domain, Zone, ZoneChange
from domains.zones.changes import run
from panel.actors import SYSTEM
from panel.models import Activity, Role
from tests.factories import make_account, make_member, make_service
from tests.servers.knot import Knot

from .providers import Nowhere, knot_zone
from .test_wizard import as_data, hidden

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("readings_at_once")]

RECORDS = '@ MX 10 mx.old-host.example.\n@ TXT "v=spf1 mx -all"\nsub NS ns1.elsewhere.example.'


@dataclass
class Case:
    client: Client
    domain: Domain
    zone: Zone
    knot: Knot

    @property
    def url(self) -> str:
        return f"/services/{self.domain.service.name}/domains/{self.domain.name.name}/plan/"

    def fingerprint(self) -> str:
        found = re.search(r'name="plan" value="(\w+)"', self.client.get(self.url).content.decode())
        assert found
        return found[1]


@pytest.fixture
def case(client: Client) -> Iterator[Case]:
    service = make_service()
    client.force_login(make_member(service.organization, Role.TECHNICIAN))
    with Knot({"managed.test": RECORDS}, update_with_key=["managed.test"]) as knot:
        zone = knot_zone(service.organization, knot, "managed.test")
        yield Case(client, Domain.attach(service, "managed.test", mode="authoritative", actor=SYSTEM), zone, knot)


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def apply(case: Case, **data: Any) -> Any:
    boxes = {"box": ["SRV", "MX", "SPF", "DKIM", "DMARC"], "seen": "1", "plan": case.fingerprint()}
    return case.client.post(case.url, boxes | data, follow=True)


def test_the_page_says_how_many_accounts_are_set_up_and_asks_before_it_moves_mail(case: Case) -> None:
    make_account(case.domain)
    page = case.client.get(case.url)
    assert "mx.old-host.example" in text(page)
    assert "1 account of the domain is set up here" in text(page)
    assert "Choose one of the two" in text(apply(case))
    assert not ZoneChange.objects.exists()
    apply(case, mx="later")
    assert "MX" not in {fix["type"] for fix in ZoneChange.objects.get().plan}


def test_what_is_applied_is_what_was_shown(case: Case) -> None:
    page = apply(case, mx="now", plan="0" * 32)
    assert "has changed since you saw the plan" in text(page)
    assert not ZoneChange.objects.exists()
    page = apply(case, mx="now")
    change = ZoneChange.objects.get()
    assert change.applied_by is not None
    run(change.pk)
    page = case.client.get(page.redirect_chain[-1][0])
    assert "The records are written" in text(page)
    assert "− " in text(page)
    page = case.client.get(case.url)
    assert "Nothing has to change" in text(page)


def test_one_button_can_be_mended_alone(case: Case) -> None:
    page = case.client.get(case.url, {"kind": "SPF"})
    assert re.findall(r'value="(\w+)" id="box-\w+" checked', page.content.decode()) == ["SPF"]
    page = case.client.get(f"{case.url}card/", {"kind": "SPF"})
    assert "Apply 2 changes<" in text(page), "the token of a pending domain is always among them"
    assert "mx.old-host.example" not in text(page)


def test_one_press_applies_what_harms_nobody_and_the_rest_only_where_it_is_ticked(case: Case) -> None:
    case.knot.publish("autodiscover.managed.test.", "CNAME", ["autodiscover.old-host.example."])
    card = case.client.get(f"{case.url}card/")
    assert "Move mail now" in text(card)
    assert "Remove 1 record that is not ours" in text(card)
    data = as_data(hidden(card))
    case.client.post(case.url, data)
    [fixes] = [change.plan for change in ZoneChange.objects.all()]
    assert {fix["type"] for fix in fixes} == {"CNAME", "TXT"}, "neither the MX nor what an earlier provider left"
    assert not any("autodiscover" in fix["name"] for fix in fixes)
    ZoneChange.objects.all().delete()
    case.client.post(case.url, data | {"mx": "now", "removals": "1"})
    assert {fix["type"] for fix in ZoneChange.objects.get().plan} >= {"MX", "SRV"}


def test_what_is_pressed_after_the_zone_changed_shows_the_new_plan(case: Case) -> None:
    data = as_data(hidden(case.client.get(f"{case.url}card/")))
    case.client.post(case.url, data)
    change = ZoneChange.objects.get()
    case.knot.publish("managed.test.", "TXT", ['"v=spf1 a mx -all"'])
    run(change.pk)
    page = case.client.get(f"/services/{case.domain.service.name}/changes/{change.pk}/")
    assert "The new plan" in text(page)
    assert f"{case.url}card/" in text(page)
    assert "v=spf1 a mx include:" in text(case.client.get(f"{case.url}card/"))
    page = case.client.post(case.url, data | {"plan": "0" * 32})
    assert "has changed since you saw the plan" in text(page)


def test_a_card_waits_for_a_worker_and_asks_again(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domains.readings._wake", lambda pk: None)
    card = case.client.get(f"{case.url}card/")
    assert "Reading the zone" in text(card)
    [again] = re.findall(r'hx-get="([^"]*reading=\d+[^"]*)"', card.content.decode())
    assert "Reading the zone" in text(case.client.get(html.unescape(again)))


def test_a_record_that_is_right_in_another_way_is_left_alone(case: Case) -> None:
    assert "spf1 mx include:" in text(case.client.get(case.url))
    own = [f"ip{6 if ':' in a else 4}:{a}" for a in case.domain.platform.outbound_addresses]
    case.knot.publish("managed.test.", "TXT", [f'"v=spf1 mx {" ".join(own)} -all"'])
    assert "spf1 mx include:" not in text(case.client.get(case.url))


def test_undo_and_again_go_by_buttons_and_are_logged(case: Case) -> None:
    apply(case, mx="now")
    change = ZoneChange.objects.get()
    base = f"/services/{case.domain.service.name}/changes/{change.pk}/"
    assert "already being worked on" in text(case.client.post(f"{base}again/", follow=True))
    case.knot.stop()
    run(change.pk)
    assert "Nothing was written" in text(case.client.get(base))
    case.knot.start()
    case.client.post(f"{base}again/")
    run(change.pk)
    page = case.client.get(f"{base}undo/")
    assert "mx.old-host.example" in text(page)
    assert "tick the box" in text(case.client.post(f"{base}undo/")), "it moves mail: it asks as Apply does"
    case.client.post(f"{base}undo/", {"confirmed": "1"})
    run(change.pk)
    assert "as they were before" in text(case.client.get(base))
    assert list(Activity.objects.filter(verb__startswith="zone.").values_list("verb", flat=True)) == [
        "zone.undone",
        "zone.applied",
    ]
    assert "cannot be undone" in text(case.client.post(f"{base}undo/", follow=True))
    assert change.zone_name in text(case.client.get(f"/services/{case.domain.service.name}/changes/"))


def test_a_domain_that_was_delegated_away_becomes_external(case: Case) -> None:
    domain = Domain.attach(case.domain.service, "mail.sub.managed.test", mode="authoritative", actor=SYSTEM)
    assert domain.zone == case.zone
    page = case.client.get(f"/services/{domain.service.name}/domains/{domain.name.name}/plan/")
    assert "counts as external" in text(page)
    domain.refresh_from_db()
    assert domain.zone is None


def test_a_zone_that_cannot_be_read_says_why(case: Case) -> None:
    row = case.zone.provider
    row.settings |= {"port": Nowhere.port}
    row.save()
    page = case.client.get(case.url)
    assert "cannot be read now" in text(page)
    assert "The server cannot be reached" in text(page) or "did not answer in time" in text(page)
