"""Small things of the accounts' pages: what can be chosen and why not, settings that are sent, words for deleting."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from panel.models import Activity, Letter
from tests.factories import Tenant, make_domain, make_tenant
from tests.letters import delivered

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant(client: Client) -> Tenant:
    tenant = make_tenant()
    client.force_login(tenant.technician)
    return tenant


def test_a_pending_domain_is_shown_with_why_it_cannot_be_chosen(client: Client, tenant: Tenant) -> None:
    make_domain(tenant.service, "later.example", pending=True)
    greyed = '<option value="later.example" disabled>later.example (not verified yet)</option>'
    form = reverse("accounts:configure", args=[tenant.service.name, tenant.slot.pk])

    assert greyed in client.get(form).content.decode()
    listed = client.get(reverse("accounts:list", args=[tenant.service.name])).content.decode()
    assert "<option disabled>later.example (not verified yet)</option>" in listed
    chosen = {"name": "anna", "domain": "later.example", "password": "Quite0dd-one", "again": "Quite0dd-one"}
    refused = client.post(form, chosen).content.decode()
    assert "Confirm" not in refused
    assert "is-invalid" in refused


def test_client_settings_are_sent_to_a_person_without_a_secret(client: Client, tenant: Tenant) -> None:
    tenant.account.set_keys(f"anna@{tenant.domain.name.name}")
    tenant.account.save()
    page = reverse("accounts:send_settings", args=[tenant.service.name, tenant.account.pk])
    client.post(page, {"email": "anna@elsewhere.example"})

    assert Letter.objects.get(kind="client_settings").organization == tenant.organization
    (message,) = delivered()
    address = tenant.account.shown_address
    assert message.to == ["anna@elsewhere.example"]
    assert message.subject == f"Settings for {address}"
    for words in (tenant.platform.imap_host, tenant.platform.smtp_host, "993", "587", "STARTTLS", address):
        assert words in message.body
    entry = Activity.objects.get(verb="account.settings_sent")
    assert (entry.target, entry.after) == (address, {"email": "anna@elsewhere.example"})


@pytest.mark.parametrize("email", ["", "nobody"])
def test_settings_go_to_addresses_only(client: Client, tenant: Tenant, email: str) -> None:
    client.post(reverse("accounts:send_settings", args=[tenant.service.name, tenant.account.pk]), {"email": email})

    assert not Letter.objects.exists()


def test_settings_of_a_slot_are_sent_to_nobody(client: Client, tenant: Tenant) -> None:
    page = reverse("accounts:send_settings", args=[tenant.service.name, tenant.slot.pk])
    client.post(page, {"email": "anna@elsewhere.example"})

    assert not Letter.objects.exists()


def test_deleting_an_account_exists_under_that_word(client: Client, tenant: Tenant) -> None:
    for page in ("accounts:list", "accounts:account"):
        arguments = [tenant.service.name] + ([tenant.account.pk] if page == "accounts:account" else [])
        assert "Delete account…" in client.get(reverse(page, args=arguments)).content.decode()
    text = client.get(reverse("accounts:reset", args=[tenant.service.name, tenant.account.pk])).content.decode()
    assert "it becomes an account to configure again" in text
