"""The pages of tokens and webhooks in a real browser: a token is made, copied and revoked; accessible, and they fit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from api.models import Delivery, Endpoint
from panel.actors import SYSTEM
from tests.browser import SHAPES, NewPage, keeps_within_its_width
from tests.factories import make_tenant

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("shape", ["light", "dark", "touch"])
def test_a_token_is_made_and_revoked_and_the_pages_are_accessible(
    new_page: NewPage, accessible: Callable[[Page], None], screenshot: Callable[[Page, str], Path], shape: str
) -> None:
    tenant = make_tenant("ab12345")
    endpoint, _secret = Endpoint.create(tenant.organization, "https://hook.example/", ["check.red"], by=SYSTEM)
    for state, status, error in (("delivered", 204, ""), ("failed", 500, ""), ("waiting", None, "timeout")):
        Delivery.objects.create(
            endpoint=endpoint, event="check.red", payload={}, state=state, status=status, error=error, attempts=1
        )
    Delivery.objects.create(endpoint=endpoint, event="test", payload={}, next_at=timezone.now())
    page = new_page(tenant.owner, **SHAPES[shape])
    page.goto("/organizations/ab12345/api/")
    accessible(page)
    page.get_by_label("Name").fill("Billing")
    page.locator("select[name=services]").select_option("read")
    page.get_by_role("button", name="Create a token").click()
    expect(page.locator("#secret")).to_contain_text("cfm_")
    accessible(page)
    screenshot(page, f"api-{shape}")
    keeps_within_its_width(page)
    page.get_by_role("button", name="Revoke Billing").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("Billing works no more.")).to_be_visible()
    page.get_by_role("link", name="https://hook.example/").click()
    expect(page.get_by_role("heading", name="Deliveries")).to_be_visible()
    accessible(page)
    screenshot(page, f"api-webhook-{shape}")
    keeps_within_its_width(page)
