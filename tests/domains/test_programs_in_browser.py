"""The page at autoconfig.<domain> in a real browser: accessible, within its own policy, no wider than a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Page, Route

from tests.factories import make_domain, make_tenant
from tests.page_checks import misplaced

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("language", ["en", "pl"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_page_is_accessible_and_fits(
    language: str, width: int, page_at: Callable[..., Page], accessible: Callable[[Page], None]
) -> None:
    make_domain(make_tenant().service, "a-rather-long-name-of-a-department.aurora-clinic.example")
    host = "autoconfig.a-rather-long-name-of-a-department.aurora-clinic.example"
    answer = Client().get(f"/?lang={language}", headers={"host": host})

    def fulfil(route: Route) -> None:
        route.fulfill(status=answer.status_code, headers=dict(answer.headers), body=answer.content)

    page = page_at(f"http://{host}", viewport={"width": width, "height": 844})
    page.route(f"http://{host}/**", fulfil)
    page.goto(f"http://{host}/")
    assert page.locator("svg path").count() == 1
    assert page.locator("html").get_attribute("lang") == language
    accessible(page)
    assert misplaced(page) == []
