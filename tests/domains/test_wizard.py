"""The wizard as plain pages: every step an address, nothing written before the last."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from domains.models import Domain, Name, Ownership, Zone, ZoneChange
from domains.zones.changes import run
from panel.actors import SYSTEM
from panel.models import Role, Service
from tests.factories import make_domain, make_member, make_platform, make_service
from tests.servers.knot import Knot

from .providers import Nowhere, knot_zone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("readings_at_once")]


@pytest.fixture
def service() -> Service:
    return make_service()


@pytest.fixture
def technician(service: Service, client: Client) -> Client:
    client.force_login(make_member(service.organization, Role.TECHNICIAN))
    return client


@pytest.fixture
def zone(service: Service) -> Iterator[Zone]:
    records = '@ MX 10 mx.old-host.example.\n@ TXT "v=spf1 mx -all"\nsub NS ns1.elsewhere.example.'
    with Knot({"managed.test": records}, update_with_key=["managed.test"]) as knot:
        yield knot_zone(service.organization, knot, "managed.test")


def start(service: Service) -> str:
    return f"/services/{service.name}/attach/"


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def hidden(response: Any) -> list[tuple[str, str]]:
    """What the review page's form would send."""
    return re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', response.content.decode())


def as_data(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    data: dict[str, list[str]] = {}
    for name, value in pairs:
        if name not in {"csrfmiddlewaretoken", "next", "language"}:
            data.setdefault(name, []).append(value)
    return data


def test_an_external_domain_goes_by_mode_and_review(technician: Client, service: Service) -> None:
    page = technician.get(start(service), {"name": " ŻÓŁW.example. ", "next": "1"}, follow=True)
    assert page.request["PATH_INFO"].endswith("/attach/mode/")
    assert "żółw.example" in text(page)
    assert "xn--w-uga1v8h.example" in text(page)
    assert re.search(r'value="non_authoritative" required checked', text(page)), "preselected, as the guide says"
    page = technician.get(
        f"{start(service)}mode/",
        {"name": "xn--w-uga1v8h.example", "mode": "authoritative", "target": "ignored.example", "next": "1"},
        follow=True,
    )
    assert page.request["PATH_INFO"].endswith("/attach/review/")
    assert not Name.objects.exists(), "nothing is written before the last step"
    page = technician.post(f"{start(service)}review/", as_data(hidden(page)), follow=True)
    domain = Domain.objects.get()
    assert page.redirect_chain[-1][0] == f"/services/{service.name}/domains/xn--w-uga1v8h.example/"
    assert (domain.name.name, domain.mode, domain.target, domain.state, domain.zone) == (
        "xn--w-uga1v8h.example",
        "authoritative",
        "",
        "pending",
        None,
    )


def test_a_text_that_is_no_domain_is_refused_beside_the_field(technician: Client, service: Service) -> None:
    page = technician.get(start(service), {"name": "https://example.com/x", "next": "1"})
    assert "Did you mean example.com?" in text(page)
    assert 'value="https://example.com/x"' in text(page)


def test_a_name_that_is_attached_here_is_refused_in_the_first_step(technician: Client, service: Service) -> None:
    make_domain(service, "example.com")
    page = technician.get(start(service), {"name": "example.com", "next": "1"})
    assert "already attached to this service" in text(page)


def test_a_mode_has_to_be_chosen_and_a_target_has_to_make_sense(technician: Client, service: Service) -> None:
    mode = f"{start(service)}mode/"
    page = technician.get(mode, {"name": "example.com", "next": "1"})
    assert "Choose one of the two modes" in text(page)
    for target, words in (
        ("", "needs a target server"),
        ("192.168.0.1", "private or reserved"),
        (service.platform.mx_hosts[0], "go round in circles"),
    ):
        page = technician.get(mode, {"name": "example.com", "mode": "non_authoritative", "target": target, "next": "1"})
        assert words in text(page), target


def test_a_target_that_does_not_resolve_is_warned_of_and_may_be_used(
    technician: Client, service: Service, settings: Any
) -> None:
    with Knot({"other.test": ""}) as knot:
        settings.DNS_STUB_ZONES = {"other.test": knot.endpoint}
        data = {"name": "example.com", "mode": "non_authoritative", "target": "mx.other.test", "next": "1"}
        page = technician.get(f"{start(service)}mode/", data)
        assert "cannot be resolved" in text(page)
        page = technician.get(f"{start(service)}mode/", data | {"anyway": "1"}, follow=True)
        assert page.request["PATH_INFO"].endswith("/review/")


def test_other_platforms_are_offered_as_targets(technician: Client, service: Service) -> None:
    other = make_platform()
    page = technician.get(f"{start(service)}mode/", {"name": "example.com"})
    assert other.mx_hosts[0] in text(page)


def test_an_authoritative_domain_elsewhere_is_detected_and_explained(technician: Client, service: Service) -> None:
    foreign, own = make_service(), make_service(service.organization)
    make_domain(foreign, "taken.example")
    make_domain(own, "mine.example")
    page = technician.get(f"{start(service)}mode/", {"name": "taken.example", "mode": "authoritative", "next": "1"})
    assert "Authoritative domain detected" in text(page)
    assert foreign.name not in text(page)
    page = technician.get(f"{start(service)}mode/", {"name": "mine.example", "mode": "authoritative", "next": "1"})
    assert f"/services/{own.name}/domains/mine.example/mode/" in text(page)


def test_zones_are_listed_filtered_and_marked(technician: Client, service: Service, zone: Zone) -> None:
    Zone.objects.create(provider=zone.provider, name="xn--w-uga1v8h.example")
    make_domain(service, "managed.test")
    page = technician.get(start(service))
    assert "żółw.example" in text(page)
    assert "already attached here" in text(page)
    part = technician.get(start(service), {"name": "żółw"}, headers={"HX-Request": "true", "HX-Target": "zones"})
    assert "żółw.example" in text(part)
    assert "managed.test" not in text(part)
    assert "<html" not in text(part)
    foreign = Zone.objects.create(provider=knot_zone(make_service().organization, Nowhere()).provider, name="x.test")
    assert f">{foreign.name}<" not in text(technician.get(start(service)))


def walk_to_the_plan(client: Client, service: Service) -> Any:
    page = client.get(start(service), {"name": "managed.test", "next": "1"}, follow=True)
    assert "<strong>managed.test</strong>" in text(page)
    page = client.get(
        f"{start(service)}mode/", {"name": "managed.test", "mode": "authoritative", "next": "1"}, follow=True
    )
    assert page.request["PATH_INFO"].endswith("/records/")
    assert "mx.old-host.example" in text(page)
    return page


def validate(client: Client, service: Service, **more: Any) -> Any:
    data = as_data(hidden(walk_to_the_plan(client, service)))
    boxes = ["SRV", "MX", "SPF", "DKIM", "DMARC"]
    return client.post(f"{start(service)}review/", data | {"box": boxes} | more, follow=True)


def test_a_managed_domain_gets_its_records_written(technician: Client, service: Service, zone: Zone) -> None:
    page = validate(technician, service)
    assert "Choose one of the two" in text(page), "the MX moves live mail: it wants its own word"
    assert not Ownership.objects.exists()
    page = validate(technician, service, mx="now")
    change = ZoneChange.objects.get()
    assert page.redirect_chain[-1][0] == f"/services/{service.name}/changes/{change.pk}/"
    assert "every 1s" in text(page)
    domain = Domain.objects.get()
    assert domain.zone == zone
    assert {fix["type"] for fix in change.plan} == {"CNAME", "MX", "TXT", "SRV"}
    assert any(domain.ownership.token in fix["name"] for fix in change.plan), "the token that was shown is the one"
    assert run(change.pk)
    page = technician.get(page.redirect_chain[-1][0])
    assert "The records are written" in text(page)
    assert "every 1s" not in text(page)


def test_what_an_earlier_provider_left_goes_only_by_its_own_word(technician: Client, service: Service) -> None:
    records = "@ MX 10 mx.old-host.example.\nautodiscover CNAME autodiscover.old-host.example."
    with Knot({"managed.test": records}, update_with_key=["managed.test"]) as knot:
        knot_zone(service.organization, knot, "managed.test")
        assert "Tick the box" in text(validate(technician, service, mx="now"))
        assert not Domain.objects.exists()
        validate(technician, service, mx="now", removals="1")
    assert any(fix["name"] == "autodiscover.managed.test." for fix in ZoneChange.objects.get().plan)


def test_the_mx_can_be_left_for_later(technician: Client, service: Service, zone: Zone) -> None:
    validate(technician, service, mx="later")
    assert "MX" not in {fix["type"] for fix in ZoneChange.objects.get().plan}


def test_a_zone_that_changed_between_plan_and_validate_is_shown_again(
    technician: Client, service: Service, zone: Zone
) -> None:
    page = validate(technician, service, mx="now", plan="0" * 32)
    assert "has changed since you saw the plan" in text(page)
    assert not Domain.objects.exists()


def test_a_subdomain_of_a_zone_is_managed_unless_it_is_delegated_away(
    technician: Client, service: Service, zone: Zone
) -> None:
    page = technician.get(start(service), {"name": "branch.managed.test", "next": "1"}, follow=True)
    assert "<strong>branch.managed.test</strong>" in text(page)
    page = technician.get(f"{start(service)}records/", {"name": "mail.sub.managed.test", "mode": "authoritative"})
    assert "does not hold this name" in text(page)
    [link] = re.findall(r'href="([^"]*/review/[^"]*)"', page.content.decode())
    query = parse_qs(urlsplit(link.replace("&amp;", "&")).query)
    technician.post(f"{start(service)}review/", query)
    domain = Domain.objects.get()
    assert (domain.zone, domain.delegated_below) == (None, zone)


def test_a_zone_that_cannot_be_read_does_not_keep_a_domain_from_being_attached(
    technician: Client, service: Service
) -> None:
    zone = knot_zone(service.organization, Nowhere(), "managed.test")
    page = technician.get(f"{start(service)}records/", {"name": "managed.test", "mode": "authoritative"})
    assert "cannot be read now" in text(page)
    technician.post(f"{start(service)}review/", {"name": "managed.test", "mode": "authoritative", "seen": "1"})
    assert Domain.objects.get().zone == zone
    assert not ZoneChange.objects.exists()


def test_an_spf_record_past_the_limit_is_refused_with_its_costliest_terms(technician: Client, service: Service) -> None:
    dear = " ".join(f"include:i{number}.managed.test" for number in range(11))
    records = ["@ MX 10 mx.old-host.example.", f'@ TXT "v=spf1 {dear} -all"']
    records += [f'i{number} TXT "v=spf1 ip4:192.0.2.1 -all"' for number in range(11)]
    with Knot({"managed.test": "\n".join(records)}, update_with_key=["managed.test"]) as knot:
        knot_zone(service.organization, knot, "managed.test")
        validate(technician, service, mx="now")
        assert not any("spf1" in value for fix in ZoneChange.objects.get().plan for value in fix["values"])
        page = technician.get(f"/services/{service.name}/domains/managed.test/plan/")
    assert "the SPF record would be faulty" in text(page)
    assert "include:i0.managed.test (1)" in text(page)


def test_the_wizard_opens_by_itself_once_on_a_service_without_a_domain(technician: Client, service: Service) -> None:
    page = technician.get(f"/services/{service.name}/")
    assert page.headers["Location"] == start(service)
    assert technician.get(f"/services/{service.name}/").status_code == 200


def test_viewers_are_not_led_into_the_wizard(client: Client, service: Service) -> None:
    client.force_login(make_member(service.organization, Role.VIEWER))
    assert client.get(f"/services/{service.name}/").status_code == 200


@pytest.mark.usefixtures("nothing_resolves")
def test_the_mode_can_be_changed_later_with_its_warning(technician: Client, service: Service) -> None:
    make_domain(service, "example.com")
    url = f"/services/{service.name}/domains/example.com/mode/"
    assert "refused in authoritative mode" in text(technician.get(url))
    assert "needs a target server" in text(technician.post(url, {"mode": "non_authoritative", "target": ""}))
    technician.post(url, {"mode": "non_authoritative", "target": "mx1.other.example", "anyway": "1"})
    assert Domain.objects.get().target == "mx1.other.example"


def test_detaching_offers_to_put_the_records_back(technician: Client, service: Service, zone: Zone) -> None:
    validate(technician, service, mx="now")
    change = ZoneChange.objects.get()
    url = f"/services/{service.name}/domains/managed.test/detach/"
    page = technician.post(url, follow=True)
    assert "are being written" in text(page)
    run(change.pk)
    assert "Also put back" in text(technician.get(url))
    page = technician.post(url, {"records": "1"}, follow=True)
    assert not Domain.objects.exists()
    assert page.redirect_chain[-1][0] == f"/services/{service.name}/changes/{change.pk}/"
    run(change.pk)
    change.refresh_from_db()
    assert change.state == "undone"


def test_records_left_at_an_earlier_attachment_can_be_put_back_later(
    technician: Client, service: Service, zone: Zone
) -> None:
    url = f"/services/{service.name}/domains/managed.test/detach/"
    validate(technician, service, mx="now")
    change = ZoneChange.objects.get()
    run(change.pk)
    technician.post(url)
    Domain.attach(service, "managed.test", mode="authoritative", actor=SYSTEM)
    technician.post(url, {"records": "1"})
    change.refresh_from_db()
    assert change.state == "undoing"


def test_nothing_more_is_written_for_a_domain_that_is_gone(technician: Client, service: Service, zone: Zone) -> None:
    change = ZoneChange.objects.create(
        zone=zone,
        zone_name=zone.name,
        domain_name="gone.test",
        service=service,
        plan=[],
        state="failed",
        error="timeout",
    )
    url = f"/services/{service.name}/changes/{change.pk}/"
    assert "Run it again" not in text(technician.get(url)).replace("Run it again", "")
    page = technician.post(f"{url}again/", follow=True)
    assert "no longer attached" in text(page)
    change.refresh_from_db()
    assert change.state == "failed"


def test_a_crafted_number_is_no_zone_and_no_change(technician: Client, service: Service) -> None:
    for number in ("²", "9" * 30, "9" * 5000, "-1"):
        assert technician.get(f"/services/{service.name}/plans/", {"d": number}).status_code == 200, number
        assert technician.get(f"/services/{service.name}/changes/", {"before": number}).status_code == 200
        assert technician.get(f"/services/{service.name}/checks/", {"d": number}).status_code == 200


def test_a_target_inside_is_refused_in_the_last_step_too(technician: Client, service: Service, settings: Any) -> None:
    with Knot({"other.test": "mx A 10.0.0.1"}) as knot:
        settings.DNS_STUB_ZONES = {"other.test": knot.endpoint}
        data = {"name": "example.com", "mode": "non_authoritative", "target": "mx.other.test"}
        page = technician.post(f"{start(service)}review/", data, follow=True)
    assert "private or reserved" in text(page)
    assert not Domain.objects.exists()
