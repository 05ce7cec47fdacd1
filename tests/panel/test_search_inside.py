"""What is inside a name is found by an index on PostgreSQL; SQLite reads the names."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models import Q, QuerySet

from domains.models import Name
from panel.models import Organization, Service, User
from panel.search import find
from tests.factories import make_domain, make_tenant, make_user

pytestmark = pytest.mark.django_db

SEARCHES: list[tuple[str, QuerySet]] = [
    ("organization", Organization.objects.filter(Q(name__icontains="limest") | Q(code__icontains="limest"))),
    ("user", User.objects.filter(Q(name__icontains="limest") | Q(email__icontains="limest"))),
    ("service", Service.objects.filter(Q(name__icontains="limest") | Q(display_name__icontains="limest"))),
    ("domain_name", Name.objects.filter(name__contains="limest")),
]


@pytest.mark.parametrize(("what", "query"), SEARCHES, ids=[what for what, _query in SEARCHES])
def test_the_search_can_be_answered_by_its_indexes(what: str, query: QuerySet) -> None:
    if connection.vendor == "sqlite":
        assert list(query) == []
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = query.order_by().explain()
    assert f"{what}_by_trigrams" in plan
    assert "Seq Scan" not in plan


def test_everything_is_found_by_what_is_inside_it() -> None:
    tenant = make_tenant("ab12345")
    tenant.organization.name = "Old Limestone Quarry"
    tenant.organization.save()
    tenant.service.display_name = "Mail of the limestone people"
    tenant.service.save()
    make_domain(tenant.service, "the-limestone.example")
    make_user("someone@people.example", name="Lime Limestone")
    staff = make_user("staff@operator.example", staff=True)
    titles = [hit.title for hit in find(staff, "imesto")]
    expected = [tenant.service.name, "Old Limestone Quarry", "someone@people.example", "the-limestone.example"]
    assert titles == expected
