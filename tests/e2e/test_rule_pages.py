"""Inbox rules and automatic replies in a real browser: light, dark, on a phone and in Polish, axe clean."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.inbox_rules import usecases
from accounts.inbox_rules.terms import ReplyTerms, Rule, RuleAction, RuleCondition
from accounts.models import OwnScript
from panel.actors import SYSTEM
from tests.accounts.conftest import Clinic
from tests.accounts.test_list import fill
from tests.browser import SHAPES, USUAL, NewPage, keeps_within_its_width
from tests.e2e.test_address_pages import clinic

pytestmark = pytest.mark.django_db(transaction=True)

__all__ = ["clinic"]


@pytest.mark.parametrize("shape", [*USUAL, "polish"])
def test_the_pages_in_every_shape(
    clinic: Clinic,
    new_page: NewPage,
    accessible: Callable[[Page], None],
    screenshot: Callable[[Page, str], Path],
    shape: str,
) -> None:
    anna, jan = fill(clinic, ("anna", "Anna Sowa"), ("jan", "Jan Lis"))
    about = RuleCondition("subject", "contains", "invoice")
    bills = Rule("Bills", (about,), (RuleAction("move", "Bills"), RuleAction("stop")))
    shop = RuleCondition("from", "ends", "@a.very.long.name.of.a.shop.that.writes.often.example")
    outwards = (RuleAction("forward", "x@outside.example"),)
    away = Rule("", (shop, RuleCondition("size", "over", "5000")), outwards, enabled=False)
    rows = usecases.put(anna, [bills, away], by=SYSTEM)
    usecases.put(jan, [Rule("", bills.conditions, outwards)], by=SYSTEM)
    usecases.set_reply(anna, ReplyTerms("Away", "I am away."), by=SYSTEM)
    OwnScript.objects.create(account=anna, active=True, changed_at=anna.changed_at, error="mine: line 1: error: x")
    page = new_page(clinic.owner, **SHAPES[shape])
    base = f"/services/{clinic.service.name}/accounts/"
    for name, address in {
        "rules": f"{base}{anna.pk}/rules/",
        "new-rule": f"{base}{anna.pk}/rules/new/",
        "rule": f"{base}{anna.pk}/rules/{rows[0].pk}/",
        "delete-rule": f"{base}{anna.pk}/rules/{rows[0].pk}/delete/",
        "auto-reply": f"{base}{anna.pk}/auto-reply/",
        "forwards": f"{base}forwarding/",
        "guide": "/guide/rules/",
    }.items():
        response = page.goto(address)
        assert response is not None
        assert response.status == 200, name
        accessible(page)
        screenshot(page, f"rules-{name}-{shape}")
        keeps_within_its_width(page, name)


def test_rules_are_made_and_ordered_by_hand(clinic: Clinic, new_page: NewPage) -> None:
    (anna,) = fill(clinic, ("anna", "Anna Sowa"))
    page = new_page(clinic.technician, java_script_enabled=False)
    page.goto(f"/services/{clinic.service.name}/accounts/{anna.pk}/")
    page.get_by_role("link", name="Rules", exact=True).click()
    for name in ("First", "Second"):
        page.get_by_role("link", name="New rule").click()
        page.get_by_label("Name (optional)").fill(name)
        page.get_by_label("What 1", exact=True).select_option("subject")
        page.get_by_label("Text or number 1").fill(f"letter {name}")
        page.get_by_label("What to do 1").select_option("move")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("A folder's name has at most")).to_be_visible()
        page.get_by_label("Folder or address 1").fill("Letters")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved. It holds from the next message on.")).to_be_visible()
    page.get_by_role("button", name="Move up: Second").click()
    page.get_by_role("button", name="Switch off First").click()
    assert [(row.name, row.enabled) for row in usecases.of_account(anna)] == [("Second", True), ("First", False)]
    page.get_by_role("link", name="Set up Automatic reply").click()
    page.get_by_label("Text", exact=True).fill("I am away.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Until it is switched off all who write get an answer")).to_be_visible()
