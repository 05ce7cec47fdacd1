"""The list of accounts."""

from __future__ import annotations

import base64
from urllib.parse import urlencode

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import batch, trigrams, verbs
from accounts.batch import Placement
from accounts.lists import Cursor
from accounts.models import EmailAccount, Tally
from accounts.search import find
from accounts.views import listing as list_pages
from panel.actors import SYSTEM
from panel.models import Activity
from tests.accounts.conftest import Clinic, make_clinic
from tests.factories import make_domain, make_user


def fill(clinic: Clinic, *people: tuple[str, str], domain: str = "aurora.example") -> list[EmailAccount]:
    with transaction.atomic():
        service = batch.locked(clinic.service.pk)
        missing = len(people) - Tally.of(service.pk)["slot"]
        if missing > 0:
            batch.add_slots(service, missing)
        placements = []
        for name, display in people:
            first, _space, last = display.partition(" ")
            placements.append(Placement(name, domain, first, last, display, "{ARGON2ID}!"))
        placed = batch.place(service, placements, now=timezone.now())
        return [account for account in placed if isinstance(account, EmailAccount)]


def listing(client: Client, clinic: Clinic, query: str = "", **headers: str):
    return client.get(reverse("accounts:list", args=[clinic.service.name]) + query, headers=headers)


def shown(response) -> list[str]:
    return [account.shown_address for account in response.context["page"].accounts]


@pytest.fixture
def browser(clinic: Clinic) -> Client:
    client = Client()
    client.force_login(clinic.viewer)
    return client


def test_pages_by_key_go_forth_and_back_without_loss(clinic, browser):
    fill(clinic, *((f"user{i:03}", f"Anna Nr{i}") for i in range(130)))
    seen, query = [], "?state=active"
    pages = []
    while True:
        page = listing(browser, clinic, query).context["page"]
        pages.append([account.address_key for account in page.accounts])
        seen += pages[-1]
        if not page.next:
            break
        query = f"?state=active&after={page.next}"
    assert seen == sorted(seen)
    assert len(seen) == len(set(seen)) == 130
    for expected in reversed(pages[:-1]):
        page = listing(browser, clinic, f"?state=active&before={page.previous}").context["page"]
        assert [account.address_key for account in page.accounts] == expected
    assert page.previous is None


def test_sorting_by_name_descending_pages_too(clinic, browser):
    fill(clinic, *((f"user{i:03}", "Same Name") for i in range(60)))
    page = listing(browser, clinic, "?state=active&sort=-name").context["page"]
    second = listing(browser, clinic, f"?state=active&sort=-name&after={page.next}").context["page"]
    assert len({a.pk for a in page.accounts} | {a.pk for a in second.accounts}) == 60


@pytest.mark.parametrize(
    "text", ["anna", "ANNA.kow", "kowal", "Łuk", "luk", "zolc", "Anna Kow", "anna.kowalska@aurora"]
)
def test_search_finds_the_beginning_of_addresses_and_names(clinic, browser, text):
    fill(clinic, ("anna.kowalska", "Anna Kowalska"), ("lz", "Łukasz Żółć"), ("other", "Jan Nowak"))
    found = shown(listing(browser, clinic, f"?q={text}"))
    assert len(found) == 1
    assert "other@aurora.example" not in found


def test_search_finds_slots_by_their_token(clinic, browser):
    token = EmailAccount.objects.filter(state="slot").values_list("slot_token", flat=True)[0]
    assert shown(listing(browser, clinic, f"?q={token[:6]}")) == [f"{token}@configureme.me"]


@pytest.mark.parametrize("text", ["walska", "a.kow", "ŻÓŁĆ", "kasz", "na kow", "lska@aur", "ka@"])
def test_search_finds_text_inside_the_name_before_the_at_and_inside_names(clinic, browser, text):
    fill(clinic, ("anna.kowalska", "Anna Kowalska"), ("lz", "Łukasz Zażółćski"), ("other", "Jan Nowak"))
    found = shown(listing(browser, clinic, f"?q={text}"))
    assert found == [("lz" if text in ("ŻÓŁĆ", "kasz") else "anna.kowalska") + "@aurora.example"]


@pytest.mark.parametrize("text", ["aurora", "%%%", "___", '"""', "kowalska jan", "an\nna", "ora.example", "a" * 200])
def test_search_finds_no_more_than_is_there(clinic, browser, text):
    fill(clinic, ("anna.kowalska", "Anna Kowalska"), ("other", "Jan Nowak"))
    assert shown(listing(browser, clinic, f"?{urlencode({'q': text})}")) == []


