"""The last thirty days of a check, and who or what changed it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from diagnostics.causes import told
from diagnostics.models import CheckChange
from diagnostics.show.strip import HEIGHT, StripStep, strip
from domains.models import Domain, ZoneChange
from panel.activity import record
from tests.factories import Tenant, make_tenant

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
OK, RED, OFF = ("ok", "required"), ("wrong", "required"), ("off", "required")


def test_a_day_is_the_share_of_its_hours_and_not_its_worst_moment() -> None:
    bad = datetime(2026, 11, 26, 6, tzinfo=UTC)
    steps = [StripStep(bad, OK, RED), StripStep(bad + timedelta(hours=6), RED, OK)]
    found = strip(NOW, OK, steps, since=NOW - timedelta(days=60), zone=UTC)
    assert len(found.days) == 30
    day = found.days[-3]
    assert day.seconds == {"ok": 18 * 3600, "red": 6 * 3600}
    assert [(part.colour, part.height) for part in day.parts] == [("ok", HEIGHT * 3 / 4), ("red", HEIGHT / 4)]
    assert found.days[-1].seconds == {"ok": 12 * 3600}, "today, as far as it is"
    assert found.share("red") == round(6 / (29.5 * 24) * 100, 1)


def test_a_moment_is_seen_and_time_without_a_check_has_no_colour() -> None:
    bad = datetime(2026, 11, 28, 6, tzinfo=UTC)
    steps = [StripStep(bad, OK, RED), StripStep(bad + timedelta(seconds=1), RED, OK)]
    found = strip(NOW, OK, steps, since=NOW - timedelta(days=1), zone=UTC)
    assert found.days[-1].parts[-1].height == 1
    assert not found.days[0].parts
    assert not strip(NOW, OFF, [], since=NOW - timedelta(days=9), zone=UTC).days[-1].parts


@pytest.fixture
def tenant(db: None) -> Tenant:
    return make_tenant("ab12345")


def step(domain: Domain, kind: str, at: datetime) -> CheckChange:
    levels = {"old_level": "required", "new_level": "required"}
    return CheckChange.objects.create(domain=domain, kind=kind, at=at, old_status="wrong", new_status="ok", **levels)


def test_each_change_names_who_or_what_made_it_in_two_queries(tenant: Tenant, django_assert_num_queries: Any) -> None:
    domain, now = tenant.domain, timezone.now()
    record("check.intended", actor=tenant.technician, service=tenant.service, target=f"MX {domain}")
    change = ZoneChange.objects.create(
        zone_name=str(domain), domain=domain, domain_name=str(domain), service=tenant.service, plan=[], snapshot=[],
        state="done", applied_by=tenant.owner, finished_at=now - timedelta(hours=5),
    )  # fmt: skip
    steps = [step(domain, "MX", now), step(domain, "SPF", now - timedelta(hours=4)), step(domain, "SPF", now - timedelta(days=9))]  # fmt: skip  # noqa: E501
    with django_assert_num_queries(2):
        meant, applied, seen = told(domain, steps)
    assert meant.cause == f"{tenant.technician.email} marked it as intended"
    assert applied.cause == f"{tenant.owner.email} had changes applied"
    assert applied.link.endswith(f"/changes/{change.pk}/")
    assert (seen.cause, seen.link) == ("seen in the DNS", "")
