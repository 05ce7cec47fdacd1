"""The mapping page in a real browser: letters that can be read in several ways, passwords that nobody chose, sheets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import BulkRun
from tests.accounts.conftest import Clinic, make_clinic
from tests.accounts.people import WORKBOOKS
from tests.browser import NewPage

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clinic(transactional_db: None) -> Clinic:
    return make_clinic(slots=20)


def upload(page: Page, clinic: Clinic, file: Path) -> None:
    page.goto(f"/services/{clinic.service.name}/accounts/bulk/")
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Next").click()


def test_the_page_asks_for_what_it_cannot_tell(
    clinic: Clinic,
    new_page: NewPage,
    accessible: Callable[[Page], None],
    screenshot: Callable[[Page, str], Path],
    tmp_path: Path,
) -> None:
    file = tmp_path / "staff.csv"
    lines = (
        "Staff of 2026\nEmail;Vorname;Klucz\nx1@aurora.example;Forêt;Kwietny7Las\nx2@aurora.example;Zoë;Kwietny8Las\n"
    )
    file.write_bytes(lines.encode("cp1252"))
    page = new_page(clinic.technician)
    upload(page, clinic, file)
    expect(page.get_by_text("The letters can be read in several ways")).to_be_visible()
    expect(page.get_by_text("headings in row 2")).to_be_visible()
    assert "Kwietny7Las" not in page.content()
    accessible(page)
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 1000})
        screenshot(page, f"bulk-mapping-{width}")
    page.set_viewport_size({"width": 1440, "height": 1000})
    page.reload()
    page.get_by_role("button", name="Read it as Windows-1252").click()
    expect(page.get_by_text("The letters can be read in several ways")).to_have_count(0)
    expect(page.get_by_label("Encoding")).to_have_value("cp1252")

    page.get_by_role("button", name="Preview").click()
    expect(
        page.get_by_role("alert").get_by_text("A column that has not been chosen seems to hold passwords").first
    ).to_be_visible()
    assert "Kwietny7Las" not in page.content()
    page.get_by_label("It seems to hold passwords: ignore it").check()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("nothing is written yet")).to_be_visible()
    expect(page.get_by_role("cell", name="Forêt", exact=True)).to_have_count(2)  # the display name is made of it
    assert BulkRun.objects.get().left == 2


def test_another_sheet_is_chosen(
    clinic: Clinic, new_page: NewPage, screenshot: Callable[[Page, str], Path], accessible: Callable[[Page], None]
) -> None:
    page = new_page(clinic.technician)
    upload(page, clinic, WORKBOOKS / "two_sheets.xlsx")
    expect(page.get_by_text("The sheet Magazyn, which has 2 rows, is not read.")).to_be_visible()
    page.get_by_label("XLSX: sheet").select_option("Magazyn")
    page.get_by_role("button", name="Read it this way").click()
    expect(page.get_by_text("The sheet Biuro, which has 2 rows, is not read.")).to_be_visible()
    expect(page.get_by_role("cell", name="Adam", exact=True)).to_be_visible()
    accessible(page)
    screenshot(page, "bulk-mapping-sheets")
    page.reload()
    page.get_by_label("Headings").select_option("0")
    page.get_by_role("button", name="Read it this way").click()
    expect(page.get_by_text("no headings: the first row is data")).to_be_visible()


def test_two_columns_of_passwords_and_rows_that_end_early_up_to_the_results(
    clinic: Clinic,
    new_page: NewPage,
    accessible: Callable[[Page], None],
    screenshot: Callable[[Page, str], Path],
    tmp_path: Path,
) -> None:
    file = tmp_path / "staff.csv"
    file.write_text(
        "Email,Password,New password,First name,Department\n"
        'anna@aurora.example,Kwietny7Las,Kwietny8Las,"Anna\nMaria",\newa@aurora.example,Kwietny7Las,Kwietny9Las,Ewa\n'
    )
    page = new_page(clinic.technician)
    upload(page, clinic, file)
    expect(page.get_by_text("1 row ends before the last columns, which are empty in every row.")).to_be_visible()
    question = page.get_by_role("alert").get_by_text("the accounts would get others")
    expect(question.first).to_be_visible()
    accessible(page)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 1000})
            screenshot(page, f"bulk-rivals-{scheme}-{width}")
    page.get_by_role("button", name="Preview").click()
    expect(question.first).to_be_visible()
    page.get_by_label("What column Password holds").select_option("ignore")
    page.get_by_label("What column New password holds").select_option("password")
    page.get_by_role("button", name="Preview").click()
    expect(question.first).to_be_visible()
    page.get_by_label("It seems to hold passwords: ignore it").check()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("nothing is written yet")).to_be_visible()
    expect(page.get_by_text("Anna Maria").first).to_be_visible()
    expect(page.get_by_text("The line break became a blank.")).to_be_visible()
    accessible(page)
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 1000})
        screenshot(page, f"bulk-rivals-preview-{width}")
