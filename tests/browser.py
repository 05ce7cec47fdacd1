"""Fixtures that drive a real browser against the panel.

Playwright keeps an event loop running in the main thread while it lives, and there no other can run: so it lives for
one module at a time, and what a browser test needs of the DNS is asked by a worker (fixture `worker`).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect, sync_playwright

from panel.models import User

from .servers.process import program

FLAGS = [
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
PATIENCE = 60_000  # milliseconds; of a machine that does much else. It is waited for only where a test fails
SCREENSHOTS = Path(os.environ.get("SCREENSHOTS") or Path(__file__).parent.parent / "var" / "screenshots")

PHONE = {"width": 390, "height": 844}
# What a page is looked at in: `new_page(user, **SHAPES[shape])`. USUAL are those that every page is looked at in.
SHAPES: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": PHONE},
    "phone-dark": {"viewport": PHONE, "color_scheme": "dark"},
    "touch": {"viewport": PHONE, "is_mobile": True, "has_touch": True},
    "polish": {"locale": "pl-PL"},
    "polish-phone-dark": {"viewport": PHONE, "color_scheme": "dark", "locale": "pl-PL"},
}
USUAL = ("light", "dark", "phone")

NewPage = Callable[..., Page]

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = program("chromium", "chromium")
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    profile = tempfile.mkdtemp(prefix="chromium-")
    unsafe = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # the tests' own queries, beside Playwright's loop
    try:
        with sync_playwright() as playwright:
            environment: dict[str, str | float | bool] = {**os.environ, "HOME": profile}
            browser = playwright.chromium.launch(executable_path=chromium, args=[*FLAGS, *root], env=environment)
            yield browser
            browser.close()
    finally:
        if unsafe is None:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
        shutil.rmtree(profile, ignore_errors=True)


@pytest.fixture
def page_at(browser: Browser) -> Iterator[NewPage]:
    """`page_at(address, **options)`: a page of a browser that knows nobody yet; addresses may then be relative.

    Options are those of Playwright's new_context, e.g. `color_scheme="dark"`, `locale="pl"`,
    `viewport={"width": 390, "height": 844}`. What breaks the Content Security Policy, and every error that a script
    does not catch, fails the test.
    """
    contexts = []
    complaints: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "Content-Security-Policy" in message.text:
            complaints.append(message.text)

    def make(address: str, **options: Any) -> Page:
        context = browser.new_context(base_url=address, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", heard)
        page.on("pageerror", lambda error: complaints.append(f"script error: {error}"))
        return page

    yield make
    for context in contexts:
        context.close()
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def new_page(page_at: NewPage, live_server: Any) -> NewPage:
    """`new_page(user, **options)`: as `page_at`, of the live server, signed in as `user` unless that is None."""

    def make(user: User | None = None, **options: Any) -> Page:
        page = page_at(live_server.url, **options)
        if user is not None:
            client = Client()
            client.force_login(user)
            session = client.cookies[settings.SESSION_COOKIE_NAME].value
            page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
        return page

    return make


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """A page of somebody who has not signed in."""
    return new_page()


@pytest.fixture
def accessible() -> Callable[[Page], None]:
    """`accessible(page)` fails when axe finds anything against WCAG 2.2 A or AA on the page as it stands."""

    def check(page: Page) -> None:
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
        results = Axe().run(page, options={"runOnly": {"type": "tag", "values": tags}})
        assert not results.violations_count, f"{page.url}\n{results.generate_report()}"

    return check


class Presses:
    """Counts what a person presses."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def __call__(self, what: Locator) -> None:
        self.count += 1
        what.click()

    def enter(self) -> None:
        self.count += 1
        self.page.keyboard.press("Enter")


def keeps_within_its_width(page: Page, name: str = "") -> None:
    """Fails where the page has to be scrolled sideways."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name or page.url} is {wide} px wider than the window"


@pytest.fixture
def screenshot() -> Callable[[Page, str], Path]:
    """`screenshot(page, "service-dark")` keeps a picture of the whole page below SCREENSHOTS (var/screenshots)."""

    def take(page: Page, name: str) -> Path:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        page.screenshot(path=path, full_page=True)
        return path

    return take
