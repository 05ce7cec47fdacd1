"""A messy table in a real browser: suggestions accepted, rows edited and left out, applied; then an update of it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts import hashing
from accounts.models import EmailAccount
from tests.accounts.conftest import Clinic, make_clinic
from tests.browser import NewPage, keeps_within_its_width

pytestmark = pytest.mark.django_db(transaction=True)

HEAD = "E-mail;Imię;Nazwisko;Hasło"


@pytest.fixture
def clinic(transactional_db: None) -> Clinic:
    return make_clinic(slots=100)


def table(path: Path, *lines: str) -> Path:
    path.write_text("\n".join([HEAD, *lines]), encoding="utf-8")
    return path


def upload(page: Page, clinic: Clinic, file: Path) -> None:
    page.goto(f"/services/{clinic.service.name}/accounts/bulk/")
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Next").click()


def wide_and_narrow(page: Page, screenshot: Callable[[Page, str], Path], name: str) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    screenshot(page, f"{name}-1440")
    page.set_viewport_size({"width": 390, "height": 844})
    screenshot(page, f"{name}-390")
    keeps_within_its_width(page, name)
    page.set_viewport_size({"width": 1440, "height": 900})


def test_suggestions_edits_a_run_and_an_update(
    clinic: Clinic,
    worker: None,
    new_page: NewPage,
    accessible: Callable[[Page], None],
    screenshot: Callable[[Page, str], Path],
    tmp_path: Path,
) -> None:
    lines = [f"mailto:user{i}@aurora.example;Ewa;Nr {i};" for i in range(60)]
    lines += ["Jan Lis <jan@aurora.example>;Ja\u200en;Lis;Kwietny7Ogrod", "ola@aurora.example;Ola;Sowa;kort"]
    page = new_page(clinic.technician, viewport={"width": 1440, "height": 900})
    upload(page, clinic, table(tmp_path / "staff.csv", *lines))
    accessible(page)
    wide_and_narrow(page, screenshot, "table-columns")
    page.reload()  # axe leaves style attributes behind
    page.get_by_role("button", name="Preview").click()

    expect(page.get_by_text("For 61 rows there are suggestions")).to_be_visible()
    accessible(page)
    wide_and_narrow(page, screenshot, "table-preview")
    page.reload()
    page.get_by_label("Go to page").fill("2")
    page.get_by_role("button", name="Go", exact=True).click()
    expect(page.get_by_text("Page 2 of 2")).to_be_visible()
    expect(page.get_by_text("LEFT-TO-RIGHT MARK (U+200E)")).to_be_visible()
    wide_and_narrow(page, screenshot, "table-preview-2")
    page.get_by_role("link", name="What accepting them does").click()
    expect(page.get_by_text("mailto:user7@aurora.example")).to_be_visible()
    accessible(page)
    wide_and_narrow(page, screenshot, "table-suggestions")
    page.reload()
    page.get_by_role("button", name="Accept all 61 suggestions").click()
    expect(page.get_by_text("61 suggestions were accepted")).to_be_visible()

    expect(page.get_by_label("Password in row 63")).to_be_visible()
    page.get_by_role("button", name="Leave row 63 out").click()
    expect(page.get_by_text("All rows", exact=True)).to_be_visible()
    page.get_by_role("link", name="only those left out").click()
    page.get_by_role("button", name="Take row 63 in again").click()
    page.get_by_role("link", name="only those that need fixing").click()
    page.get_by_role("link", name="Edit row 63").click()
    accessible(page)
    wide_and_narrow(page, screenshot, "table-row")
    page.reload()
    page.get_by_label("Password", exact=True).fill("Jesienny9Plot")
    page.get_by_role("button", name="Save the row").click()
    page.get_by_role("button", name="Configure 62 accounts").click()

    button = page.get_by_role("button", name="Download as CSV")
    expect(button).to_be_visible(timeout=60_000)
    accessible(page)
    wide_and_narrow(page, screenshot, "table-done")
    page.reload()
    for _again in range(2):
        with page.expect_download() as download:
            button.click()
    with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
        rows = {row["Address"]: row for row in csv.DictReader(file)}
    assert len(rows) == 62
    assert rows["jan@aurora.example"]["First name"] == "Jan"
    assert rows["user5@aurora.example"]["Password"]
    ola = EmailAccount.objects.get(address_key="ola@aurora.example")
    assert hashing.verify(ola.password_hash, "Jesienny9Plot")
    page.get_by_role("button", name="Discard these passwords").click()
    expect(page.get_by_text("No copy is kept here")).to_be_visible()
    expect(button).to_have_count(0)

    lines = ["jan@aurora.example;;Wilk;Jesienny9Plot", "ola@aurora.example;;Wilk;", "nobody@aurora.example;;Nowa;"]
    upload(page, clinic, table(tmp_path / "update.csv", *lines))
    page.get_by_label("Update existing accounts", exact=True).check()
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("link", name="all rows").click()
    expect(page.get_by_text("Last name: Lis → Wilk")).to_be_visible()
    expect(page.get_by_text("there is nothing to update")).to_be_visible()
    wide_and_narrow(page, screenshot, "table-update")
    page.get_by_role("button", name="Change their passwords").click()
    expect(page.get_by_text("Passwords in the table replace the current ones.")).to_be_visible()
    page.get_by_role("button", name="Update 2 accounts").click()
    expect(page.get_by_text("2 done")).to_be_visible(timeout=60_000)
    wide_and_narrow(page, screenshot, "table-updated")
    jan = EmailAccount.objects.get(address_key="jan@aurora.example")
    assert (jan.first_name, jan.last_name) == ("Jan", "Wilk")
    assert hashing.verify(jan.password_hash, "Jesienny9Plot")
