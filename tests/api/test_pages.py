"""The pages of tokens and webhooks."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from api.models import Delivery, Endpoint, Token
from api.webhooks.outbox import put
from panel.actors import COMMAND_LINE
from tests.factories import make_user

from .conftest import Api

pytestmark = pytest.mark.django_db


def secret_on(page):
    found = re.search(r"cfm_[\w-]{40,}", page.content.decode())
    assert found
    return found[0]


def send(client, path, **data):
    """As a browser: with the once-only token of the page."""
    found = re.search(r'name="once" value="([^"]+)"', client.get(path.partition("tokens")[0]).content.decode())
    return client.post(path, {**data, **({"once": found[1]} if found else {})})


def test_an_owner_makes_a_token_sees_it_once_and_revokes_it(client, tenant):
    client.force_login(tenant.owner)
    page = f"/organizations/{tenant.organization.code}/api/"
    day = timezone.localdate() + timedelta(days=30)
    data = {"name": "Billing", "expires": day.isoformat(), "services": "read", "accounts": "write"}
    made = send(client, f"{page}tokens/", **data)
    secret = secret_on(made)
    token = Token.objects.get()
    assert token.scopes == ["services:read", "accounts:write"]
    assert token.expires_at.astimezone(timezone.get_current_timezone()).date() == day
    assert Api(secret).get("services").status_code == 200
    text = client.get(page).content.decode()
    assert "Billing" in text
    assert secret not in text
    client.post(f"{page}tokens/{token.pk}/revoke/")
    assert Api(secret).get("services").status_code == 401
    assert "Billing" not in client.get(page).content.decode().partition("</h2>")[2].partition("New token")[0]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"name": "x", "expires": "2999-01-01", "services": "read"}, "two years at most"),
        ({"name": "x", "expires": "2020-01-01", "services": "read"}, "This day has passed."),
        ({"name": "x", "expires": ""}, "This field is required."),
        ({"name": "x", "expires": "soon"}, "Enter a valid date."),
    ],
)
def test_a_token_that_cannot_be_is_refused_beside_its_field(client, tenant, data, says):
    client.force_login(tenant.owner)
    answer = client.post(f"/organizations/{tenant.organization.code}/api/tokens/", data)
    assert answer.status_code == 400
    assert says in answer.content.decode()
    assert not Token.objects.exists()


def test_sending_the_form_twice_makes_one_token(client, tenant):
    client.force_login(tenant.owner)
    page = f"/organizations/{tenant.organization.code}/api/"
    once = re.search(r'name="once" value="([^"]+)"', client.get(page).content.decode())
    assert once
    day = timezone.localdate() + timedelta(days=30)
    data = {"name": "x", "expires": day.isoformat(), "services": "read", "once": once[1]}
    first, second = (client.post(f"{page}tokens/", data) for _ in range(2))
    assert Token.objects.count() == 1
    assert secret_on(first) == secret_on(second)


def test_an_owner_makes_a_webhook_tests_it_and_removes_it(client, tenant):
    client.force_login(tenant.owner)
    page = f"/organizations/{tenant.organization.code}/api/"
    made = client.post(f"{page}webhooks/", {"url": "https://hook.example/", "events": ["check.red"]})
    secret = Endpoint.objects.get().secret
    assert secret.replace("+", "&#x2B;") in made.content.decode() or secret in made.content.decode()
    one = f"{page}webhooks/{Endpoint.objects.get().pk}/"
    assert secret not in client.get(one).content.decode()
    client.post(f"{one}test/")
    log = client.get(one).content.decode()
    assert "a test" in log
    assert "waiting" in log
    client.post(f"{one}remove/")
    assert not Endpoint.objects.exists()


def test_an_owner_takes_another_secret(client, tenant):
    client.force_login(tenant.owner)
    endpoint, old = Endpoint.create(tenant.organization, "https://x.example/", ["check.red"], by=COMMAND_LINE)
    page = f"/organizations/{tenant.organization.code}/api/webhooks/{endpoint.pk}/"
    assert "The old secret signs" not in client.get(page).content.decode()
    shown = html.unescape(client.post(f"{page}secret/").content.decode())
    endpoint.refresh_from_db()
    assert endpoint.secret != old
    assert endpoint.secret in shown
    assert old not in shown
    assert "The old secret signs" in client.get(page).content.decode()


def test_staff_have_tokens_of_their_own(client, tenant):
    client.force_login(make_user(staff=True))
    day = timezone.localdate() + timedelta(days=30)
    made = client.post("/staff/api/tokens/", {"name": "x", "expires": day.isoformat(), "organizations": "read"})
    secret = secret_on(made)
    codes = [item["code"] for item in Api(secret).get("organizations").data["items"]]
    assert tenant.organization.code in codes


def test_a_webhook_is_switched_off_and_on_and_a_message_of_its_log_sent_again(client, tenant):
    client.force_login(tenant.owner)
    endpoint, _secret = Endpoint.create(tenant.organization, "https://x.example/", ["check.red"], by=COMMAND_LINE)
    page = f"/organizations/{tenant.organization.code}/api/webhooks/{endpoint.pk}/"
    client.post(f"{page}switch/", {"active": "off"})
    endpoint.refresh_from_db()
    assert not endpoint.active
    assert "Switch on" in client.get(page).content.decode()
    client.post(f"{page}switch/", {"active": "on"})
    endpoint.refresh_from_db()
    assert endpoint.active
    put([endpoint], "check.red", {})
    delivery = Delivery.objects.get()
    assert "Send again" not in client.get(page).content.decode()
    delivery.give_up("timeout")
    text = client.get(page).content.decode()
    once = re.search(r'again/".*?name="once" value="([^"]+)"', text, re.DOTALL)
    assert once
    answer = client.post(f"{page}deliveries/{delivery.pk}/again/", {"once": once[1]}, follow=True)
    assert "The message is sent again." in answer.content.decode()
    delivery.refresh_from_db()
    assert delivery.state == "waiting"