def test_what_is_found_keeps_step_with_every_verb(clinic, browser):
    (account,) = fill(clinic, ("anna.kowalska", "Anna Kowalska"))
    verbs.rename(account, Placement("ewa.zielinska", "aurora.example", "Ewa", "Zielińska", "Ewa Zielińska"), by=SYSTEM)
    assert shown(listing(browser, clinic, "?q=walska")) == []
    assert shown(listing(browser, clinic, "?q=elinska")) == ["ewa.zielinska@aurora.example"]
    verbs.reset(account, by=SYSTEM)
    assert shown(listing(browser, clinic, "?q=elinska")) == []
    with transaction.atomic():
        batch.cancel_slots(batch.locked(clinic.service.pk), 10)
    fill(clinic, ("jan.zielinski", "Jan Zieliński"))
    assert shown(listing(browser, clinic, "?q=elinski")) == ["jan.zielinski@aurora.example"]


def test_without_the_index_beginnings_are_found_and_the_list_says_so(clinic, browser, monkeypatch):
    monkeypatch.setattr("accounts.trigrams.available", lambda: False)
    fill(clinic, ("anna.kowalska", "Anna Kowalska"))
    assert shown(listing(browser, clinic, "?q=walska")) == []
    response = listing(browser, clinic, "?q=kowal")
    assert shown(response) == ["anna.kowalska@aurora.example"]
    assert "the beginning of an address" in response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_an_index_that_was_lost_is_made_again(clinic, browser):
    fill(clinic, ("anna.kowalska", "Anna Kowalska"))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"DROP INDEX {trigrams.INDEX}")
        else:
            cursor.execute(f"DROP TRIGGER {trigrams.INDEX}_insert")
            cursor.execute(f"DROP TRIGGER {trigrams.INDEX}_update")
    fill(clinic, ("ewa.kowalska", "Ewa Kowalska"))
    assert trigrams.ensure()
    assert len(shown(listing(browser, clinic, "?q=walska"))) == 2


def test_a_search_with_many_matches_counts_no_further_than_a_thousand(clinic, browser, monkeypatch):
    monkeypatch.setattr("accounts.lists.COUNTED", 5)
    fill(clinic, *((f"user{i}", "Anna Nowak") for i in range(7)))
    response = listing(browser, clinic, "?q=nowak")
    assert "more than 5 accounts" in response.content.decode()
    assert len(shown(response)) == 7


def test_sorted_by_when_they_were_configured_slots_come_last_and_pages_go_on(clinic, browser):
    for number in range(3):
        fill(clinic, *((f"user{number}{i:02}", "A B") for i in range(30)))
    for sort, last in (("configured", "slot"), ("-configured", "active")):
        with transaction.atomic():
            batch.add_slots(batch.locked(clinic.service.pk), 5)
        seen: list[EmailAccount] = []
        query = f"?sort={sort}"
        while True:
            page = listing(browser, clinic, query).context["page"]
            seen += page.accounts
            if not page.next:
                break
            query = f"?sort={sort}&after={page.next}"
        assert len({account.pk for account in seen}) == len(seen) == EmailAccount.objects.count()
        assert seen[-1].state == last
        times = [account.configured_at for account in seen if account.configured_at]
        assert times == sorted(times, reverse=sort.startswith("-"))


def test_sorting_by_another_column_begins_at_the_first_page(clinic, browser):
    fill(clinic, *((f"user{i:03}", "Same Name") for i in range(60)))
    page = listing(browser, clinic, "?state=active").context["page"]
    second = listing(browser, clinic, f"?state=active&after={page.next}").content.decode()
    assert 'class="sort" href="?state=active&amp;sort=name"' in second


def test_filters_and_totals_come_from_tallies(clinic, browser):
    other = make_domain(clinic.service, "lab.example")
    fill(clinic, ("a1", "A B"), ("a2", "A B"))
    verbs.suspend(fill(clinic, ("b1", "A B"), domain="lab.example")[0], by=SYSTEM)
    assert listing(browser, clinic).context["page"].total == 10
    assert listing(browser, clinic, "?state=slot").context["page"].total == 7
    page = listing(browser, clinic, f"?domain={other.pk}&state=suspended").context["page"]
    assert (page.total, [a.address_key for a in page.accounts]) == (1, ["b1@lab.example"])


def test_nonsense_in_the_address_is_ignored(clinic, browser):
    for query in (
        "?after=x",
        "?before=W10",
        "?sort=password_hash",
        "?state=root",
        "?domain=1;",
        "?q=%01%25",
        "?after=WzEsIDJd",
    ):
        assert listing(browser, clinic, query).status_code == 200


