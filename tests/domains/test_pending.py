from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django.utils.formats import date_format

from domains.models import Domain
from domains.pending import tend
from panel.actors import SYSTEM
from panel.errors import Refused
from panel.models import Activity, Service
from tests.factories import make_account, make_domain, make_member, make_service
from tests.letters import delivered

pytestmark = pytest.mark.django_db


@pytest.fixture
def service() -> Service:
    service = make_service()
    make_member(service.organization)
    return service


def aged(service: Service, days: float) -> Domain:
    domain = Domain.attach(service, f"d{int(days * 10)}.example", mode="authoritative", actor=SYSTEM)
    Domain.objects.filter(pk=domain.pk).update(pending_since=timezone.now() - timedelta(days=days))
    return domain


def tended(capture: Any) -> int:
    with capture(execute=True):
        return tend()


def test_owners_are_reminded_once_after_three_days(service: Service, django_capture_on_commit_callbacks: Any) -> None:
    aged(service, 2.9)
    late = aged(service, 3.1)
    assert tended(django_capture_on_commit_callbacks) == 1
    [letter] = delivered()
    assert late.name.name in letter.subject
    assert f"{late.ownership.token}.{late.name.name} CNAME {service.platform.verification_host}" in letter.body
    assert tended(django_capture_on_commit_callbacks) == 0
    assert len(delivered()) == 1
    late.refresh_from_db()
    assert date_format(timezone.localdate(late.pending_since + timedelta(days=30))) in letter.body


def test_a_domain_is_removed_with_notice_after_thirty_days(
    service: Service, django_capture_on_commit_callbacks: Any
) -> None:
    domain = aged(service, 31)
    token = domain.ownership.token
    tended(django_capture_on_commit_callbacks)
    tended(django_capture_on_commit_callbacks)
    assert Domain.objects.exists(), "nobody is removed right after the reminder"
    Domain.objects.update(reminded_at=timezone.now() - timedelta(days=3.1))
    tended(django_capture_on_commit_callbacks)
    assert not Domain.objects.exists()
    assert [letter.subject for letter in delivered()][-1] == f"{domain.name.name} was removed from {service.name}"
    assert Activity.objects.filter(verb="domain.detached", actor_label="panel").exists()
    again = Domain.attach(service, domain.name.name, mode="authoritative", actor=SYSTEM)
    assert again.ownership.token == token


def test_verified_domains_and_those_with_accounts_stay(
    service: Service, django_capture_on_commit_callbacks: Any
) -> None:
    make_domain(service)
    released = aged(service, 40)
    released.verify("operator", SYSTEM)
    make_account(released)
    released.release(SYSTEM)
    Domain.objects.filter(pk=released.pk).update(
        pending_since=timezone.now() - timedelta(days=40), reminded_at=timezone.now() - timedelta(days=5)
    )
    tended(django_capture_on_commit_callbacks)
    assert Domain.objects.count() == 2


def test_a_service_that_has_ended_claims_its_names_no_more(service: Service) -> None:
    domain = make_domain(service, "example.com")
    Service.objects.filter(pk=service.pk).update(state="ended")
    tend()
    domain.refresh_from_db()
    assert domain.state == "pending"
    with pytest.raises(Refused):
        domain.verify("token", SYSTEM)
    Domain.attach(make_service(), "example.com", mode="authoritative", actor=SYSTEM, verified=True)
