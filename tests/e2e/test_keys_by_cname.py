"""Keys by CNAME and the platform's zone for them, in a real browser: dark, on a phone, in Polish."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from domains.models import DkimKey, DnsProvider, Domain, Zone
from domains.records import Kind
from mailflow.models import PlatformCheck
from panel.actors import SYSTEM
from panel.models import Role
from tests.browser import SHAPES, USUAL, NewPage, keeps_within_its_width
from tests.factories import (
    make_check,
    make_domain,
    make_member,
    make_organization,
    make_platform,
    make_service,
    make_user,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def domain() -> Domain:
    """Whose platform has a zone for keys, at a provider that nobody asks here."""
    service = make_service(make_organization("ab12345"), make_platform("pro7", name="pro7", is_default=True))
    operator = make_organization("operator1")
    provider = DnsProvider.objects.create(organization=operator, kind="rfc2136", name="Knot", settings={})
    Zone.objects.create(provider=provider, name="dkim.pro7.mail.example", by_hand=True, dkim_of=service.platform)
    found = make_domain(service, "aurora-clinic.example")
    for kind in Kind:
        if kind != Kind.TARGET:
            make_check(found, str(kind), "ok" if kind != Kind.DKIM else "unknown")
    return found


@pytest.mark.parametrize("shape", [*USUAL, "polish-phone-dark"])
def test_two_cnames_are_published_once(
    domain: Domain,
    shape: str,
    new_page: NewPage,
    accessible: Callable[[Page], None],
    screenshot: Callable[[Page, str], Path],
) -> None:
    old = DkimKey.rotate(domain, actor=SYSTEM)
    DkimKey.objects.filter(pk=old.pk).update(state=DkimKey.State.ACTIVE)
    page = new_page(make_member(domain.service.organization, Role.TECHNICIAN), **SHAPES[shape])
    page.goto(reverse("diagnostics:domain", args=[domain.service.name, domain.name.name]))
    polish = shape.startswith("polish")
    page.get_by_role("button", name="Publikuj przez CNAME" if polish else "Publish by CNAME").click()
    expect(page.get_by_role("status").or_(page.get_by_role("alert")).first).to_contain_text("CNAME")
    for key in DkimKey.objects.exclude(hosted=""):
        line = f"{key}.aurora-clinic.example. CNAME {key.hosted}."
        expect(page.get_by_role("region", name="DKIM").get_by_text(line)).to_be_visible()
    keeps_within_its_width(page)
    accessible(page)
    screenshot(page, f"keys-by-cname-{shape}")


@pytest.mark.parametrize("shape", [*USUAL, "polish-phone-dark"])
def test_a_zone_that_went_is_red_on_the_platform_s_page(
    domain: Domain,
    shape: str,
    new_page: NewPage,
    accessible: Callable[[Page], None],
    screenshot: Callable[[Page, str], Path],
) -> None:
    checks = [
        ("A", "mx1.pro7.mail.example", "ok", ["192.0.2.10"], ""),
        ("PTR", "192.0.2.10", "missing", [], "10.2.0.192.in-addr.arpa. 3600 IN PTR mx1.pro7.mail.example."),
        ("ZONE", "dkim.pro7.mail.example", "wrong", ["no-such-zone"], ""),
        ("ZONE", "gone.pro7.mail.example", "unknown", ["unreachable"], ""),
    ]
    for kind, subject, status, found, record in checks:
        PlatformCheck.objects.create(
            platform=domain.platform,
            kind=kind,
            subject=subject,
            status=status,
            found=found,
            record=record,
            checked_at=timezone.now(),
        )
    page = new_page(make_user(staff=True), **SHAPES[shape])
    page.goto(reverse("mailflow:platform", args=["pro7"]))
    row = page.get_by_role("row").filter(has_text="dkim.pro7.mail.example")
    expect(row.locator(".check-red")).to_be_visible()
    keeps_within_its_width(page)
    accessible(page)
    screenshot(page, f"platform-zone-{shape}")