def test_the_number_of_queries_does_not_depend_on_the_number_of_accounts(clinic, browser):
    def queries(query: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            listing(browser, clinic, query)
        return len(captured)

    fill(clinic, ("user", "Anna Nr"))
    before = [queries(query) for query in ("", "?q=user", "?state=active&sort=name")]
    fill(clinic, *((f"user{i:03}", f"Anna Nr{i}") for i in range(120)))
    assert [queries(query) for query in ("", "?q=user", "?state=active&sort=name")] == before


def test_htmx_gets_the_table_alone(clinic, browser):
    page = listing(browser, clinic, "", **{"HX-Request": "true"}).content.decode()
    assert page.lstrip().startswith('<div id="accounts"')
    assert "<html" not in page


def test_going_back_in_the_history_gets_the_whole_page(clinic, browser):
    response = listing(browser, clinic, "", **{"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert "<html" in response.content.decode()
    assert "HX-Request" in response["Vary"]


def test_viewers_see_and_are_offered_no_changes(clinic, browser):
    fill(clinic, ("anna", "A B"))
    page = listing(browser, clinic).content.decode()
    assert "Client settings" in page
    assert "Order accounts" not in page
    assert "Reset" not in page


def test_exports_of_many_accounts_come_one_after_the_other(clinic, browser, monkeypatch):
    fill(clinic, ("anna", "A B"), ("jan", "A B"))
    monkeypatch.setattr(list_pages, "MANY", 1)
    address = reverse("accounts:export", args=[clinic.service.name])
    answers = [browser.get(address) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 302]
    assert "start another one in a minute" in browser.get(answers[2]["Location"]).content.decode()
    assert Activity.objects.filter(verb="accounts.exported").count() == 2
    monkeypatch.setattr(list_pages, "MANY", 1000)
    assert browser.get(address).status_code == 200


def test_export_is_defused_and_recorded(clinic, browser):
    fill(clinic, ("anna", '=cmd|" A" B'))
    response = browser.get(reverse("accounts:export", args=[clinic.service.name]) + "?state=active")
    text = b"".join(response.streaming_content).decode()
    assert "'\u00a0=cmd" in text
    assert Activity.objects.filter(verb="accounts.exported").exists()


def test_the_find_anything_box_finds_only_what_one_may_see(clinic):
    fill(clinic, ("anna.kowalska", "Anna Kowalska"))
    other = make_clinic(domain="other.example", slots=0)
    assert [hit.title for hit in find(clinic.viewer, "anna.k", 10)] == ["anna.kowalska@aurora.example"]
    assert [hit.title for hit in find(clinic.viewer, "walska", 10)] == ["anna.kowalska@aurora.example"]
    assert find(other.owner, "anna.k", 10) == find(other.owner, "walska", 10) == []
    assert len(find(make_user(staff=True), "anna", 10)) == 1


def test_the_find_anything_box_shows_what_begins_with_the_text_first_and_nothing_twice(clinic):
    fill(clinic, ("abo", "Ada Holm"), ("bo", "Bo Berg"), ("bobo", "Cy Dahl"))
    titles = [hit.title.partition("@")[0] for hit in find(clinic.viewer, "bo@", 10)]
    assert titles == ["bo", "abo", "bobo"]
    assert len(find(clinic.viewer, "bo@", 2)) == 2


def test_tallies_are_what_counting_would_say(clinic):
    accounts = fill(clinic, *((f"u{i}", "A B") for i in range(8)))
    make_domain(clinic.service, "lab.example")
    with transaction.atomic():
        service = batch.locked(clinic.service.pk)
        now = timezone.now()
        batch.suspend(service, accounts[:3], now)
        fresh = list(EmailAccount.objects.filter(pk__in=[a.pk for a in accounts[2:5]]))
        batch.readdress(service, [(a, a.address_key.partition("@")[0], "lab.example") for a in fresh], now=now)
        batch.reset(service, accounts[4:6], now)
        batch.cancel_slots(service, 1)
    for tally in Tally.objects.filter(service=service):
        rows = EmailAccount.objects.filter(service=service, state=tally.state)
        if tally.domain_id:
            rows = rows.filter(domain=tally.domain)
        assert rows.count() == tally.count, str(tally)


@pytest.mark.parametrize(
    "place", ['["\\u0000", 1]', '["\\ud800", 1]', "[" * 3000, "[5, 1]", '["a", "b"]', '{"a": 1, "b": 2}']
)
def test_a_place_that_no_list_has_is_ignored(place):
    assert Cursor.parse(base64.urlsafe_b64encode(place.encode()).decode()) is None


def test_the_place_of_an_account_without_a_name_is_one():
    assert Cursor.parse(str(Cursor("", 7))) == Cursor("", 7)
