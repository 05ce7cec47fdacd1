from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from domains.facts import facts_of
from domains.models import Domain
from domains.records import Mode
from domains.search import find
from panel.actors import SYSTEM
from tests.factories import make_domain, make_member, make_organization, make_platform, make_service

pytestmark = pytest.mark.django_db


def test_a_batch_of_any_size_costs_the_same_queries(django_assert_num_queries: Any) -> None:
    service = make_service()
    Domain.attach(service, "first.example", mode="authoritative", actor=SYSTEM)
    with django_assert_num_queries(6):
        one = list(facts_of(Domain.objects.all()))
    for index in range(20):
        make_domain(service, f"d{index}.example")
    with django_assert_num_queries(6):
        many = list(facts_of(Domain.objects.order_by("pk")))
    assert (len(one), len(many)) == (1, 21)
    domain, facts, platform = many[0]
    assert (facts.name, facts.mode, facts.verified) == ("first.example", Mode.AUTHORITATIVE, False)
    assert facts.token == domain.ownership.token
    assert list(facts.dkim) == [domain.ownership.dkim_keys.get().selector]
    assert platform.hosts.mx == tuple(service.platform.mx_hosts)
    assert [facts.name for _domain, facts, _platform in facts_of([domain])] == ["first.example"]


def test_the_hosts_that_a_platform_is_leaving_count_until_their_last_day() -> None:
    today = timezone.localdate()
    platform = make_platform(previous_hosts={"mx_hosts": ["OLD.mail.example."]}, previous_until=today)
    make_domain(make_service(platform=platform))
    [(_domain, _facts, facts)] = facts_of(Domain.objects.all())
    assert facts.previous is not None
    assert facts.previous.mx == ("old.mail.example",)
    assert facts.previous.spf_include == platform.spf_include
    assert facts.previous_until == today.isoformat()
    platform.previous_until = today - timedelta(days=1)
    platform.save()
    [(_domain, _facts, facts)] = facts_of(Domain.objects.all())
    assert facts.previous is None


def test_domains_are_found_by_part_of_their_name_in_either_form() -> None:
    organization = make_organization()
    service, user = make_service(organization), make_member(organization)
    make_domain(service, "xn--w-uga1v8h.example")
    make_domain(service, "aurora-clinic.example")
    make_domain(make_service(), "aurora-foreign.example")
    assert [hit.title for hit in find(user, "Aurora", 10)] == ["aurora-clinic.example"]
    for text in ("ŻÓŁW", "żółw.example", "xn--w-"):
        assert [hit.title for hit in find(user, text, 10)] == ["żółw.example"]
    assert find(user, "100%", 10) == []
