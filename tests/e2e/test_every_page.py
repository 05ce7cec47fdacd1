"""Every page with the longest plausible names: accessible, nothing wider than the window, no text on another, and in a
pseudo-locale nothing that is not translated."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from panel.guides import CLIENTS, RECORDS
from panel.models import Contact
from tests import page_checks
from tests.access_table import TABLE, Need
from tests.factories import (
    Tenant,
    make_account,
    make_check,
    make_domain,
    make_letter,
    make_member,
    make_slot,
    make_tenant,
    make_user,
)
from tests.panel.test_every_url import address

pytestmark = pytest.mark.django_db(transaction=True)

LABEL = "l" + "o" * 60 + "ng"  # 63 characters
LOCAL_PART = "anna." + "x" * 59  # 64
ARABIC = "مؤسسة البريد الإلكتروني للشركات المتوسطة"
CHINESE = "上海市电子邮件服务有限公司技术支持部门"
# Not pages: downloads, parts of pages, answers for programs, and the guide, which is a text of its own.
NO_PAGES = {
    *("healthz", "readyz", "metrics", "panel:logo", "api:openapi", "panel:guide", "panel:guides"),
    *("accounts:export", "accounts:template", "accounts:reasons", "diagnostics:zone_file"),
    *(
        "diagnostics:buttons",
        "diagnostics:mx_hint",
        "diagnostics:delegation_hint",
        "domains:plan_card",
        "domains:footer_preview",
        "accounts:domain_names",
        "accounts:under_way",
    ),
    *(
        "panel:staff_organization_names",
        "mfa_download_recovery_codes",
        "mfa_login_webauthn",
        "mfa_reauthenticate_webauthn",
    ),
    *("account_logout",),
}
NEEDS = {Need.SIGNED_IN, Need.VIEWER, Need.TECHNICIAN, Need.OWNER, Need.STAFF, Need.NOBODY}
PAGES = sorted(
    name
    for name, row in TABLE.items()
    if row.method == "GET" and row.need in NEEDS - {Need.NOBODY} and name not in NO_PAGES
)
# Words that are the same in every language: names of things of others, codes, units, what the fixture calls its own.
DATA = re.compile(
    r".*[.@_\d=–-].*|[A-Z]{2,8}s?|English|Polski|configureme|Outlook|Thunderbird|Apple|Android|ms|MiB|KB|MB|bytes|"
    r"Redis|PowerDNS|Cloudflare|OVH|worker|beat|broker|database|queues|space|write|sweep|resolvers|X+|xx+|CSV|IPv\d|Python|"
    r"SSL/TLS|Name|servers|OVHcloud|Subject|[Hh]ello|test|Pro|Plan|Django|SQLite|PostgreSQL|Celery|DNSSEC|JSON|lo+ng|org\w*"
)


@pytest.fixture
def tenant() -> Tenant:
    tenant = make_tenant("ab123456789012345678901234567890")
    tenant.organization.name = f"{ARABIC} {CHINESE} {'X' * 63}"
    tenant.organization.save()
    tenant.service.display_name = f"{CHINESE} {'X' * 60} {ARABIC}"
    tenant.service.renews_on = timezone.localdate() + timedelta(days=300)
    tenant.service.save()
    tenant.account.set_keys(f"anna@{tenant.domain.name.name}")
    tenant.account.save()
    for name in (f"{LABEL}.{LABEL}.{LABEL}.example", "xn--ngbrx4e.example", "xn--fiqs8s.xn--fiqs8s.example"):
        domain = make_domain(tenant.service, name)
        make_check(domain, "MX", "missing")
        make_check(domain, "SPF", "propagating")
        account = make_account(domain, LOCAL_PART, first_name="X" * 64, display_name=f"{ARABIC} {'X' * 64}"[:64])
        account.set_keys(f"{LOCAL_PART}@{name}")
        account.save()
        tenant = replace(tenant, domain=domain, account=account)
    make_domain(tenant.service, f"{LABEL}.pending.example", pending=True)
    make_domain(tenant.service, f"split.{LABEL}.example", target=f"mx.{LABEL}.{LABEL}.example")
    make_slot(tenant.service)
    person = make_member(
        tenant.organization, "owner", make_user(f"{LOCAL_PART}@{LABEL}.example", name=f"{CHINESE} {'X' * 60}")
    )
    Contact.by_default(tenant.organization, person.email)
    make_letter(
        tenant.organization, recipient=person.email, state="failed", error=f"550 5.1.1 <{person.email}>: {'X' * 90}"
    )
    return tenant


def walk(page: Page, tenant: Tenant, look: Callable[[], list[str]], guides: tuple[str, ...] = ()) -> None:
    """Every page; what is wrong with any of them, all at once."""
    wrong = []
    addresses = {name: address(name, TABLE[name], tenant) for name in PAGES}
    for name, url in {**addresses, **{slug: reverse("panel:guide", args=[slug]) for slug in guides}}.items():
        answer = page.goto(url)
        assert answer
        assert answer.status < 500, name
        wrong += [f"{name}: {each}" for each in look()]
    assert not wrong, "\n".join(wrong)


def test_nothing_is_untranslated_or_misplaced_where_words_are_longer(
    tenant: Tenant, new_page: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    page_checks.patch(monkeypatch)
    page = new_page(make_user("staff@operator.example", staff=True, name="X"), locale="en-GB")

    def look() -> list[str]:
        found = [f"untranslated: {word}" for word in page_checks.untranslated(page, DATA)]
        for width in (1440, 1024, 390):
            page.set_viewport_size({"width": width, "height": 900})
            found += [f"at {width}: {each}" for each in page_checks.misplaced(page)]
        page.set_viewport_size({"width": 1440, "height": 900})
        return found

    walk(page, tenant, look)


SHAPES = {
    "in_polish_on_a_phone_in_the_dark": ("pl", "dark", {"width": 390, "height": 844}),
    "in_english_on_a_desk_in_the_light": ("en", "light", {"width": 1440, "height": 900}),
}


@pytest.mark.parametrize(("language", "scheme", "size"), SHAPES.values(), ids=SHAPES)
def test_every_page_is_accessible(
    tenant: Tenant,
    new_page: Callable[..., Page],
    accessible: Callable[[Page], None],
    language: str,
    scheme: str,
    size: dict[str, int],
) -> None:
    staff = make_user("staff@operator.example", staff=True, language=language)
    page = new_page(staff, locale=language, color_scheme=scheme, viewport=size)

    def look() -> list[str]:
        found = page_checks.misplaced(page)
        try:
            accessible(page)
        except AssertionError as error:
            found.append(str(error))
        return found

    walk(page, tenant, look, ("index", *RECORDS, *CLIENTS))


def test_what_these_tests_look_for_is_seen(page: Page) -> None:
    page.set_content(
        '<div style="position:relative;height:99px"><p style="position:absolute">⟦Öné⟧ thing</p>'
        '<p style="position:absolute">⟦Ånöthér⟧</p></div><p style="width:3000px">⟦Wîdé⟧</p>'
    )

    found = page_checks.misplaced(page)

    assert any(each.startswith("on each other") for each in found)
    assert any("wide in" in each for each in found)
    assert page_checks.untranslated(page, DATA) == ["thing"]
