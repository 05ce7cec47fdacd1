"""App passwords: made by their owner, seen and revoked by administrators."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts import app_passwords, verbs
from accounts.app_passwords import AT_MOST
from accounts.device_names import device_name
from accounts.hashing import verify
from accounts.models import AppPassword, EmailAccount
from panel.actors import SYSTEM
from panel.errors import Refused
from panel.models import Activity, Role
from tests.factories import make_account, make_domain, make_member, make_organization, make_service

pytestmark = pytest.mark.django_db
SEED = "a" * 32


@pytest.fixture
def jan() -> EmailAccount:
    account = make_account(make_domain(make_service(make_organization()), "aurora.example"), "jan")
    account.set_keys("jan@aurora.example")
    account.save()
    return account


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Jan's phone", "jans-phone"),
        ("Żółty tablet 2", "zolty-tablet-2"),
        ("a*b+c,d@e", "a-b-c-d-e"),
        ("  -- ", ""),
        ("телефон", ""),
        ("x" * 40, "x" * 32),
    ],
)
def test_a_device_s_name_is_what_the_servers_can_read(typed: str, name: str) -> None:
    assert device_name(typed) == name


def test_only_its_hash_is_kept_and_a_form_sent_twice_makes_one(jan: EmailAccount) -> None:
    made, secret = app_passwords.create(jan, "Phone", seed=SEED, by=SYSTEM)
    again, same = app_passwords.create(jan, "Phone", seed=SEED, by=SYSTEM)
    assert (again.pk, same) == (made.pk, secret)
    assert verify(made.password_hash, secret)
    stored = str(list(AppPassword.objects.values())) + str(list(Activity.objects.values()))
    assert secret not in stored
    assert SEED not in stored
    assert Activity.objects.filter(verb__startswith="account.").count() == 1
    with pytest.raises(Refused) as refused:
        app_passwords.create(jan, "phone", seed="b" * 32, by=SYSTEM)
    assert refused.value.code == "device-taken"
    with pytest.raises(Refused):  # nor does one form make two
        app_passwords.create(jan, "tablet", seed=SEED, by=SYSTEM)


def test_an_old_form_shows_no_secret_again(jan: EmailAccount) -> None:
    made, _secret = app_passwords.create(jan, "Phone", seed=SEED, by=SYSTEM)
    AppPassword.objects.update(created_at=made.created_at - app_passwords.SHOWN_FOR)
    with pytest.raises(Refused):
        app_passwords.create(jan, "Phone", seed=SEED, by=SYSTEM)


def test_there_are_only_so_many_and_none_of_a_slot(jan: EmailAccount) -> None:
    AppPassword.objects.bulk_create(AppPassword(account=jan, name=f"d{n}", password_hash="x") for n in range(AT_MOST))
    with pytest.raises(Refused) as refused:
        app_passwords.create(jan, "one more", seed=SEED, by=SYSTEM)
    assert refused.value.code == "devices-many"
    verbs.reset(jan, by=SYSTEM)
    assert not AppPassword.objects.exists()
    with pytest.raises(Refused):
        app_passwords.create(jan, "phone", seed=SEED, by=SYSTEM)


def test_an_administrator_sees_and_revokes_the_devices_of_an_account(jan: EmailAccount, client: Client) -> None:
    made, secret = app_passwords.create(jan, "Phone", seed=SEED, by=SYSTEM)
    address = reverse("accounts:account", args=[jan.service.name, jan.pk])
    revoke = reverse("accounts:revoke_device", args=[jan.service.name, jan.pk, made.pk])
    client.force_login(make_member(jan.service.organization, Role.VIEWER))
    page = client.get(address).content.decode()
    assert "App passwords" in page
    assert revoke not in page
    assert secret not in page
    client.force_login(make_member(jan.service.organization, Role.TECHNICIAN))
    assert revoke in client.get(address).content.decode()
    assert client.post(revoke).status_code == 302
    assert not AppPassword.objects.exists()
    assert client.post(revoke).status_code == 404
    assert Activity.objects.filter(verb="account.device_revoked", target="jan@aurora.example").count() == 1
