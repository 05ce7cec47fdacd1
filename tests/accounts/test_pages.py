"""One account at a time, through the pages."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts import batch, hashing, verbs
from accounts.models import Address, EmailAccount, Order, PasswordLink, PasswordPolicy, RetiredMailbox, Tally
from panel.actors import SYSTEM
from panel.models import Activity, Service
from tests.accounts.conftest import Clinic, make_clinic
from tests.factories import make_domain, make_user

GOOD = {
    "name": "anna.kowalska",
    "domain": "aurora.example",
    "first_name": "Anna",
    "last_name": "Kowalska",
    "display_name": "",
    "password": "Hemlig4Sak",
    "again": "Hemlig4Sak",
}


@pytest.fixture
def browser(clinic: Clinic) -> Client:
    return signed_in(clinic.technician)


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url(name: str, clinic: Clinic, *arguments: object) -> str:
    return reverse(f"accounts:{name}", args=[clinic.service.name, *arguments])


def slot(clinic: Clinic) -> EmailAccount:
    return EmailAccount.objects.filter(service=clinic.service, state="slot").earliest("id")


def sealed_in(response) -> str:
    return re.findall(r'name="sealed" value="([^"]+)"', response.content.decode())[0]


def configure(browser: Client, clinic: Clinic, **changes: str) -> EmailAccount:
    account = slot(clinic)
    review = browser.post(url("configure", clinic, account.pk), GOOD | changes)
    browser.post(url("confirm", clinic, account.pk), {"sealed": sealed_in(review)})
    account.refresh_from_db()
    return account


def test_form_review_confirm_makes_a_mailbox_of_a_slot(clinic, browser):
    account = slot(clinic)
    review = browser.post(url("configure", clinic, account.pk), GOOD)
    account.refresh_from_db()
    assert account.is_slot, "nothing is written before it is confirmed"
    assert "Hemlig4Sak" not in review.content.decode()
    response = browser.post(url("confirm", clinic, account.pk), {"sealed": sealed_in(review)}, follow=True)
    account.refresh_from_db()
    assert account.address_key == "anna.kowalska@aurora.example"
    assert account.display_name == "Anna Kowalska"
    assert hashing.verify(account.password_hash, "Hemlig4Sak")
    assert account.mailbox_id
    assert "pro" in response.content.decode(), "the account's page shows its client settings"
    entry = Activity.objects.get(verb="account.configured")
    assert entry.actor == clinic.technician
    assert "Hemlig4Sak" not in str(entry.after)
    assert account.password_hash not in str(entry.after)


def test_what_was_reviewed_can_be_confirmed_only_by_that_person_for_that_account(clinic, browser):
    first, second = EmailAccount.objects.filter(service=clinic.service).order_by("id")[:2]
    sealed = sealed_in(browser.post(url("configure", clinic, first.pk), GOOD))
    browser.post(url("confirm", clinic, second.pk), {"sealed": sealed})
    signed_in(clinic.owner).post(url("confirm", clinic, first.pk), {"sealed": sealed})
    browser.post(url("confirm", clinic, first.pk), {"sealed": sealed[:-4] + "AAAA"})
    assert not EmailAccount.objects.exclude(state="slot").exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "a"}, "at least 2 characters"),
        ({"name": "żółw"}, "letters without accents"),
        ({"name": "x@y"}, "only letters, digits"),
        ({"password": "Kort4Sak", "again": "Kort4Sak"}, "Minimum length: 9"),
        ({"password": "hemlig4sak", "again": "hemlig4sak"}, "upper-case"),
        ({"password": "xKowalska1", "again": "xKowalska1"}, "No part of the account name"),
        ({"password": "****", "again": "****"}, "Minimum length: 9"),
        ({"again": "Another4Sak"}, "differ"),
        ({"first_name": "x" * 65, "display_name": "ok"}, "At most 64"),
        ({"name": "postmaster"}, "owner"),
        ({"domain": "elsewhere.example"}, "elsewhere.example"),
    ],
)
def test_each_broken_rule_is_named_beside_its_field(clinic, browser, changes, words):
    response = browser.post(url("configure", clinic, slot(clinic).pk), GOOD | changes)
    assert words in response.content.decode()
    assert not EmailAccount.objects.exclude(state="slot").exists()


def test_a_name_with_accents_comes_with_a_suggestion(clinic, browser):
    response = browser.post(url("configure", clinic, slot(clinic).pk), GOOD | {"name": "żółw"})
    assert 'value="zolw"' in response.content.decode()
    response = browser.post(url("configure", clinic, slot(clinic).pk), GOOD | {"name": "żółw", "use": "zolw"})
    assert response.context["form"].initial["name"] == "zolw"


def test_owners_may_configure_postmaster(clinic):
    assert configure(signed_in(clinic.owner), clinic, name="postmaster").address_key == "postmaster@aurora.example"


def test_an_address_is_taken_whatever_its_case(clinic, browser):
    configure(browser, clinic)
    response = browser.post(url("configure", clinic, slot(clinic).pk), GOOD | {"name": "ANNA.Kowalska"})
    assert "taken" in response.content.decode()


def test_an_address_taken_by_another_service_is_refused_without_naming_it(clinic, browser):
    other = make_clinic(domain="other.example")
    for service, name in ((clinic.service, "split.example"), (other.service, "split.example")):
        make_domain(service, name, target="mx.example")
    configure(signed_in(other.technician), other, domain="split.example")
    response = browser.post(url("configure", clinic, slot(clinic).pk), GOOD | {"domain": "split.example"})
    assert "The address is taken." in response.content.decode()
    assert other.service.name not in response.content.decode()


def test_only_verified_domains_are_offered(clinic, browser):
    make_domain(clinic.service, "pending.example", pending=True)
    page = browser.get(url("configure", clinic, slot(clinic).pk)).content.decode()
    assert "aurora.example" in page
    assert 'value="pending.example" disabled' in page


def test_an_address_taken_between_review_and_confirmation_is_refused(clinic, browser):
    first, second = EmailAccount.objects.filter(service=clinic.service).order_by("id")[:2]
    reviews = [sealed_in(browser.post(url("configure", clinic, a.pk), GOOD)) for a in (first, second)]
    browser.post(url("confirm", clinic, first.pk), {"sealed": reviews[0]})
    response = browser.post(url("confirm", clinic, second.pk), {"sealed": reviews[1]}, follow=True)
    assert "taken" in response.content.decode()
    assert Address.objects.count() == 1


def test_a_suggested_password_keeps_every_rule_and_works(clinic, browser):
    PasswordPolicy.objects.create(service=clinic.service, min_length=20, symbol=True, pieces=True)
    account = slot(clinic)
    page = browser.post(url("configure", clinic, account.pk), GOOD | {"suggest": "1"}).content.decode()
    password = re.findall(r'name="password" value="([^"]+)"', page)[0]
    assert len(password) == 20
    account = configure(browser, clinic, password=password, again=password)
    assert hashing.verify(account.password_hash, password)


def test_live_rules_say_which_are_kept(clinic, browser):
    data = {"name": "anna", "password": "Hemlig4Sak"}
    page = browser.post(url("password_rules", clinic), data).content.decode()
    assert page.count('class="kept"') == 7
    page = browser.post(url("password_rules", clinic), data | {"password": "anna"}).content.decode()
    assert page.count('class="kept"') == 3  # not too long, its characters, a lower-case letter


def test_suspend_resume_reset(clinic, browser):
    account = configure(browser, clinic)
    mailbox = account.mailbox_id
    browser.post(url("suspend", clinic, account.pk))
    account.refresh_from_db()
    assert account.state == "suspended"
    browser.post(url("resume", clinic, account.pk))
    browser.post(url("reset", clinic, account.pk))
    account.refresh_from_db()
    assert account.is_slot
    assert not Address.objects.exists()
    kept = RetiredMailbox.objects.get()
    assert (kept.mailbox_id, kept.address) == (mailbox, "anna.kowalska@aurora.example")
    assert (kept.purge_at - kept.retired_at).days == 30
    assert "anna.kowalska@aurora.example" in browser.get(url("retired", clinic)).content.decode()
    again = configure(browser, clinic)
    assert again.mailbox_id != mailbox
    assert Tally.of(clinic.service.pk) == {"slot": 9, "active": 1, "suspended": 0}


def test_kept_mail_can_be_released_by_an_owner(clinic, browser):
    account = configure(browser, clinic)
    verbs.reset(account, by=clinic.owner)
    kept = RetiredMailbox.objects.get()
    assert browser.post(url("purge", clinic, kept.pk)).status_code == 403
    signed_in(clinic.owner).post(url("purge", clinic, kept.pk))
    kept.refresh_from_db()
    assert kept.purge_at <= kept.purge_at.now(kept.purge_at.tzinfo)


def test_modifying_a_configured_account_moves_no_mail_and_keeps_the_password(clinic, browser):
    account = configure(browser, clinic)
    before = (account.mailbox_id, account.password_hash)
    changes = {"name": "anna.nowak", "domain": "aurora.example", "last_name": "Nowak", "display_name": "Anna Nowak"}
    review = browser.post(url("configure", clinic, account.pk), changes)
    browser.post(url("confirm", clinic, account.pk), {"sealed": sealed_in(review)})
    account.refresh_from_db()
    assert account.address_key == "anna.nowak@aurora.example"
    assert (account.mailbox_id, account.password_hash) == before
    assert [str(address) for address in Address.objects.all()] == ["anna.nowak@aurora.example"]


def test_a_new_password_is_set_and_an_old_link_lapses(clinic, browser):
    account = configure(browser, clinic)
    page = browser.post(url("link", clinic, account.pk)).content.decode()
    token = re.findall(r"/set-password/([^/]+)/", page)[0]
    browser.post(url("password", clinic, account.pk), {"password": "Lugnt5Byte!", "again": "Lugnt5Byte!"})
    account.refresh_from_db()
    assert hashing.verify(account.password_hash, "Lugnt5Byte!")
    assert Client().get(reverse("accounts:set_password", args=[token])).status_code == 410


def test_a_link_sets_the_password_once_without_signing_in(clinic, browser):
    account = configure(browser, clinic)
    page = browser.post(url("link", clinic, account.pk)).content.decode()
    token = re.findall(r"/set-password/([^/]+)/", page)[0]
    account.refresh_from_db()
    assert not hashing.verify(account.password_hash, "Hemlig4Sak"), "the present password stops working"
    assert PasswordLink.objects.get().digest != token
    anybody, address = Client(), reverse("accounts:set_password", args=[token])
    assert "anna.kowalska@aurora.example" in anybody.get(address).content.decode()
    assert "Minimum length: 9" in anybody.post(address, {"password": "short", "again": "short"}).content.decode()
    anybody.post(address, {"password": "Lugnt5Byte!", "again": "Lugnt5Byte!"})
    account.refresh_from_db()
    assert hashing.verify(account.password_hash, "Lugnt5Byte!")
    assert anybody.get(address).status_code == 410


def test_links_cannot_be_tried_without_end(clinic):
    address = reverse("accounts:set_password", args=["nobody-knows"])
    assert {Client().get(address).status_code for _each in range(60)} == {410}
    assert Client().get(address).status_code == 429
    assert Client(REMOTE_ADDR="192.0.2.7").get(address).status_code == 410, "others are not held up"


def test_the_link_of_a_reset_account_opens_nothing(clinic, browser):
    account = configure(browser, clinic)
    page = browser.post(url("link", clinic, account.pk)).content.decode()
    token = re.findall(r"/set-password/([^/]+)/", page)[0]
    account.refresh_from_db()
    verbs.reset(account, by=clinic.owner)
    configure(browser, clinic)
    assert Client().get(reverse("accounts:set_password", args=[token])).status_code == 410


def test_order_review_approve(clinic, browser):
    review = browser.post(url("order", clinic), {"quantity": "3", "note": "please"})
    assert not Order.objects.exists()
    assert "confirm" in review.content.decode()
    page = browser.post(url("order", clinic), {"quantity": "3", "note": "please", "step": "confirm"}, follow=True)
    assert "waits for approval" in page.content.decode() or "wait for approval" in page.content.decode()
    order = Order.objects.get()
    staff = signed_in(make_user(staff=True))
    for _twice in range(2):
        staff.post(reverse("accounts:approve_order", args=[order.pk]))
    assert Tally.of(clinic.service.pk)["slot"] == 13
    assert EmailAccount.objects.filter(service=clinic.service).count() == 13


def test_an_order_appears_at_once_where_the_operator_allows_it(clinic, browser, settings):
    settings.ORDERS_AT_ONCE = True
    browser.post(url("order", clinic), {"quantity": "3", "step": "confirm"})
    assert Tally.of(clinic.service.pk)["slot"] == 13


def test_an_order_above_the_limit_is_refused_beside_the_field(clinic, browser):
    type(clinic.service).objects.update(account_limit=12)
    page = browser.post(url("order", clinic), {"quantity": "3"}).content.decode()
    assert "The limit of this service is 12" in page
    assert browser.post(url("order", clinic), {"quantity": "2"}).context["review"]


def test_unused_slots_can_be_cancelled(clinic, browser):
    configure(browser, clinic)
    page = browser.post(url("cancel_slots", clinic), {"quantity": "100"}).content.decode()
    assert "Only 9 accounts are unused." in page
    assert "9 unused accounts will be cancelled." in page
    assert Tally.of(clinic.service.pk)["slot"] == 9, "it asks first"
    page = browser.post(url("cancel_slots", clinic), {"quantity": "9", "step": "confirm"}, follow=True).content.decode()
    assert "9 unused accounts cancelled." in page
    assert Tally.of(clinic.service.pk) == {"slot": 0, "active": 1, "suspended": 0}
    assert EmailAccount.objects.filter(service=clinic.service).count() == 1
    assert Activity.objects.get(verb="slots.cancelled").target == "9"


def test_slots_that_were_configured_since_the_question_are_asked_about_again(clinic, browser):
    configure(browser, clinic)
    page = browser.post(url("cancel_slots", clinic), {"quantity": "10", "step": "confirm"}).content.decode()
    assert "9 accounts are unused now." in page
    assert Tally.of(clinic.service.pk)["slot"] == 9


def test_a_suspended_service_shows_and_refuses(clinic, browser):
    account = configure(browser, clinic)
    clinic.service.suspend(actor=SYSTEM)
    assert browser.get(url("list", clinic)).status_code == 200
    response = browser.post(url("suspend", clinic, account.pk), follow=True)
    assert "suspended or has ended" in response.content.decode()
    account.refresh_from_db()
    assert account.state == "active"


def test_the_security_policy_holds_for_pages(clinic, browser):
    owner = signed_in(clinic.owner)
    assert "greater than or equal to 9" in owner.post(url("policy", clinic), {"min_length": "8"}).content.decode()
    owner.post(url("policy", clinic), {"min_length": "12", "symbol": "on"})
    page = browser.post(url("configure", clinic, slot(clinic).pk), GOOD).content.decode()
    assert "Minimum length: 12" in page
    assert "neither letter nor digit" in page


def test_two_owners_who_set_the_first_policy_at_once_both_come_through(clinic, monkeypatch):
    lock = batch.locked

    def another_was_faster(service_id: int) -> Service:
        PasswordPolicy.objects.create(service_id=service_id, min_length=20)
        return lock(service_id)

    monkeypatch.setattr(batch, "locked", another_was_faster)
    assert signed_in(clinic.owner).post(url("policy", clinic), {"min_length": "12"}).status_code == 302
    assert PasswordPolicy.objects.get().min_length == 12


def test_the_review_warns_of_a_comma(clinic, browser):
    review = browser.post(url("configure", clinic, slot(clinic).pk), GOOD | {"name": "kowalska,anna"})
    assert "comma" in review.content.decode()
