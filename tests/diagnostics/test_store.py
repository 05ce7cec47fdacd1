"""Looks are written down: only what changed, never what somebody newer holds."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from diagnostics.models import Check, CheckChange
from domains.models import Domain
from panel.models import Platform
from tests.diagnostics.conftest import Look as LookAt
from tests.diagnostics.conftest import fixes_of
from tests.factories import make_domain, make_service
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
