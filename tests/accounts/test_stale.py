"""Forms about an account that is no longer what they were opened on."""

from __future__ import annotations

import html
import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections
from django.test import Client

from accounts import batch, hashing, verbs
from accounts.batch import Placement
from accounts.meanwhile import Opened
from accounts.models import EmailAccount, PasswordLink
from accounts.models.accounts import Seen
from panel.actors import SYSTEM
from tests.accounts.conftest import Clinic, make_clinic
from tests.accounts.test_list import fill
from tests.accounts.test_pages import GOOD, configure, sealed_in, signed_in, slot, url

BO = GOOD | {"name": "bo.berg", "first_name": "Bo", "last_name": "Berg"}


@pytest.fixture
def first(clinic: Clinic) -> Client:
    return signed_in(clinic.technician)


@pytest.fixture
def second(clinic: Clinic) -> Client:
    return signed_in(clinic.owner)


def opened_in(browser: Client, clinic: Clinic, account: EmailAccount, page: str = "configure") -> dict[str, str]:
    text = browser.get(url(page, clinic, account.pk)).content.decode()
    return {"opened": html.unescape(re.findall(r'name="opened" value="([^"]+)"', text)[0])}


def test_the_second_of_two_on_one_slot_renames_nobody_and_keeps_what_was_typed(clinic, first, second):
    account = slot(clinic)
    opened = [opened_in(browser, clinic, account) for browser in (first, second)]
    review = first.post(url("configure", clinic, account.pk), GOOD | opened[0])
    first.post(url("confirm", clinic, account.pk), {"sealed": sealed_in(review)})
    response = second.post(url("configure", clinic, account.pk), BO | opened[1])
    page = response.content.decode()
    assert response.status_code == 409
    assert clinic.technician.email in page
    assert "Account configured" in page
    assert "anna.kowalska@aurora.example" in page
    assert "bo.berg" in page
    assert "Hemlig4Sak" not in page
    account.refresh_from_db()
    assert account.address_key == "anna.kowalska@aurora.example"
    assert account.first_name == "Anna"
    # What was typed goes on with a free slot.
    address, fields = re.findall(r'<form method="post" action="([^"]+/configure/)">(.+?)</form>', page)[0]
    values = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', fields))
    again = second.post(address, values)
    assert again.context["form"]["name"].value() == "bo.berg"
    assert again.context["account"].pk != account.pk


def test_a_review_of_a_slot_that_was_configured_meanwhile_is_answered_likewise(clinic, first, second):
    account = slot(clinic)
    reviews = [
        sealed_in(browser.post(url("configure", clinic, account.pk), form | opened_in(browser, clinic, account)))
        for browser, form in ((first, GOOD), (second, BO))
    ]
    first.post(url("confirm", clinic, account.pk), {"sealed": reviews[0]})
    response = second.post(url("confirm", clinic, account.pk), {"sealed": reviews[1]})
    assert response.status_code == 409
    assert "bo.berg" in response.content.decode()
    assert list(EmailAccount.objects.exclude(state="slot").values_list("address_key", flat=True)) == [
        "anna.kowalska@aurora.example"
    ]


def test_a_form_for_a_slot_never_reaches_a_configured_account_even_without_its_mark(clinic, first):
    account = configure(first, clinic)
    response = first.post(url("configure", clinic, account.pk), BO)
    assert response.status_code == 409
    account.refresh_from_db()
    assert account.first_name == "Anna"


def test_the_form_of_the_back_button_does_nothing(clinic, first):
    account = slot(clinic)
    opened = opened_in(first, clinic, account)
    first.post(
        url("confirm", clinic, account.pk),
        {"sealed": sealed_in(first.post(url("configure", clinic, account.pk), GOOD | opened))},
    )
    response = first.post(url("configure", clinic, account.pk), BO | opened)
    assert response.status_code == 409
    account.refresh_from_db()
    assert account.address_key == "anna.kowalska@aurora.example"


def test_names_changed_by_another_meanwhile_are_told_and_what_was_typed_stays_in_the_form(clinic, first, second):
    account = configure(first, clinic)
    changes = {"name": "anna.kowalska", "domain": "aurora.example", "first_name": "Anka", "last_name": "Kowalska"}
    opened = opened_in(first, clinic, account)
    verbs.rename(account, Placement("anna.nowak", "aurora.example", "Anna", "Nowak", "Anna Nowak"), by=clinic.owner)
    response = first.post(url("configure", clinic, account.pk), changes | opened)
    page = response.content.decode()
    assert response.status_code == 409
    assert clinic.owner.email in page
    assert "anna.nowak@aurora.example" in page
    assert response.context["form"]["first_name"].value() == "Anka"
    account.refresh_from_db()
    assert account.first_name == "Anna"
    # Sent again as it is now, it is what the person wants.
    fresh = {"opened": str(response.context["opened"])}
    review = first.post(url("configure", clinic, account.pk), changes | fresh)
    first.post(url("confirm", clinic, account.pk), {"sealed": sealed_in(review)})
    account.refresh_from_db()
    assert account.first_name == "Anka"


