"""Aliases of accounts: what can be one, the page, in bulk, and what becomes of them."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import Client

from accounts import aliases, batch, verbs
from accounts.addresses import split_addresses
from accounts.models import Address, Alias, BulkRow, EmailAccount
from accounts.pasted import AddressesRefused
from accounts.preview import ALIASES_AT_MOST, RowProblem
from accounts.rules import NameRule
from domains.models import Domain
from panel.actors import SYSTEM
from panel.errors import Refused
from panel.models import Activity
from tests.accounts.conftest import Clinic, make_clinic
from tests.accounts.test_list import fill, listing
from tests.accounts.test_pages import GOOD, signed_in, slot, url
from tests.accounts.test_suggestions import command
from tests.factories import make_domain

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a@d.example\nb@d.example", ["a@d.example", "b@d.example"]),
        ("a@d.example; b@d.example ,c@d.example", ["a@d.example", "b@d.example", "c@d.example"]),
        ("info shop\tinfo", ["info", "shop"]),
        ("a,b@d.example,c@d.example,", ["a,b@d.example", "c@d.example"]),
        ("info,shop", ["info,shop"]),
        (" ; , \n", []),
    ],
)
def test_addresses_are_told_apart(text: str, found: list[str]) -> None:
    assert split_addresses(text) == found


@pytest.fixture
def anna(clinic: Clinic) -> EmailAccount:
    (account,) = fill(clinic, ("anna", "Anna Kowalska"))
    return account


def add(account: EmailAccount, *addresses: str, owner: bool = False) -> list[str]:
    return aliases.add(account, "\n".join(addresses), by=SYSTEM, owner=owner)


def of(account: EmailAccount) -> list[str]:
    return [str(alias) for alias in aliases.of_account(account)]


def refusals(account: EmailAccount, *addresses: str) -> list[str]:
    with pytest.raises(AddressesRefused) as refused:
        add(account, *addresses)
    return [fault.code for fault in refused.value.faults]


def test_several_are_added_at_once_also_at_another_domain_of_the_service(clinic: Clinic, anna: EmailAccount) -> None:
    make_domain(clinic.service, "borealis.example")
    version = anna.version
    assert add(anna, "Info", "a.kowalska@aurora.example", "anna@borealis.example") == [
        "info@aurora.example",
        "a.kowalska@aurora.example",
        "anna@borealis.example",
    ]
    assert of(anna) == ["a.kowalska@aurora.example", "info@aurora.example", "anna@borealis.example"]
    assert anna.version > version
    entry = Activity.objects.get(verb="account.aliases_added")
    assert (entry.target, len(entry.after["aliases"])) == ("anna@aurora.example", 3)


def test_those_that_are_there_are_passed_over(anna: EmailAccount) -> None:
    add(anna, "info")
    assert add(anna, "info", "office") == ["office@aurora.example"]
    assert add(anna, "INFO@Aurora.example") == []
    assert Activity.objects.filter(verb="account.aliases_added").count() == 2


def test_one_refusal_refuses_all_and_names_each(clinic: Clinic, anna: EmailAccount) -> None:
    make_domain(clinic.service, "pending.example", pending=True)
    fill(clinic, ("jan", "Jan Lis"))
    bad = ["x", "żółw", "a@b@c", "jan", "anna", "info@pending.example", "info@foreign.example", "postmaster"]
    assert refusals(anna, "good", *bad) == [
        NameRule.NAME_SHORT,
        NameRule.NAME_ACCENTS,
        RowProblem.ADDRESS_FORM,
        RowProblem.ADDRESS_ACCOUNT,
        RowProblem.ADDRESS_OWN,
        RowProblem.DOMAIN_PENDING,
        RowProblem.DOMAIN_UNKNOWN,
        NameRule.NAME_RESERVED,
    ]
    assert of(anna) == []
    assert add(anna, "postmaster", owner=True) == ["postmaster@aurora.example"]


def test_an_alias_is_taken_for_everybody_else(clinic: Clinic, anna: EmailAccount) -> None:
    add(anna, "info")
    (jan,) = fill(clinic, ("jan", "Jan Lis"))
    assert refusals(jan, "info") == [RowProblem.ADDRESS_ALIAS]
    browser = signed_in(clinic.technician)
    page = browser.post(url("configure", clinic, slot(clinic).pk), GOOD | {"name": "info"})
    assert "alias of an account of this service" in page.content.decode()
    with pytest.raises(Refused) as refused:
        verbs.rename(jan, batch.Placement("info", "aurora.example"), by=SYSTEM)
    assert refused.value.code == RowProblem.ADDRESS_ALIAS


def test_another_service_learns_only_that_it_is_taken(anna: EmailAccount) -> None:
    add(anna, "info")
    Domain.objects.filter(name__name="aurora.example").update(mode="non_authoritative", target_host="mx.other.example")
    other = make_clinic(domain="polaris.example")
    make_domain(other.service, "aurora.example", target="mx.other.example")  # the other half, on another platform
    (jan,) = fill(other, ("jan", "Jan Lis"), domain="polaris.example")
    assert refusals(jan, "info@aurora.example") == [RowProblem.ADDRESS_TAKEN_ELSEWHERE]


def test_an_account_has_at_most_a_thousand(anna: EmailAccount) -> None:
    add(anna, *(f"n{number:04}" for number in range(ALIASES_AT_MOST - 1)))
    with pytest.raises(Refused) as refused:
        add(anna, "one", "two")
    assert refused.value.code == RowProblem.ALIASES_MANY
    assert add(anna, "one")


def test_a_slot_has_none(clinic: Clinic) -> None:
    with pytest.raises(Refused) as refused:
        add(slot(clinic), "info@aurora.example")
    assert refused.value.code == "wrong-state"


def test_reset_frees_them_and_a_suspended_account_keeps_them(clinic: Clinic, anna: EmailAccount) -> None:
    add(anna, "info", "office")
    verbs.suspend(anna, by=SYSTEM)
    assert len(of(anna)) == 2
    verbs.reset(anna, by=SYSTEM)
    assert not Alias.objects.exists()
    assert not Address.objects.exists()
    (jan,) = fill(clinic, ("jan", "Jan Lis"))
    assert add(jan, "info") == ["info@aurora.example"]


def test_a_move_to_another_address_leaves_them(clinic: Clinic, anna: EmailAccount) -> None:
    make_domain(clinic.service, "borealis.example")
    add(anna, "info")
    verbs.rename(anna, batch.Placement("ann", "borealis.example"), by=SYSTEM)
    assert of(anna) == ["info@aurora.example"]


def test_a_domain_with_aliases_is_not_detached(clinic: Clinic, anna: EmailAccount) -> None:
    other = make_domain(clinic.service, "borealis.example")
    add(anna, "anna@borealis.example")
    with pytest.raises(Refused) as refused:
        other.detach(SYSTEM)
    assert refused.value.code == "accounts-use-domain"
    aliases.remove(anna, [Alias.objects.get().pk], by=SYSTEM)
    other.detach(SYSTEM)
    assert not Domain.objects.filter(pk=other.pk).exists()


# The pages


def test_the_page_adds_lists_and_removes(clinic: Clinic, anna: EmailAccount) -> None:
    browser = signed_in(clinic.technician)
    answer = browser.post(
        url("aliases", clinic, anna.pk), {"addresses": "info; office\nshop@aurora.example"}, follow=True
    )
    page = answer.content.decode()
    assert "3 aliases were added." in page
    assert "shop@aurora.example" in page
    ids = list(Alias.objects.order_by("id").values_list("pk", flat=True))
    answer = browser.post(url("remove_aliases", clinic, anna.pk), {"alias": ids[:2]}, follow=True)
    assert "2 aliases were removed." in answer.content.decode()
    assert of(anna) == ["shop@aurora.example"]
    assert Activity.objects.get(verb="account.aliases_removed").before["aliases"] == [
        "info@aurora.example",
        "office@aurora.example",
    ]


def test_the_page_says_each_refusal_and_keeps_what_was_typed(clinic: Clinic, anna: EmailAccount) -> None:
    browser = signed_in(clinic.technician)
    answer = browser.post(url("aliases", clinic, anna.pk), {"addresses": "good\nx\npostmaster"})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "x: Account name: at least 2 characters." in page
    assert "postmaster: postmaster and abuse may only be configured by an owner." in page
    assert "good\nx" in page
    assert of(anna) == []


def test_aliases_of_another_account_are_not_removed(clinic: Clinic, anna: EmailAccount) -> None:
    (jan,) = fill(clinic, ("jan", "Jan Lis"))
    add(jan, "info")
    browser = signed_in(clinic.technician)
    browser.post(url("remove_aliases", clinic, anna.pk), {"alias": [Alias.objects.get().pk]})
    assert of(jan) == ["info@aurora.example"]


def test_a_viewer_reads_and_changes_nothing(clinic: Clinic, anna: EmailAccount) -> None:
    add(anna, "info")
    browser = signed_in(clinic.viewer)
    page = browser.get(url("aliases", clinic, anna.pk)).content.decode()
    assert "info@aurora.example" in page
    assert "textarea" not in page
    assert browser.post(url("aliases", clinic, anna.pk), {"addresses": "office"}).status_code in (403, 404)
    assert of(anna) == ["info@aurora.example"]


def test_the_list_counts_them_with_one_more_query(clinic: Clinic, anna: EmailAccount) -> None:
    add(anna, "info", "office")
    browser = Client()
    browser.force_login(clinic.viewer)
    page = listing(browser, clinic, "?state=active").context["page"]
    assert [account.alias_count for account in page.accounts] == [2]


def test_the_export_has_them_and_can_be_uploaded_again(clinic: Clinic, anna: EmailAccount, table, capsys) -> None:
    add(anna, "info", "office")
    fill(clinic, ("jan", "Jan Lis"))
    browser = signed_in(clinic.viewer)
    exported = browser.get(url("export", clinic) + "?state=active")
    text = b"".join(exported.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = {row["E-mail address"]: row for row in csv.DictReader(io.StringIO(text))}
    assert rows["anna@aurora.example"]["Aliases"] == "info@aurora.example; office@aurora.example"
    assert rows["jan@aurora.example"]["Aliases"] == ""
    status, answer = command(clinic.service.name, table(*text.splitlines()), "--update", capsys=capsys)
    assert (status, answer["already"], answer["done"]) == (0, 2, 0)


# In bulk


def codes(answer: dict[str, Any]) -> list[str]:
    return [reason["code"] for reason in answer["reasons"]]


def test_a_table_configures_accounts_with_their_aliases(clinic: Clinic, table, capsys) -> None:
    file = table(
        "E-mail address;Password;Aliases",
        "anna@aurora.example;Kwietny7Ogrod;info, office@aurora.example",
        "jan@aurora.example;Kwietny7Ogrod;",
        "ewa@aurora.example;Kwietny7Ogrod;shop biuro@aurora.example,sklep@aurora.example",
    )
    status, answer = command(clinic.service.name, file, capsys=capsys)
    assert (status, answer["done"]) == (0, 3), answer
    found = {account.address_key: of(account) for account in EmailAccount.objects.exclude(state="slot")}
    assert found == {
        "anna@aurora.example": ["info@aurora.example", "office@aurora.example"],
        "jan@aurora.example": [],
        "ewa@aurora.example": ["biuro@aurora.example", "shop@aurora.example", "sklep@aurora.example"],
    }


def test_a_row_whose_alias_cannot_be_had_is_refused(clinic: Clinic, anna: EmailAccount, table, capsys) -> None:
    add(anna, "info")
    file = table(
        "email;password;aliasy",
        "jan@aurora.example;Kwietny7Ogrod;info",
        "ewa@aurora.example;Kwietny7Ogrod;x",
        "ola@aurora.example;Kwietny7Ogrod;anna",
        "iga@aurora.example;Kwietny7Ogrod;shop",
        "ida@aurora.example;Kwietny7Ogrod;shop",
        "iwo@aurora.example;Kwietny7Ogrod;good;more",
    )
    status, answer = command(clinic.service.name, file, capsys=capsys)
    assert status == 1
    assert EmailAccount.objects.exclude(state="slot").count() == 2
    assert codes(answer)[:4] == [RowProblem.ALIAS_REFUSED] * 4


def test_an_update_only_adds(clinic: Clinic, anna: EmailAccount, table, capsys) -> None:
    add(anna, "info")
    file = table("email;aliases", "anna@aurora.example;office info", name="more.csv")
    status, answer = command(clinic.service.name, file, "--update", capsys=capsys)
    assert (status, answer["done"]) == (0, 1), answer
    assert of(anna) == ["info@aurora.example", "office@aurora.example"]
    assert BulkRow.objects.get().changes == [["aliases", "", "office@aurora.example"]]


def test_an_alias_taken_between_preview_and_run_refuses_its_row(clinic: Clinic, anna: EmailAccount) -> None:
    from accounts.columns import Field
    from accounts.runs import engine, loading

    text = "email;password;aliases\njan@aurora.example;Kwietny7Ogrod;info\newa@aurora.example;Kwietny7Ogrod;shop\n"
    run = loading.upload(clinic.service, text.encode(), "t.csv", by=clinic.owner, owner=True)
    loading.begin_check(run, [Field(name) for name in run.columns], "", "passwords")
    loading.check(run)
    run.refresh_from_db()
    assert run.bad == 0
    add(anna, "info")
    engine.start(run)
    engine.work(run.pk)
    refused = BulkRow.objects.get(run=run, state="refused")
    assert (refused.address, refused.faults[0][0]) == ("jan@aurora.example", RowProblem.ALIAS_GONE)
    assert of(EmailAccount.objects.get(address_key="ewa@aurora.example")) == ["shop@aurora.example"]
