"""The footer of a domain in a real browser: light, dark, on a phone and in Polish, axe clean."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from domains.footer_changes import FooterContent, set_footer
from domains.models import Footer
from panel.actors import SYSTEM
from tests.accounts.conftest import Clinic, make_clinic
from tests.accounts.test_list import fill
from tests.browser import SHAPES, USUAL, NewPage, keeps_within_its_width

pytestmark = pytest.mark.django_db(transaction=True)

HTML = (
    '<table cellpadding="4"><tr><td style="border-right:2px solid #36c"><b style="color:#3366cc">{{display_name}}</b>'
    '<br>{{address}}</td><td>Aurora Clinic<br><a href="https://aurora.example">aurora.example</a></td></tr></table>'
)


@pytest.fixture
def clinic() -> Clinic:
    return make_clinic()


def page_of(clinic: Clinic) -> str:
    return f"/services/{clinic.service.name}/domains/aurora.example/footer/"


@pytest.mark.parametrize("shape", [*USUAL, "polish"])
def test_the_page_in_every_shape(
    clinic: Clinic,
    new_page: NewPage,
    accessible: Callable[[Page], None],
    screenshot: Callable[[Page, str], Path],
    shape: str,
) -> None:
    set_footer(clinic.domain, FooterContent("", HTML, only_outside=True), by=SYSTEM)
    for who, person in {"technician": clinic.technician, "viewer": clinic.viewer}.items():
        page = new_page(person, **SHAPES[shape])
        response = page.goto(page_of(clinic))
        assert response is not None
        assert response.status == 200
        expect(page.frame_locator("iframe").get_by_text("Anna Kowalska").first).to_be_visible()
        accessible(page)
        screenshot(page, f"footer-{who}-{shape}")
        keeps_within_its_width(page)


def test_it_is_written_shown_and_saved_by_hand(clinic: Clinic, new_page: NewPage) -> None:
    fill(clinic, ("jan", "Jan Lis"))
    page = new_page(clinic.technician)
    page.goto(f"/services/{clinic.service.name}/domains/aurora.example/")
    page.get_by_label("Actions for aurora.example").click()
    page.get_by_role("link", name="Footer").click()
    page.get_by_label("HTML").fill(f"{HTML}<script>document.title = 'run'</script>")
    page.get_by_label("As an account sends it").fill("jan")
    page.get_by_role("button", name="Show").click()
    frame = page.frame_locator("iframe")
    expect(frame.locator("b", has_text="Jan Lis")).to_be_visible()
    assert frame.locator("b").evaluate("element => getComputedStyle(element).color") == "rgb(51, 102, 204)"
    assert not Footer.objects.exists()
    page.get_by_label("Text").fill("{{phone}}")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("There is no such variable: {{phone}}")).to_be_visible()
    page.get_by_label("Text").fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. It holds from the next message on.")).to_be_visible()
    assert "script" not in Footer.objects.get().html
