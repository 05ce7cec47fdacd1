"""The catch-all of a domain: the page, and where it cannot be."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts import catching
from accounts.models import CatchAll, EmailAccount
from panel.actors import SYSTEM
from panel.errors import Refused
from panel.models import Activity
from tests.accounts.conftest import Clinic, make_clinic
from tests.accounts.test_list import fill
from tests.accounts.test_pages import signed_in, url
from tests.factories import make_domain

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna(clinic: Clinic) -> EmailAccount:
    (account,) = fill(clinic, ("anna", "Anna Kowalska"))
    return account


def test_the_page_sets_and_ends_it(clinic: Clinic, anna: EmailAccount) -> None:
    browser = signed_in(clinic.technician)
    data = {"domain": "aurora.example", "account": "Anna@aurora.example"}
    page = browser.post(url("catch_alls", clinic), data, follow=True).content.decode()
    assert "taken from now on" in page
    assert CatchAll.objects.get().account == anna
    mode = browser.get(reverse("domains:mode", args=[clinic.service.name, "aurora.example"])).content.decode()
    assert "Changing to non-authoritative ends it" in mode
    page = browser.post(url("end_catch_all", clinic, "aurora.example"), follow=True).content.decode()
    assert "refused from now on" in page
    assert not CatchAll.objects.exists()
    found = Activity.objects.filter(verb__startswith="domain.catch").order_by("id")
    assert list(found.values_list("verb", flat=True)) == [
        "domain.catch_all",
        "domain.catch_all_ended",
    ]


@pytest.mark.parametrize("account", ["nobody", "x@y@z", "jan@polaris.example", ""])
def test_only_an_account_of_the_service_takes_it(clinic: Clinic, anna: EmailAccount, account: str) -> None:
    fill(make_clinic(domain="polaris.example"), ("jan", "Jan Lis"), domain="polaris.example")
    browser = signed_in(clinic.technician)
    answer = browser.post(url("catch_alls", clinic), {"domain": "aurora.example", "account": account})
    assert answer.status_code == 400
    assert not CatchAll.objects.exists()


def test_it_is_of_authoritative_and_verified_domains_only(clinic: Clinic, anna: EmailAccount) -> None:
    split = make_domain(clinic.service, "split.example", target="mx.other.example")
    pending = make_domain(clinic.service, "pending.example", pending=True)
    codes = []
    for domain in (split, pending):
        with pytest.raises(Refused) as refused:
            catching.set_catch_all(domain, anna, by=SYSTEM)
        codes.append(refused.value.code)
    assert codes == ["not-authoritative", "domain-pending"]


def test_a_viewer_reads_and_changes_nothing(clinic: Clinic, anna: EmailAccount) -> None:
    catching.set_catch_all(clinic.domain, anna, by=SYSTEM)
    browser = signed_in(clinic.viewer)
    page = browser.get(url("catch_alls", clinic)).content.decode()
    assert "anna@aurora.example" in page
    assert "<select" not in page
    assert browser.post(url("end_catch_all", clinic, "aurora.example")).status_code == 403
    assert CatchAll.objects.exists()


def test_the_page_of_deleting_an_account_says_what_ends(clinic: Clinic, anna: EmailAccount) -> None:
    from accounts import aliases

    catching.set_catch_all(clinic.domain, anna, by=SYSTEM)
    aliases.add(anna, "info", by=SYSTEM, owner=False)
    page = signed_in(clinic.technician).get(url("reset", clinic, anna.pk)).content.decode()
    assert "Its aliases go with it" in page
    assert "unknown addresses of aurora.example: that ends" in page
