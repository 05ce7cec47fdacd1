"""Looks are written down: only what changed, never what somebody newer holds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from diagnostics.models import Check, CheckChange, Intent
from domains.models import Domain
from panel.models import Platform
from tests.diagnostics.conftest import CheckRun as LookAt
from tests.diagnostics.conftest import fixes_of
from tests.factories import make_domain, make_service, make_user
from tests.servers import Knot


@pytest.fixture
def domain(platform: Platform) -> Domain:
    return make_domain(make_service(platform=platform), "shop.example")


def red(checks: dict[str, Check]) -> set[str]:
    return {
        kind for kind, check in checks.items() if check.level == "required" and check.status in ("wrong", "missing")
    }


def mend(zones: Knot, checks: dict[str, Check]) -> None:
    for check in checks.values():
        zones.apply(fixes_of(check))


def test_a_look_stores_a_check_of_each_kind_and_mending_turns_them_green(
    domain: Domain, look: LookAt, zones: Knot
) -> None:
    checks = look(domain)
    assert red(checks) == {"MX", "SPF", "SRV"}
    mend(zones, checks)
    checks = look(domain)
    assert red(checks) == set()
    assert {change.kind for change in CheckChange.objects.filter(domain=domain)} >= {"MX", "SPF", "SRV"}


def test_a_look_that_finds_nothing_new_writes_no_check(domain: Domain, look: LookAt, zones: Knot) -> None:
    mend(zones, look(domain))
    look(domain)
    look(domain)
    before = list(Check.objects.order_by("pk").values())
    with CaptureQueriesContext(
        connection,
    ) as queries:
        look(domain)
    assert list(Check.objects.order_by("pk").values()) == before
    assert not [
        query
        for query in queries.captured_queries
        if "diagnostics_check" in query["sql"] and query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))
    ]


def test_what_was_marked_as_intended_stays_green_until_what_is_there_changes(
    domain: Domain, look: LookAt, zones: Knot
) -> None:
    mend(zones, look(domain))
    zones.add("shop.example.", "MX", ["5 mx.filter.example."])
    check = look(domain)["MX"]
    assert check.status == "wrong"
    check.intend("a filter in front", make_user(), found=check.found_print)
    check = look(domain)["MX"]
    assert (check.status, check.intended) == ("ok", True)
    zones.add("shop.example.", "MX", ["6 mx.filter.example."])
    check = look(domain)["MX"]
    assert (check.status, check.intended) == ("wrong", False)
    assert not Intent.objects.exists()


def test_a_look_that_cannot_tell_keeps_the_verdict_as_stale(domain: Domain, look: LookAt, zones: Knot) -> None:
    mend(zones, look(domain))
    look(domain)
    zones.stop()
    checks = look(domain)
    assert checks["MX"].status == "ok"
    assert checks["MX"].stale_since is not None
    Check.objects.update(stale_since=timezone.now() - timedelta(hours=25))
    assert look(domain)["MX"].status == "unknown"


def test_a_pending_domain_is_verified_by_its_record_at_home_and_the_record_may_go_later(
    platform: Platform, look: LookAt, zones: Knot
) -> None:
    domain = make_domain(make_service(platform=platform), "shop.example", pending=True)
    mend(zones, look(domain))
    look(domain)
    domain.refresh_from_db()
    assert domain.is_verified
    zones.withdraw(f"{domain.ownership.token}.shop.example.", "CNAME")
    checks = look(domain)
    domain.refresh_from_db()
    assert checks["CNAME"].status == "off"
    assert domain.is_verified
    assert domain.proof_lost_at is not None
