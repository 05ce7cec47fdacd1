"""How old passwords may get, which are remembered, and which must be changed first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import aging, credentials, verbs
from accounts.batch import Placement
from accounts.hashing import hash_password
from accounts.models import EmailAccount, PasswordLink, PasswordPolicy, RememberedPassword
from accounts.policies import change_policy
from panel.actors import SYSTEM
from panel.errors import Refused
from panel.models import Letter, Role, Service
from tests.factories import make_account, make_domain, make_member, make_organization, make_service, make_slot

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def test_a_password_expires_after_its_days_but_not_before_everybody_was_warned() -> None:
    changed = NOW - timedelta(days=80)
    assert aging.expires_at(changed, 0, None) is None
    assert aging.expires_at(None, 90, None) is None
    assert aging.expires_at(changed, 90, None) == NOW + timedelta(days=10)
    assert aging.expires_at(changed, 30, NOW + timedelta(days=14)) == NOW + timedelta(days=14)
    assert aging.expires_at(changed, 90, NOW - timedelta(days=1)) == NOW + timedelta(days=10)


@pytest.mark.parametrize(
    ("hours", "days"), [(15 * 24, 0), (14 * 24, 14), (8 * 24, 14), (7 * 24, 7), (72, 3), (24, 1), (1, 1), (0, 0)]
)
def test_the_warning_is_the_one_of_the_fewest_days(hours: int, days: int) -> None:
    assert aging.warning(NOW + timedelta(hours=hours), NOW) == days


@pytest.fixture
def service() -> Service:
    return make_service(make_organization())


@pytest.fixture
def jan(service: Service) -> EmailAccount:
    account = make_account(make_domain(service, "aurora.example"), "jan", password_hash=hash_password("First-one-1"))
    account.set_keys("jan@aurora.example")
    account.save()
    return account


def set_by_owner(account: EmailAccount, password: str) -> None:
    verbs.set_password(account, hash_password(password), by=SYSTEM, by_owner=True)


@pytest.mark.django_db
def test_none_of_the_latest_passwords_is_taken_again_and_only_so_many_are_kept(jan: EmailAccount) -> None:
    change_policy(jan.service, {"history": 3}, by=SYSTEM)
    for number in (2, 3, 4, 5):
        set_by_owner(jan, f"Number-{number}-x")
    assert RememberedPassword.objects.count() == 2
    used = {password: credentials.is_used(jan, f"Number-{password}-x") for password in (2, 3, 4, 5, 6)}
    assert used == {2: False, 3: True, 4: True, 5: True, 6: False}
    change_policy(jan.service, {"history": 1}, by=SYSTEM)
    assert (credentials.is_used(jan, "Number-4-x"), credentials.is_used(jan, "Number-5-x")) == (False, True)
    credentials.forget()
    assert not RememberedPassword.objects.exists()
    change_policy(jan.service, {"history": 5}, by=SYSTEM)
    set_by_owner(jan, "Number-7-x")
    verbs.reset(jan, by=SYSTEM)
    assert not RememberedPassword.objects.exists()


@pytest.mark.django_db
def test_whoever_has_a_link_cannot_go_back_to_the_password_before_it(jan: EmailAccount, client: Client) -> None:
    change_policy(jan.service, {"history": 2}, by=SYSTEM)
    token, _link = verbs.make_link(jan, by=SYSTEM)
    address = reverse("accounts:set_password", args=[token])
    page = client.post(address, {"password": "First-one-1", "again": "First-one-1"})
    assert "used before" in page.content.decode()
    assert client.post(address, {"password": "Second-two-2", "again": "Second-two-2"}).status_code == 200
    assert PasswordLink.objects.get().used_at is not None


@pytest.mark.django_db
def test_links_that_nobody_used_push_no_password_out_of_the_history(jan: EmailAccount, client: Client) -> None:
    change_policy(jan.service, {"history": 3}, by=SYSTEM)
    set_by_owner(jan, "Second-two-2")
    for _number in range(3):
        token, _link = verbs.make_link(jan, by=SYSTEM)
    address = reverse("accounts:set_password", args=[token])
    for password in ("First-one-1", "Second-two-2"):
        page = client.post(address, {"password": password, "again": password})
        assert "used before" in page.content.decode()
    verbs.set_password(jan, hash_password("Third-three-3"), by=SYSTEM)
    assert credentials.is_used(jan, "Second-two-2")


@pytest.mark.django_db
def test_what_an_administrator_sets_must_be_changed_first_where_the_policy_says_so(service: Service) -> None:
    domain = make_domain(service, "aurora.example")

    def configured(name: str) -> EmailAccount:
        slot = make_slot(service)
        verbs.configure(slot, Placement(name, str(domain), password_hash=hash_password("First-one-1")), by=SYSTEM)
        return slot

    before = configured("before")
    change_policy(service, {"change_first": True}, by=SYSTEM)
    jan = configured("jan")
    credentials.attach(service, [before, jan])
    states = [account.password_state for account in (before, jan)]
    assert [state.opens_mail for state in states if state] == [True, False]
    set_by_owner(jan, "Second-two-2")
    assert not jan.must_change
    verbs.set_password(jan, hash_password("Third-three-3"), by=SYSTEM)
    assert jan.must_change
    change_policy(service, {"change_first": False}, by=SYSTEM)
    assert credentials.state_of(jan, credentials.policy_of(service)).opens_mail


@pytest.mark.django_db
def test_a_maximum_age_that_is_new_or_shorter_leaves_everybody_two_weeks(jan: EmailAccount) -> None:
    EmailAccount.objects.update(password_at=timezone.now() - timedelta(days=400))
    jan.refresh_from_db()

    def days_left() -> int:
        policy = PasswordPolicy.objects.get()
        expires = credentials.state_of(jan, policy).expires_at
        assert expires is not None
        return round((expires - timezone.now()) / timedelta(days=1))

    change_policy(jan.service, {"max_age": 90}, by=SYSTEM)
    assert days_left() == aging.GRACE
    PasswordPolicy.objects.update(expires_from=timezone.now() - timedelta(days=1))
    assert days_left() < 0
    change_policy(jan.service, {"max_age": 100, "symbol": True}, by=SYSTEM)
    assert days_left() < 0
    change_policy(jan.service, {"max_age": 5}, by=SYSTEM)
    assert days_left() == 5


@pytest.mark.django_db
def test_a_minimum_age_is_less_than_the_maximum(jan: EmailAccount) -> None:
    with pytest.raises(Refused) as refused:
        change_policy(jan.service, {"min_age": 30, "max_age": 30}, by=SYSTEM)
    assert (refused.value.code, refused.value.field) == ("password-ages", "min_age")
    change_policy(jan.service, {"min_age": 30}, by=SYSTEM)


@pytest.mark.django_db
def test_mailboxes_are_warned_once_at_each_of_the_days(jan: EmailAccount) -> None:
    service = jan.service
    other = make_account(jan.domain, "ewa")  # type: ignore[arg-type]
    asleep = make_account(jan.domain, "asleep", state=EmailAccount.State.SUSPENDED)  # type: ignore[arg-type]
    change_policy(service, {"max_age": 90}, by=SYSTEM)
    PasswordPolicy.objects.update(expires_from=None)

    def expires_in(days: float, account: EmailAccount = jan) -> int:
        at = timezone.now() - timedelta(days=90 - days)
        EmailAccount.objects.filter(pk=account.pk).update(password_at=at)
        return credentials.warn()

    expires_in(60, other)
    expires_in(2, asleep)
    assert (expires_in(20), expires_in(13.5), expires_in(10)) == (0, 1, 0)
    assert (expires_in(6), expires_in(6), expires_in(2.5), expires_in(0.5), expires_in(0.2)) == (1, 0, 1, 1, 0)
    assert expires_in(-1) == 0
    letters = Letter.objects.all()
    assert {letter.recipient for letter in letters} == {"jan@aurora.example"}
    assert len(letters) == 4
    assert "/mailbox/password/" in letters[0].content
    set_by_owner(jan, "Second-two-2")
    jan.refresh_from_db()
    assert jan.expiry_warned == 0


@pytest.mark.django_db
def test_list_page_and_form_show_and_take_it(jan: EmailAccount, client: Client) -> None:
    service = jan.service
    client.force_login(make_member(service.organization, Role.OWNER))
    policy = reverse("accounts:policy", args=[service.name])
    wish = {"min_length": 10, "min_age": 90, "max_age": 90, "history": 11}
    page = client.post(policy, wish).content.decode()
    assert "less than or equal to 10" in page
    page = client.post(policy, wish | {"history": 10}).content.decode()
    assert "must be less than the maximum age" in page
    assert client.post(policy, wish | {"history": 10, "min_age": "", "change_first": "on"}).status_code == 302
    stored = PasswordPolicy.objects.get()
    assert (stored.min_age, stored.max_age, stored.history, stored.change_first) == (0, 90, 10, True)
    EmailAccount.objects.update(password_at=timezone.now() - timedelta(days=80))
    PasswordPolicy.objects.update(expires_from=None)
    pages = [reverse("accounts:list", args=[service.name]), reverse("accounts:account", args=[service.name, jan.pk])]
    assert all("password expires on" in client.get(page).content.decode() for page in pages)
    EmailAccount.objects.update(must_change=True)
    assert all("password to be changed" in client.get(page).content.decode() for page in pages)
    EmailAccount.objects.update(password_at=timezone.now() - timedelta(days=91))
    assert all("password expired" in client.get(page).content.decode() for page in pages)
