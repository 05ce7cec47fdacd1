"""What the panel shows and does of mailboxes: use, quota, accounts that are blocked."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import verbs
from accounts.models import EmailAccount
from mailflow import blocking
from mailflow.filling import warn
from mailflow.models import Block, Use
from panel.actors import SYSTEM
from panel.errors import Refused
from panel.models import Activity, Contact, Letter, Service
from tests.factories import Tenant, make_account, make_tenant, make_user
from tests.mailflow.conftest import mailbox_of

pytestmark = pytest.mark.django_db

MIB = 2**20


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("ab12345")


@pytest.fixture
def jan(tenant: Tenant) -> EmailAccount:
    account = make_account(tenant.domain, "jan")
    account.set_keys(f"jan@{tenant.domain.name.name}")
    account.save()
    return account


def account_page(tenant: Tenant, account: EmailAccount, name: str = "accounts:account") -> str:
    return reverse(name, args=[tenant.service.name, account.pk])


def flood(account: EmailAccount) -> None:
    Block.objects.create(mailbox=mailbox_of(account), kind=Block.Kind.FLOOD, since=timezone.now())


def addressed() -> list[str]:
    return sorted(Letter.objects.values_list("recipient", flat=True))


def test_list_and_page_show_use_quota_and_last_sign_in(tenant: Tenant, jan: EmailAccount, client: Client) -> None:
    tenant.service.change(actor=SYSTEM, quota=100)
    when = timezone.now().replace(year=2025, month=3, day=4)
    Use.objects.create(mailbox=mailbox_of(jan), bytes=96 * MIB, messages=3, last_login=when)
    client.force_login(tenant.viewer)
    for url in (reverse("accounts:list", args=[tenant.service.name]), account_page(tenant, jan)):
        page = client.get(url)
        assert "96.0" in page.text
        assert "96 %" in page.text
        assert "2025" in page.text


def test_the_list_asks_no_more_for_more_accounts(
    tenant: Tenant, client: Client, django_assert_max_num_queries: Any
) -> None:
    for _number in range(20):
        make_account(tenant.domain)
    client.force_login(tenant.viewer)
    with django_assert_max_num_queries(25):
        client.get(reverse("accounts:list", args=[tenant.service.name]))


def test_staff_set_an_account_s_own_quota(tenant: Tenant, jan: EmailAccount, client: Client) -> None:
    client.force_login(make_user(staff=True))
    client.post(account_page(tenant, jan, "accounts:quota"), {"quota": "2048"})
    jan.refresh_from_db()
    assert jan.quota == 2048
    assert Activity.objects.get(verb="account.quota").after == {"quota": 2048}
    verbs.set_quota(jan, None, by=SYSTEM)
    assert jan.quota is None
    verbs.set_quota(jan, 5, by=SYSTEM)
    verbs.reset(jan, by=SYSTEM)
    assert jan.quota is None


def test_people_are_told_once_at_each_mark(tenant: Tenant, jan: EmailAccount) -> None:
    tenant.service.change(actor=SYSTEM, quota=100_000)
    use = Use.objects.create(mailbox=mailbox_of(jan))
    told = []
    for filled in (10, 79, 80, 90, 94, 95, 100, 94, 95, 60, 85, 97):
        Use.objects.filter(pk=use.pk).update(bytes=filled * 1000 * MIB)
        told.append((filled, warn()))
    assert [filled for filled, sent in told if sent] == [80, 95, 85, 97]
    assert addressed() == [str(jan)] * 4
    assert "80 %" in Letter.objects.earliest("pk").subject


def test_whoever_has_no_limit_is_told_of_none(tenant: Tenant, jan: EmailAccount) -> None:
    Use.objects.create(mailbox=mailbox_of(jan), bytes=10**12)
    assert warn() == 0


@pytest.mark.django_db(transaction=True)
def test_a_blocked_account_is_told_of_to_staff_owners_and_contacts_once(tenant: Tenant, jan: EmailAccount) -> None:
    staff = make_user("boss@operator.example", staff=True)
    Contact.add(tenant.organization, "it@customer.example").confirm()
    Contact.add(tenant.organization, "unconfirmed@customer.example")
    flood(jan)
    assert (blocking.tell(), blocking.tell()) == (1, 0)
    assert addressed() == sorted([staff.email, tenant.owner.email, "it@customer.example"])
    assert all(str(jan) in subject for subject in Letter.objects.values_list("subject", flat=True))
    assert Activity.objects.filter(verb="account.blocked", target=str(jan)).count() == 1


def test_a_blocked_account_is_shown_and_unblocked_by_staff(tenant: Tenant, jan: EmailAccount, client: Client) -> None:
    flood(jan)
    client.force_login(tenant.viewer)
    for url in (reverse("accounts:list", args=[tenant.service.name]), account_page(tenant, jan)):
        assert "blocked for spam" in client.get(url).text
    client.force_login(tenant.owner)
    client.post(account_page(tenant, jan, "mailflow:unblock"))
    assert Block.objects.exists()
    client.force_login(make_user(staff=True))
    client.post(account_page(tenant, jan, "mailflow:unblock"))
    assert not Block.objects.exists()
    client.post(account_page(tenant, jan, "mailflow:block"))
    assert Block.objects.get().mailbox == jan.mailbox_id


def test_owners_unblock_where_the_operator_allows_it(
    tenant: Tenant, jan: EmailAccount, client: Client, settings: Any
) -> None:
    settings.MAIL_OWNERS_UNBLOCK = True
    flood(jan)
    client.force_login(tenant.owner)
    client.post(account_page(tenant, jan, "mailflow:unblock"))
    assert not Block.objects.exists()
    assert Activity.objects.get(verb="account.unblocked").actor == tenant.owner


def test_the_commands_block_and_unblock(jan: EmailAccount) -> None:
    call_command("block_account", str(jan))
    assert Block.objects.get().kind == Block.Kind.FLOOD
    with pytest.raises(Refused):
        blocking.block(jan, by=SYSTEM)
    call_command("unblock_account", str(jan))
    with pytest.raises(SystemExit):
        call_command("unblock_account", str(jan))


def test_accounts_of_a_suspended_service_are_said_to_receive_only(tenant: Tenant, client: Client) -> None:
    Service.objects.update(state=Service.State.SUSPENDED)
    client.force_login(tenant.viewer)
    page = client.get(reverse("accounts:list", args=[tenant.service.name]))
    assert "receive mail, but it is not possible to sign in or send" in page.text
