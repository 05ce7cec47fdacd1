"""One account in a real browser: ordered, approved, configured, seen in the list; the pages in every shape."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts import hashing, verbs
from accounts.models import EmailAccount
from panel.actors import SYSTEM
from tests.accounts.conftest import Clinic, make_clinic
from tests.browser import SHAPES, USUAL, NewPage, Presses, keeps_within_its_width
from tests.factories import make_domain, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clinic(transactional_db: None) -> Clinic:
    return make_clinic(slots=0, domain="aurora-clinic.example")


def test_order_approve_configure_and_see_it_in_the_list(
    clinic: Clinic, new_page: NewPage, accessible: Callable[[Page], None]
) -> None:
    page = new_page(clinic.technician)
    page.goto(f"/services/{clinic.service.name}/accounts/")
    page.get_by_role("link", name="Order accounts").first.click()
    page.get_by_label("How many accounts").fill("3")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Order", exact=True).click()
    expect(page.get_by_text("wait for approval")).to_be_visible()

    staff = new_page(make_user(staff=True))
    staff.goto("/orders/")
    accessible(staff)
    staff.get_by_role("button", name="Approve").click()
    expect(staff.get_by_text("The accounts are ready to configure")).to_be_visible()

    page.reload()
    expect(page.locator("td .mono", has_text="@configureme.me")).to_have_count(3)
    page.get_by_label(re.compile("^Actions for .*@configureme.me")).first.click()
    page.get_by_role("link", name="Modify").click()
    page.get_by_label("Account name").fill("Anna.Kowalska")
    page.get_by_label("First name").fill("Anna")
    page.get_by_label("Last name").fill("Kowalska")
    page.get_by_label("Password", exact=True).press_sequentially("kowalska", delay=10)
    expect(page.locator("#password-rules .kept")).to_have_count(3)
    page.get_by_label("Password", exact=True).fill("Hemlig4Sak")
    page.get_by_label("Password", exact=True).press("End")
    expect(page.locator("#password-rules .kept")).to_have_count(7)
    page.get_by_label("Password again").fill("Hemlig4Sak")
    accessible(page)
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("anna.kowalska@aurora-clinic.example")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="Client settings")).to_be_visible()
    accessible(page)

    page.goto(f"/services/{clinic.service.name}/accounts/")
    expect(page.get_by_role("link", name="anna.kowalska@aurora-clinic.example", exact=True)).to_be_visible()
    page.get_by_label("Filter accounts").press_sequentially("kowal")
    expect(page.locator("td .mono", has_text="@configureme.me")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"\?q=kowal"))
    account = EmailAccount.objects.get(state="active")
    assert hashing.verify(account.password_hash, "Hemlig4Sak")


def test_an_account_is_configured_in_four_presses_and_a_suggested_password_works(
    clinic: Clinic, new_page: NewPage
) -> None:
    clinic.add_slots(1)
    page = new_page(clinic.technician)
    page.goto("/")
    press = Presses(page)
    press(page.get_by_role("cell").get_by_role("link", name="1", exact=True).last)
    press(page.get_by_role("link", name=re.compile("^Configure .*@")))
    page.get_by_label("Account name").fill("anna")
    page.get_by_role("button", name="Suggest a password").click()  # in place of typing one
    password = page.locator("#passwords output").inner_text()
    expect(page.get_by_label("Account name")).to_have_value("anna")
    press(page.get_by_role("button", name="Next"))
    press(page.get_by_role("button", name="Confirm"))
    expect(page.get_by_text("is configured")).to_be_visible()
    assert press.count <= 4
    assert hashing.verify(EmailAccount.objects.get().password_hash, password)


def test_everything_works_without_script_and_by_keyboard(clinic: Clinic, new_page: NewPage) -> None:
    clinic.add_slots(2)
    page = new_page(clinic.technician, java_script_enabled=False)
    page.goto(f"/services/{clinic.service.name}/accounts/")
    menu = page.get_by_label(re.compile("^Actions for")).first
    menu.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_label("Account name").fill("żółw")
    page.get_by_label("Password", exact=True).fill("Hemlig4Sak")
    page.get_by_label("Password again").fill("Hemlig4Sak")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Account name: letters without accents")).to_be_visible()
    page.get_by_role("button", name="zolw").click()
    page.get_by_role("button", name="Suggest a password").click()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("zolw@aurora-clinic.example").first).to_be_visible()


@pytest.mark.parametrize("shape", USUAL)
def test_the_pages_in_light_dark_and_on_a_phone(
    clinic: Clinic,
    new_page: NewPage,
    accessible: Callable[[Page], None],
    screenshot: Callable[[Page, str], Path],
    shape: str,
) -> None:
    from tests.accounts.test_list import fill

    make_domain(clinic.service, "xn--w-uga1v8h.example")
    accounts = fill(clinic, ("anna.kowalska", "Anna Kowalska"), ("j.nowak", "Jan Nowak"), domain=str(clinic.domain))
    clinic.add_slots(3)
    verbs.suspend(accounts[1], by=SYSTEM)
    page = new_page(clinic.owner, **SHAPES[shape])
    base, one = f"/services/{clinic.service.name}/accounts/", accounts[0].pk
    slot = EmailAccount.objects.filter(state="slot").first()
    assert slot
    for name, address in {
        "list": base,
        "account": f"{base}{one}/",
        "configure": f"{base}{slot.pk}/configure/",
        "password": f"{base}{one}/password/",
        "reset": f"{base}{one}/reset/",
        "order": f"{base}order/",
        "policy": f"{base}policy/",
        "retired": f"{base}retired/",
        "upload": f"{base}bulk/",
    }.items():
        page.goto(address)
        accessible(page)
        screenshot(page, f"accounts-{name}-{shape}")
        keeps_within_its_width(page, name)
