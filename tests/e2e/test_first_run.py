"""The first minutes with a panel: start it, sign in with the password it printed, mend the demonstration's domain."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import NewPage
from tests.installation import LINE, Installation

SERVICE = "/services/emailpro-ab12345-1/domains/"
PATIENCE = 90_000  # ms; a sweep comes every 15 s


@pytest.fixture
def demonstration(tmp_path: Path) -> Iterator[Installation]:
    with Installation(tmp_path / "var", DEMO="1") as installation:
        installation.line = installation.start()
        yield installation


def signed_in(page: Page, line: str) -> None:
    found = re.match(LINE, line)
    assert found
    page.goto("/")
    page.get_by_label("E-mail address").fill(found.group(2))
    page.get_by_label("Password").fill(found.group(3))
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("link", name="emailpro-ab12345-1").first).to_be_visible()


def test_from_the_printed_password_to_a_mended_domain(
    demonstration: Installation,
    page_at: NewPage,
    accessible: Callable[[Page], None],
    screenshot: Callable[[Page, str], Path],
) -> None:
    page = page_at(f"http://localhost:{demonstration.port}")
    signed_in(page, demonstration.line)
    page.goto(SERVICE)
    lab = page.get_by_role("row").filter(has_text="aurora-lab.example")
    expect(lab.locator(".check-red")).to_have_count(3, timeout=PATIENCE)
    clinic = page.get_by_role("row").filter(has_text="aurora-clinic.example")
    expect(clinic.locator(".check-ok")).to_have_count(6, timeout=PATIENCE)
    expect(clinic.locator(".check-red")).to_have_count(0)
    accessible(page)
    screenshot(page, "first-run-domains")
    page.goto(f"{SERVICE}aurora-lab.example/")
    page.get_by_label("Move mail now").check(timeout=PATIENCE)  # a worker reads the zone while the page is open
    page.get_by_role("button", name=re.compile("^Apply [0-9]+ changes$")).click()
    expect(page.get_by_text("The records are written")).to_be_visible(timeout=PATIENCE)
    page.goto(SERVICE)
    expect(lab.locator(".check-ok")).to_have_count(6, timeout=PATIENCE)
    expect(lab.locator(".check-red")).to_have_count(0)
    split = f"{SERVICE}xn--w-uga1v8h.example/"
    for _to_and_fro in range(2):
        for mode, target in (("authoritative", ""), ("non_authoritative", "mx1.other.example")):
            page.goto(f"{split}mode/")
            page.locator(f"input[value={mode}]").check()
            page.locator("#target").fill(target)
            page.get_by_role("button", name="Change").click()
            expect(page.get_by_text("The mode of żółw.example has been changed.")).to_be_visible(timeout=PATIENCE)
