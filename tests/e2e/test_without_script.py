"""What the panel offers works where no script runs: dialogs, menus, rules, footers; what cannot work is not offered."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import InboxRule
from api.models import Endpoint
from panel.actors import SYSTEM
from panel.models import Membership
from tests.browser import SHAPES, NewPage
from tests.factories import Tenant, make_inbox_rule, make_tenant

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("ab12345")


@pytest.fixture
def owners_page(new_page: NewPage, tenant: Tenant) -> Page:
    return new_page(tenant.owner, java_script_enabled=False)


def test_a_webhook_gets_a_new_secret_and_is_removed_once_the_dialog_is_answered(
    owners_page: Page, tenant: Tenant
) -> None:
    page = owners_page
    endpoint, old = Endpoint.create(tenant.organization, "https://hook.example/", ["check.red"], by=SYSTEM)
    address = f"/organizations/ab12345/api/webhooks/{endpoint.pk}/"
    page.goto(address)
    page.get_by_role("button", name="New secret").click()
    page.get_by_role("dialog").get_by_role("button", name="New secret").click()
    expect(page.get_by_text("Copy it now: it will not be shown again.")).to_be_visible()
    expect(page.get_by_text(old)).to_have_count(0)

    page.goto(address)
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("dialog")).to_contain_text("Remove https://hook.example/?")
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("heading", name="API and webhooks")).to_be_visible()
    assert not Endpoint.objects.filter(pk=endpoint.pk).exists()


def test_a_member_is_removed(owners_page: Page, tenant: Tenant) -> None:
    page = owners_page
    page.goto("/organizations/ab12345/")
    page.get_by_role("button", name=f"Remove {tenant.viewer.email}").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("button", name=f"Remove {tenant.viewer.email}")).to_have_count(0)
    assert not Membership.objects.filter(user=tenant.viewer).exists()


def test_the_menu_of_an_account_opens_and_what_needs_a_script_is_not_there(owners_page: Page, tenant: Tenant) -> None:
    page = owners_page
    tenant.account.set_keys(f"anna@{tenant.domain.name.name}")
    tenant.account.save()
    page.goto(f"/services/{tenant.service.name}/accounts/")
    expect(page.get_by_role("checkbox", name="Tick all on this page")).to_have_count(0)
    page.get_by_label(f"Actions for anna@{tenant.domain.name.name}").click()
    page.get_by_role("link", name="Client settings", exact=True).click()
    expect(page.get_by_role("heading", name="Client settings")).to_be_visible()
    expect(page.get_by_role("button", name="Copy", exact=True)).to_have_count(0)


def test_nobody_is_offered_a_passkey_that_no_script_could_ask_for(new_page: NewPage) -> None:
    page = new_page(None, java_script_enabled=False)
    page.goto("/account/login/")
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_have_count(0)


@pytest.mark.parametrize("script", [True, False])
def test_of_a_line_of_a_rule_no_more_is_asked_for_than_its_choice_needs(
    new_page: NewPage, tenant: Tenant, script: bool
) -> None:
    options: dict[str, Any] = {"java_script_enabled": script}
    page = new_page(tenant.owner, **options)
    page.goto(f"/services/{tenant.service.name}/accounts/{tenant.account.pk}/rules/new/")
    expect(page.get_by_label("Text or number 1")).to_be_hidden()
    page.get_by_label("What 1", exact=True).select_option("subject")
    expect(page.get_by_label("Text or number 1")).to_be_visible()
    expect(page.get_by_label("Name of the header 1")).to_be_hidden()
    page.get_by_label("What 1", exact=True).select_option("header")
    expect(page.get_by_label("Name of the header 1")).to_be_visible()
    page.get_by_label("Name of the header 1").fill("X-Tag")
    page.get_by_label("Text or number 1").fill("bill")
    page.get_by_label("What to do 1").select_option("flag")
    expect(page.get_by_label("Folder or address 1")).to_be_hidden()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Rules of")).to_be_visible()
    assert InboxRule.objects.filter(account=tenant.account).count() == 1


def test_a_rule_is_switched_off_and_deleted(owners_page: Page, tenant: Tenant) -> None:
    page = owners_page
    rule = make_inbox_rule(tenant.account)
    page.goto(f"/services/{tenant.service.name}/accounts/{tenant.account.pk}/rules/")
    page.get_by_role("button", name="Switch off").click()
    expect(page.get_by_role("button", name="Switch on")).to_be_visible()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete rule").click()
    expect(page.get_by_role("heading", name="Rules of")).to_be_visible()
    assert not InboxRule.objects.filter(pk=rule.pk).exists()


def test_the_footer_is_shown_beside_its_form(owners_page: Page, tenant: Tenant) -> None:
    page = owners_page
    page.goto(f"/services/{tenant.service.name}/domains/{tenant.domain.name.name}/footer/")
    page.get_by_label("Text (optional)").fill("Aurora Clinic")
    page.get_by_role("button", name="Show").click()
    expect(page.frame_locator("iframe").get_by_text("Aurora Clinic").first).to_be_visible()


def test_what_the_header_finds_is_what_was_asked_for(owners_page: Page, tenant: Tenant) -> None:
    page = owners_page
    page.goto(f"/find/?q={tenant.domain.name.name}")
    expect(page.get_by_role("searchbox", name="Find")).to_have_value(tenant.domain.name.name)


def test_it_is_dark_where_the_system_is_and_the_menu_of_a_phone_opens(new_page: NewPage, tenant: Tenant) -> None:
    page = new_page(tenant.owner, java_script_enabled=False, **SHAPES["phone-dark"])
    page.goto("/")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 22, 27)"
    assert page.evaluate("document.querySelector('header').getBoundingClientRect().height") < 64
    menu = page.get_by_role("navigation", name="Main")
    expect(menu).to_be_hidden()

    page.get_by_role("button", name="Menu").click()
    menu.get_by_role("link", name="Overview").click()

    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    expect(menu).to_be_hidden()


def test_what_is_wrong_with_a_policy_stands_beside_its_field_and_its_section(owners_page: Page, tenant: Tenant) -> None:
    page = owners_page
    page.goto(f"/services/{tenant.service.name}/accounts/policy/")
    page.get_by_label("Minutes of the lock").fill("0")
    page.get_by_role("button", name="Save").click()

    sections = page.get_by_role("navigation", name="On this page")
    expect(sections.get_by_role("listitem").filter(has_text="needs fixing")).to_have_text(
        ["Wrong passwords needs fixing"]
    )
    sections.get_by_role("link", name="Wrong passwords").click()
    expect(page.locator("#id_lockout_duration_error")).to_be_in_viewport()
