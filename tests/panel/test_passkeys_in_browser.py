"""Passkeys with Chromium's virtual authenticator: set up, used to sign in, on a loopback http address."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import Page, expect

from tests.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "quite long and odd 7"


def give_authenticator(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_passkey_is_added_and_signs_in_without_a_password(
    new_page: Callable[..., Page], accessible: Callable[[Page], None], screenshot: Callable[[Page, str], Path]
) -> None:
    user = make_user("anna@people.example", password=PASSWORD)
    page = new_page()
    page.goto("/account/login/")
    give_authenticator(page)
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/")
    page.goto("/account/2fa/webauthn/add/")
    accessible(page)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url("**/webauthn/add/")
    accessible(page)
    page.get_by_label("Name").fill("Laptop")
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="Recovery Codes")).to_be_visible()
    assert Authenticator.objects.filter(user=user, type="webauthn").count() == 1
    for name, url in {
        "codes": page.url,
        "keys": "/account/2fa/webauthn/",
        "app": "/account/2fa/totp/activate/",
    }.items():
        if url != page.url:
            page.goto(url)
        screenshot(page, f"second-factor-{name}")
        accessible(page)
        if name == "codes":
            page.get_by_label("I have saved my recovery codes").check()
    page.context.clear_cookies()
    page.goto("/account/login/")
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/2fa/authenticate/")
    screenshot(page, "second-factor-asked")
    accessible(page)
    page.context.clear_cookies()
    page.goto("/account/login/?next=/you/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/you/")
    expect(page.get_by_text(user.email)).to_be_visible()


def test_somebody_without_a_passkey_is_told_what_to_do(new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.goto("/account/login/")
    give_authenticator(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator("#passkey-trouble")).to_be_visible(timeout=20_000)
