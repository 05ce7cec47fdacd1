"""Pending names, links to instructions and public buttons multiply nobody's questions without end."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.test import Client
from django.urls import reverse

from diagnostics.models import CheckRun, Share
from diagnostics.sweep.timing import CheckTiming, next_run
from domains.models import Domain
from panel.actors import SYSTEM
from panel.errors import Refused
from panel.models import Role
from tests.factories import make_domain, make_member, make_service, make_share

pytestmark = pytest.mark.django_db

shared = import_module("diagnostics.views.shared")  # its package has a view of that name
NOW = datetime(2026, 11, 28, tzinfo=UTC)


def test_an_organization_has_so_many_pending_domains_and_any_number_of_proven_ones(settings) -> None:
    settings.PENDING_DOMAINS = 2
    service = make_service()
    for _ in range(5):
        make_domain(service)
    another = make_service(service.organization)
    Domain.attach(service, "one.example", mode="authoritative", actor=SYSTEM)
    Domain.attach(another, "two.example", mode="authoritative", actor=SYSTEM)
    owner = make_member(service.organization)
    with pytest.raises(Refused) as refused:
        Domain.attach(service, "three.example", mode="authoritative", actor=owner)
    assert refused.value.code == "too-many-pending"
    Domain.objects.filter(name__name="one.example").delete()
    Domain.attach(service, "three.example", mode="authoritative", actor=owner)
    Domain.attach(make_service(), "four.example", mode="authoritative", actor=SYSTEM)


def test_an_organization_has_so_many_links_that_work(client: Client, settings) -> None:
    settings.OPEN_SHARES = 2
    domain = make_domain(make_service())
    first = make_share(domain)
    make_share(domain)
    client.force_login(make_member(domain.service.organization, Role.TECHNICIAN))
    url = reverse("diagnostics:share", args=[domain.service.name, domain.name.name])
    page = client.post(url, {"email": "", "language": "en"}, follow=True)
    assert "too many active links" in page.content.decode()
    assert Share.objects.count() == 2
    first.revoke()
    client.post(url, {"email": "", "language": "en"})
    assert Share.objects.count() == 3


def test_many_links_to_one_domain_ask_no_oftener_than_one(monkeypatch: pytest.MonkeyPatch) -> None:
    domain = make_domain(make_service())
    stranger = Client()

    def asked() -> int:
        CheckRun.objects.update(asked_at=None)
        stranger.post(reverse("diagnostics:shared_again", args=[make_share(domain).token]))
        return CheckRun.objects.exclude(asked_at=None).count()

    assert sum(asked() for _ in range(10)) == shared.CHECKS_OF_A_DOMAIN
    monkeypatch.setattr(shared, "CHECKS_OF_A_DOMAIN", 1000)
    monkeypatch.setattr(shared, "CHECKS_OF_AN_ORGANIZATION", 8)
    assert sum(asked() for _ in range(4)) == 2, "six of the organization's eight were used above"


@pytest.mark.parametrize(("days", "hours"), [(0.5, 1), (2, 3), (5, 8), (11, 24)])
def test_the_longer_a_token_does_not_appear_the_less_often_it_is_looked_for(days: float, hours: int) -> None:
    missing, unknown = CheckTiming("missing", "required"), CheckTiming("unknown", "required")
    for seen in ([missing], [unknown, missing]):
        at, _attempt = next_run(
            NOW, seen, changed_at=None, attempt=9, jitter=random.Random(1), pending_since=NOW - timedelta(days=days)
        )
        assert 0.89 < (at - NOW) / timedelta(hours=hours) < 1.11
    changed = NOW - timedelta(seconds=20)
    at, _attempt = next_run(
        NOW, [missing], changed_at=changed, attempt=0, jitter=random.Random(1), pending_since=NOW - timedelta(days=days)
    )
    assert at - NOW < timedelta(minutes=1), "who has just changed something is looked at as ever"
