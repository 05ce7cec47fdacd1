"""The product's main job, in a real browser against a real name server: attach, see red, publish, check, see green."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from diagnostics.models import Check, Share
from domains.models import Domain
from domains.rrset import Action, Fix, quote_txt
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
    page.get_by_label("Domain name").fill(name)
    page.get_by_role("button", name="Next").click()
    page.get_by_label(re.compile("^Authoritative")).check()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Validate").click()
    expect(page.get_by_role("heading", name="All required records")).to_be_visible(timeout=PATIENCE)


def shows(page: Page, kind: str, look: str) -> None:
    """Wait, without loading the page again, until the button of `kind` looks so."""
    expect(page.locator(f"a.check-{look}", has_text=kind).first).to_be_visible(timeout=PATIENCE)


def listed(page: Page) -> list[Fix]:
    """The fixes that a list of changes names, read as a person reads it."""
    return [fix for card in page.locator("article.fix").all() for fix in fixes_of(card)]


def fixes_of(card: Locator) -> Iterator[Fix]:
    heading = card.locator("h3").inner_text()
    action = next(action for action in Action if heading.lower().startswith(action.value))
    values, name, type_, ttl = [], "", "", None
    for record in card.locator("dl.record").all():
        said = {
            dt.inner_text(): record.locator("dd").nth(2 * index).inner_text()
            for index, dt in enumerate(record.locator("dt").all())
        }
        absolute = re.search(r"\((.+)\)$", said["Name"])
        name, type_ = absolute[1] if absolute else said["Name"], said["Type"]
        ttl = int(said["TTL"]) if "TTL" in said else None
        value = quote_txt(said["Value"]) if type_ == "TXT" else said["Value"]
        numbers = [said[field] for field in ("Priority", "Weight", "Port") if field in said]
        values.append(" ".join([*numbers, value]))
    yield Fix(action, name, type_, ttl, tuple(values))


def publish_what_is_listed(page: Page, knot: Knot, address: str = DOMAIN) -> set[str]:
    """Open every red button and do what its page says. Returns which were red."""
    page.goto(f"{address}/")
    kinds = {link.inner_text().strip() for link in page.locator("a.check-red").all()}
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
    owner: User, knot: Knot, worker: None, new_page: NewPage
) -> None:
    page = new_page(owner)
    attach(page)
    page.goto(f"{SERVICE}/domains/")
    shows(page, "MX", "red")
    share = Share.objects.create(domain=Domain.objects.get(), expires_at=Share.until())
    stranger = new_page()
    stranger.goto(f"/dns/{share.token}/")
    mx = stranger.locator("section", has=stranger.locator("#check-MX"))
    expect(mx.locator(".check-red")).to_be_visible()
    knot.apply(fix for card in mx.locator("article.fix").all() for fix in fixes_of(card))
    stranger.get_by_role("button", name="Check again").click()
    expect(mx.locator(".check-ok")).to_be_visible(timeout=PATIENCE)
    share.revoke()
    answer = stranger.goto(f"/dns/{share.token}/")
    assert answer is not None
    assert answer.status == 404
