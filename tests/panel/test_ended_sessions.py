"""A session that ended while somebody was at work."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from panel.secrets import decrypt
from panel.sessions import COOKIE, Typed, fill
from tests.factories import Tenant, make_tenant

pytestmark = pytest.mark.django_db
HERE = "http://testserver"


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant()


@pytest.fixture
def client(tenant: Tenant) -> Client:
    """Of an owner whose session ended a moment ago."""
    client = Client()
    client.force_login(tenant.owner)
    client.session.flush()
    return client


def settings_page(tenant: Tenant) -> str:
    return reverse("panel:service_settings", args=[tenant.service.name])


def follow(client: Client, response: Any) -> str:
    """Sign in, then the page that the person is sent back to."""
    to = response.headers["Location"]
    assert to.startswith("/account/login/?next=")
    assert "Your session has ended" in client.get(to).content.decode()
    return parse_qs(urlsplit(to).query)["next"][0]


def test_what_was_typed_comes_back_after_signing_in(client: Client, tenant: Tenant) -> None:
    page = settings_page(tenant)
    sent = client.post(page, {"display_name": 'Mail of "Aurora" & sons'}, headers={"referer": HERE + page})
    back = follow(client, sent)
    client.force_login(tenant.owner)

    text = client.get(back).content.decode()

    assert 'value="Mail of &quot;Aurora&quot; &amp; sons"' in text
    assert "What you had typed is back in the form" in text
    tenant.service.refresh_from_db()
    assert tenant.service.display_name == ""
    assert "Aurora" not in client.get(back).content.decode()  # once


def test_passwords_are_never_kept(client: Client, tenant: Tenant) -> None:
    page = reverse("accounts:configure", args=[tenant.service.name, tenant.slot.pk])
    typed = {"local_part": "anna", "password": "Quite0dd-one", "password_again": "Quite0dd-one"}
    sent = client.post(page, typed, headers={"referer": HERE + page})

    kept = decrypt(sent.cookies[COOKIE].value)
    assert "Quite0dd" not in kept
    assert "anna" in kept
    assert sent.cookies[COOKIE]["httponly"]
    upload = reverse("accounts:upload", args=[tenant.service.name])
    sent = client.post(upload, {"cells": "anna\tQuite0dd-one"}, headers={"referer": HERE + upload})
    assert "Quite0dd" not in decrypt(sent.cookies[COOKIE].value)


def test_a_button_leads_back_to_its_page_and_says_that_nothing_was_done(client: Client, tenant: Tenant) -> None:
    page = reverse("diagnostics:domains", args=[tenant.service.name])
    button = reverse("diagnostics:check_service", args=[tenant.service.name])
    sent = client.post(button, headers={"referer": HERE + page + "?status=red"})
    back = follow(client, sent)
    client.force_login(tenant.owner)

    assert back == page + "?status=red"
    assert "Press the button again" in client.get(back).content.decode()


def test_a_part_of_a_page_takes_the_whole_page_to_sign_in(client: Client, tenant: Tenant) -> None:
    page = reverse("diagnostics:domains", args=[tenant.service.name])
    asked = client.get(
        reverse("diagnostics:buttons", args=[tenant.service.name]),
        headers={"hx-request": "true", "hx-current-url": HERE + page},
    )

    assert asked.headers["HX-Redirect"].startswith("/account/login/?next=" + page.replace("/", "%2F"))


def test_whoever_never_signed_in_is_told_of_no_session(tenant: Tenant) -> None:
    sent = Client().get(settings_page(tenant))

    assert "ended" not in sent.headers["Location"]


def test_pages_of_elsewhere_are_not_gone_back_to(client: Client, tenant: Tenant) -> None:
    sent = client.post(settings_page(tenant), headers={"referer": "https://evil.example/trap"})

    assert "evil" not in sent.headers["Location"]


def test_a_form_from_before_the_last_sign_in_is_filled_in_again(tenant: Tenant) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(tenant.owner)
    page = settings_page(tenant)
    client.get(page)
    stale = {"display_name": "Anna's mail", "csrfmiddlewaretoken": "x" * 64}
    own = client.post(page, stale, headers={"origin": HERE, "referer": HERE + page})
    assert own.headers["Location"] == page
    assert "Anna&#x27;s mail" in client.get(page).content.decode()

    other = client.post(page, stale, headers={"origin": "https://evil.example", "referer": HERE + page})
    assert other.status_code == 403
    assert COOKIE not in other.cookies


def test_an_address_for_forms_only_has_a_page_that_says_so(client: Client, tenant: Tenant) -> None:
    client.force_login(tenant.owner)
    response = client.get(reverse("diagnostics:check_service", args=[tenant.service.name]))

    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"
    assert "only receives forms" in response.content.decode()


def test_a_form_that_is_too_large_has_a_page_that_says_so(client: Client, tenant: Tenant) -> None:
    client.force_login(tenant.owner)
    body = b"display_name=" + b"x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    response = client.generic("POST", settings_page(tenant), body, "application/x-www-form-urlencoded")

    assert response.status_code == 413
    assert "Too much at once" in response.content.decode()


def test_only_the_form_that_was_sent_is_filled_in() -> None:
    html = (
        '<!DOCTYPE html>\n<form method="post" action="/other/"><input name="a" value="1"></form>'
        '<form method="post" action="/this/?x=1"><input name="a" value="1"><input name="a" value="2">'
        '<input type="hidden" name="b" value="kept"><input type="password" name="c">'
        '<textarea name="t">old &amp; grey</textarea><input type="checkbox" name="on" checked>'
        '<select name="s"><option value="1" selected>one<option value="2">two</select></form>&copy; &#169;<!-- x -->'
    )
    typed = Typed(
        "/this/", "/page/", {"a": ["<x>", "y"], "b": ["no"], "c": ["no"], "t": ["a\n</textarea>"], "s": ["2"]}
    )

    filled = fill(html, typed)

    assert filled == (
        '<!DOCTYPE html>\n<form method="post" action="/other/"><input name="a" value="1"></form>'
        '<form method="post" action="/this/?x=1"><input name="a" value="&lt;x&gt;"><input name="a" value="y">'
        '<input type="hidden" name="b" value="kept"><input type="password" name="c">'
        '<textarea name="t">\na\n&lt;/textarea&gt;</textarea><input type="checkbox" name="on">'
        '<select name="s"><option value="1">one<option value="2" selected>two</select></form>&copy; &#169;<!-- x -->'
    )
