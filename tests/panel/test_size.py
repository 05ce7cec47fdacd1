"""What grows with an installation: every page asks as many questions at any size, and long tables are read by index."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import large
from benchmarks.pages import Pages
from diagnostics.models import Check, CheckChange
from panel import history
from panel.activity import VERBS
from panel.history import History
from panel.keyset import Cursor
from panel.models import Activity, Organization, Role, Service
from tests.factories import make_check, make_domain, make_member, make_organization, make_service, make_user

pytestmark = pytest.mark.django_db

MOST_QUERIES = 15


def queries(size: large.Size) -> dict[str, int]:
    """Of every page with an address of its own."""
    large.build(size)
    opened = Pages()
    return {label: opened.queries(label)[0] for label in opened.pages}


def test_every_page_asks_as_many_questions_of_four_times_the_data_and_no_more_than_fifteen() -> None:
    with transaction.atomic():
        small = queries(large.Size(4, 480, 1_200, 600, 600))
        transaction.set_rollback(True)
    big = queries(large.Size(16, 1_920, 4_800, 2_400, 2_400))
    assert len(big) > 100
    assert {label: (small[label], many) for label, many in big.items() if many > MOST_QUERIES} == {}
    assert {label: (small[label], many) for label, many in big.items() if many > small[label]} == {}


@pytest.fixture
def log() -> Service:
    """A log of some length: its first entries are of one person, who does one thing."""
    service = make_service(make_organization("ab"))
    owner = make_member(service.organization, user=make_user("owner@people.example"))
    where = {"organization": service.organization, "service": service}

    def entry(number: int) -> Activity:
        early = number < 20
        return Activity(
            actor_label="early@people.example" if early else owner.email,
            verb="member.changed" if early else f"account.{'suspended' if number % 2 else 'resumed'}",
            target=str(number),
            **where,
        )

    Activity.objects.bulk_create(entry(number) for number in range(3_000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE panel_activity")
    return service


def plans(params: dict[str, str], activities: Any) -> str:
    """How the database reads what a page of the log asks for."""
    with CaptureQueriesContext(connection) as captured:
        History.of(activities, params)
    word = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    lines = []
    with connection.cursor() as cursor:
        for query in captured:
            cursor.execute(f"{word} {query['sql'].replace('%', '%%')}")
            lines += [" ".join(map(str, row)) for row in cursor.fetchall()]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("params", "subject"),
    [
        ({"verb": "member.changed"}, "verb"),
        ({"verb": "member"}, "verb"),
        ({"who": "EARLY@"}, "actor"),
        ({"who": "nobody"}, "actor"),
        ({"who": "early@people.example", "before": "2000"}, "actor"),
    ],
)
def test_the_log_is_filtered_by_its_indexes(log: Service, params: dict[str, str], subject: str) -> None:
    # Nearly all of it is one service's, so any of the three indexes over the subject serves.
    for activities in (Activity.objects.all(), log.organization.activities.all(), log.activities.all()):
        plan = plans(params, activities)
        assert f"_by_{subject}" in plan
        assert "Seq Scan on panel_activity" not in plan
        assert not [line for line in plan.splitlines() if "SCAN panel_activity" in line and "INDEX" not in line]


def shown(history: History) -> list[str]:
    return [entry.target for entry in history.entries]


def test_the_log_finds_by_subject_and_person_what_reading_it_whole_finds(log: Service) -> None:
    everything = list(Activity.objects.order_by("-id"))
    for params, wanted in (
        ({"verb": "account"}, lambda entry: entry.verb.startswith("account.")),
        ({"verb": "member"}, lambda entry: entry.verb.startswith("member.")),
        ({"who": "people"}, lambda entry: "people" in entry.actor_label),
        ({"who": "EaRLy"}, lambda entry: "early" in entry.actor_label),
        ({"who": "early", "verb": "account"}, lambda entry: False),
        ({"who": "owner", "verb": "account.resumed"}, lambda entry: entry.verb == "account.resumed"),
        ({"who": "%"}, lambda entry: False),
    ):
        found = [entry.target for entry in everything if wanted(entry)]
        assert shown(History.of(Activity.objects.all(), params)) == found[: history.PER_PAGE]
        assert shown(History.of(log.activities.all(), params)) == found[: history.PER_PAGE]
    first = History.of(log.activities.all(), {"verb": "account"})
    older = History.of(log.activities.all(), {"verb": "account", "before": str(first.older)})
    assert shown(older)[0] == str(int(shown(first)[-1]) - 1)


def test_more_people_than_are_merged_are_found_all_the_same(log: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MERGED", 1)
    assert len(shown(History.of(log.activities.all(), {"who": "people.example"}))) == history.PER_PAGE
    assert len(shown(History.of(log.activities.all(), {"who": "people.example", "verb": "member.changed"}))) == 20


def test_a_log_names_the_people_in_it_only(log: Service) -> None:
    Activity.objects.create(verb="user.created", actor_label="stranger@people.example")
    assert history.labels_like(log.activities.all(), "people") == ["early@people.example", "owner@people.example"]
    assert history.labels_like(Activity.objects.all(), "stranger") == ["stranger@people.example"]
    assert set(history.verbs_of("member")) == {verb for verb in VERBS if verb.startswith("member.")}


def red_domains(service: Service, many: int) -> list[str]:
    """The oldest first, three at a time since the same moment."""
    start = timezone.now() - timedelta(days=9)
    names = []
    for number in range(many):
        domain = make_domain(service, f"d{number:03}.example")
        make_check(domain, changed_at=start + timedelta(minutes=number // 3))
        names.append(domain.name.name)
    return names


def test_all_red_is_paged_by_key_and_misses_nothing(client: Client) -> None:
    service = make_service(make_organization("ab"))
    names = red_domains(service, 120)
    client.force_login(make_member(service.organization, Role.VIEWER))
    seen: list[str] = []
    after = ""
    for size in (50, 50, 20):
        context = client.get("/red/", {"after": after} if after else {}).context
        assert len(context["rows"]) == size
        seen += [row["domain"].name.name for row in context["rows"]]
        after = str(context["page"].next or "")
    assert seen == names
    assert not after
    for nonsense in (
        "x",
        str(Cursor("2020-01-01", 1)),
        str(Cursor("x", 1)),
        str(Cursor("2020-01-01T00:00:00+00:00", 1))[:-9],
    ):
        assert len(client.get("/red/", {"after": nonsense}).context["rows"]) == 50


def test_all_red_counts_to_a_bound(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    service = make_service(make_organization("ab"))
    red_domains(service, 6)
    client.force_login(make_member(service.organization, Role.VIEWER))
    assert "6 checks need attention" in client.get("/red/").text
    monkeypatch.setattr(import_module("diagnostics.views.red"), "COUNTED", 5)
    assert "more than 5 checks need attention" in client.get("/red/").text


@pytest.mark.parametrize(
    ("wanted", "order", "index"),
    [
        ({"level": "required", "status__in": ["wrong", "missing"]}, ["changed_at", "pk"], "check_red_by_age"),
        ({"status": "unknown"}, ["domain"], "check_undecided"),
        ({"status": "propagating"}, ["domain"], "check_undecided"),
    ],
)
def test_checks_that_lists_filter_by_are_read_by_a_partial_index(
    wanted: dict[str, Any], order: list[str], index: str
) -> None:
    """SQLite takes no partial index for values that are bound: it reads the few checks of each domain by their key."""
    checks = Check.objects.filter(**wanted).order_by(*order)[:51]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
        assert index in checks.explain()
    else:
        assert "SEARCH" in Check.objects.filter(**wanted, domain=1).explain()
    names = {one.name for one in Check._meta.indexes}
    assert index in names


def test_a_domains_history_is_paged_by_key(client: Client) -> None:
    service = make_service(make_organization("ab"))
    domain = make_domain(service)
    start = timezone.now() - timedelta(days=9)

    def change(number: int, at: datetime) -> CheckChange:
        levels = {"old_level": "required", "new_level": "required"}
        return CheckChange(
            domain=domain, kind="MX", at=at, old_status="ok", new_status="missing", reason=str(number), **levels
        )

    CheckChange.objects.bulk_create(change(number, start + timedelta(minutes=number)) for number in range(70))
    client.force_login(make_member(service.organization, Role.VIEWER))
    url = reverse("diagnostics:history", args=[service.name, domain.name.name])
    newest = client.get(url).context
    older = client.get(url, {"before": newest["older"]}).context
    assert [told.step.reason for told in [*newest["changes"], *older["changes"]]] == [
        str(n) for n in reversed(range(70))
    ]
    assert older["older"] is None


def test_members_are_paged_and_searched(client: Client) -> None:
    organization = make_organization("ab")
    owner = make_member(organization, Role.OWNER, make_user("aaa@people.example"))
    for number in range(60):
        make_member(organization, Role.VIEWER, make_user(f"m{number:02}@people.example", name=f"Person {number}"))
    client.force_login(owner)
    first = client.get("/organizations/ab/")
    assert len(first.context["list"].page) == 50
    assert "m59@people.example" not in first.text
    assert "m59@people.example" in client.get("/organizations/ab/?page=2").text
    found = client.get("/organizations/ab/?q=Person+59").context["list"].page
    assert [membership.user.email for membership in found] == ["m59@people.example"]
    assert "No one matches" in client.get("/organizations/ab/?q=zz").text


def test_staff_find_the_organizations_of_a_person_once(client: Client) -> None:
    organization = make_organization("ab")
    member = make_member(organization)
    make_member(make_organization("cd"), user=member)
    make_organization("ef")
    client.force_login(make_user(staff=True))
    found = client.get("/staff/organizations/", {"q": member.email.upper()}).context["list"].page
    assert [row.code for row in found] == ["ab", "cd"]
    assert [row.n_members for row in found] == [1, 1]
    assert Organization.objects.count() == 3
