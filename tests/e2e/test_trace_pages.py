"""The message trace in a real browser: in light, dark and on a phone, with nothing for axe to find."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from panel.models import Organization, Role
from tests.browser import SHAPES, USUAL, NewPage, keeps_within_its_width
from tests.factories import make_member, make_organization, make_traced_message, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def organization() -> Organization:
    """With a message in every state, and more than one page of them."""
    organization = make_organization("ab12345", name="Aurora Clinic")
    now = timezone.now()
    later = "host mx.away.example[192.0.2.1] said: 451 4.3.0 " + "temporarily-out-of-order-" * 8
    for number, (state, words, became) in enumerate(
        (
            ("accepted", "", ""),
            ("delivered", "250 2.0.0 <anna@aurora.example> S Saved → INBOX", ""),
            ("relayed", "250 2.0.0 Ok", ""),
            ("passed_on", "250 2.0.0 Passed on", ""),
            ("kept", "250 2.0.0 Kept", ""),
            ("deferred", later, ""),
            ("refused", "550 5.1.1 <nobody@aurora.example>: there is no such address", ""),
            ("bounced", "552 5.2.2 the mailbox is full", "anna.with.a.name.that.is.rather.long@aurora.example"),
            ("deleted", "", ""),
        )
    ):
        at = now - timedelta(minutes=number)
        make_traced_message(
            organization,
            at=at,
            state=state,
            words=words,
            became=became,
            relay="mx.away.example[192.0.2.1]:25",
            message_id=""
            if state == "refused"
            else f"{number}.a-very-long-name-of-a-message-{'x' * 60}@outside.example",
            queue_id="" if state == "refused" else f"4cGqXy0Nkjz{number}",
            steps=[[at.isoformat(), "accepted", ""], [at.isoformat(), state, words]],
        )
    for number in range(60):
        make_traced_message(
            organization, at=now - timedelta(hours=2, seconds=number), message_id=f"{number}@old.example"
        )
    return organization


@pytest.mark.parametrize("shape", USUAL)
def test_a_message_is_found(
    organization: Organization,
    new_page: NewPage,
    accessible: Callable[[Page], None],
    screenshot: Callable[[Page, str], Path],
    shape: str,
) -> None:
    page = new_page(make_member(organization, Role.TECHNICIAN), **SHAPES[shape])
    page.goto("/organizations/ab12345/")
    page.get_by_role("link", name="Where is my message?").click()
    look_at(page, accessible, screenshot, f"trace-list-{shape}")
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("link", name="Previous")).to_be_visible()
    page.get_by_label("State").select_option("deferred")
    page.get_by_label("Recipient").fill("old.example")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("tbody a").first.click()
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("451 4.3.0")
    look_at(page, accessible, screenshot, f"trace-message-{shape}")


def test_staff_see_whose(
    organization: Organization,
    new_page: NewPage,
    accessible: Callable[[Page], None],
    screenshot: Callable[[Page, str], Path],
) -> None:
    page = new_page(make_user(staff=True), **SHAPES["phone"])
    page.goto("/staff/trace/")
    expect(page.get_by_role("link", name="Aurora Clinic").first).to_be_visible()
    look_at(page, accessible, screenshot, "trace-staff-phone")


def look_at(page: Page, accessible: Callable[[Page], None], screenshot: Callable[[Page, str], Path], name: str) -> None:
    page.get_by_role("heading").first.wait_for()
    accessible(page)
    keeps_within_its_width(page, name)
    screenshot(page, name)
