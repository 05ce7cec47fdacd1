"""What is around every page: headers, language, guide, errors, who is calling."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from panel import guides
from panel.middleware import real_address
from panel.models import User
from tests.factories import make_organization, make_service, make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.66, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.66, 203.0.113.9, 192.0.2.1", "203.0.113.9"),
        (2, "203.0.113.9", "127.0.0.1"),
        (1, "", "127.0.0.1"),
        (1, "unknown", "127.0.0.1"),
        (1, "203.0.113.9:4711", "203.0.113.9"),
        (1, "[2001:db8::9]:4711", "2001:db8::9"),
        (1, "2001:db8::9", "2001:db8::9"),
        (1, "x" * 10_000, "127.0.0.1"),
        (1, "," * 50_000 + "203.0.113.9", "203.0.113.9"),
        (1, "203.0.113.9\r\nX-Evil: 1", "127.0.0.1"),
    ],
)
def test_the_caller_is_counted_from_the_right_over_the_trusted_proxies(
    proxies: int, forwarded: str, address: str, settings: Any
) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    seen: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request.META["REMOTE_ADDR"])
        return HttpResponse()

    real_address(view)(RequestFactory().get("/", headers={"X-Forwarded-For": forwarded}))
    assert seen == [address]


def test_pages_carry_their_safety_headers_and_are_kept_by_no_cache(client: Client) -> None:
    client.force_login(make_user())
    response = client.get("/")
    policy = response.headers["Content-Security-Policy"]
    assert "'unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "camera=()" in response.headers["Permissions-Policy"]
    assert "publickey-credentials-get=(self)" in response.headers["Permissions-Policy"]
    assert "no-store" in response.headers["Cache-Control"]
    assert "private" in response.headers["Cache-Control"]
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"


def test_no_page_has_inline_script_or_style(client: Client) -> None:
    import re

    client.force_login(make_user(staff=True))
    service = make_service(make_organization())
    for url in ("/", reverse("panel:service", args=[service.name]), "/account/2fa/", "/you/", "/staff/system/"):
        page = client.get(url).content.decode()
        assert not re.search(r"\sstyle=|\son[a-z]+=|javascript:|<style", page), url
        for script in re.findall(r"<script[^>]*>", page):
            assert "src=" in script or "application/json" in script, script


def test_the_language_is_chosen_kept_and_given_up(client: Client) -> None:
    guest = Client()
    guest.post("/language/", {"language": "pl", "next": "/guide/mx/"})
    response = guest.get("/guide/mx/")
    assert response.headers["Content-Language"] == "pl"
    assert 'lang="en">English</button>' in response.content.decode()
    user = make_user()
    client.force_login(user)
    response = client.post("/language/", {"language": "pl", "next": "https://evil.example/"})
    assert response.headers["Location"] == "/"
    assert client.get("/").headers["Content-Language"] == "pl"
    client.post("/language/", {"language": "xx"})
    user.refresh_from_db()
    assert user.language == "pl"
    client.post("/you/", {"name": "Anna", "language": "en"})
    assert client.get("/").headers["Content-Language"] == "en"
    assert User.objects.get().name == "Anna"


@pytest.mark.parametrize("slug", [*guides.RECORDS, *guides.CLIENTS, "index"])
@pytest.mark.parametrize("language", ["en", "pl"])
def test_every_guide_is_there_in_both_languages(slug: str, language: str) -> None:
    guide = guides.read(slug, language)
    assert guide is not None
    assert guide.title != slug
    assert (guides.FOLDER / language / f"{slug}.md").is_file()


def test_guides_link_to_one_another(client: Client) -> None:
    page = client.get("/guide/").content.decode()
    assert 'href="/guide/cname/"' in page
    assert '.md"' not in page
    assert "<table" in page


@pytest.mark.parametrize("slug", ["nothing", "..", "%2e%2e%2fREADME", "MX"])
def test_a_guide_that_is_none_is_not_found(slug: str, client: Client) -> None:
    assert client.get(f"/guide/{slug}/").status_code == 404


def test_markup_in_a_guide_is_text() -> None:
    guide = guides._render("x", "# T\n\n<script>alert(1)</script>\n\n[a](javascript:alert) [b](https://b.example)")
    assert "<script" not in guide.html
    assert 'href="javascript' not in guide.html
    assert 'href="https://b.example"' in guide.html


@pytest.mark.parametrize("url", ["/find/?q=a%00b", "/?q=%00", "/services/a%00b/"])
def test_an_address_with_a_nul_is_not_understood(url: str, client: Client) -> None:
    client.force_login(make_user())
    response = client.get(url)
    assert (response.status_code, "shell-bar" in response.content.decode()) == (400, True)


def test_a_form_with_a_nul_is_not_understood(client: Client) -> None:
    for user in (None, make_user()):
        if user is not None:
            client.force_login(user)
        response = client.post("/language/", {"language": "pl", "next": "a\0b"})
        assert (response.status_code, "shell-bar" in response.content.decode()) == (400, True)


def test_errors_have_pages_in_our_look(client: Client) -> None:
    response = client.get("/nothing/")
    assert (response.status_code, "shell-bar" in response.content.decode()) == (404, True)
    strict = Client(enforce_csrf_checks=True)
    response = strict.post("/language/", {"language": "pl"})
    assert (response.status_code, "Please try again" in response.content.decode()) == (403, True)


def test_a_fault_of_ours_has_a_page_that_needs_no_database(
    client: Client, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    from panel.views.errors import failed

    with django_assert_num_queries(0):
        response = failed(RequestFactory().get("/"))
    assert response.status_code == 500
    assert "Something went wrong" in response.content.decode()


def test_the_form_of_a_passkey_speaks_the_readers_language(client: Client) -> None:
    client.force_login(make_user(language="pl"))

    text = client.get(reverse("mfa_add_webauthn"), follow=True).content.decode()

    assert ">Nazwa" in text
    assert ">Name" not in text
