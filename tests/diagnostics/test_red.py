"""What is red is listed and counted: in the navigation at the cost of one query, however many domains there are."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.utils import timezone

from diagnostics.models import CheckRun
from diagnostics.red import MOST, red_domains
from domains.models import Domain
from panel.models import Platform, Service, User
from tests.diagnostics.conftest import CheckRun as LookAt
from tests.diagnostics.conftest import fixes_of
from tests.factories import Tenant, make_check, make_domain, make_member, make_service, make_tenant, make_user
from tests.servers import Knot

pytestmark = pytest.mark.django_db


def looked(domain: Domain, **fields: Any) -> CheckRun:
    now = timezone.now()
    defaults = {"organization": domain.service.organization, "next_at": now + timedelta(hours=1), "checked_at": now}
    return CheckRun.objects.update_or_create(domain=domain, defaults={**defaults, **fields})[0]


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def red_of(domain: Domain) -> int:
    return CheckRun.objects.get(pk=domain.pk).red


def test_looks_count_what_is_red(platform: Platform, look: LookAt, zones: Knot) -> None:
    domain = make_domain(make_service(platform=platform), "shop.example")
    checks = look(domain)
    assert red_of(domain) == 3
    look(domain)
    assert red_of(domain) == 3
    mx = checks.pop("MX")
    zones.publish("shop.example.", "MX", ["5 mx.filter.example."])
    for check in checks.values():
        zones.apply(fixes_of(check))
    mx = look(domain)["MX"]
    assert red_of(domain) == 1
    mx.intend("a filter in front", make_user(), found=mx.found_print)
    assert red_of(domain) == 0
    look(domain)
    look(domain)
    assert red_of(domain) == 0
    mx.withdraw_intent(make_user())
    assert red_of(domain) == 1


def test_what_is_as_intended_is_looked_at_as_seldom_as_all_that_is_green(
    platform: Platform, look: LookAt, zones: Knot
) -> None:
    domain = make_domain(make_service(platform=platform), "shop.example")
    for check in look(domain).values():
        zones.apply(fixes_of(check))
    zones.publish("shop.example.", "MX", ["5 mx.filter.example."])
    mx = look(domain)["MX"]
    mx.intend("a filter in front", make_user(), found=mx.found_print)
    for _ in range(3):
        assert look(domain)["MX"].intended
    row = CheckRun.objects.get(pk=domain.pk)
    row.changed_at = None
    row.save()
    look(domain)
    row.refresh_from_db()
    assert row.next_at > timezone.now() + timedelta(hours=5)


def test_the_navigation_counts_red_domains_that_the_reader_may_see(tenant: Tenant) -> None:
    other = make_tenant().domain
    looked(tenant.domain, red=2)
    looked(make_domain(tenant.service), red=1)
    looked(make_domain(tenant.service), red=0)
    looked(other, red=1)
    nav = re.compile(r"Needs attention\s+<span[^>]*>(\d+\+?)</span>")
    for user, count in ((tenant.viewer, "2"), (make_user(staff=True), "3")):
        found = nav.search(client_of(user).get("/red/").content.decode())
        assert found
        assert found[1] == count
    assert not nav.search(client_of(make_member(make_tenant().organization)).get("/red/").content.decode())
    assert red_domains(Client().get("/").wsgi_request.user) == 0


def test_the_count_is_one_query_that_an_index_answers_and_stops_early(
    tenant: Tenant, django_assert_num_queries: Any
) -> None:
    for _ in range(MOST + 5):
        looked(make_domain(tenant.service), red=1)
    for user in (tenant.viewer, make_user(staff=True)):
        with django_assert_num_queries(1) as captured:
            assert red_domains(user) == MOST + 1
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN QUERY PLAN " + captured[0]["sql"])
                plan = " ".join(str(row) for row in cursor.fetchall())
            assert "look_red" in plan
            assert "SCAN diagnostics_check" not in plan
    assert "99+" in client_of(tenant.viewer).get("/red/").content.decode()


def test_what_was_red_before_it_was_counted_is_counted_by_the_migration(tenant: Tenant) -> None:
    looked(tenant.domain)
    make_check(tenant.domain, "MX", "wrong")
    make_check(tenant.domain, "SPF", "missing")
    make_check(tenant.domain, "DMARC", "missing", level="recommended")
    then = MigrationExecutor(connection).loader.project_state(("diagnostics", "0003_red_domains")).apps
    import_module("diagnostics.migrations.0003_red_domains").count_red(then, None)
    assert red_of(tenant.domain) == 2


def test_what_has_ended_is_red_no_more(tenant: Tenant, asked_at_knot: Knot) -> None:
    from diagnostics.sweep import sweep

    make_check(tenant.domain, "MX", "wrong")
    looked(tenant.domain, red=1, next_at=timezone.now())
    staff = client_of(make_user(staff=True))
    assert staff.get("/red/everywhere/").content.decode().count("check-red") == 1
    Service.objects.update(state=Service.State.ENDED)
    assert staff.get("/red/everywhere/").content.decode().count("check-red") == 0
    sweep.sweep()
    assert red_of(tenant.domain) == 0


def test_a_member_of_one_organization_can_have_all_of_it_looked_at_again_from_the_list(tenant: Tenant) -> None:
    again = f"/organizations/{tenant.organization.code}/checks/again/"
    assert again in client_of(tenant.technician).get("/red/").content.decode()
    assert again not in client_of(tenant.viewer).get("/red/").content.decode()
    make_check(tenant.domain, "MX", "wrong")
    staff = client_of(make_user(staff=True)).get("/red/").content.decode()
    assert f'href="/organizations/{tenant.organization.code}/red/"' in staff


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=cmd()", "'=cmd()"),
        (" =cmd()", "' =cmd()"),
        ("\t=cmd()", "'\t=cmd()"),
        ("@SUM(1)", "'@SUM(1)"),
        ("10 mx.example.", "10 mx.example."),
        ('"v=spf1 -all"', '"v=spf1 -all"'),
    ],
)
def test_a_cell_of_the_export_is_no_formula_and_is_left_alone_otherwise(tenant: Tenant, value: str, cell: str) -> None:
    make_check(tenant.domain, "MX", "wrong", found=[{"name": "x.", "type": "MX", "ttl": 1, "values": [value]}])
    make_check(tenant.domain, "SPF", "missing", found=[])
    export = client_of(tenant.viewer).get("/red/?format=csv").getvalue().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(export)))
    assert [row["found"] for row in rows] == [cell, ""]


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("ab12345")
