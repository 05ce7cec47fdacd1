"""The panel's own pages in a real browser: accessible, within the Content Security Policy, no wider than a phone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from panel.models import Invitation, Platform, User
from tests.browser import SHAPES, keeps_within_its_width
from tests.factories import Tenant, make_letter, make_service, make_slot, make_tenant, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tenant() -> Tenant:
    tenant = make_tenant("ab12345")
    tenant.organization.change(name="Aurora Clinic", contacts=["it@aurora-clinic.example"], actor=tenant.owner)
    tenant.service.change(display_name="Head office", renews_on=date(2027, 3, 1), actor=tenant.owner)
    Platform.objects.update(is_default=False)
    Platform.objects.filter(pk=tenant.platform.pk).update(is_default=True, name="pro7")
    for _number in range(3):
        make_slot(tenant.service)
    suspended = make_service(tenant.organization, tenant.platform)
    suspended.suspend(actor=tenant.owner)
    ending = make_service(tenant.organization, tenant.platform)
    ending.end_on(date(2036, 1, 31), actor=tenant.owner)
    Invitation.issue(tenant.organization, "new@people.example", "technician", tenant.owner)
    tenant.organization.contacts.create(email="dns@aurora-clinic.example", confirmed_at=timezone.now())
    error = "550 5.1.1 <anna@home.example>: Recipient address rejected: User unknown in virtual mailbox table"
    make_letter(tenant.organization, error=error, attempts=5, subject="Choose your password for anna@aurora.example")
    make_letter(tenant.organization, state="sent", content="")
    make_letter(state="failed", error="the mail server was not done within 30 s", attempts=72)
    return tenant


def pages_of_anybody(tenant: Tenant) -> dict[str, str]:
    _invitation, token = Invitation.issue(tenant.organization, "join@people.example", "viewer", tenant.owner)
    _invitation, known = Invitation.issue(tenant.organization, make_user().email, "viewer", tenant.owner)
    return {
        "sign-in": reverse("account_login"),
        "forgotten": reverse("account_reset_password"),
        "forgotten-done": reverse("account_reset_password_done"),
        "sign-up": reverse("account_signup"),
        "guide": reverse("panel:guide", args=["mx"]),
        "guides": reverse("panel:guides"),
        "invitation-new": reverse("panel:invitation", args=[token]),
        "invitation-known": reverse("panel:invitation", args=[known]),
        "invitation-gone": reverse("panel:invitation", args=["gone"]),
        "contact-confirm": reverse("panel:contact_confirm", args=[tenant.organization.contacts.all()[0].token]),
        "contact-unsubscribe": reverse("panel:contact_unsubscribe", args=[tenant.organization.contacts.all()[0].token]),
        "contact-gone": reverse("panel:contact_confirm", args=["gone"]),
        "not-found": "/nothing/here/",
    }


def pages_of_owners(tenant: Tenant) -> dict[str, str]:
    code, name = tenant.organization.code, tenant.service.name
    return {
        "services": "/",
        "services-none": "/?q=zzz",
        "service": reverse("panel:service", args=[name]),
        "service-suspended": reverse("panel:service", args=["emailpro-ab12345-2"]),
        "service-settings": reverse("panel:service_settings", args=[name]),
        "service-activity": reverse("panel:activity", args=[name]),
        "organization": reverse("panel:organization", args=[code]),
        "organization-settings": reverse("panel:organization_settings", args=[code]),
        "organization-activity": reverse("panel:organization_activity", args=[code]),
        "yourself": reverse("panel:yourself"),
        "find": reverse("panel:find") + "?q=emailpro",
        "password": reverse("account_change_password"),
        "second-factor": reverse("mfa_index"),
    }


def pages_of_staff(tenant: Tenant) -> dict[str, str]:
    return {
        "staff-services": "/",
        "staff-organizations": reverse("panel:staff_organizations"),
        "staff-new-organization": reverse("panel:staff_new_organization"),
        "staff-organization": reverse("panel:staff_organization", args=[tenant.organization.code]),
        "staff-platforms": reverse("panel:staff_platforms"),
        "staff-new-platform": reverse("panel:staff_new_platform"),
        "staff-platform": reverse("panel:staff_platform", args=[tenant.platform.slug]),
        "staff-new-service": reverse("panel:staff_new_service"),
        "staff-service": reverse("panel:staff_service", args=[tenant.service.name]),
        "staff-users": reverse("panel:staff_users"),
        "staff-new-user": reverse("panel:staff_new_user"),
        "staff-user": reverse("panel:staff_user", args=[tenant.viewer.pk]),
        "staff-mail": reverse("panel:staff_mail"),
        "staff-mail-trouble": reverse("panel:staff_mail") + "?state=trouble&q=nobody",
        "staff-activity": reverse("panel:staff_activity"),
        "staff-system": reverse("panel:staff_system"),
    }


# In the other shapes, with long names and in Polish: tests/e2e/test_every_page.py.
@pytest.mark.parametrize(
    ("who", "shape"), [("anybody", "dark"), ("anybody", "touch"), ("owner", "light"), ("staff", "light")]
)
def test_pages_are_accessible_and_fit(
    who: str,
    shape: str,
    tenant: Tenant,
    new_page: Callable[..., Page],
    accessible: Callable[[Page], None],
    screenshot: Callable[[Page, str], Path],
) -> None:
    user: User | None
    if who == "anybody":
        user, pages = None, pages_of_anybody(tenant)
    elif who == "owner":
        user, pages = tenant.owner, pages_of_owners(tenant)
    else:
        user, pages = make_user("anna@operator.example", staff=True, name="Anna Kowalska"), pages_of_staff(tenant)
    page = new_page(user, **SHAPES[shape])
    for name, url in pages.items():
        page.goto(url)
        screenshot(page, f"panel-{name}-{shape}")
        accessible(page)
        keeps_within_its_width(page, name)


def test_the_menu_of_ones_account_opens_by_keyboard(tenant: Tenant, new_page: Callable[..., Page]) -> None:
    page = new_page(tenant.owner)
    page.goto("/")
    page.locator("summary").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Your settings").click()
    assert page.url.endswith("/you/")
    page.locator("summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert not page.locator("details.menu[open]").count()
