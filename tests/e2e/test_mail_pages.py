"""The pages about the mail servers in a real browser: in light, dark and on a phone, with nothing for axe to find."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from accounts.models import RetiredMailbox
from domains.models import DkimKey
from mailflow.models import Block, InboxMessage, Machine, PlatformCheck, QueuedMessage, Use
from panel.actors import SYSTEM
from panel.models import Role, User
from tests.browser import SHAPES, USUAL, NewPage, keeps_within_its_width
from tests.factories import (
    make_account,
    make_domain,
    make_listed_sender,
    make_member,
    make_organization,
    make_platform,
    make_service,
    make_user,
)
from tests.mailflow.conftest import mailbox_of

pytestmark = pytest.mark.django_db(transaction=True)

MIB = 2**20
COMPLAINT = b"From: Carla <carla@outside.example>\r\nSubject: Spam from your address\r\n\r\nPlease stop it.\r\n"


@pytest.fixture
def staff() -> User:
    """With an organization that has something of everything."""
    organization = make_organization("ab12345", name="Aurora Clinic")
    platform = make_platform("pro7", name="pro7", is_default=True)
    service = make_service(organization, platform, quota=1024)
    domain = make_domain(service, "aurora.example")
    now = timezone.now()
    names = [("anna", 512), ("bartek", 860), ("celina", 1020), ("daniel", 3), ("ewa", None)]
    for name, used in names:
        account = make_account(domain, name, display_name=name.capitalize())
        account.set_keys(f"{name}@aurora.example")
        account.save()
        if used is not None:
            Use.objects.create(mailbox=mailbox_of(account), bytes=used * MIB, messages=9, last_login=now)
        if name == "daniel":
            Block.objects.create(mailbox=mailbox_of(account), kind=Block.Kind.FLOOD, since=now)
    first = DkimKey.rotate(domain, actor=SYSTEM)
    first.activate()
    DkimKey.rotate(domain, actor=SYSTEM).activate()
    DkimKey.rotate(domain, actor=SYSTEM)
    InboxMessage.objects.create(
        organization=organization,
        recipient="abuse@aurora.example",
        sender="carla@outside.example",
        subject="Spam from your address",
        raw=COMPLAINT,
        size=len(COMPLAINT),
    )
    RetiredMailbox.objects.create(
        service=service, address="gone@aurora.example", mailbox_id=uuid4(), purge_at=now + timedelta(days=20)
    )
    findings = [
        {"what": "policy server", "ok": True, "text": "answers"},
        {"what": "port 25", "ok": True, "text": "220 mx1.pro7.mail.example ESMTP"},
        {"what": "certificate", "ok": False, "text": "has expired"},
    ]
    machine = Machine.objects.create(
        name="mx1.pro7.mail.example", platform=platform, reported_at=now, queued=2, findings=findings, filters_spam=True
    )
    make_listed_sender(domain, "offer@a-very-long-name-of-a-shop-that-writes-far-too-much.example")
    make_listed_sender(domain, "friends.example", kind="allow")
    for number, queue in enumerate(("deferred", "hold")):
        QueuedMessage.objects.create(
            machine=machine,
            queue_id=f"4F{number}A1B2C3D4",
            queue=queue,
            sender="anna@aurora.example",
            recipients=[["jan@nowhere.example", "connect to mx.nowhere.example[192.0.2.9]:25: Connection timed out"]],
            size=4096,
            arrived_at=now - timedelta(hours=2),
            action="" if number else "retry",
        )
    reverse = "10.2.0.192.in-addr.arpa."
    for kind, subject, status, record in (
        ("A", "mx1.pro7.mail.example", "ok", ""),
        ("PTR", "192.0.2.10", "missing", f"{reverse} 3600 IN PTR mx1.pro7.mail.example."),
        ("SPF", "spf.pro7.mail.example", "unknown", 'spf.pro7.mail.example. 3600 IN TXT "v=spf1 ip4:192.0.2.10 -all"'),
        ("DKIM", "pro7.mail.example", "missing", ""),
    ):
        PlatformCheck.objects.create(
            platform=platform,
            kind=kind,
            subject=subject,
            status=status,
            record=record,
            checked_at=now,
            found=["192.0.2.10"] if status == "ok" else [],
        )
    make_member(organization, Role.OWNER)
    return make_user(staff=True)


PAGES = {
    "accounts": "/services/emailpro-ab12345-1/accounts/",
    "account-blocked": "daniel@aurora.example",
    "kept": "/services/emailpro-ab12345-1/accounts/retired/",
    "domain": "/services/emailpro-ab12345-1/domains/aurora.example/",
    "spam": "/services/emailpro-ab12345-1/domains/aurora.example/spam/",
    "inbox": "/organizations/ab12345/inbox/",
    "message": "Spam from your address",
    "queue": "/staff/queue/",
    "platform": "/staff/platforms/pro7/mail/",
}


@pytest.mark.parametrize("shape", USUAL)
def test_every_page_in_every_shape(
    staff: User,
    new_page: NewPage,
    accessible: Callable[[Page], None],
    screenshot: Callable[[Page, str], Path],
    shape: str,
) -> None:
    page = new_page(staff, **SHAPES[shape])
    for name, place in PAGES.items():
        if place.startswith("/"):
            page.goto(place)
        elif "@" in place:
            page.goto(PAGES["accounts"])
            page.get_by_role("link", name=place, exact=True).click()
        else:
            page.goto(PAGES["inbox"])
            page.get_by_role("link", name=place).click()
        page.get_by_role("heading").first.wait_for()
        accessible(page)
        keeps_within_its_width(page, name)
        screenshot(page, f"mail-{name}-{shape}")