def test_an_account_that_became_another_persons_is_never_changed(clinic, first):
    account = configure(first, clinic)
    opened = opened_in(first, clinic, account)
    verbs.reset(account, by=clinic.owner)
    verbs.configure(account, Placement("bo", "aurora.example", "Bo", "Berg", "Bo Berg", "{ARGON2ID}!"), by=clinic.owner)
    for name, form in {
        "configure": {"name": "anna", "domain": "aurora.example", "first_name": "Anna"},
        "password": {"password": "Lugnt5Byte!", "again": "Lugnt5Byte!"},
        "suspend": {},
        "reset": {},
        "link": {},
    }.items():
        response = first.post(url(name, clinic, account.pk), form | opened)
        assert response.status_code == 409, name
        assert "Account deleted" in response.content.decode(), name
    account.refresh_from_db()
    assert (account.address_key, account.state, account.password_hash) == (
        "bo@aurora.example",
        "active",
        "{ARGON2ID}!",
    )
    assert not PasswordLink.objects.exists()


@pytest.mark.parametrize("verb", ["suspend", "resume", "reset"])
def test_a_verb_on_an_account_changed_meanwhile_asks_again(clinic, first, verb):
    account = configure(first, clinic)
    opened = opened_in(first, clinic, account, verb)
    verbs.set_password(account, "{ARGON2ID}?", by=clinic.owner)
    response = first.post(url(verb, clinic, account.pk), opened)
    assert response.status_code == 409
    assert "Password changed" in response.content.decode()
    account.refresh_from_db()
    assert account.state == "active"


def test_a_password_form_tells_that_another_set_one_meanwhile(clinic, first):
    account = configure(first, clinic)
    opened = opened_in(first, clinic, account, "password")
    verbs.set_password(account, "{ARGON2ID}?", by=clinic.owner)
    form = {"password": "Lugnt5Byte!", "again": "Lugnt5Byte!"}
    response = first.post(url("password", clinic, account.pk), form | opened)
    page = response.content.decode()
    assert response.status_code == 409
    assert clinic.owner.email in page
    assert "Lugnt5Byte!" not in page
    first.post(url("password", clinic, account.pk), form | {"opened": str(response.context["opened"])})
    account.refresh_from_db()
    assert hashing.verify(account.password_hash, "Lugnt5Byte!")


def test_a_lost_race_for_an_address_keeps_the_form(clinic, first):
    one, two = EmailAccount.objects.filter(service=clinic.service).order_by("id")[:2]
    reviews = [sealed_in(first.post(url("configure", clinic, a.pk), GOOD)) for a in (one, two)]
    first.post(url("confirm", clinic, one.pk), {"sealed": reviews[0]})
    response = first.post(url("confirm", clinic, two.pk), {"sealed": reviews[1]})
    assert response.status_code == 409
    assert "taken" in response.content.decode()
    form = response.context["form"]
    assert [form[name].value() for name in ("name", "domain", "first_name")] == [
        "anna.kowalska",
        "aurora.example",
        "Anna",
    ]
    assert "Hemlig4Sak" not in response.content.decode()


def test_every_verb_adds_to_the_version(clinic):
    account, other = fill(clinic, ("anna", "Anna Berg"), ("bo", "Bo Berg"))
    versions = [account.version]

    def noted() -> None:
        account.refresh_from_db()
        versions.append(account.version)

    for verb in (
        lambda: verbs.suspend(account, by=SYSTEM),
        lambda: verbs.resume(account, by=SYSTEM),
        lambda: verbs.set_password(account, "{ARGON2ID}?", by=SYSTEM),
        lambda: verbs.rename(account, Placement("anna", "aurora.example", "Anna", "", "Anna"), by=SYSTEM),
        lambda: verbs.rename(account, Placement("ann", "aurora.example", "Anna", "", "Anna"), by=SYSTEM),
        lambda: verbs.reset(account, by=SYSTEM),
        lambda: verbs.configure(account, Placement("ann", "aurora.example", password_hash="{ARGON2ID}!"), by=SYSTEM),
    ):
        verb()
        noted()
    assert versions == sorted(set(versions))
    other.refresh_from_db()
    assert other.version == 1


@pytest.mark.parametrize("text", ["", "x", "1", "1.", "-1.", "1.zz", "1. 5", "1. 5 x", "99999999999. 5 x", "1.\0 5 x"])
def test_nonsense_in_place_of_the_mark_is_no_mark(text):
    assert (Opened.parse(text) is None) == (text != "1. 5 x" and text != "1. 5")


@pytest.mark.django_db(transaction=True)
def test_of_many_who_saw_the_same_version_one_changes_it():
    clinic = make_clinic()
    (account,) = fill(clinic, ("anna", "Anna Berg"))
    seen, start = account.seen, Barrier(6)

    def rename(number: int) -> str:
        try:
            start.wait()
            mine = EmailAccount.objects.select_related("service").get(pk=account.pk)
            verbs.rename(mine, Placement(f"anna{number}", "aurora.example", "Anna"), by=SYSTEM, seen=seen)
        except batch.Stale:
            return "stale"
        finally:
            connections.close_all()
        return "changed"

    with ThreadPoolExecutor(6) as pool:
        outcomes = sorted(pool.map(rename, range(6)))
    assert outcomes == ["changed"] + ["stale"] * 5


def test_a_version_of_another_mailbox_is_another_version(clinic):
    (account,) = fill(clinic, ("anna", "Anna Berg"))
    with pytest.raises(batch.Stale):
        verbs.suspend(account, by=SYSTEM, seen=Seen(account.version, "0" * 32))
