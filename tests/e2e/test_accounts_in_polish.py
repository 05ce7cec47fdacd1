"""Step 4 of the guide in its own words: accounts ordered, configured one by one and from a table, in Polish."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from accounts.models import EmailAccount
from tests.accounts.conftest import Clinic, make_clinic
from tests.browser import NewPage
from tests.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clinic(transactional_db: None) -> Clinic:
    return make_clinic(slots=0, domain="aurora-clinic.example")


def test_accounts_are_ordered_and_configured_in_the_words_of_the_guide(
    clinic: Clinic, worker: None, new_page: NewPage
) -> None:
    page = new_page(clinic.technician, locale="pl-PL")
    page.goto(f"/services/{clinic.service.name}/accounts/")
    expect(page.locator("html")).to_have_attribute("lang", "pl")
    expect(page.get_by_role("link", name="Konta e-mail")).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name="Zamówienie kont").first.click()
    page.get_by_label("Liczba kont").fill("3")
    page.get_by_role("button", name="Dalej").click()
    page.get_by_role("button", name="Zamów", exact=True).click()
    staff = new_page(make_user(staff=True), locale="pl-PL")
    staff.goto("/orders/")
    staff.get_by_role("button", name="Zatwierdź").click()
    expect(staff.get_by_text("Konta są gotowe do skonfigurowania")).to_be_visible()

    page.reload()
    page.get_by_label(re.compile("^Działania dla .*@configureme.me")).first.click()
    page.get_by_role("link", name="Zmień", exact=True).click()
    page.get_by_label("Nazwa konta").fill("żółw")
    page.get_by_label("Imię").fill("Łucja")
    page.get_by_label("Nazwisko").fill("Żółw")
    page.get_by_label("Hasło", exact=True).fill("Hemlig4Sak")
    page.get_by_label("Hasło ponownie").fill("Hemlig4Sak")
    page.get_by_role("button", name="Dalej").click()
    expect(page.get_by_text("litery bez akcentów").first).to_be_visible()
    page.get_by_label("Nazwa konta").fill("lucja.zolw")
    page.get_by_label("Hasło", exact=True).fill("Hemlig4Sak")
    page.get_by_label("Hasło ponownie").fill("Hemlig4Sak")
    page.get_by_role("button", name="Dalej").click()
    page.get_by_role("button", name="Potwierdź").click()
    expect(page.get_by_role("heading", name="Ustawienia programu pocztowego")).to_be_visible()

    page.goto(f"/services/{clinic.service.name}/accounts/")
    page.get_by_role("link", name="Skonfiguruj wiele…").click()
    table = "Adres e-mail\tImię\tNazwisko\nanna@aurora-clinic.example\tAnna\tNowak\nbo@aurora-clinic.example\tBo\tNowak"
    page.get_by_label("…albo wklej komórki z arkusza kalkulacyjnego").fill(table)
    page.get_by_role("button", name="Dalej").click()
    page.get_by_role("button", name="Podgląd").click()
    page.get_by_role("button", name="Skonfiguruj 2 konta").click()
    expect(page.get_by_role("button", name="Pobierz jako CSV")).to_be_visible(timeout=60_000)
    assert EmailAccount.objects.filter(state="active").count() == 3
