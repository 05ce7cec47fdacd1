"""Addresses of the machine's own use stand for a forward, a rule or a part of a group: nobody has mail sent to them,
whichever way he passes his mail on."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from accounts import forwarding, groups
from accounts.inbox_rules.terms import Deed, RuleAction
from accounts.models import EmailAccount, MailGroup
from domains.models import Domain
from panel.actors import SYSTEM
from panel.models import Platform
from tests.factories import make_domain, make_organization, make_service
from tests.mailflow.conftest import PASSWORD, account_at
from tests.mailflow.machine import MailMachine
from tests.servers.target import SmtpTarget

from .test_inbox_rules import ManageSieve, about, given, managesieve

__all__ = ["managesieve"]

pytestmark = pytest.mark.django_db(transaction=True)
HOST = "mx1.pro.test"


@pytest.fixture
def ola(platform: Platform) -> EmailAccount:
    """Of another organization on the same platform."""
    service = make_service(make_organization(), platform)
    return account_at(make_domain(service, f"neighbour{service.pk}-{os.getpid()}.test"), "ola")


@pytest.fixture
def closed(ola: EmailAccount) -> MailGroup:
    """A group of hers, to which only its members may write."""
    assert ola.domain is not None
    wish = groups.GroupWish("Board", "members")
    made = groups.create(ola.service, "board", ola.domain, wish, by=SYSTEM, owner=False)
    groups.add_members(made, "ola", by=SYSTEM)
    return made


def test_nobody_forwards_into_a_group_that_is_closed_to_him(
    machine: MailMachine, jan: EmailAccount, ola: EmailAccount, closed: MailGroup
) -> None:
    assert machine.rcpt(str(closed))[0] == 550
    forwarding.set_forwarding(jan, f"mailflow-part-{closed.pk}-0@{HOST}", keep=True, by=SYSTEM)
    given(jan, (about("by rule"), (RuleAction(Deed.FORWARD, f"mailflow-part-{closed.pk}-0@{HOST}"),)))
    for subject in ("by forwarding", "by rule"):
        machine.deliver(str(jan), Subject=subject)
        machine.arrives(str(jan), PASSWORD, subject)
    machine.settle()
    assert machine.subjects(str(ola), PASSWORD) == []


def test_nobody_s_script_uses_a_rule_of_another(
    machine: MailMachine,
    jan: EmailAccount,
    ola: EmailAccount,
    closed: MailGroup,
    split: Domain,
    target: SmtpTarget,
    managesieve: Callable[[EmailAccount], ManageSieve],
) -> None:
    (rule,) = given(ola, (about("x"), (RuleAction(Deed.FORWARD, f"friend@{split}"),)))
    client = managesieve(jan)
    script = f'redirect "mailflow-rule-{rule.pk}-0@{HOST}";\nredirect "mailflow-part-{closed.pk}-0@{HOST}";\n'
    assert client.putscript("mine", script)
    assert client.setactive("mine")
    client.logout()
    machine.deliver(str(jan), Subject="in her name")
    machine.arrives(str(jan), PASSWORD, "in her name")
    machine.settle()
    assert not target.messages
    assert machine.subjects(str(ola), PASSWORD) == []


def test_no_bounce_goes_to_one(
    machine: MailMachine, ola: EmailAccount, closed: MailGroup, split: Domain, target: SmtpTarget
) -> None:
    target.after_data = "550 5.7.1 no"
    machine.deliver(f"there@{split}", f"mailflow-part-{closed.pk}-0@{HOST}", Subject="comes back")
    machine.settle()
    assert machine.subjects(str(ola), PASSWORD) == []
