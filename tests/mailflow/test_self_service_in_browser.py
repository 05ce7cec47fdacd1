"""The owner of a mailbox at work: in a real browser, and with a mail program at real Dovecot."""

from __future__ import annotations

import imaplib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts import policies
from accounts.inbox_rules import usecases
from accounts.inbox_rules.terms import ReplyTerms, Rule, RuleAction, RuleCondition
from accounts.models import EmailAccount, OwnScript, PasswordPolicy
from panel.actors import SYSTEM
from tests.browser import SHAPES, NewPage, keeps_within_its_width
from tests.mailflow.conftest import PASSWORD
from tests.mailflow.machine import MailMachine

pytestmark = pytest.mark.django_db(transaction=True)
NEW = "Battery-staple-8"


def opens(machine: MailMachine, login: str, password: str) -> bool:
    try:
        machine.imap(login, password).logout()
    except imaplib.IMAP4.error:
        return False
    return True


def sign_in(page: Page, address: str, password: str) -> None:
    page.get_by_label("E-mail address").fill(address)
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")


def test_the_owner_changes_the_password_and_a_mail_program_needs_the_new_one(
    machine: MailMachine, jan: EmailAccount, new_page: NewPage
) -> None:
    page, own = new_page(), str(jan)
    page.goto("/mailbox/password/")
    sign_in(page, own, "wrong")
    expect(page.get_by_role("alert")).to_contain_text("open no mailbox here")
    sign_in(page, own, PASSWORD)
    expect(page.get_by_role("heading", name="Change password")).to_be_visible()
    assert opens(machine, own, PASSWORD)
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_label("New password again").fill(NEW)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("status")).to_contain_text("has been changed")
    assert not opens(machine, own, PASSWORD)
    assert opens(machine, own, NEW)


def test_a_device_gets_a_password_of_its_own_until_it_is_revoked(
    machine: MailMachine, jan: EmailAccount, new_page: NewPage
) -> None:
    policies.change_policy(jan.service, {"main_for_web": True}, by=SYSTEM)
    page, own = new_page(), str(jan)
    page.goto("/mailbox/app-passwords/")
    sign_in(page, own, PASSWORD)
    page.get_by_label("Device or program").fill("My Phone")
    page.get_by_role("button", name="Create app password").click()
    secret = page.locator("#secret").inner_text()
    assert opens(machine, f"{own}*my-phone", secret)
    assert not opens(machine, own, PASSWORD)
    page.get_by_role("link", name="Done").click()
    expect(page.locator("#secret")).to_have_count(0)
    page.get_by_role("button", name="Revoke my-phone").click()
    expect(page.get_by_role("status")).to_contain_text("revoked")
    assert not opens(machine, f"{own}*my-phone", secret)


def test_an_expired_password_opens_self_service_and_after_it_mail(
    machine: MailMachine, jan: EmailAccount, new_page: NewPage
) -> None:
    own = str(jan)
    policies.change_policy(jan.service, {"max_age": 30}, by=SYSTEM)
    EmailAccount.objects.update(password_at=timezone.now() - timedelta(days=40))
    assert opens(machine, own, PASSWORD)  # everybody has two weeks
    PasswordPolicy.objects.update(expires_from=timezone.now())
    assert not opens(machine, own, PASSWORD)
    page = new_page()
    page.goto("/mailbox/forwarding/")
    sign_in(page, own, PASSWORD)
    expect(page.get_by_role("status")).to_contain_text("has expired")
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_label("New password again").fill(NEW)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("heading", name=own)).to_be_visible()
    assert opens(machine, own, NEW)


@pytest.mark.parametrize("shape", ["light", "phone-dark"])
def test_its_pages_are_accessible_and_fit(
    jan: EmailAccount,
    new_page: NewPage,
    accessible: Callable[[Page], None],
    screenshot: Callable[[Page, str], Path],
    shape: str,
) -> None:
    shop = RuleCondition("from", "ends", "@a.very.long.name.of.a.shop.that.writes.often.example")
    rule = Rule("Bills", (shop, RuleCondition("size", "over", "5000")), (RuleAction("move", "Bills"),))
    away = Rule("", (shop,), (RuleAction("forward", "x@outside.example"),), enabled=False)
    first, _second = usecases.put(jan, [rule, away], by=SYSTEM)
    usecases.set_reply(jan, ReplyTerms("Away", "I am away."), by=SYSTEM)
    OwnScript.objects.create(account=jan, active=True, changed_at=jan.changed_at, error="mine: line 1: error: x")
    policies.change_policy(jan.service, {"forward_outside": False}, by=SYSTEM)
    page = new_page(**SHAPES[shape])
    page.goto("/mailbox/")
    accessible(page)
    screenshot(page, f"mailbox-sign-in-{shape}")
    page.locator("[name=address]").fill(str(jan))
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=str(jan))).to_be_visible()
    pages = ["", "password", "app-passwords", "forwarding", "settings", "sign-ins"]
    pages += ["rules", "rules/new", f"rules/{first.pk}", f"rules/{first.pk}/delete", "auto-reply"]
    for name in pages:
        page.goto(f"/mailbox/{name}/" if name else "/mailbox/")
        if name == "app-passwords":
            page.locator("[name=name]").fill("tablet at home")
            page.keyboard.press("Enter")
            expect(page.locator("#secret")).to_be_visible()
        if name == "rules/new":
            page.locator("[name=condition-0-subject]").select_option("subject")
            page.locator("[name=condition-0-value]").fill("x")
            page.keyboard.press("Enter")
            expect(page.get_by_role("alert")).to_be_visible()
        accessible(page)
        keeps_within_its_width(page, name)
        screenshot(page, f"mailbox-{name.replace('/', '-').replace(str(first.pk), 'one') or 'home'}-{shape}")
