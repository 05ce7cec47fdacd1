"""The pages of diagnostics in a real browser: in light, dark and on a phone, with nothing for axe to find."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from diagnostics.models import CheckChange, CheckRun, Share
from domains import readings
from domains.models import Domain, Reading
from panel.models import Role, User
from tests.browser import SHAPES, USUAL, NewPage, keeps_within_its_width
from tests.factories import (
    make_account,
    make_check,
    make_domain,
    make_member,
    make_organization,
    make_platform,
    make_service,
    make_user,
)

pytestmark = pytest.mark.django_db(transaction=True)


def rrset(name: str, type_: str, *values: str, ttl: int = 3600) -> dict[str, Any]:
    return {"name": name, "type": type_, "ttl": ttl, "values": list(values)}


@pytest.fixture
def technician() -> User:
    """Of an organization with four domains in every state that a domain can be in."""
    organization = make_organization("ab12345", name="Aurora Clinic")
    service = make_service(organization, make_platform("pro7", name="pro7", is_default=True))
    now = timezone.now()
    clinic = make_domain(service, "aurora-clinic.example")
    lab = make_domain(service, "aurora-lab.example", created_at=now - timedelta(days=60))
    turtle = make_domain(service, "xn--w-uga1v8h.example", target="mx1.other.example")
    branch = make_domain(service, "branch.aurora-clinic.example", pending=True)
    for domain in (clinic, lab, turtle):
        make_check(
            domain, "NS", "ok", found=[rrset(f"{domain}.", "NS", "ada.ns.cloudflare.com.", "bob.ns.cloudflare.com.")]
        )
        for kind in ("CNAME", "MX", "SPF", "DKIM", "SRV", "DMARC"):
            make_check(domain, kind, "ok", found=[rrset(f"{domain}.", "TXT", '"as it should be"')])
    for number in range(3):
        make_account(lab, f"account{number}")
    ours = ("10 mx1.pro7.mail.example.", "20 mx2.pro7.mail.example.")
    make_check(
        lab,
        "MX",
        "wrong",
        reason="mx-foreign",
        facts={"hosts": ["mx.old-host.example"], "accounts": 3, "moves_mail": True, "confirmed": True},
        problems=["mx-foreign"],
        found=[rrset("aurora-lab.example.", "MX", *ours, "5 mx.old-host.example.")],
        expected=[rrset("aurora-lab.example.", "MX", *ours)],
        fixes=[{"action": "remove", **rrset("aurora-lab.example.", "MX", "5 mx.old-host.example.")}],
        witnesses=[
            {"who": "resolvers", "says": [*ours, "5 mx.old-host.example."], "failure": None, "serial": None},
            {
                "who": "ada.ns.cloudflare.com (192.0.2.53)",
                "says": [*ours, "5 mx.old-host.example."],
                "failure": None,
                "serial": 7,
            },
            {"who": "bob.ns.cloudflare.com (192.0.2.54)", "says": [], "failure": "timeout", "serial": None},
        ],
        changed_at=now - timedelta(days=3),
    )
    make_check(
        lab,
        "SPF",
        "wrong",
        reason="spf-several",
        facts={"count": 2},
        problems=["spf-several"],
        found=[rrset("aurora-lab.example.", "TXT", '"v=spf1 mx -all"', '"v=spf1 include:_spf.old-host.example ~all"')],
        fixes=[
            {
                "action": "replace",
                **rrset(
                    "aurora-lab.example.",
                    "TXT",
                    '"v=spf1 mx include:_spf.old-host.example include:spf.pro7.mail.example ~all"',
                ),
            }
        ],
    )
    make_check(
        lab,
        "DKIM",
        "propagating",
        reason="propagating",
        facts={"then": "dkim-missing"},
        expected=[rrset("s1._domainkey.aurora-lab.example.", "TXT", '"v=DKIM1; k=rsa; p=AAAA"')],
        witnesses=[
            {"who": "ada.ns.cloudflare.com", "says": ['"v=DKIM1; k=rsa; p=AAAA"'], "failure": None, "serial": 8},
            {"who": "resolvers", "says": [], "failure": None, "serial": None},
        ],
        clears_at=now + timedelta(hours=1),
    )
    make_check(
        lab,
        "DMARC",
        "missing",
        level="recommended",
        reason="dmarc-missing",
        fixes=[{"action": "add", **rrset("_dmarc.aurora-lab.example.", "TXT", '"v=DMARC1; p=none"')}],
    )
    make_check(
        turtle, "TARGET", "unknown", reason="target-silent", facts={"host": "mx1.other.example", "outcome": "silent"}
    )
    make_check(clinic, "MX", "ok", stale_since=now - timedelta(hours=2))
    make_check(
        branch,
        "CNAME",
        "missing",
        reason="cname-missing",
        fixes=[
            {"action": "add", **rrset("token9.branch.aurora-clinic.example.", "CNAME", "verify.pro7.mail.example.")}
        ],
    )
    CheckChange.objects.create(
        domain=lab,
        kind="MX",
        at=now - timedelta(days=3),
        old_status="ok",
        new_status="wrong",
        old_level="required",
        new_level="required",
        reason="mx-foreign",
        facts={"hosts": ["mx.old-host.example"]},
        before=[rrset("aurora-lab.example.", "MX", *ours)],
        after=[rrset("aurora-lab.example.", "MX", *ours, "5 mx.old-host.example.")],
    )
    CheckChange.objects.create(
        domain=lab,
        kind="MX",
        at=now - timedelta(days=4),
        old_status="propagating",
        new_status="ok",
        old_level="required",
        new_level="required",
    )
    for domain in (clinic, lab, turtle, branch):
        CheckRun.objects.update_or_create(
            domain=domain,
            defaults={
                "organization": organization,
                "next_at": now + timedelta(hours=6),
                "checked_at": now,
                "asked_at": None,
            },
        )
    return make_member(organization, Role.TECHNICIAN)


PAGES = {
    "domains": "/services/emailpro-ab12345-1/domains/",
    "domain": "/services/emailpro-ab12345-1/domains/aurora-lab.example/",
    "change": "/services/emailpro-ab12345-1/domains/aurora-lab.example/checks/MX/",
    "change-spf": "/services/emailpro-ab12345-1/domains/aurora-lab.example/checks/SPF/",
    "history": "/services/emailpro-ab12345-1/domains/aurora-lab.example/history/",
    "share": "/services/emailpro-ab12345-1/domains/aurora-lab.example/instructions/",
    "red": "/organizations/ab12345/red/",
}


@pytest.mark.parametrize("shape", USUAL)
def test_every_page_is_accessible_and_keeps_within_its_width(
    technician: User,
    new_page: NewPage,
    shape: str,
    accessible: Callable[[Page], None],
    screenshot: Callable[[Page, str], Path],
) -> None:
    page = new_page(technician, **SHAPES[shape])
    for name, address in PAGES.items():
        response = page.goto(address)
        assert response is not None
        assert response.status == 200, address
        screenshot(page, f"diagnostics-{name}-{shape}")
        keeps_within_its_width(page)
        accessible(page)


def test_the_pages_of_a_domain_in_a_browser(
    technician: User, new_page: NewPage, accessible: Callable[[Page], None], screenshot: Callable[[Page, str], Path]
) -> None:
    page = new_page(technician)
    page.goto(PAGES["domain"])
    checks = page.locator(".check-list li")
    expect(checks).to_have_count(7)  # each a sentence
    dkim = checks.filter(has_text="DKIM")  # while it propagates nobody is to mend anything
    for words in ("please change nothing", "Clears by", "Expected", "ada.ns.cloudflare.com", "k=rsa"):
        expect(dkim).to_contain_text(words)
    mx = page.locator("tr[data-kind=MX]")
    expect(mx.locator("td:nth-child(4)")).to_have_text(["5", "10", "20"])  # as people number them
    assert page.locator("tr[data-standing=remove]").count() == 1
    row = page.locator("tr[data-kind=SPF]")
    expect(row).to_contain_text("Now")
    expect(row).to_contain_text("Should be")
    row.locator("summary.copy").click()
    expect(row.get_by_role("button", name="Copy name")).to_be_visible()
    accessible(page)
    page.goto(PAGES["history"])
    expect(page.get_by_role("cell", name="seen in the DNS").first).to_be_visible()
    expect(page.locator("svg.days rect.red").first).to_be_attached()
    technician.language = "pl"
    technician.save()
    for options in (SHAPES["dark"], SHAPES["phone"]):
        polish = new_page(technician, **options)
        for name in ("domain", "change-spf", "history"):
            polish.goto(PAGES[name])
            accessible(polish)


def test_the_spf_tree_is_drawn_with_its_cost_and_what_fails(
    technician: User, new_page: NewPage, accessible: Callable[[Page], None], screenshot: Callable[[Page, str], Path]
) -> None:
    domain = Domain.objects.get(name__name="aurora-lab.example")
    texts = ['"v=spf1 include:_spf.old-host.example -all"']
    found = [rrset("aurora-lab.example.", "TXT", *texts)]
    make_check(domain, "SPF", "ok", found=found, reason="", problems=[], fixes=[])
    below = [
        {"text": f"include:s{n}.old-host.example", "owner": "_spf.old-host.example.", "first": n + 2, "lookups": 1}
        | {"problems": ["spf-include-none"] if n == 3 else [], "below": []}
        for n in range(11)
    ]
    tree = [
        {"text": "include:_spf.old-host.example", "owner": "aurora-lab.example.", "first": 1, "lookups": 12}
        | {"problems": [], "below": below}
    ]
    organization = domain.service.organization
    subject = {"name": "aurora-lab.example", "texts": texts}
    Reading.objects.create(
        kind="spf",
        key=readings.key_of("spf", subject, organization),
        organization=organization,
        subject="{}",
        state="done",
        result=json.dumps(tree),
        finished_at=timezone.now(),
    )
    for options in (SHAPES[shape] for shape in USUAL):
        page = new_page(technician, **options)
        page.goto(PAGES["change-spf"])
        expect(page.get_by_text("12 DNS look-ups of at most 10")).to_be_visible()
        expect(page.locator("svg.spf-bar rect.beyond")).to_have_count(2)
        expect(page.locator("svg.spf-tree text.failing")).to_have_count(3)
        expect(page.get_by_role("row", name="include:s3.old-host.example")).to_contain_text("include")
        accessible(page)
    screenshot(page, "diagnostics-spf-tree-phone")


@pytest.mark.usefixtures("readings_at_once")
def test_the_page_for_whoever_runs_the_dns_and_the_operators_page(
    technician: User, new_page: NewPage, accessible: Callable[[Page], None], screenshot: Callable[[Page, str], Path]
) -> None:
    share = Share.objects.create(domain=Domain.objects.get(name__name="aurora-lab.example"), expires_at=Share.until())
    for shape, options in ((shape, SHAPES[shape]) for shape in USUAL):
        page = new_page(None, **options)
        page.goto(f"/dns/{share.token}/")
        screenshot(page, f"diagnostics-shared-{shape}")
        accessible(page)
    page.get_by_role("link", name="polski").click()
    expect(page.locator("html")).to_have_attribute("lang", "pl")
    page = new_page(make_user(staff=True))
    page.goto("/staff/diagnostics/")
    page.get_by_role("link", name="Ask them now").click()
    page.wait_for_selector("text=Asked for")
    screenshot(page, "diagnostics-operator")
    accessible(page)
