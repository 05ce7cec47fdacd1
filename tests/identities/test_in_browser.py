"""Signing in at a provider in a real browser: there and back, with a worker that asks; and the pages around it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from panel.models import Organization, User
from tests.browser import NewPage
from tests.factories import make_member, make_user
from tests.servers.openid import OpenIdProvider

from .conftest import linked, make_provider

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 40_000  # milliseconds


def test_there_and_back_by_keyboard(
    page: Page, openid: OpenIdProvider, organization: Organization, live_server: Any, settings: Any, worker: None
) -> None:
    settings.PUBLIC_URL = live_server.url
    make_provider(openid, None, {"panel-staff": "staff"})
    linked(make_provider(openid, organization), make_member(organization), "u-1")
    openid.claims["groups"] = ["panel-staff"]
    page.goto("/account/login/")
    page.get_by_role("link", name="Sign in through your organization").press("Enter")
    page.get_by_label("Your organization's code").fill("ab12345")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Services")).to_be_visible(timeout=PATIENCE)
    page.context.clear_cookies()
    openid.claims |= {"sub": "u-2", "email": "carol@operator.example", "groups": []}
    page.goto("/account/login/")
    page.get_by_role("link", name="Sign in with Operator Login").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("None of your groups", timeout=PATIENCE)
    openid.claims["groups"] = ["panel-staff"]
    page.get_by_role("link", name="Try again").press("Enter")
    expect(page.get_by_role("heading", name="Services")).to_be_visible(timeout=PATIENCE)
    assert User.objects.get(email="carol@operator.example").is_staff


def test_an_owner_sets_it_up_and_is_told_what_is_wrong(
    new_page: NewPage,
    openid: OpenIdProvider,
    organization: Organization,
    worker: None,
    accessible: Callable[[Page], None],
    screenshot: Callable[[Page, str], Path],
) -> None:
    owner = make_member(organization, user=make_user("owner@people.example", language="pl"))
    page = new_page(owner, viewport={"width": 390, "height": 844}, color_scheme="dark")
    page.goto("/organizations/ab12345/sign-in/")
    page.locator("#id_name").fill("Aurora Login")
    page.locator("#id_issuer").fill(f"{openid.issuer}/")
    page.locator("#id_client_id").fill("panel")
    page.locator("#id_owner").fill("admins")
    page.keyboard.press("Tab")
    page.locator("#main form").first.locator("button.btn-primary").press("Enter")
    expect(page.locator("#id_issuer")).to_have_attribute("aria-invalid", "true", timeout=PATIENCE)
    accessible(page)
    page.locator("#id_issuer").fill(openid.issuer)
    page.locator("#main form").first.locator("button.btn-primary").press("Enter")
    expect(page.locator("#people")).to_be_visible(timeout=PATIENCE)
    accessible(page)
    screenshot(page, "sign-in-settings-phone-dark")
    page.goto("/you/identities/")
    accessible(page)
    screenshot(page, "sign-in-yours-phone-dark")
    wide = new_page(None, viewport={"width": 1440, "height": 900})
    for path, name in (("/account/login/", "login"), ("/sign-in/", "choose"), ("/sign-in/finish/", "trouble")):
        wide.goto(path)
        accessible(wide)
        screenshot(wide, f"sign-in-{name}")
