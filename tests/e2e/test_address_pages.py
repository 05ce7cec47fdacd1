"""Aliases, groups, forwarding and the catch-all in a real browser: light, dark, on a phone and in Polish, axe clean."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts import aliases, catching, forwarding, groups
from panel.actors import SYSTEM
from tests.accounts.conftest import Clinic, make_clinic
from tests.accounts.test_list import fill
from tests.browser import SHAPES, USUAL, NewPage, keeps_within_its_width

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clinic() -> Clinic:
    return make_clinic()


@pytest.mark.parametrize("shape", [*USUAL, "polish"])
def test_the_pages_in_every_shape(
    clinic: Clinic,
    new_page: NewPage,
    accessible: Callable[[Page], None],
    screenshot: Callable[[Page, str], Path],
    shape: str,
) -> None:
    anna, jan = fill(clinic, ("anna.kowalska", "Anna Kowalska"), ("jan", "Jan Lis"))
    aliases.add(anna, "info office a.very.long.name.of.an.alias", by=SYSTEM, owner=False)
    forwarding.set_forwarding(jan, "anna.kowalska friend@outside.example", keep=False, by=SYSTEM)
    team = groups.create(
        clinic.service, "team", clinic.domain, groups.GroupWish("The team", "everyone"), by=SYSTEM, owner=False
    )
    groups.add_members(team, "anna.kowalska jan friend@outside.example", by=SYSTEM)
    catching.set_catch_all(clinic.domain, anna, by=SYSTEM)
    page = new_page(clinic.owner, **SHAPES[shape])
    base = f"/services/{clinic.service.name}/accounts/"
    for name, address in {
        "list": base,
        "aliases": f"{base}{anna.pk}/aliases/",
        "forwarding": f"{base}{jan.pk}/forwarding/",
        "forwards": f"{base}forwarding/",
        "groups": f"{base}groups/",
        "new-group": f"{base}groups/new/",
        "group": f"{base}groups/{team.pk}/",
        "change-group": f"{base}groups/{team.pk}/change/",
        "delete-group": f"{base}groups/{team.pk}/delete/",
        "catch-all": f"{base}catch-all/",
        "delete-account": f"{base}{anna.pk}/reset/",
        "guide": "/guide/aliases/",
    }.items():
        response = page.goto(address)
        assert response is not None
        assert response.status == 200, name
        accessible(page)
        screenshot(page, f"addresses-{name}-{shape}")
        keeps_within_its_width(page, name)


def test_aliases_are_pasted_and_removed_by_hand(clinic: Clinic, new_page: NewPage) -> None:
    (anna,) = fill(clinic, ("anna", "Anna Kowalska"))
    page = new_page(clinic.technician)
    page.goto(f"/services/{clinic.service.name}/accounts/?state=active")
    page.get_by_label("Actions for anna@aurora.example").click()
    page.get_by_role("link", name="Manage aliases").click()
    page.get_by_label("New aliases").fill("info\nx\noffice")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("x: Account name: at least 2 characters.")).to_be_visible()
    page.get_by_label("New aliases").fill("info\noffice")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("2 aliases were added.")).to_be_visible()
    page.get_by_label("Select info@aurora.example").check()
    page.get_by_role("button", name="Remove those ticked").click()
    expect(page.get_by_text("1 alias was removed.")).to_be_visible()
    assert [str(alias) for alias in aliases.of_account(anna)] == ["office@aurora.example"]
