"""The mode is changed on its page, and the next recipient of an open SMTP connection meets it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from domains.models import Domain
from panel.models import Role
from tests.browser import NewPage
from tests.factories import make_member
from tests.mailflow.machine import MailMachine, said, soon
from tests.servers.target import SmtpTarget

pytestmark = pytest.mark.django_db(transaction=True)


def change_mode(page: Page, domain: Domain, mode: str, target: str = "") -> None:
    page.goto(f"/services/{domain.service.name}/domains/{domain}/mode/")
    page.locator(f"input[name=mode][value={mode}]").check()
    page.get_by_role("textbox", name="Target server").fill(target)
    page.get_by_role("button", name="Change", exact=True).click()
    expect(page.get_by_role("alert").or_(page.get_by_role("status"))).to_contain_text("has been changed")


def test_the_mode_on_the_page_decides_on_the_next_recipient_of_one_connection(
    machine: MailMachine, split: Domain, target: SmtpTarget, new_page: NewPage
) -> None:
    page = new_page(make_member(split.service.organization, Role.TECHNICIAN))
    somebody = f"somebody@{split}"
    with machine.smtp() as client:
        client.mail("a@outside.test")
        change_mode(page, split, "authoritative")
        code, words = said(client.rcpt(somebody))
        assert (code, words[:5]) == (550, "5.1.1")
        assert not target.sessions
        change_mode(page, split, "non_authoritative", f"127.0.0.1:{target.port}")
        assert said(client.rcpt(somebody))[0] == 250
        assert client.data("Subject: over there\r\n\r\nhello\r\n")[0] == 250
    soon(lambda: target.messages, "the message at the target")
    assert target.messages[0].recipients == [somebody]
    assert b"Subject: over there" in target.messages[0].message
