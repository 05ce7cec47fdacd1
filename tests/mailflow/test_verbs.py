"""Changing domains and accounts from the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import EmailAccount
from domains.models import Domain
from panel.commands import Misused
from panel.models import Activity
from tests.factories import make_domain, make_organization, make_service
from tests.mailflow.conftest import account_at

pytestmark = pytest.mark.django_db


def run(capsys: Any, *arguments: str) -> tuple[int, Any]:
    try:
        call_command(*arguments, "--json")
        status = 0
    except SystemExit as end:
        status = int(end.code or 0)
    return status, json.loads(capsys.readouterr().out)


@pytest.fixture
def domain() -> Domain:
    return make_domain(make_service(make_organization()), "aurora.test")


def test_the_mode_and_the_target_change(capsys: Any, domain: Domain) -> None:
    service = domain.service.name
    status, data = run(capsys, "change_domain", service, "Aurora.test", "--target", "mx.other.test:2525")
    assert (status, data["mode"], data["target"]) == (0, "non_authoritative", "mx.other.test:2525")
    status, data = run(capsys, "change_domain", service, "aurora.test", "--target", "127.0.0.1:25")
    assert (status, data["target"]) == (0, "127.0.0.1")
    status, data = run(capsys, "change_domain", service, "aurora.test", "--mode", "authoritative")
    assert (status, data["mode"], data["target"]) == (0, "authoritative", "")
    assert Activity.objects.filter(verb="domain.mode_changed").count() == 3


def test_nothing_is_refused_that_the_rcpt_decides(capsys: Any, domain: Domain) -> None:
    """Not even the platform's own server, which leads back, nor a private address."""
    for target in (domain.platform.mx_hosts[0], "10.0.0.1", "does-not-exist.test"):
        assert run(capsys, "change_domain", domain.service.name, "aurora.test", "--target", target)[0] == 0


def test_what_cannot_be_is_refused(capsys: Any, domain: Domain) -> None:
    service = domain.service.name
    status, data = run(capsys, "change_domain", service, "other.test", "--mode", "authoritative")
    assert (status, data["refused"]) == (1, "not-attached")
    status, data = run(capsys, "change_domain", service, "aurora.test", "--mode", "non-authoritative")
    assert (status, data["refused"]) == (1, "target-required")
    status, data = run(capsys, "change_domain", service, "aurora.test", "--target", "mx.test:99999")
    assert (status, data["refused"]) == (1, "target-port")
    for wrong in ([service, "aurora.test"], [service, "no domain", "--mode", "authoritative"]):
        with pytest.raises(Misused):
            call_command("change_domain", *wrong)


def test_an_account_is_suspended_resumed_and_reset(capsys: Any, domain: Domain) -> None:
    account = account_at(domain, "jan")
    for verb, state in (("suspend", "suspended"), ("resume", "active"), ("reset", "slot")):
        status, data = run(capsys, f"{verb}_account", "Jan@Aurora.test")
        assert (status, data["state"]) == (0, state)
    account.refresh_from_db()
    assert account.state == EmailAccount.State.SLOT
    status, data = run(capsys, "reset_account", "jan@aurora.test")
    assert (status, data["refused"]) == (1, "no-such-account")


def test_a_state_that_does_not_allow_it_is_refused(capsys: Any, domain: Domain) -> None:
    account_at(domain, "jan")
    status, data = run(capsys, "resume_account", "jan@aurora.test")
    assert (status, data["refused"]) == (1, "wrong-state")
    with pytest.raises(Misused):
        call_command("suspend_account", "jan")
