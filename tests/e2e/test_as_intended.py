"""A spam filter in front: marked as intended in the browser, green until it changes, nowhere called to be mended."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from playwright.sync_api import expect

from diagnostics.models import Check, Intent
from diagnostics.sweep import schedule, sweep
from domains.models import Domain
from domains.rrset import Action, Fix
from panel.models import Activity, Role, Service, User
from tests.browser import NewPage
from tests.e2e.test_attach_to_green import DOMAIN, SERVICE, check_again, knot, owner, shows
from tests.factories import make_domain, make_member, make_organization, make_service
from tests.servers import Knot

__all__ = ["knot", "owner"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

WHY = "A spam filter stands in front"
FILTER = "5 mx.filter.example."


@pytest.fixture
def domain(owner: User, knot: Knot) -> Domain:
    """In order but for a foreign MX in front of ours."""
    domain = make_domain(Service.objects.get(), "shop.example")
    checks = look(domain)
    knot.apply(
        Fix(Action(fix["action"]), fix["name"], fix["type"], fix["ttl"], tuple(fix["values"]))
        for check in checks.values()
        for fix in check.fixes
    )
    knot.publish("shop.example.", "MX", [FILTER, "10 mx1.pro7.mail.example.", "20 mx2.pro7.mail.example."])
    assert look(domain)["MX"].status == "wrong"
    return domain


def look(domain: Domain) -> dict[str, Check]:
    schedule.soon(domain)
    with ThreadPoolExecutor(1) as thread:  # the browser's event loop runs in this one
        thread.submit(sweep.check_domains, [domain.pk]).result()
        thread.submit(lambda: connection.close()).result()  # that thread's own
    return {check.kind: check for check in domain.checks.all()}


def test_what_is_meant_so_is_marked_with_a_reason_and_lapses_when_it_changes(
    domain: Domain, knot: Knot, owner: User, worker: None, new_page: NewPage
) -> None:
    page = new_page(make_member(domain.service.organization, Role.TECHNICIAN))
    page.goto(f"{DOMAIN}/checks/MX/")
    expect(page.locator("table.records tr[data-standing=remove], table.records tr[data-standing=wrong]")).to_have_count(
        1
    )
    page.locator("summary", has_text="As intended").click()
    page.get_by_label("Say why", exact=False).fill(WHY)
    page.get_by_role("button", name="Mark as intended").click()
    expect(page.locator(".verdict h2")).to_have_text("As intended")
    expect(page.locator(".verdict")).to_contain_text(WHY)
    expect(page.locator("table.records tr[data-standing=remove], table.records tr[data-standing=wrong]")).to_have_count(
        0
    )
    expect(page.get_by_text("will be refused")).to_have_count(0)
    page.goto(f"{SERVICE}/domains/")
    expect(page.locator("a.check-red")).to_have_count(0)
    shows(page, "MX", "ok")
    assert look(domain)["MX"].intended
    page.goto("/red/")
    expect(page.locator(".check-red")).to_have_count(0)
    entry = Activity.objects.get(verb="check.intended")
    assert (entry.note, entry.service) == (WHY, domain.service)
    zone = new_page(owner).request.get(f"{page.url.partition('/red/')[0]}{DOMAIN}/zone-file/").text()
    assert FILTER in zone
    assert "will be refused" not in zone

    knot.publish("shop.example.", "MX", ["5 mx.other.example.", "10 mx1.pro7.mail.example."])
    check_again(page)
    shows(page, "MX", "red")
    assert not Intent.objects.exists()


def test_who_may_mark_and_who_is_told_nothing(domain: Domain) -> None:
    check = domain.checks.get(kind="MX")
    form = {"why": WHY, "found": check.found_print}
    address = f"{DOMAIN}/checks/MX/intended/"
    strangers = make_service(make_organization("zz99999"))
    people = {
        make_member(domain.service.organization, Role.VIEWER): 403,
        make_member(strangers.organization, Role.OWNER): 404,
        make_member(domain.service.organization, Role.TECHNICIAN): 302,
    }
    for person, status in people.items():
        assert not Intent.objects.exists()
        client = Client()
        client.force_login(person)
        assert client.get(address).status_code == 405
        assert client.post(address, form).status_code == status
    assert Intent.objects.get().why == WHY
    assert Client().post(address, form).status_code == 302  # to sign in
    viewer = Client()
    viewer.force_login(next(iter(people)))
    page = viewer.get(f"{DOMAIN}/checks/MX/").content.decode()
    assert WHY in page
    assert "Apply the rules again" not in page
    assert viewer.post(address, {"withdraw": "1"}).status_code == 403
    assert Intent.objects.exists()


def test_the_zone_itself_and_the_proof_cannot_be_marked(domain: Domain, owner: User) -> None:
    client = Client()
    client.force_login(owner)
    for kind, problem in (("NS", "ns-disagree"), ("CNAME", "cname-other-target"), ("SPF", "spf-plus-all")):
        Check.objects.filter(domain=domain, kind=kind).update(status="wrong", level="required", problems=[problem])
        check = domain.checks.get(kind=kind)
        assert "Mark as intended" not in client.get(f"{DOMAIN}/checks/{kind}/").content.decode()
        client.post(f"{DOMAIN}/checks/{kind}/intended/", {"why": WHY, "found": check.found_print})
        assert domain.checks.get(kind=kind).status == "wrong"
    assert not Intent.objects.exists()
