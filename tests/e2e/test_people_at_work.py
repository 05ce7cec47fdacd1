"""People at work in the panel: sessions that end, slow networks, the overview, seeing as a member, ticked rows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import Page, Route, expect

from diagnostics.models import DayOfColours
from diagnostics.samples import count_colours
from panel.models import Letter, Service, User
from tests.factories import Tenant, make_domain, make_order, make_slot, make_tenant, make_user

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "quite long and odd 7"
PATIENCE = 30_000  # milliseconds
# Press, look a moment later, and press and send once more: all before the network answers.
PRESS_TWICE = """button => {
  button.click();
  setTimeout(() => {
    const seen = button.matches(".under-way:disabled");
    button.click();
    button.form.requestSubmit();
    setTimeout(() => console.log(`seen ${seen}`));
  }, 100);
}"""
NewPage = Callable[..., Page]


@pytest.fixture
def tenant() -> Tenant:
    tenant = make_tenant("ab12345")
    tenant.owner.set_password(PASSWORD)
    tenant.owner.save()
    tenant.account.set_keys(f"anna@{tenant.domain.name.name}")
    tenant.account.save()
    return tenant


def sign_in(page: Page, user: User) -> None:
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


@pytest.mark.parametrize("script", [True, False])
def test_what_was_typed_when_the_session_had_ended_comes_back(script: bool, tenant: Tenant, new_page: NewPage) -> None:
    page = new_page(tenant.owner, java_script_enabled=script)
    page.goto(reverse("panel:service_settings", args=[tenant.service.name]))
    Session.objects.all().delete()
    page.get_by_label("Display name").fill("Aurora & sons")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your session has ended")).to_be_visible(timeout=PATIENCE)
    sign_in(page, tenant.owner)
    expect(page.get_by_label("Display name")).to_have_value("Aurora & sons", timeout=PATIENCE)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible(timeout=PATIENCE)
    assert Service.objects.get(pk=tenant.service.pk).display_name == "Aurora & sons"


@pytest.mark.parametrize("what", ["sign-in", "order", "confirmation"])
def test_a_button_shows_work_under_way_and_cannot_be_pressed_twice(
    what: str, tenant: Tenant, new_page: NewPage
) -> None:
    """The network holds the first request until all was pressed and seen."""
    page = new_page(None if what == "sign-in" else tenant.owner)
    if what == "sign-in":
        page.goto(reverse("account_login"))
        page.get_by_label("E-mail address").fill(tenant.owner.email)
        page.get_by_label("Password").fill(PASSWORD)
        button = page.get_by_role("button", name="Sign in", exact=True)
    elif what == "order":
        page.goto(reverse("accounts:order", args=[tenant.service.name]))
        button = page.locator("main form[method=post] button").first
    else:
        page.goto(reverse("accounts:suspend", args=[tenant.service.name, tenant.account.pk]))
        button = page.get_by_role("button", name="Suspend", exact=True)
    held: list[Route] = []
    page.route("**/*", lambda route: held.append(route) if route.request.method == "POST" else route.continue_())
    with page.expect_console_message(lambda message: message.text.startswith("seen"), timeout=PATIENCE) as said:
        button.evaluate(PRESS_TWICE)
    assert said.value.text == "seen true"
    assert len(held) == 1
    held[0].continue_()
    expect(page.locator("button.under-way")).to_have_count(0, timeout=PATIENCE)


def test_the_overview_says_what_needs_a_hand_and_draws_how_it_goes_without_script(
    tenant: Tenant, new_page: NewPage, accessible: Callable[[Page], None]
) -> None:
    make_order(tenant.service)
    count_colours()
    DayOfColours.objects.update(ok=3, red=1)
    page = new_page(make_user(staff=True), java_script_enabled=False)
    page.goto("/")
    page.get_by_role("link", name="Overview").click()
    chart = page.get_by_role("img", name="Domains, the last 30 days")
    expect(chart).to_be_visible(timeout=PATIENCE)
    assert chart.locator("rect.chart-red").count() == 1
    assert chart.locator("rect[fill='url(#colours-red)']").count() == 1  # told apart without its colour
    page.locator("section", has=chart).get_by_text("As a table").click()
    expect(page.get_by_role("cell", name="3", exact=True)).to_be_visible(timeout=PATIENCE)
    page.get_by_role("link", name="1 order waits for approval").click()
    expect(page.get_by_role("heading", name="Orders")).to_be_visible(timeout=PATIENCE)


def test_staff_see_as_a_member_and_stop(tenant: Tenant, new_page: NewPage, accessible: Callable[[Page], None]) -> None:
    page = new_page(make_user("staff@operator.example", staff=True))
    page.goto(reverse("panel:staff_organization", args=["ab12345"]))
    page.get_by_label("Member", exact=True).select_option(label=f"{tenant.owner.email} (owner)")
    page.get_by_role("button", name="Open the panel as this member").click()
    bar = page.get_by_role("region", name="Viewing as a member")
    expect(bar).to_contain_text(tenant.owner.email, timeout=PATIENCE)
    expect(page.get_by_text("Administration")).to_have_count(0)
    accessible(page)
    page.goto(reverse("panel:service_settings", args=[tenant.service.name]))
    page.get_by_label("Display name").fill("changed")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Nothing was changed")).to_be_visible(timeout=PATIENCE)
    page.get_by_text("Make changes…").click()
    page.get_by_label("Why?").fill("asked on the phone")
    page.get_by_role("button", name="Allow changes").click()
    expect(bar).to_contain_text("You can make changes: asked on the phone", timeout=PATIENCE)
    bar.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Administration")).to_be_visible(timeout=PATIENCE)
    expect(bar).to_have_count(0)


def test_what_is_done_with_ticked_rows_appears_with_the_first_tick(tenant: Tenant, new_page: NewPage) -> None:
    make_slot(tenant.service)
    make_domain(tenant.service, "later.example", pending=True)
    page = new_page(tenant.owner, java_script_enabled=False)
    page.goto(reverse("accounts:list", args=[tenant.service.name]))
    bar = page.locator(".bulkbar")
    expect(bar).to_be_hidden(timeout=PATIENCE)
    page.locator("tbody input[type=checkbox]").first.check()
    expect(bar).to_be_visible(timeout=PATIENCE)
    page.locator("tbody input[type=checkbox]").first.uncheck()
    expect(bar).to_be_hidden(timeout=PATIENCE)
    assert not page.locator("tbody .btn-primary").count()


def test_an_organization_is_found_by_typing_and_settings_are_sent(tenant: Tenant, new_page: NewPage) -> None:
    page = new_page(make_user(staff=True))
    page.goto(reverse("panel:staff_new_service"))
    page.get_by_label("Organization").press_sequentially("organiz")
    expect(page.locator("#organization-names option[value=ab12345]")).to_have_count(1, timeout=PATIENCE)
    page.get_by_label("Organization").fill("Organization ab12345")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text("has been created")).to_be_visible(timeout=PATIENCE)

    page.goto(reverse("accounts:account", args=[tenant.service.name, tenant.account.pk]))
    page.get_by_label("Send these settings to").fill("anna@elsewhere.example")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("on their way to anna@elsewhere.example")).to_be_visible(timeout=PATIENCE)
    assert Letter.objects.get(kind="client_settings").recipient == "anna@elsewhere.example"
