"""Lists: what they show, in the order asked for, with as many queries at any size."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from diagnostics.models import Check, CheckRun
from panel.activity import record
from panel.actors import SYSTEM
from panel.models import Activity, Organization, Role, Service, User
from tests.factories import (
    make_account,
    make_domain,
    make_member,
    make_organization,
    make_platform,
    make_service,
    make_slot,
    make_tenant,
    make_user,
)

pytestmark = pytest.mark.django_db


def red(domain: Any, kind: str = "MX", **fields: Any) -> None:
    Check.objects.create(domain=domain, kind=kind, **{"status": "missing", "level": "required", **fields})
    count = Check.objects.filter(domain=domain, level="required", status__in=["wrong", "missing"]).count()
    defaults = {"organization": domain.service.organization, "next_at": timezone.now(), "red": count}
    CheckRun.objects.update_or_create(domain=domain, defaults=defaults)


def names(response: Any) -> list[str]:
    return [service.name for service in response.context["list"].page]


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def test_each_service_shows_its_domains_red_ones_and_slots(client: Client) -> None:
    organization = make_organization("ab12345")
    service = make_service(organization)
    first, second, third = (make_domain(service) for _number in range(3))
    red(first, "MX")
    red(first, "SPF", status="wrong")
    red(second, "DMARC", level="recommended")
    red(third, "MX", status="unknown")
    for _number in range(4):
        make_slot(service)
    make_account(first)
    client.force_login(make_member(organization, Role.VIEWER))
    (row,) = client.get("/").context["list"].page
    assert (row.n_domains, row.n_red, row.n_slots, row.n_accounts) == (3, 1, 4, 5)
    counts = Service.objects.get().counts
    assert (counts.domains, counts.red, counts.slots, counts.configured) == (3, 1, 4, 1)


def test_one_sees_the_services_of_ones_organizations_only(client: Client) -> None:
    mine, other = make_organization("mine"), make_organization("other")
    make_service(mine), make_service(other)
    client.force_login(make_member(mine, Role.VIEWER))
    assert names(client.get("/")) == ["emailpro-mine-1"]
    client.force_login(make_user(staff=True))
    assert names(client.get("/")) == ["emailpro-mine-1", "emailpro-other-1"]
    client.force_login(make_user())
    response = client.get("/")
    assert names(response) == []
    assert "No service yet" in response.content.decode()


def test_services_of_several_organizations_are_grouped(client: Client) -> None:
    first, second = make_organization("bb", name="Zeta"), make_organization("aa", name="Alpha")
    user = make_member(first)
    make_service(first), make_service(second), make_service(first)
    client.force_login(user)
    assert b'class="group"' not in client.get("/").content
    make_member(second, Role.VIEWER, user)
    response = client.get("/")
    assert names(response) == ["emailpro-aa-1", "emailpro-bb-1", "emailpro-bb-2"]
    assert response.content.count(b'class="group"') == 2


def test_search_filters_and_order_stand_in_the_address(client: Client) -> None:
    organization = make_organization("ab")
    first, second, third = (make_service(organization) for _number in range(3))
    first.change(display_name="Warehouse", renews_on=date(2030, 1, 1), actor=SYSTEM)
    second.change(renews_on=date(2029, 1, 1), actor=SYSTEM)
    third.suspend(actor=SYSTEM)
    red(make_domain(second))
    client.force_login(make_member(organization))
    assert names(client.get("/?q=ware")) == [first.name]
    assert names(client.get("/?sort=renews")) == [second.name, first.name, third.name]
    assert names(client.get("/?sort=-renews")) == [first.name, second.name, third.name]
    assert names(client.get("/?sort=-red"))[0] == second.name
    assert names(client.get("/?need=changes")) == [second.name]
    assert names(client.get("/?state=suspended")) == [third.name]
    assert names(client.get("/?sort=password&state=x&page=99")) == [first.name, second.name, third.name]
    assert "No service matches" in client.get("/?q=nothing").content.decode()


def test_a_long_list_has_pages(client: Client) -> None:
    organization, platform = make_organization("ab"), make_platform()
    for _number in range(60):
        make_service(organization, platform)
    client.force_login(make_member(organization))
    assert len(names(client.get("/"))) == 50
    assert len(names(client.get("/?page=2"))) == 10
    assert b"?sort=name&amp;page=2" in client.get("/?sort=name").content


LISTS = [
    "/",
    "/?sort=-red&q=o",
    reverse("panel:staff_organizations"),
    reverse("panel:staff_users"),
    reverse("panel:staff_platforms"),
    reverse("panel:staff_activity"),
]


@pytest.mark.parametrize("url", LISTS)
def test_a_list_takes_as_many_queries_at_any_size(client: Client, url: str) -> None:
    client.force_login(make_user(staff=True))

    def grow(number: int) -> None:
        for _number in range(number):
            organization = make_organization()
            make_member(organization)
            service = make_service(organization)
            red(make_domain(service))
            make_slot(service)

    grow(2)
    few = queries(client, url)
    grow(12)
    assert queries(client, url) == few


def test_pages_of_an_organization_and_a_service_take_as_many_queries_at_any_size(client: Client) -> None:
    organization, platform = make_organization("ab"), make_platform()
    client.force_login(make_member(organization))
    service = make_service(organization, platform)
    red(make_domain(service))
    urls = [
        reverse("panel:organization", args=["ab"]),
        reverse("panel:organization_activity", args=["ab"]),
        reverse("panel:service", args=[service.name]),
        reverse("panel:activity", args=[service.name]),
    ]
    few = [queries(client, url) for url in urls]
    for _number in range(10):
        make_member(organization, Role.VIEWER)
        make_service(organization, platform)
        red(make_domain(service))
        service.change(display_name=f"Name {_number}", actor=make_user())
    assert [queries(client, url) for url in urls] == few


def test_a_fresh_administrator_is_told_what_to_do_next(client: Client) -> None:
    client.force_login(make_user(staff=True))
    page = client.get("/").content.decode()
    assert "What to do next" in page
    assert reverse("panel:staff_new_platform") in page
    assert reverse("panel:staff_new_organization") in page
    make_service(make_organization())
    assert "What to do next" in client.get("/").content.decode()
    make_organization()
    assert "What to do next" not in client.get("/").content.decode()


def test_activity_is_paged_by_key_and_narrowed_by_verb_and_person(client: Client) -> None:
    service = make_service(make_organization("ab"))
    owner = make_member(service.organization)
    for number in range(60):
        record("service.changed", actor=owner, service=service, target=service, after={"number": number})
    client.force_login(owner)
    url = reverse("panel:activity", args=[service.name])
    history = client.get(url).context["history"]
    assert [entry.after["number"] for entry in history.entries[:2]] == [59, 58]
    older = client.get(url, {"before": history.older}).context["history"]
    assert len(history.entries) + len(older.entries) == 61
    assert older.older is None
    assert [entry.verb for entry in client.get(url, {"verb": "service.created"}).context["history"].entries] == [
        "service.created"
    ]
    assert len(client.get(url, {"who": "nobody"}).context["history"].entries) == 0
    assert "Nothing matches" in client.get(url, {"who": "nobody"}).content.decode()
    assert client.get(url, {"before": "9" * 40, "verb": "x' OR 1"}).status_code == 200


def test_activity_shows_before_and_after(client: Client) -> None:
    service = make_service(make_organization("ab"))
    owner = make_member(service.organization)
    service.change(display_name="Old", actor=owner)
    service.change(display_name="<b>New</b>", renews_on=timezone.localdate() + timedelta(days=9), actor=owner)
    client.force_login(owner)
    page = client.get(reverse("panel:activity", args=[service.name])).content.decode()
    assert "Old</del>" in page
    assert "&lt;b&gt;New&lt;/b&gt;</ins>" in page
    assert owner.email in page


def test_find_looks_only_where_one_may_look(client: Client) -> None:
    mine, other = make_organization("findme1"), make_organization("findme2")
    make_service(mine), make_service(other)
    client.force_login(make_member(mine, Role.VIEWER))
    page = client.get("/find/", {"q": "findme"}).content.decode()
    assert "emailpro-findme1-1" in page
    assert "emailpro-findme2-1" not in page
    assert 'href="/organizations/findme1/"' in page
    assert "/organizations/findme2/" not in page
    assert client.get("/find/", {"q": "%_'\"<script>"}).status_code == 200
    assert client.get("/find/").status_code == 200


def test_staff_find_organizations_and_people(client: Client) -> None:
    organization = make_organization("ab12345", name="Aurora Clinic")
    make_member(organization, Role.OWNER, make_user("anna@people.example"))
    make_organization("other")
    client.force_login(make_user(staff=True))
    found = client.get(reverse("panel:staff_organizations"), {"q": "anna@people.example"}).context["list"].page
    assert list(found) == [organization]
    assert found[0].n_members == 1
    people = client.get(reverse("panel:staff_users"), {"q": "anna", "kind": "members"}).context["list"].page
    assert [user.email for user in people] == ["anna@people.example"]
    assert Organization.objects.count() == 2
    assert User.objects.count() == 2
    assert Activity.objects.count() == 0


def test_the_activity_log_speaks_the_readers_language(client: Client) -> None:
    tenant = make_tenant("ab12345")
    tenant.service.change(display_name="viewer", actor=tenant.owner)
    tenant.organization.add_member(tenant.viewer, "technician", actor=tenant.owner)
    tenant.owner.change(language="pl", actor=SYSTEM)
    client.force_login(tenant.owner)
    page = client.get(reverse("panel:organization_activity", args=["ab12345"])).content.decode()
    assert "rola: " in page
    assert ">technik<" in page.replace('<span class="visually-hidden">po </span>', "")
    assert "nazwa do wyświetlenia: " in page
    assert "viewer</ins>" in page  # what somebody typed stays as it is
    assert "display_name" not in page


@pytest.mark.parametrize("name", ["turned \u202e around", "two\x1blines", "rings \x07"])
def test_a_name_with_marks_that_nobody_sees_is_refused(name: str, client: Client) -> None:
    tenant = make_tenant("ab12345")
    client.force_login(tenant.owner)
    for url in (reverse("panel:service_settings", args=[tenant.service.name]), reverse("panel:yourself")):
        response = client.post(url, {"display_name": name, "name": name, "language": ""})
        assert "no control characters" in response.content.decode()
    tenant.service.refresh_from_db()
    tenant.owner.refresh_from_db()
    assert tenant.service.display_name == ""
    assert "\u202e" not in tenant.owner.name
