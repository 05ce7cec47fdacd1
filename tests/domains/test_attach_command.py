from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import call_command

from domains.models import Domain
from panel.commands import Misused
from tests.factories import make_service

pytestmark = pytest.mark.django_db


def run(capsys: Any, *arguments: str) -> tuple[int, Any, str]:
    try:
        call_command("attach_domain", *arguments, "--json")
        status = 0
    except SystemExit as end:
        status = int(end.code or 0)
    captured = capsys.readouterr()
    return status, json.loads(captured.out), captured.err


def test_it_attaches_a_domain_and_prints_the_record_that_proves_the_right_to_it(capsys: Any) -> None:
    service = make_service()
    status, data, _errors = run(capsys, service.name, "Example.com")
    domain = Domain.objects.get()
    assert status == 0
    assert (data["domain"], data["mode"], data["state"]) == ("example.com", "authoritative", "pending")
    assert data["record"] == f"{domain.ownership.token}.example.com. CNAME {service.platform.verification_host}."


@pytest.mark.usefixtures("nothing_resolves")
def test_a_target_server_makes_it_non_authoritative_and_the_operators_word_verifies_it(capsys: Any) -> None:
    service = make_service()
    status, data, _errors = run(capsys, service.name, "example.com", "--target", "192.0.2.1.sub.invalid-tld.example:26")
    assert status == 0
    assert (data["mode"], data["target"]) == ("non_authoritative", "192.0.2.1.sub.invalid-tld.example:26")
    status, data, _errors = run(capsys, service.name, "two.example.com", "--verified", "--mode", "authoritative")
    assert (status, data["state"]) == (0, "verified")


def test_a_refusal_ends_with_1_and_says_why(capsys: Any) -> None:
    service = make_service()
    run(capsys, service.name, "example.com", "--verified")
    status, data, errors = run(capsys, make_service().name, "example.com")
    assert (status, data["refused"]) == (1, "authoritative-domain-detected")
    assert data["reason"] in errors
    assert run(capsys, "emailpro-none-1", "example.com")[0] == 1
    assert run(capsys, service.name, "example.net", "--mode", "non-authoritative")[1]["refused"] == "target-required"


@pytest.mark.parametrize("arguments", [["no name"], ["example.com", "--mode", "both"], []])
def test_wrong_usage_ends_with_3(arguments: list[str]) -> None:
    with pytest.raises(Misused) as caught:
        call_command("attach_domain", make_service().name, *arguments)
    assert caught.value.returncode == 3
