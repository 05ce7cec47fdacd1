"""Double clicks, slow networks, the back button and two people on one account, in a real browser."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from accounts import ordering, verbs
from accounts.models import EmailAccount, Order
from tests.accounts.conftest import Clinic, make_clinic
from tests.accounts.test_list import fill
from tests.browser import NewPage
from tests.factories import make_domain, make_user

pytestmark = pytest.mark.django_db(transaction=True)

LATENCY = 1.5  # seconds
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def clinic(transactional_db: None) -> Clinic:
    return make_clinic(slots=3, domain="aurora-clinic.example")


def slow_posts(page: Page) -> list[str]:
    """Let every POST wait; returns the addresses of those that were sent."""
    sent: list[str] = []

    def wait(route: Route) -> None:
        if route.request.method == "POST":
            sent.append(route.request.url)
            time.sleep(LATENCY)
        route.continue_()

    page.route("**/*", wait)
    return sent


def typed(page: Page, name: str) -> None:
    page.get_by_label("Account name").fill(name)
    page.get_by_label("First name").fill(name.title())
    page.get_by_label("Password", exact=True).fill("Hemlig4Sak")
    page.get_by_label("Password again").fill("Hemlig4Sak")


def test_an_order_pressed_twice_on_a_slow_network_is_sent_once(clinic: Clinic, new_page: NewPage) -> None:
    page = new_page(clinic.technician)
    page.goto(f"/services/{clinic.service.name}/accounts/order/")
    page.get_by_label("How many accounts").fill("3")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Order", exact=True).wait_for()
    sent = slow_posts(page)
    page.evaluate("""() => {
        const button = document.querySelector("main form button");
        button.click();
        setTimeout(() => button.click(), 100);
        setTimeout(() => button.form.requestSubmit(), 300);
    }""")
    expect(page.get_by_text("They appear here once")).to_be_visible()
    assert len(sent) == 1
    assert Order.objects.count() == 1


def test_what_the_browser_sends_twice_all_the_same_is_done_once(clinic: Clinic, new_page: NewPage) -> None:
    """Without a script nothing holds the button: the token does."""
    page = new_page(clinic.technician, java_script_enabled=False)
    page.goto(f"/services/{clinic.service.name}/accounts/order/")
    page.get_by_label("How many accounts").fill("3")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Order", exact=True).dblclick(no_wait_after=True)
    expect(page.get_by_text("They appear here once")).to_be_visible()
    assert Order.objects.count() == 1


def test_the_sign_in_button_shows_work_under_way_and_comes_back(
    clinic: Clinic, new_page: NewPage, screenshot: Callable[[Page, str], Path]
) -> None:
    page = new_page()
    page.goto("/account/login/")
    sent = slow_posts(page)
    page.get_by_label("E-mail address").fill("nobody@people.example")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.evaluate("""() => {
        const button = document.querySelector("main form button");
        button.click();
        setTimeout(() => { sessionStorage.held = button.matches(".under-way:disabled"); }, 100);
        setTimeout(() => button.form.requestSubmit(), 200);
    }""")
    expect(page.locator("main .alert-danger, main .invalid-feedback").first).to_be_visible()
    assert page.evaluate("sessionStorage.held") == "true"
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_enabled()
    assert len(sent) == 1
    page.evaluate("document.querySelector('main form button').classList.add('under-way')")
    screenshot(page, "sign-in-under-way-1440")


def test_a_button_is_free_again_when_one_comes_back_to_its_page(clinic: Clinic, new_page: NewPage) -> None:
    (account,) = fill(clinic, ("anna", "Anna Berg"), domain=str(clinic.domain))
    page = new_page(clinic.technician)
    page.goto(f"/services/{clinic.service.name}/accounts/{account.pk}/suspend/")
    page.get_by_role("button", name="Suspend", exact=True).click()
    expect(page.get_by_text("is suspended")).to_be_visible()
    page.go_back()
    button = page.get_by_role("button", name="Suspend", exact=True)
    expect(button).to_be_enabled()
    button.click()
    expect(page.locator("main .alert").first).to_be_visible()
    account.refresh_from_db()
    assert (account.state, account.version) == ("suspended", 3)


def test_a_suggestion_by_htmx_frees_the_form_again(clinic: Clinic, new_page: NewPage) -> None:
    slot = EmailAccount.objects.first()
    assert slot
    page = new_page(clinic.technician)
    page.goto(f"/services/{clinic.service.name}/accounts/{slot.pk}/configure/")
    slow_posts(page)
    page.get_by_label("Account name").fill("anna")
    page.get_by_role("button", name="Suggest a password").click()
    expect(page.get_by_role("button", name="Next")).to_be_disabled()
    expect(page.locator("#passwords output")).to_be_visible()
    expect(page.get_by_role("button", name="Next")).to_be_enabled()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("is configured")).to_be_visible()


def test_two_people_on_one_slot(
    clinic: Clinic,
    new_page: NewPage,
    accessible: Callable[[Page], None],
    screenshot: Callable[[Page, str], Path],
) -> None:
    slot = EmailAccount.objects.order_by("pk").first()
    assert slot
    first, second = new_page(clinic.technician), new_page(clinic.owner)
    for page, name in ((first, "anna"), (second, "bo")):
        page.goto(f"/services/{clinic.service.name}/accounts/{slot.pk}/configure/")
        typed(page, name)
    first.get_by_role("button", name="Next").click()
    first.get_by_role("button", name="Confirm").click()
    expect(first.get_by_text("is configured")).to_be_visible()
    second.get_by_role("button", name="Next").click()
    expect(second.get_by_text("Nothing was saved")).to_be_visible()
    expect(second.get_by_text(clinic.technician.email)).to_be_visible()
    accessible(second)
    screenshot(second, "accounts-stale-1440")
    second.set_viewport_size(PHONE)  # type: ignore[arg-type]
    screenshot(second, "accounts-stale-390")
    slot.refresh_from_db()
    assert slot.first_name == "Anna"
    second.get_by_role("button", name="Use it for another account to configure").click()
    expect(second.get_by_label("Account name")).to_have_value("bo")
    expect(second.get_by_label("Password", exact=True)).to_have_value("")
    second.get_by_label("Password", exact=True).fill("Hemlig4Sak")
    second.get_by_label("Password again").fill("Hemlig4Sak")
    second.get_by_role("button", name="Next").click()
    second.get_by_role("button", name="Confirm").click()
    expect(second.get_by_text("is configured")).to_be_visible()
    configured = EmailAccount.objects.filter(state="active").values_list("first_name", flat=True)
    assert sorted(configured) == ["Anna", "Bo"]


def test_the_back_button_after_a_configuration_renames_nobody(clinic: Clinic, new_page: NewPage) -> None:
    slot = EmailAccount.objects.order_by("pk").first()
    assert slot
    page = new_page(clinic.technician)
    page.goto(f"/services/{clinic.service.name}/accounts/{slot.pk}/configure/")
    typed(page, "anna")
    left_open = re.sub("<script[^>]*></script>", "", page.content())
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("is configured")).to_be_visible()
    # As the browser kept it: the form of the slot, with what is typed into it now.
    page.set_content(left_open)
    page.evaluate(
        "path => history.replaceState(null, '', path)", f"/services/{clinic.service.name}/accounts/{slot.pk}/configure/"
    )
    typed(page, "bo")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Nothing was saved")).to_be_visible()
    expect(page.get_by_text("bo@aurora-clinic.example")).to_be_visible()
    slot.refresh_from_db()
    assert (slot.first_name, slot.address_key) == ("Anna", "anna@aurora-clinic.example")


def test_an_account_that_another_changed(
    clinic: Clinic, new_page: NewPage, accessible: Callable[[Page], None], screenshot: Callable[[Page, str], Path]
) -> None:
    (account,) = fill(clinic, ("anna", "Anna Berg"), domain=str(clinic.domain))
    page = new_page(clinic.technician)
    page.goto(f"/services/{clinic.service.name}/accounts/{account.pk}/configure/")
    page.get_by_label("Last name").fill("Nowak")
    verbs.suspend(account, by=clinic.owner)
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Account suspended")).to_be_visible()
    expect(page.get_by_label("Last name")).to_have_value("Nowak")
    accessible(page)
    screenshot(page, "accounts-changed-1440")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("has been changed")).to_be_visible()


def test_cancelling_says_how_many_go(
    clinic: Clinic, new_page: NewPage, accessible: Callable[[Page], None], screenshot: Callable[[Page, str], Path]
) -> None:
    page = new_page(clinic.technician)
    page.goto(f"/services/{clinic.service.name}/accounts/cancel/")
    page.get_by_label("How many unused accounts").fill("50")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Only 3 accounts are unused")).to_be_visible()
    accessible(page)
    screenshot(page, "accounts-cancel-1440")
    page.get_by_role("button", name="Cancel 3 accounts").click()
    expect(page.get_by_text("3 unused accounts cancelled")).to_be_visible()
    assert not EmailAccount.objects.exists()


def test_progress_of_a_large_order(
    clinic: Clinic,
    new_page: NewPage,
    accessible: Callable[[Page], None],
    screenshot: Callable[[Page, str], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("accounts.ordering.CHUNK", 100)
    monkeypatch.setattr("accounts.tasks.carry_out_order.delay", lambda order_id: None)
    order = ordering.place(clinic.service, 400, by=clinic.technician)
    ordering.approve(order, by=make_user(staff=True))
    page = new_page(clinic.technician)
    page.goto(f"/services/{clinic.service.name}/accounts/")
    expect(page.get_by_text("Ordered accounts are being created: 100 of 400.")).to_be_visible()
    accessible(page)
    screenshot(page, "accounts-progress-1440")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    screenshot(page, "accounts-progress-390")
    ordering.work(order)
    expect(page.get_by_text("Ordered accounts are being created: 200 of 400.")).to_be_visible()
    while ordering.work(order):
        pass
    expect(page.get_by_text("403 accounts")).to_be_visible()
    expect(page.locator("#under-way progress")).to_have_count(0)


def test_a_domain_among_many_is_found_by_typing(
    clinic: Clinic, new_page: NewPage, accessible: Callable[[Page], None], screenshot: Callable[[Page, str], Path]
) -> None:
    for number in range(120):
        make_domain(clinic.service, f"domain{number:03}.example")
    slot = EmailAccount.objects.first()
    assert slot
    page = new_page(clinic.technician)
    page.goto(f"/services/{clinic.service.name}/accounts/{slot.pk}/configure/")
    page.get_by_label("Domain").press_sequentially("n117")
    expect(page.locator("#domain-names option")).to_have_count(1)
    accessible(page)
    screenshot(page, "accounts-configure-many-1440")
    page.get_by_label("Domain").fill("domain117.example")
    typed(page, "anna")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("is configured")).to_be_visible()
    page.goto(f"/services/{clinic.service.name}/accounts/")
    accessible(page)
    page.get_by_label("Domain: type a part of its name").fill("domain117.example")
    page.get_by_label("Domain: type a part of its name").press("Enter")
    expect(page.get_by_role("link", name="anna@domain117.example", exact=True)).to_be_visible()
    expect(page.locator("td .mono", has_text="@configureme.me")).to_have_count(0)
    screenshot(page, "accounts-list-many-1440")
    plain = new_page(clinic.technician, java_script_enabled=False)
    slot = EmailAccount.objects.filter(state="slot").first()
    assert slot
    plain.goto(f"/services/{clinic.service.name}/accounts/{slot.pk}/configure/")
    plain.get_by_label("Domain").fill("domain118.example")
    typed(plain, "bo")
    plain.get_by_role("button", name="Next").click()
    plain.get_by_role("button", name="Confirm").click()
    expect(plain.get_by_text("is configured")).to_be_visible()
