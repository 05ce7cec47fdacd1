"""The footer of a domain: its page, its preview, the API."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from api.models import Token
from domains.footer_changes import FooterContent, remove_footer, set_footer
from domains.footers import HTML_AT_MOST, TEXT_AT_MOST
from domains.models import Footer
from panel.actors import SYSTEM
from panel.errors import Refused
from panel.models import Activity
from tests.accounts.conftest import Clinic, make_clinic
from tests.accounts.test_list import fill
from tests.accounts.test_pages import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic(db: None) -> Clinic:
    return make_clinic()


def address(clinic: Clinic, what: str = "footer") -> str:
    return reverse(f"domains:{what}", args=[clinic.service.name, clinic.domain.name.name])


def test_the_page_saves_it_clean_and_says_so(clinic: Clinic) -> None:
    browser = signed_in(clinic.technician)
    data = {"active": "on", "text": "\r\nJan\r\n", "html": "<p onclick='x'>Jan<script>x</script></p>"}
    page = browser.post(address(clinic), data, follow=True).content.decode()
    assert "from the next message on" in page
    footer = Footer.objects.get()
    assert (footer.text, footer.html, footer.active, footer.only_outside) == ("\nJan", "<p>Jan</p>", True, False)
    entry = Activity.objects.get(verb="domain.footer")
    assert (entry.target, entry.after["html"]) == ("aurora.example", "<p>Jan</p>")
    browser.post(address(clinic), data)
    assert Activity.objects.filter(verb="domain.footer").count() == 1  # nothing has changed
    page = browser.post(address(clinic, "footer_remove"), follow=True).content.decode()
    assert "leave without one" in page
    assert not Footer.objects.exists()
    assert Activity.objects.filter(verb="domain.footer_removed").count() == 1


@pytest.mark.parametrize(
    ("text", "html", "field", "words"),
    [
        ("{{phone}}", "", "text", "There is no such variable: {{phone}}"),
        ("", "<b>{{ phone }}</b>", "html", "There is no such variable: {{phone}}"),
        ("", "", "text", "Write a text, or HTML, or both."),
        ("", "<script>x</script>", "html", "Nothing of this may stand in a message."),
        ("x" * (TEXT_AT_MOST + 1), "", "text", "5000"),
        ("", "x" * (HTML_AT_MOST + 1), "html", "20000"),
        ("", "&" * (HTML_AT_MOST - 1), "html", "20000"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(clinic: Clinic, text: str, html: str, field: str, words: str) -> None:
    answer = signed_in(clinic.technician).post(address(clinic), {"text": text, "html": html})
    assert answer.status_code == 400
    assert any(words in error for error in answer.context["form"].errors[field])
    assert not Footer.objects.exists()


def test_the_preview_shows_what_the_form_says_for_a_chosen_account(clinic: Clinic) -> None:
    fill(clinic, ("jan", "Jan <Lis>"))
    set_footer(clinic.domain, FooterContent("saved {{display_name}}", ""), by=SYSTEM)
    browser = signed_in(clinic.technician)
    answer = browser.get(address(clinic, "footer_preview"))
    assert "saved Anna Kowalska" in answer.content.decode()
    policy = answer.headers["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-src 'self'" in browser.get(address(clinic)).headers["Content-Security-Policy"]
    typed = {"text": "", "html": "<script>x</script><b>{{display_name}}</b> {{address}}", "account": "Jan"}
    page = browser.post(address(clinic, "footer_preview"), typed).content.decode()
    assert "<b>Jan &lt;Lis&gt;</b> jan@aurora.example" in page
    assert "<script" not in page
    page = browser.post(address(clinic, "footer_preview"), {**typed, "account": "x@y@z"}).content.decode()
    assert "No account of this service has this address." in page
    assert Footer.objects.get().text == "saved {{display_name}}"


def test_an_account_of_another_service_is_not_shown(clinic: Clinic) -> None:
    fill(make_clinic(domain="polaris.example"), ("jan", "Jan Lis"), domain="polaris.example")
    typed = {"text": "{{display_name}}", "account": "jan@polaris.example"}
    page = signed_in(clinic.technician).post(address(clinic, "footer_preview"), typed).content.decode()
    assert "Jan Lis" not in page


def test_a_viewer_reads_and_changes_nothing(clinic: Clinic) -> None:
    set_footer(clinic.domain, FooterContent("Aurora", ""), by=SYSTEM)
    browser = signed_in(clinic.viewer)
    page = browser.get(address(clinic)).content.decode()
    assert "Aurora" in page
    assert "<textarea" not in page
    assert browser.post(address(clinic), {"text": "x"}).status_code == 403
    assert browser.post(address(clinic, "footer_remove")).status_code == 403


def test_it_is_the_same_through_the_api(clinic: Clinic) -> None:
    organization = clinic.organization
    scopes = ["domains:read", "domains:write"]
    later = timezone.now() + timedelta(days=1)
    _token, secret = Token.issue(organization, "billing", scopes, later, by=clinic.owner)
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    url = f"/api/v1/services/{clinic.service.name}/domains/aurora.example/footer"
    assert (client.get(url).json()["active"], client.get(url).json()["changed_at"]) == (False, None)
    wish = {"html": "<p onclick='x'>{{first_name}}</p>", "only_outside": True}
    answer = client.put(url, json.dumps(wish), content_type="application/json")
    assert answer.status_code == 200, answer.content
    assert answer.json()["html"] == "<p>{{first_name}}</p>"
    assert client.get(url).json()["only_outside"] is True
    wrong = client.put(url, json.dumps({"text": "{{x}}"}), content_type="application/json")
    assert (wrong.status_code, wrong.json()["code"]) == (409, "unknown-variable")
    assert client.delete(url).status_code == 200
    assert client.delete(url).status_code == 200
    assert client.get(url).json()["html"] == ""


def test_it_goes_with_its_domain_and_not_on_a_service_that_has_ended(clinic: Clinic) -> None:
    set_footer(clinic.domain, FooterContent("Aurora", ""), by=SYSTEM)
    clinic.service.suspend(actor=SYSTEM)
    clinic.domain.service.refresh_from_db()
    with pytest.raises(Refused):
        remove_footer(clinic.domain, by=SYSTEM)
    clinic.domain.remove(SYSTEM)
    assert not Footer.objects.exists()
    with pytest.raises(Refused):
        set_footer(clinic.domain, FooterContent("Aurora", ""), by=SYSTEM)
