"""The wizard in a real browser: both branches, in English and Polish, with the keyboard only, with Back and reload."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Page, expect

from diagnostics.models import CheckRun
from domains import readings
from domains.models import Domain, Ownership, Reading, Zone, ZoneChange
from panel.actors import SYSTEM
from panel.errors import Refused
from panel.models import Organization, Service, User
from tests.browser import SHAPES, USUAL, NewPage, Presses, keeps_within_its_width
from tests.diagnostics.conftest import PLATFORM_ZONE
from tests.domains.providers import knot_zone
from tests.domains.test_zone_changes import dump
from tests.factories import (
    make_check,
    make_domain,
    make_member,
    make_organization,
    make_platform,
    make_service,
    make_user,
)
from tests.servers import Knot

pytestmark = pytest.mark.django_db(transaction=True)

SERVICE = "/services/emailpro-ab12345-1"
ATTACH = f"{SERVICE}/attach/"
PATIENCE = 40_000  # milliseconds that a look and the page's next question may take
RECORDS = """
@ MX 10 mx.old-host.example.
@ TXT "v=spf1 ip4:192.0.2.77 ~all"
@ TXT "some-verification=42"
www A 192.0.2.80
autodiscover CNAME autodiscover.old-host.example.
"""


@pytest.fixture
def knot() -> Iterator[Knot]:
    zones = {"example": "", "mail.example": PLATFORM_ZONE, "example.test": RECORDS}
    with Knot(zones, update_with_key=["example.test"]) as server:
        yield server


@pytest.fixture
def organization(settings: Any, knot: Knot) -> Organization:
    """With one service, on a platform whose names the server knows, which the panel asks for everything."""
    settings.DNS_RESOLVERS = [knot.endpoint]
    settings.DNS_AUTHORITATIVE_PORT = knot.port
    organization = make_organization("ab12345", name="Aurora Clinic")
    make_service(organization, make_platform("pro7", is_default=True))
    return organization


@pytest.fixture
def owner(organization: Organization) -> User:
    return make_member(organization)


@pytest.fixture
def zone(organization: Organization, knot: Knot) -> Zone:
    return knot_zone(organization, knot)


def perform(pk: int) -> bool:
    try:
        return readings.perform(pk)
    finally:
        connection.close()


def press_next(page: Page) -> None:
    page.locator("button[name=next]").click()


def step(page: Page, name: str) -> None:
    expect(page.locator("[aria-current=step]")).to_have_text(name, timeout=PATIENCE)  # a worker may be asked first


def test_choose_from_the_list_tick_everything_confirm_all_green_undo_all_as_before(
    owner: User, zone: Zone, knot: Knot, worker: None, new_page: NewPage
) -> None:
    before = dump(knot)
    page = new_page(owner)
    page.goto(f"{SERVICE}/")
    page.wait_for_url(f"**{ATTACH}")  # it opens by itself
    page.get_by_label("Which domain?").press_sequentially("ample.te")  # finds the zone while it is typed
    page.get_by_role("link", name="example.test").click()
    step(page, "Mode")
    expect(page.get_by_text("mx.old-host.example").first).to_be_visible()  # where mail goes today
    page.get_by_label(re.compile("^Authoritative")).check()
    press_next(page)
    step(page, "Records")
    page.get_by_role("button", name="Validate").click()
    expect(page.get_by_text("Choose one of the two.")).to_be_visible()
    expect(page.get_by_text("0 accounts of the domain are set up here")).to_be_visible()
    page.get_by_label("Move mail now").check()
    page.get_by_label("Remove 1 record that is not ours").check()
    assert not Domain.objects.exists()
    assert dump(knot) == before
    page.get_by_role("button", name="Validate").click()
    expect(page.get_by_text("The records are written")).to_be_visible(timeout=PATIENCE)
    change = page.url
    page.get_by_role("link", name="To the domain").click()
    page.goto(f"{SERVICE}/domains/")
    for kind in ("CNAME", "MX", "SPF", "DKIM", "SRV", "DMARC"):
        expect(page.locator("a.check-ok, a.check-propagating", has_text=kind)).to_be_visible(timeout=PATIENCE)
    expect(page.locator("a.check-red")).to_have_count(0)
    assert Domain.objects.get().is_verified
    page.goto(change)
    page.get_by_role("link", name="Undo this change").click()
    page.get_by_label("Mail is to go where it went").check()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone: the records are as they were before")).to_be_visible(timeout=PATIENCE)
    assert dump(knot) == before


def test_back_forward_and_reload_keep_what_was_chosen(owner: User, zone: Zone, worker: None, new_page: NewPage) -> None:
    page = new_page(owner)
    page.goto(ATTACH)
    page.get_by_role("link", name="example.test").click()
    step(page, "Mode")
    page.get_by_label(re.compile("^Non-authoritative")).check()
    page.get_by_label(re.compile("^Target server")).fill("mx1.other.example:2525")
    press_next(page)
    page.get_by_label("Use it anyway").check(timeout=PATIENCE)
    press_next(page)
    step(page, "Records")
    page.reload()
    step(page, "Records")
    page.go_back()
    step(page, "Mode")
    page.go_forward()
    step(page, "Records")
    expect(page.get_by_label(re.compile("^SRV"))).not_to_be_checked()  # they would lead the other half's users here
    page.get_by_role("link", name="Back").click()
    step(page, "Mode")
    expect(page.get_by_label(re.compile("^Target server"))).to_have_value("mx1.other.example:2525")
    expect(page.get_by_label(re.compile("^Non-authoritative"))).to_be_checked()
    assert not Ownership.objects.exists()


def test_a_domain_is_attached_in_five_presses_managed_or_not(
    owner: User, zone: Zone, worker: None, new_page: NewPage, knot: Knot
) -> None:
    make_domain(Service.objects.get(), "first.example")
    for name, validated in (("sub.example.test", "**/changes/*/"), ("extern.example", "**/domains/extern.example/")):
        page = new_page(owner)
        page.goto("/")
        press = Presses(page)
        press(page.get_by_role("link", name="Add a domain to emailpro-ab12345-1"))
        expect(page.locator("input#name")).to_be_focused(timeout=PATIENCE)
        page.keyboard.type(name)
        press.enter()
        step(page, "Mode")
        press(page.get_by_label(re.compile("^Authoritative")))
        press(page.locator("button[name=next]"))
        press(page.get_by_role("button", name="Validate"))
        page.wait_for_url(validated, timeout=PATIENCE)
        assert press.count <= 5
    expect(page.locator("tr[data-kind=MX]")).to_have_count(2)  # what has to be published, at once


def test_why_a_domain_is_red_takes_two_presses_and_to_fix_it_three(
    owner: User, zone: Zone, worker: None, new_page: NewPage, knot: Knot, accessible: Callable[[Page], None]
) -> None:
    domain = Domain.attach(Service.objects.get(), "example.test", mode="authoritative", actor=SYSTEM)
    make_check(
        domain,
        "SPF",
        "wrong",
        reason="spf-platform-fails",
        facts={"addresses": ["192.0.2.25"]},
        found=[{"name": "example.test.", "type": "TXT", "ttl": 300, "values": ['"v=spf1 ip4:192.0.2.77 ~all"']}],
        fixes=[{"action": "replace", "name": "example.test.", "type": "TXT", "ttl": 300, "values": ['"v=spf1 a"']}],
    )
    CheckRun.objects.filter(domain=domain).update(checked_at=timezone.now(), asked_at=None, red=1)
    page = new_page(owner)
    page.goto("/")
    press = Presses(page)
    press(page.locator("a.check-red"))
    press(page.locator("a.check-red", has_text="SPF"))
    expect(page.get_by_text("The SPF record does not let the platform send")).to_be_visible()
    assert press.count <= 2
    expect(page.locator("#apply-SPF button.btn-primary")).to_be_visible(timeout=PATIENCE)  # the plan stands above it
    accessible(page)
    press(page.locator("#apply-SPF button.btn-primary"))
    assert press.count <= 3
    expect(page.get_by_text("The records are written")).to_be_visible(timeout=PATIENCE)
    assert any("include:" in value for value in dump(knot)["example.test.", "TXT"][1])
    page.get_by_role("link", name="Undo this change").click()  # no red button beside the primary one: it asks
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone: the records are as they were before")).to_be_visible(timeout=PATIENCE)


def test_many_domains_by_a_list_and_by_ticks(
    owner: User, zone: Zone, worker: None, new_page: NewPage, accessible: Callable[[Page], None]
) -> None:
    make_domain(Service.objects.get(), "there.example")
    page = new_page(owner)
    page.goto(f"{ATTACH}list/")
    page.get_by_label("Names").fill("a.example.test\nb.example.test, there.example not_a_name b.example.test")
    page.get_by_label(re.compile("^Authoritative")).check()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("2 domains will be attached")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("already attached here")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Attach 2 domains").click()
    expect(page.get_by_role("button", name=re.compile("^Apply "))).to_be_visible(timeout=PATIENCE)
    accessible(page)
    page.get_by_role("button", name=re.compile("^Apply ")).click()
    expect(page.get_by_text("The records of 2 domains are being written.")).to_be_visible(timeout=PATIENCE)
    page.goto(f"{SERVICE}/domains/?q=example.test")
    expect(page.locator(".domain-bar")).to_be_hidden()
    page.get_by_label("a.example.test", exact=True).check()
    page.get_by_label("b.example.test", exact=True).check()
    expect(page.locator(".domain-bar")).to_be_visible()
    accessible(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export as CSV").click()
    assert len(Path(download.value.path()).read_text(encoding="utf-8").splitlines()) == 3
    page.locator(".domain-bar").get_by_role("button", name="Check again").click()
    expect(page.get_by_text("2 domains are being checked.")).to_be_visible()
    assert "q=example.test" in page.url
    page.get_by_label("a.example.test", exact=True).check()
    page.get_by_role("button", name="Change mode").click()
    page.get_by_label(re.compile("^Non-authoritative")).check()
    page.get_by_label(re.compile("^Target server")).fill("mx1.other.example")
    page.get_by_role("button", name="Change").click()
    page.get_by_label("Use it anyway").check(timeout=PATIENCE)
    page.get_by_role("button", name="Change").click()
    expect(page.get_by_text("The mode of 1 domain has been changed.")).to_be_visible(timeout=PATIENCE)


def test_with_the_keyboard_only(owner: User, organization: Organization, new_page: NewPage) -> None:
    page = new_page(owner)
    page.goto(ATTACH)
    page.keyboard.type("żółw.example")  # the field has the focus
    page.keyboard.press("Enter")
    step(page, "Mode")
    for _tab in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "mode":
            break
    page.keyboard.press("ArrowUp")  # from non-authoritative, which is preselected
    expect(page.get_by_label(re.compile("^Authoritative"))).to_be_checked()
    page.keyboard.press("Enter")
    step(page, "Review")
    for _tab in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Validate":
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/domains/xn--w-uga1v8h.example/")
    assert Domain.objects.get().mode == "authoritative"


def test_in_polish(owner: User, zone: Zone, worker: None, new_page: NewPage) -> None:
    owner.language = "pl"
    owner.save()
    page = new_page(owner)
    page.goto(ATTACH)
    expect(page.locator("html")).to_have_attribute("lang", "pl")
    page.locator("#zones a").click()
    page.locator("input[value=authoritative]").check()
    press_next(page)
    page.locator("#mx-later").check()
    page.locator("#removals").check()
    page.locator("form[method=post] button.btn-primary").click()
    page.wait_for_url("**/changes/*/")
    expect(page.locator("#status a[href$='/undo/']")).to_be_visible(timeout=PATIENCE)
    assert ZoneChange.objects.get().state == "done"
    page.goto(ATTACH)
    page.locator("#name").fill("extern.example")
    press_next(page)
    page.locator("input[value=authoritative]").check()
    press_next(page)
    page.locator("form[method=post] button.btn-primary").click()
    page.wait_for_url("**/domains/extern.example/")


def test_a_zone_on_a_server_of_ones_own_that_nobody_delegates_to_proves_nothing(
    owner: User, organization: Organization, worker: None, new_page: NewPage
) -> None:
    with Knot({"example.test": ""}, update_with_key=["example.test"], address="127.0.0.2") as own:
        knot_zone(organization, own)
        page = new_page(owner)
        page.goto(ATTACH)
        page.get_by_role("link", name="example.test").click()
        page.get_by_label(re.compile("^Authoritative")).check()
        press_next(page)
        step(page, "Records")
        page.get_by_role("button", name="Validate").click()
        expect(page.get_by_text("The records are written")).to_be_visible(timeout=PATIENCE)
        page.goto(f"{SERVICE}/domains/")
        expect(page.locator("a.check-red", has_text="CNAME")).to_be_visible(timeout=PATIENCE)
        assert not Domain.objects.get().is_verified


@pytest.mark.parametrize("shape", USUAL)
def test_a_page_waits_for_a_worker_and_goes_on(
    shape: str,
    owner: User,
    zone: Zone,
    new_page: NewPage,
    accessible: Callable[[Page], None],
    screenshot: Callable[[Page, str], Path],
) -> None:
    Domain.attach(Service.objects.get(), "branch.example.test", mode="authoritative", actor=SYSTEM)
    page = new_page(owner, **SHAPES[shape])
    page.goto(f"{SERVICE}/domains/branch.example.test/plan/")
    expect(page.get_by_role("heading", name="Asking the servers")).to_be_visible()
    accessible(page)
    screenshot(page, f"waiting-{shape}")
    with ThreadPoolExecutor(1) as worker:  # this thread has the browser's event loop
        assert worker.submit(perform, Reading.objects.get().pk).result()
    expect(page.get_by_role("group", name="Records to write to the zone")).to_be_visible()
    accessible(page)


@pytest.mark.usefixtures("readings_at_once")
@pytest.mark.parametrize("shape", USUAL)
def test_every_page_is_accessible_and_fits(
    shape: str,
    owner: User,
    zone: Zone,
    new_page: NewPage,
    accessible: Callable[[Page], None],
    screenshot: Callable[[Page, str], Path],
) -> None:
    service = Service.objects.get()
    branch = make_domain(service, "branch.example.test", zone=zone)
    make_domain(make_service(zone.provider.organization, make_platform()), "taken.example")
    change = ZoneChange.objects.create(
        zone=zone,
        zone_name=zone.name,
        domain_name="branch.example.test",
        service=service,
        plan=[],
        snapshot=[
            {"before": None, "after": {"name": name, "type": "TXT", "ttl": 60, "values": ['"x"']}}
            for name in ("x.example.test.", "y.example.test.")
        ],
        state="partial",
        error="server-error",
        progress={"done": 1, "total": 2},
    )
    organization = "/organizations/ab12345/dns/"
    pages = {
        "attach": ATTACH,
        "attach-refused": f"{ATTACH}?name=https://example.com/&next=1",
        "attach-mode": f"{ATTACH}mode/?name=example.test",
        "attach-detected": f"{ATTACH}mode/?name=taken.example&mode=authoritative&next=1",
        "attach-records": f"{ATTACH}records/?name=example.test&mode=authoritative",
        "attach-review": f"{ATTACH}review/?name=extern.example&mode=authoritative",
        "attach-list": f"{ATTACH}list/",
        "plans": f"{SERVICE}/plans/?d={branch.pk}",
        "modes": f"{SERVICE}/modes/?d={branch.pk}",
        "domain-mode": f"{SERVICE}/domains/branch.example.test/mode/",
        "domain-detach": f"{SERVICE}/domains/branch.example.test/detach/",
        "domain-plan": f"{SERVICE}/domains/branch.example.test/plan/",
        "zone-change": f"{SERVICE}/changes/{change.pk}/",
        "zone-undo": f"{SERVICE}/changes/{change.pk}/undo/",
        "zone-changes": f"{SERVICE}/changes/",
        "providers": organization,
        "provider-new": f"{organization}new/lexicon/",
        "provider": f"{organization}{zone.provider_id}/",
    }
    page = new_page(owner, **SHAPES[shape])
    for name, address in pages.items():
        page.goto(address)
        page.wait_for_load_state("networkidle")
        accessible(page)
        keeps_within_its_width(page, name)
        screenshot(page, f"{name}-{shape}")


@pytest.mark.parametrize("shape", USUAL)
def test_staff_decide_a_dispute(
    shape: str,
    organization: Organization,
    new_page: NewPage,
    accessible: Callable[[Page], None],
    screenshot: Callable[[Page, str], Path],
) -> None:
    holder = Domain.attach(Service.objects.get(), "example.test", mode="authoritative", actor=SYSTEM)
    holder.verify("token", SYSTEM)
    holder.note_proof(seen=False, at=timezone.now())
    claimant = Domain.attach(make_service(), "example.test", mode="authoritative", actor=SYSTEM)
    with pytest.raises(Refused):
        claimant.verify("token", SYSTEM)
    page = new_page(make_user(staff=True), **SHAPES[shape])
    page.goto("/operator/disputes/")
    accessible(page)
    screenshot(page, f"disputes-{shape}")
    page.reload()
    page.get_by_role("button", name=f"Release to {claimant.service.name}").click()
    expect(page.get_by_text("Released; both have been notified.")).to_be_visible()
    accessible(page)
    claimant.refresh_from_db()
    holder.refresh_from_db()
    assert (claimant.state, holder.state) == ("verified", "pending")
