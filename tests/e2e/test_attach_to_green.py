"""The product's main job, in a real browser against a real name server: attach, see red, publish, check, see green."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from diagnostics.models import Check, Share
from domains.models import Domain
from domains.rrset import Action, Fix
from panel.models import User
from tests.browser import NewPage
from tests.diagnostics.conftest import PLATFORM_ZONE
from tests.factories import make_member, make_organization, make_platform, make_service
from tests.servers import Knot, Unbound

pytestmark = pytest.mark.django_db(transaction=True)

SERVICE = "/services/emailpro-ab12345-1"
DOMAIN = f"{SERVICE}/domains/shop.example"
OLD_COPY = 12  # seconds that a resolver keeps what it was told
SHORT_NEGATIVE_TTL = f"@ 60 SOA ns1 hostmaster 1 3600 600 1209600 {OLD_COPY}"
PATIENCE = 40_000  # milliseconds that a look and the page's next question may take


@pytest.fixture
def knot() -> Iterator[Knot]:
    zones = {"example": "", "mail.example": PLATFORM_ZONE, "shop.example": SHORT_NEGATIVE_TTL}
    with Knot(zones) as server:
        yield server


@pytest.fixture
def owner(settings: Any, knot: Knot) -> User:
    """Of a service on a platform whose names that server knows, which the panel asks for everything."""
    settings.DNS_RESOLVERS = [knot.endpoint]
    settings.DNS_AUTHORITATIVE_PORT = knot.port
    organization = make_organization("ab12345", name="Aurora Clinic")
    make_service(organization, make_platform("pro7", is_default=True))
    return make_member(organization)


def attach(page: Page, name: str = "shop.example") -> None:
    page.goto(f"{SERVICE}/domains/")
    page.get_by_label("Which domain?").fill(name)
    page.get_by_role("button", name="Next").click()
    page.get_by_label(re.compile("^Authoritative")).check()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Validate").click()
    expect(page.get_by_role("heading", name="Records", exact=True)).to_be_visible(timeout=PATIENCE)


def shows(page: Page, kind: str, look: str) -> None:
    """Wait, without loading the page again, until the button of `kind` looks so."""
    expect(page.locator(f"a.check-{look}", has_text=kind).first).to_be_visible(timeout=PATIENCE)


def listed(page: Page) -> list[Fix]:
    """The fixes that the table of records names."""
    return fixes_of(page.locator("table.records tr[data-action]:not([data-action=''])"))


def fixes_of(rows: Locator) -> list[Fix]:
    values: dict[tuple[str, str, str, int], list[str]] = {}
    for row in rows.all():
        said = {name: row.get_attribute(f"data-{name}") or "" for name in ("action", "name", "type", "ttl", "value")}
        key = (said["action"], said["name"], said["type"], int(said["ttl"]))
        kept = values.setdefault(key, [])
        if said["action"] == Action.REMOVE or row.get_attribute("data-standing") != "remove":
            kept.append(said["value"])
    return [Fix(Action(action), name, type_, ttl, tuple(kept)) for (action, name, type_, ttl), kept in values.items()]


def publish_what_is_listed(page: Page, knot: Knot, address: str = DOMAIN) -> set[str]:
    """Open every red button and do what its page says. Returns which were red."""
    page.goto(f"{address}/")
    kinds = {link.inner_text().strip() for link in page.locator(".check-list a.check-red").all()}
    for kind in sorted(kinds):
        page.goto(f"{address}/checks/{kind}/")
        expect(page.locator(".verdict-red")).to_be_visible()
        fixes = listed(page)
        assert fixes, f"{kind} is red and lists no change"
        knot.apply(fixes)
    return kinds


def check_again(page: Page, address: str = DOMAIN) -> None:
    page.goto(f"{address}/")
    page.get_by_role("button", name="Check again").click()


def test_attach_red_publish_what_the_page_lists_check_again_green(
    owner: User, knot: Knot, worker: None, new_page: NewPage
) -> None:
    page = new_page(owner)
    attach(page)
    page.goto(f"{SERVICE}/domains/")
    for kind in ("CNAME", "MX", "SPF", "DKIM", "SRV"):
        shows(page, kind, "red")
    assert publish_what_is_listed(page, knot) == {"CNAME", "MX", "SPF", "DKIM", "SRV"}
    check_again(page)
    for kind in ("CNAME", "MX", "SPF", "DKIM", "SRV"):
        shows(page, kind, "ok")
    assert Domain.objects.get().is_verified
    page.goto(f"{SERVICE}/domains/")
    expect(page.locator("a.check-red")).to_have_count(0)


def test_with_the_name_server_stopped_everything_is_grey_with_the_reason_and_nothing_red(
    owner: User, knot: Knot, worker: None, new_page: NewPage
) -> None:
    knot.stop()
    page = new_page(owner)
    attach(page)
    page.goto(f"{SERVICE}/domains/")
    shows(page, "MX", "unknown")
    expect(page.locator("a.check-red")).to_have_count(0)
    page.goto(f"{DOMAIN}/checks/MX/")
    expect(page.locator(".verdict h2")).to_contain_text("Could not check")
    assert set(Check.objects.values_list("status", flat=True)) <= {"unknown", "off"}


@pytest.mark.parametrize("before", ["another record", "no record"])
def test_what_a_resolver_still_has_of_before_is_amber_and_turns_green_when_it_runs_out(
    owner: User, knot: Knot, worker: None, new_page: NewPage, settings: Any, before: str
) -> None:
    zones = ("example", "mail.example", "shop.example")
    with Unbound(dict.fromkeys(zones, knot.endpoint)) as unbound:
        settings.DNS_RESOLVERS = [unbound.endpoint]
        if before == "another record":
            knot.publish("shop.example.", "MX", ["5 mx.elsewhere.example."], ttl=OLD_COPY)
        page = new_page(owner)
        attach(page)
        page.goto(f"{SERVICE}/domains/")
        shows(page, "MX", "red")
        publish_what_is_listed(page, knot)
        check_again(page)
        shows(page, "MX", "propagating")
        page.goto(f"{DOMAIN}/checks/MX/")
        expect(page.locator(".verdict")).to_contain_text("Clears by")
        page.wait_for_timeout((OLD_COPY + 2) * 1000)
        check_again(page)
        shows(page, "MX", "ok")


def test_whoever_runs_the_dns_sees_it_turn_green_without_signing_in(
    owner: User, knot: Knot, worker: None, new_page: NewPage, screenshot: Callable[[Page, str], Path]
) -> None:
    page = new_page(owner)
    attach(page)
    page.goto(f"{SERVICE}/domains/")
    shows(page, "MX", "red")
    share = Share.objects.create(domain=Domain.objects.get(), expires_at=Share.until())
    stranger = new_page(viewport={"width": 390, "height": 844})
    stranger.goto(f"/dns/{share.token}/")
    screenshot(stranger, "shared-usual-phone")
    height = stranger.evaluate("document.documentElement.scrollHeight")
    assert height <= 2 * 844, f"more than two screens of a phone: {height}"
    mx = stranger.locator("tr[data-kind=MX]")
    expect(mx.locator(".check-red")).to_have_count(2)
    expect(stranger.get_by_text("0 of 11 there")).to_be_visible()
    knot.apply(fixes_of(mx))
    stranger.get_by_role("button", name="Check again").click()
    expect(mx.locator(".check-ok")).to_have_count(2, timeout=PATIENCE)
    expect(stranger.get_by_text("2 of 11 there")).to_be_visible()
    stranger.get_by_role("link", name="polski").click()
    expect(stranger.locator("html")).to_have_attribute("lang", "pl")
    share.revoke()
    answer = stranger.goto(f"/dns/{share.token}/")
    assert answer is not None
    assert answer.status == 404
